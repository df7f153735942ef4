"""One run of `profile`: its tables, each made where it is asked for, with their sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geodemand.api.profile_options import ProfileOptions, known_list, needs, parts
from geodemand.core import disclosure, ledger, tally
from geodemand.core import profile as profiles
from geodemand.core.disclosure import BoolArray, Policy, Table
from geodemand.core.segmentation import SegmentSet
from geodemand.errors import Fault, UsageError
from geodemand.io import study
from geodemand.io.segments import Segmentation
from geodemand.io.study import Study

if TYPE_CHECKING:
    from geodemand.core.blocks import Block
    from geodemand.core.derive import Derived
    from geodemand.project import Project

SECOND_BASES = ("residents", "households")
Part = tuple[dict[str, Table], list[str]]
Step = tuple[str, Callable[[], Part]]


@dataclass(frozen=True)
class Run:
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
            known_list(name, self.found.matched, "meet")
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

    def deeper(self, table: Table, halves: Run, called: dict[str, str]) -> list[Step]:
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
            "differences": (bool(options.compare), lambda: self._differences(halves)),
        }
        return [(step, made) for step, (wanted, made) in asked.items() if wanted]

    def _places(self, called: dict[str, str]) -> Part:
        from geodemand.core import by_place, quotes

        found = self.found
        scheme, finest = self.segmentation.scheme, self.segmentation.finest
        scopes = [by_place.Scope()]
        if self.options.within:
            (group,) = profiles.groups(scheme, finest, [self.options.within], ())
            scopes += [
                by_place.Scope(f"{group.level} {code}", columns)
                for code, columns in zip(group.codes, group.columns, strict=True)
            ]
        scopes += [
            by_place.Scope(each.name, np.flatnonzero(scheme.members(each, finest)))
            for each in self.segmentation.sets
        ]
        table = by_place.by_place(
            found.clients,
            found.places,
            [found.geographies[name] for name in dict.fromkeys(self.options.by)],
            self.bases,
            scopes,
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
        at = tuple(dict.fromkeys(self.options.at)) or concentration.USUAL_POINTS
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
            self.found.keys,
            list(zip(names, self.members, strict=True)),
            self.policy,
        )
        return {"postcodes_met": table}, []

    def derived(self) -> Derived:
        """Return the set that is derived from a list, and how it was."""
        from geodemand.core import derive

        known_list(self.options.derive_from, self.found.matched, "--from")
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

    def _differences(self, halves: Run) -> Part:
        from geodemand.core import differences, quotes

        for name in self.options.compare:
            known_list(name, self.found.matched, "--compare")
        if self.options.split:
            first, second = (halves.shares_of(name) for name in parts(self.options))
        elif self.options.earlier:
            (name,) = self.options.compare
            earlier = self._earlier(self.options.earlier, name)
            sets = self.segmentation.sets
            first, second = self.shares_of(name), earlier.shares_of(f"{name}, earlier", sets)
        else:
            first, second = (self.shares_of(name) for name in self.options.compare)
        compared = differences.differences(first, second, self.policy)
        return {"differences": compared}, quotes.of_differences(compared)

    def shares_of(self, name: str, sets: Sequence[SegmentSet] | None = None) -> list[Block]:
        """Return one list by the levels shown and the sets. The base of a share does not matter."""
        from geodemand.core import blocks

        chosen = self.segmentation.sets if sets is None else sets
        rows = blocks.blocks(self.profile(self.levels, chosen, [tally.POSTCODES]))
        return [each for each in rows if each.list_name == name]

    def _earlier(self, project: Project, name: str) -> Run:
        """Return a run on the same list in an earlier project, by the same segmentation."""
        from geodemand.core import differences

        known_list(name, project.clients, "--earlier")
        own = replace(project, clients={name: project.clients[name]})
        asked = ProfileOptions(base=tally.POSTCODES, repair=self.options.repair)
        found = study.load(own, needs(own, asked))
        # Of its own name: it is counted at the places of another project.
        matched = {f"{name}, earlier": found.matched[name]}
        run = replace(self, project=own, found=replace(found, matched=matched))
        differences.same_segmentation(
            self.segmentation.scheme.identity, run.segmentation.scheme.identity
        )
        return run
