"""Maps that open from disk: one file, nothing loaded from elsewhere, protected figures only."""
