"""Data that teaches the tool: policies, segmentations, column names. No code."""
