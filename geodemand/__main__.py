"""Run geodemand as a module: python -m geodemand COMMAND."""

from geodemand.cli import run

if __name__ == "__main__":
    run()
