"""The click group: a table of commands, each imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Any, NoReturn

import click

from geodemand.errors import GeodemandError
from geodemand.version import __version__

# name: (where it is, what it does); the second serves --help without importing the command.
COMMANDS = {
    "demo": ("geodemand.commands.demo", "Write a made-up county to try things on."),
    "init": ("geodemand.commands.init", "Start a project: a commented geodemand.toml."),
    "postcodes": (
        "geodemand.commands.postcodes",
        "Build a postcode directory from ONSPD, NSPL or Code-Point Open.",
    ),
    "check": (
        "geodemand.commands.check",
        "Can everything be read, placed and covered: the work before the work.",
    ),
    "profile": (
        "geodemand.commands.profile",
        "Which kinds of neighbourhood clients come from, and is that more than expected.",
    ),
    "map": ("geodemand.commands.map", "Draw one HTML map that opens without a network."),
    "hubs": (
        "geodemand.commands.hubs",
        "Do boundaries agree, and for how many clients do they not.",
    ),
    "release": (
        "geodemand.commands.release",
        "What was published: list, show, compare, state, withdraw.",
    ),
    "audit": (
        "geodemand.commands.audit",
        "What published tables give away of the counts that they hide.",
    ),
    "policy": ("geodemand.commands.policy", "The rules for publishing counts, in plain words."),
    "purge": ("geodemand.commands.purge", "Remove what a project wrote."),
}

# Python searches for garbage in cycles after this many new objects. Its own 700 suits programs that
# run for long; ours loads libraries, answers and ends.
GARBAGE_AFTER = 100_000


class LazyGroup(click.Group):
    """A group that knows the names of its commands and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which people use them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        found: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or name the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from geodemand.suggest import did_you_mean

            hint = did_you_mean(args[0], COMMANDS) or f"Commands: {', '.join(COMMANDS)}."
            ctx.fail(f"there is no command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click declares it
        """Run a command; say what a user can put right, and leave with its exit code."""
        try:
            return super().invoke(ctx)
        except GeodemandError as error:
            for fault in error.faults:
                click.echo(f"Error: {fault}", err=True)
            ctx.exit(error.exit_code)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: geodemand demo county, then in that folder: geodemand profile",
)
@click.version_option(__version__, prog_name="geodemand")
def main() -> None:
    """Show where need concentrates, from lists of clients with postcodes.

    Every command reads geodemand.toml of the working folder; options override it.
    """
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know every letter of a place name: show a mark, do not stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def run() -> None:
    """Run as a program of its own: installed, as ``python -m geodemand`` or as ``cli.py``."""
    gc.set_threshold(GARBAGE_AFTER, *gc.get_threshold()[1:])
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            _leave(end.code)
        raise


def _leave(code: int) -> NoReturn:
    """End the process at once: to free every object first takes a tenth of a county's run.

    What is written is on the disk by now, and what libraries want done at the end is done.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - as Python does at its own end
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads on: what is to be said of that, Python says
        sys.exit(code)
    os._exit(code)
