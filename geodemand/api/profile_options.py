"""What `profile` may be told, and what has to be read for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from geodemand.core import profile as profiles
from geodemand.errors import Fault, UsageError
from geodemand.io.study import Needs, named_areas
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.project import Project

# The first and the last day that a list without dates of its own may hold.
FIRST_DAY, LAST_DAY = "1900-01-01", "2199-12-31"
BOTH = 2


@dataclass(frozen=True)
class ProfileOptions:
    """What `profile` may be told beside the project.

    ``levels`` of segments to show; ``base`` that a share is of, one or several; lists asked to
    ``meet`` at a postcode; ``repair`` of postcodes. Deeper tables, each on request: ``by`` these
    geographies, also ``within`` each segment of a level; the ``whole`` profile, with what the
    shares ``at`` (0-1) of the base hold; ``quadrants``; all ``combinations`` of lists;
    ``list_postcodes`` where they meet; the set to ``derive`` and the list ``derive_from``; two
    lists to ``compare``, or one to ``split`` at a day (yyyy-mm-dd) or to hold against the same list
    of an ``earlier`` project. ``full``: whole, quadrants, combinations, and what the test makes of
    given sets, on two bases where the directory has them.
    """

    levels: tuple[str, ...] = ()
    base: str | tuple[str, ...] = ()
    meet: tuple[str, ...] = ()
    repair: bool = False
    by: tuple[str, ...] = ()
    within: str = ""
    whole: bool = False
    at: tuple[float, ...] = ()
    quadrants: bool = False
    combinations: bool = False
    list_postcodes: bool = False
    derive: str = ""
    derive_from: str = ""
    compare: tuple[str, ...] = ()
    split: str = ""
    earlier: Project | None = None
    full: bool = False

    @property
    def bases(self) -> tuple[str, ...]:
        """Return the bases asked for, each once."""
        asked = (self.base,) if isinstance(self.base, str) else self.base
        return tuple(dict.fromkeys(base for base in asked if base))


def prepared(project: Project, options: ProfileOptions) -> Project:
    """Return the project with the two parts of a list that is split at a day as further lists.

    Raises UsageError, also for options that contradict each other.
    """
    faults = []
    if bool(options.derive) != bool(options.derive_from):
        what = "a set is derived from the clients of one list."
        faults.append(Fault("--derive", what, "Write --derive NAME --from LIST."))
    faults += _compared(options)
    if options.within and not options.by:
        mend = "Write --by NAME --within LEVEL."
        faults.append(Fault("--within", "is about the areas of a geography.", mend))
    if not all(0 < each < 1 for each in options.at):
        faults.append(
            Fault("--at", "takes per cents over 0 and under 100.", "Such as --at 5,10,20.")
        )
    if faults:
        raise UsageError(*faults)
    if not options.split:
        return project
    (name,) = options.compare
    known_list(name, project.clients, "--compare")
    entry = project.clients[name]
    day = _day(options.split)
    first, last = (entry.dates[0], entry.dates[-1]) if entry.dates else (FIRST_DAY, LAST_DAY)
    before, since = parts(options)
    halves = {
        before: replace(entry, dates=(first, str(day - timedelta(days=1)))),
        since: replace(entry, dates=(str(day), last)),
    }
    return replace(project, clients={**project.clients, **halves})


def _compared(options: ProfileOptions) -> list[Fault]:
    """Return what is wrong with what is to be compared: two lists, or one list at two dates."""
    if options.split and options.earlier:
        return [
            Fault(
                "--split", "and --earlier are two ways to compare a list with itself.", "Give one."
            )
        ]
    for option, asked in (("split DAY", options.split), ("earlier FILE", options.earlier)):
        if asked and len(options.compare) != 1:
            mend = f"Write --compare LIST --{option}."
            return [Fault(f"--{option.split()[0]}", "compares one list with itself.", mend)]
    one = bool(options.split or options.earlier)
    if options.compare and not one and len(options.compare) != BOTH:
        mend = "Write --compare A,B, or --compare A --split DAY."
        return [Fault("--compare", "takes two lists.", mend)]
    return []


def parts(options: ProfileOptions) -> tuple[str, str]:
    """Return what the two parts of a split list are called."""
    (name,) = options.compare
    return f"{name} before {options.split}", f"{name} from {options.split}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fault = Fault("--split", f"'{text}' is no day.", "Write it as 2013-01-31.")
        raise UsageError(fault) from None


def needs(project: Project, options: ProfileOptions) -> Needs:
    """Return what has to be read for a profile."""
    return Needs(
        areas=named_areas(project, options.by),
        segments=True,
        repair=options.repair,
        bases=base_columns(options.bases or project.profile.base),
    )


def base_columns(bases: Sequence[str]) -> tuple[str, ...]:
    """Return the bases that are columns of the directory."""
    return tuple(base for base in bases if not base.startswith(profiles.LIST_BASE))


def known_list(name: str, lists: Collection[str], option: str) -> None:
    """Raise UsageError for a list that the project does not have."""
    known = list(lists)
    if name not in known:
        hint = did_you_mean(name, known) or f"Lists: {', '.join(known)}."
        raise UsageError(Fault(option, f"there is no list '{name}'.", hint))
