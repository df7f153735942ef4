"""The edge: the only place that opens a file."""
