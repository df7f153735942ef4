"""What `profile` does: from a study to the tables and sentences of a profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from geodemand.core import disclosure, ledger, sentences
from geodemand.core import profile as profiles
from geodemand.core.disclosure import BoolArray, Policy, Release, Table
from geodemand.core.segmentation import SegmentSet
from geodemand.errors import Fault, UsageError
from geodemand.io import study
from geodemand.io.segments import Segmentation
from geodemand.io.study import Needs, Progress, Study, named_areas
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.core.blocks import Block
    from geodemand.core.derive import Derived
    from geodemand.project import Project

# The first and the last day that a list without dates of its own may hold.
FIRST_DAY, LAST_DAY = "1900-01-01", "2199-12-31"
BOTH = 2
SECOND_BASES = ("residents", "households")


@dataclass(frozen=True)
class ProfileOptions:
    """What `profile` may be told beside the project.

    ``levels`` of segments to show; ``base`` that a share is of, one or several; lists asked to
    ``meet`` at a postcode; ``repair`` of postcodes. Deeper tables, each on request: ``by`` these
    geographies; the ``whole`` profile, with what the shares ``at`` (0-1) of the base hold;
    ``quadrants``; all ``combinations`` of lists; ``list_postcodes`` where they meet; the set to
    ``derive`` and the list ``derive_from``; two lists to ``compare``, or one to ``split`` at a day
    (yyyy-mm-dd) or to hold against the same list of an ``earlier`` project. ``full``: whole,
    quadrants, combinations, and what the test makes of given sets,
    on two bases where the directory has them.
    """

    levels: tuple[str, ...] = ()
    base: str | tuple[str, ...] = ()
    meet: tuple[str, ...] = ()
    repair: bool = False
    by: tuple[str, ...] = ()
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
    if not all(0 < each < 1 for each in options.at):
        faults.append(
            Fault("--at", "takes per cents over 0 and under 100.", "Such as --at 5,10,20.")
        )
    if faults:
        raise UsageError(*faults)
    if not options.split:
        return project
    (name,) = options.compare
    _known(name, project.clients, "--compare")
    entry = project.clients[name]
    day = _day(options.split)
    first, last = (entry.dates[0], entry.dates[-1]) if entry.dates else (FIRST_DAY, LAST_DAY)
    before, since = _parts(options)
    halves = {
        before: replace(entry, dates=(first, str(day - timedelta(days=1)))),
        since: replace(entry, dates=(str(day), last)),
    }
    return replace(project, clients={**project.clients, **halves})


def _compared(options: ProfileOptions) -> list[Fault]:
    """Return what is wrong with what is to be compared: two lists, or one list at two dates."""
    if options.split and options.earlier:
        return [Fault("--split", "and --earlier are two ways to compare a list with itself.")]
    for option, asked in (("split DAY", options.split), ("earlier FILE", options.earlier)):
        if asked and len(options.compare) != 1:
            mend = f"Write --compare LIST --{option}."
            return [Fault(f"--{option.split()[0]}", "compares one list with itself.", mend)]
    one = bool(options.split or options.earlier)
    if options.compare and not one and len(options.compare) != BOTH:
        mend = "Write --compare A,B, or --compare A --split DAY."
        return [Fault("--compare", "takes two lists.", mend)]
    return []


def _parts(options: ProfileOptions) -> tuple[str, str]:
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


def of_study(
    project: Project,
    found: Study,
    options: ProfileOptions,
    policy: Policy,
    progress: Progress = lambda _: None,
) -> Release:
    """Return the release of a profile: ledger, profile, co-presence and the deeper tables."""
    progress("profile")
    whole_ledger = ledger.ledger(found.matched, policy)
    halves = found
    if options.split:
        parts = _parts(options)
        own = {name: each for name, each in found.matched.items() if name not in parts}
        halves = replace(found, matched={name: found.matched[name] for name in parts})
        found = replace(found, matched=own)
    run = _Run(project, found, options, policy)
    table = run.profile(run.levels, run.segmentation.sets, run.bases)
    tables = {"ledger": whole_ledger, "profile": table, "copresence": run.copresence()}
    called = who(project)
    said = [*sentences.of_profile(table, called), *sentences.of_placing(table)]
    for step, made in run.deeper(table, replace(run, found=halves), called):
        progress(step)
        deeper, words = made()
        tables |= deeper
        said += words
    return disclosure.release(policy, tables, sentences=tuple(said))


Part = tuple[dict[str, Table], list[str]]
Step = tuple[str, Callable[[], Part]]


@dataclass(frozen=True)
class _Run:
    """One run of `profile`: what is asked of a study under a policy."""

    project: Project
    found: Study
    options: ProfileOptions
    policy: Policy

    @property
    def segmentation(self) -> Segmentation:
        """Return the segmentation; the study was loaded with segments."""
        assert self.found.segmentation is not None  # noqa: S101
        return self.found.segmentation

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the levels to show."""
        every = self.segmentation.levels()
        return tuple(self.options.levels or self.project.profile.levels or every[:1])

    @property
    def bases(self) -> tuple[str, ...]:
        """Return the bases that shares are of; in full, two where there are."""
        asked = self.options.bases or self.project.profile.base
        if self.options.full and not self.options.bases and len(asked) == 1:
            known = [base for base in SECOND_BASES if base in self.found.places.weights]
            return tuple(dict.fromkeys((*asked, *known[:1])))
        return asked

    @property
    def meeting(self) -> tuple[str, ...]:
        """Return the lists that are asked to meet."""
        wanted = self.options.meet or self.project.profile.meet or tuple(self.found.matched)
        for name in wanted:
            _known(name, self.found.matched, "meet")
        return wanted

    @property
    def members(self) -> list[BoolArray]:
        """Return for each named set which places are in it."""
        return [self._inside(each) for each in self.segmentation.sets]

    def _inside(self, chosen: SegmentSet) -> BoolArray:
        member = self.segmentation.scheme.members(chosen, self.segmentation.finest)
        found: BoolArray = np.append(member, [False])[self.found.places.segment]
        return found

    def profile(
        self, levels: Sequence[str], sets: Sequence[SegmentSet], bases: Sequence[str]
    ) -> Table:
        """Return the profile of the study's lists."""
        found = self.found
        asked = profiles.groups(self.segmentation.scheme, self.segmentation.finest, levels, sets)
        unplaced = ledger.unplaced(found.matched)
        return profiles.profile(found.clients, found.places, asked, self.policy, bases, unplaced)

    def copresence(self) -> Table:
        """Return where the lists that are asked to meet do."""
        clients = [each for each in self.found.clients if each.name in self.meeting]
        sets = self.segmentation.sets
        return profiles.copresence(clients, self.found.places, sets, self.members, self.policy)

    def deeper(self, table: Table, halves: _Run, called: dict[str, str]) -> list[Step]:
        """Return the deeper tables that are asked for, as steps that make each with sentences."""
        options = self.options
        derive = bool(options.derive)
        whole = options.whole or bool(options.at)
        asked: dict[str, tuple[bool, Callable[[], Part]]] = {
            "by place": (bool(options.by), lambda: self._places(called)),
            "the whole profile": (whole or options.full, lambda: self._whole(called)),
            "quadrants": (options.quadrants or options.full, lambda: self._quadrants(table)),
            "combinations": (options.combinations or options.full, self._combinations),
            "postcodes": (options.list_postcodes, self._postcodes),
            "derived set": (derive, lambda: self._derived(called)),
            "given sets": (derive or options.full, self._given),
            "differences": (bool(options.compare), lambda: self._differences(table, halves)),
        }
        return [(step, made) for step, (wanted, made) in asked.items() if wanted]

    def _places(self, called: dict[str, str]) -> Part:
        from geodemand.core import by_place, quotes

        found = self.found
        everywhere = by_place.Scope(by_place.EVERYBODY, np.ones(len(found.places), dtype=bool))
        within = [
            by_place.Scope(each.name, member)
            for each, member in zip(self.segmentation.sets, self.members, strict=True)
        ]
        table = by_place.by_place(
            found.clients,
            found.places,
            [found.geographies[name] for name in dict.fromkeys(self.options.by)],
            self.bases,
            [everywhere, *within],
            self.policy,
        )
        return {"by_place": table}, quotes.of_places(table, called)

    def _every_level(self, bases: Sequence[str]) -> list[Block]:
        from geodemand.core import blocks

        return blocks.blocks(self.profile(self.segmentation.levels(), (), bases))

    def _whole(self, called: dict[str, str]) -> Part:
        from geodemand.core import concentration, quotes

        rows = self._every_level(self.bases)
        for base in self.bases:
            rows += concentration.by_place(self.found.clients, self.found.places, base, self.policy)
        at = self.options.at or concentration.USUAL_POINTS
        whole = concentration.whole(rows, self.policy)
        points = concentration.points(rows, at, self.policy)
        levels = self.segmentation.levels()
        return {
            "whole": whole,
            "concentration": concentration.concentration(rows, self.policy),
            "points": points,
        }, [*quotes.of_whole(whole, levels, called), *quotes.of_points(points, levels, called)]

    def _quadrants(self, table: Table) -> Part:
        from geodemand.core import blocks, quadrants

        return {"quadrants": quadrants.quadrants(blocks.blocks(table), self.policy)}, []

    def _combinations(self) -> Part:
        from geodemand.core import meeting, quotes

        places = self.found.places
        top = self.segmentation.scheme.positions(
            self.segmentation.finest, self.segmentation.levels()[0]
        )
        alike = meeting.strata(places, np.append(top, -1)[places.segment])
        table = meeting.combinations(
            [each for each in self.found.clients if each.name in self.meeting],
            places,
            meeting.scopes(places, self.segmentation.sets, self.members),
            alike,
            self.policy,
        )
        return {"combinations": table}, quotes.of_combinations(table)

    def _postcodes(self) -> Part:
        from geodemand.core import meeting

        names = [each.name for each in self.segmentation.sets]
        table = meeting.postcodes_met(
            [each for each in self.found.clients if each.name in self.meeting],
            self.found.places,
            self.found.directory.keys,
            list(zip(names, self.members, strict=True)),
            self.policy,
        )
        return {"postcodes_met": table}, []

    def derived(self) -> Derived:
        """Return the set that is derived from a list, and how it was."""
        from geodemand.core import derive

        _known(self.options.derive_from, self.found.matched, "--from")
        own = [
            each
            for each in self._every_level(self.bases[:1])
            if each.list_name == self.options.derive_from
        ]
        if not own:
            what = f"the list {self.options.derive_from} cannot be derived from: it is the base."
            raise UsageError(Fault("--from", what, "Name another base with --base."))
        return derive.derive(self.options.derive, own, self.policy)

    def _derived(self, called: dict[str, str]) -> Part:
        from geodemand.core import derive, quotes

        found = self.derived()
        tables = {"derived": found.table, "derived_about": found.about}
        if found.codes:
            chosen = SegmentSet(found.name, found.level, found.codes, found.list_name)
            together = self._with_rest(chosen)
            tables["derived_scores"] = derive.scores(found.name, found.list_name, together)
        (about,) = found.about.records()
        return tables, quotes.of_derived(found.table, about, called)

    def _with_rest(self, chosen: SegmentSet) -> Table:
        """Return the profile of a set and of the rest of its categories."""
        from geodemand.core import derive

        rest = derive.rest_of(chosen, self.segmentation.scheme, self.segmentation.finest)
        sets = [chosen, *([rest] if rest else [])]
        return self.profile((), sets, self.bases[:1])

    def _given(self) -> Part:
        from geodemand.core import derive, quotes

        rows = self._every_level(self.bases[:1])
        tables = []
        for chosen in self.segmentation.sets:
            together = self._with_rest(chosen)
            tables += [
                derive.given(chosen, block, together, self.policy)
                for block in rows
                if block.level == chosen.level
            ]
        table = disclosure.concatenate("given", tables, "What the test makes of given sets")
        return {"given": table}, quotes.of_given(table)

    def _differences(self, table: Table, halves: _Run) -> Part:
        from geodemand.core import blocks, differences, quotes

        names = self.options.compare
        for name in names:
            _known(name, self.found.matched, "--compare")
        second = table
        if self.options.split:
            names = _parts(self.options)
            table = second = halves.profile(self.levels, self.segmentation.sets, self.bases[:1])
        if self.options.earlier:
            names = (*names, *names)
            second = self._earlier(self.options.earlier)
        first, others = (
            [each for each in blocks.blocks(rows) if each.list_name == name]
            for rows, name in zip((table, second), names, strict=True)
        )
        if self.options.earlier:
            others = [replace(each, list_name=f"{each.list_name}, earlier") for each in others]
        compared = differences.differences(first, others, self.policy)
        return {"differences": compared}, quotes.of_differences(compared)

    def _earlier(self, project: Project) -> Table:
        """Return the profile of the same list in an earlier project, by the same segmentation."""
        from geodemand.core import differences

        (name,) = self.options.compare
        _known(name, project.clients, "--earlier")
        own = replace(project, clients={name: project.clients[name]})
        found = study.load(own, needs(own, ProfileOptions(repair=self.options.repair)))
        run = replace(self, project=own, found=found)
        differences.same_segmentation(
            self.segmentation.scheme.identity, run.segmentation.scheme.identity
        )
        return run.profile(self.levels, self.segmentation.sets, self.bases[:1])


def who(project: Project) -> dict[str, str]:
    """Return how the people of each list are called in a sentence, with their dates if stated."""
    called = {}
    for name, entry in project.clients.items():
        words = f"{entry.label} ({name})" if entry.label else f"{name} clients"
        dated = f", {entry.dates[0]} to {entry.dates[-1]}" if entry.dates else ""
        called[name] = words + dated
    return called


def _known(name: str, lists: Collection[str], option: str) -> None:
    """Raise UsageError for a list that the project does not have."""
    known = list(lists)
    if name not in known:
        hint = did_you_mean(name, known) or f"Lists: {', '.join(known)}."
        raise UsageError(Fault(option, f"there is no list '{name}'.", hint))
