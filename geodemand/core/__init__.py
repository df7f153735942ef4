"""Pure parts: relations, arrays and small frozen dataclasses in and out. No file, no printing."""
