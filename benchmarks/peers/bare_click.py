"""A click program with as many commands as ours and nothing behind them."""

from __future__ import annotations

import sys

import click


@click.group(epilog="Example: bare --help")
def main() -> None:
    """Do nothing, quickly."""


for _number in range(int(sys.argv.pop(1))):

    @main.command(f"command-{_number + 1}")
    def _nothing() -> None:
        """Do nothing in particular, as one of several commands."""


if __name__ == "__main__":
    main()
