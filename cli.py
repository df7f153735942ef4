"""Run geodemand from a checkout: python cli.py COMMAND. Installed, it is the command geodemand."""

from geodemand.cli import run

if __name__ == "__main__":
    run()
