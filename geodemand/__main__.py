"""Run geodemand as a module: python -m geodemand COMMAND."""

from geodemand.cli import main

if __name__ == "__main__":
    main()
