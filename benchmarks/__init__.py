"""Speed and memory of our jobs beside a peer's, in turn, in one run: python -m benchmarks."""
