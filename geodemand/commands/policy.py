"""geodemand policy: the rules for publishing counts of people, in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from geodemand.commands import options

if TYPE_CHECKING:
    from geodemand.core.disclosure import Policy

EPILOG = "Example: geodemand policy list; geodemand policy show public"


@click.group("policy", epilog=EPILOG)
def command() -> None:
    """Explain the rules for publishing counts of people.

    A policy is one file: copy one, change it, and name yours with --policy FILE.
    """


@command.command("list", epilog="Example: geodemand policy list")
@options.JSON
def list_policies(as_json: bool) -> None:  # noqa: FBT001 - as click hands it over
    """List the policies that come with geodemand."""
    from geodemand.io import definitions

    found = [definitions.policy(name) for name in definitions.names("policies")]
    if as_json:
        said = [{"name": policy.name, "title": policy.title} for policy in found]
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    from geodemand.commands import tables
    from geodemand.commands.tables import Heading

    rows = [
        (policy.name, policy.title, _hidden(policy), _rounded(policy), _where(policy))
        for policy in found
    ]
    words = ("policy", "for", "hidden", "other counts", "leaves the organisation")
    headings = [Heading(word, figures=False) for word in words]
    tables.show(tables.console(), "Policies", headings, rows)


@command.command("show", epilog="Example: geodemand policy show public")
@click.argument("name", metavar="NAME|FILE")
@options.JSON
def show(name: str, as_json: bool) -> None:  # noqa: FBT001 - as click hands it over
    """Explain one policy: what it hides, how it rounds, what may be drawn, and why."""
    from geodemand.io import definitions

    policy = definitions.policy(name)
    if as_json:
        click.echo(json.dumps(asdict(policy), ensure_ascii=False, indent=1))
        return
    from rich.text import Text

    from geodemand.commands import tables

    out = tables.console()
    out.print(Text(f"{policy.name}: {policy.title}", style="bold"))
    out.print(policy.explanation)
    out.print()
    tables.say(out, sentences(policy))
    out.print()
    if policy.sources:
        out.print("Sources")
        tables.say(out, policy.sources)


def sentences(policy: Policy) -> Iterator[str]:
    """Yield what a policy means, rule by rule."""
    yield f"Counts of people: {_hidden(policy)}; {_rounded(policy)}; a true zero stays 0."
    if policy.threshold:
        yield (
            "An audit plays the attacker on all that a run publishes and on earlier releases: a "
            f"hidden count must keep at least three possible values. {_repaired(policy)}"
        )
        yield _others_hidden(policy)
    if policy.rounding == "controlled":
        yield (
            "Parts add up to their totals, over all tables of a run and with what is hidden: every "
            "count goes to one of the two multiples beside it, a multiple stays, and of all ways "
            "the one is taken that moves counts least. The audit attacks as one who knows this, "
            "and what each hidden count was rounded to. Where no way is safe, or there are too "
            "many figures to find one, counts of that list are rounded each for itself, and the "
            "output says so."
        )
    if policy.share_decimals < 0:
        yield "Shares, indices and intervals are exact."
    else:
        yield (
            f"Shares: to {_decimals(policy.share_decimals)}; to "
            f"{_decimals(policy.large_base_decimals)} where there are {policy.large_base:,} people "
            "or more. All are formed from the counts as they are shown."
        )
    if policy.area_clients > 1 or policy.area_addresses > 1:
        yield (
            f"An area is drawn with a figure from {policy.area_clients} clients at "
            f"{policy.area_addresses} addresses."
        )
    yield (
        f"A heat surface has at most {policy.surface_classes} classes and spreads each place over "
        f"{policy.surface_bandwidth_m:,.0f} m at least, or as far as the nearest "
        f"{policy.surface_neighbours} clients."
    )
    listed = "may be" if policy.clients_listed else "are not"
    yield f"Rows of clients and postcodes where they live {listed} listed."
    if policy.needs_reason:
        yield 'It needs a reason: --reason "…", which stands on everything that is written.'
    if policy.marking:
        yield f"Everything is marked: {policy.marking}."
    if not policy.needs_reason:
        yield "Files under it are entered into the ledger of releases (--no-release: a draft)."


def _hidden(policy: Policy) -> str:
    return f"1 to {policy.threshold} hidden (c)" if policy.threshold else "nothing hidden"


def _rounded(policy: Policy) -> str:
    if policy.base <= 1:
        return "others exact" if policy.threshold else "all exact"
    if policy.rounding == "controlled":
        return f"others moved by less than {policy.base} to a multiple of it, so that tables add up"
    return f"others to the nearest {policy.base}"


def _where(policy: Policy) -> str:
    return "never" if policy.needs_reason else "yes"


def _repaired(policy: Policy) -> str:
    from geodemand.core.policy import WIDEN

    more = "more is rounded or hidden" if policy.repair == WIDEN else "more is hidden"
    return f"If it does not, {more}; if that does not help, nothing is written."


def _others_hidden(policy: Policy) -> str:
    """Return what a hidden count is, for whoever reads c."""
    from geodemand.core.policy import WIDEN

    often = "seldom" if policy.repair == WIDEN else "often"
    said = (
        f"So c is 1 to {policy.threshold}, or more: {often} a larger count is hidden too, so that "
        "others stay hidden, and looks the same."
    )
    if policy.repair == WIDEN:
        return said
    return (
        f"{said} Which are small is held against the attack first; where nothing then helps, the "
        "attack takes each c of the list for any number, as a reader must, and the statement says "
        "so."
    )


def _decimals(number: int) -> str:
    return {0: "whole per cents", 1: "a tenth of a per cent"}.get(number, f"{number} decimals")
