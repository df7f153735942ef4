"""Whether everything that a project names can be read, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodemand.api import named
from geodemand.api.shared import Progress, guarded, policy_of, silent
from geodemand.core import checks, disclosure, ledger
from geodemand.core.disclosure import Clients, Listed, Policy, Release, Table
from geodemand.errors import Gathered
from geodemand.io import study
from geodemand.io.study import Needs, Study

if TYPE_CHECKING:
    from geodemand.project import Project


@dataclass(frozen=True)
class CheckOptions:
    """What `check` may be told beside the project: metres that count as near a border, repair."""

    edge_m: float = checks.DEFAULT_EDGE_M
    repair: bool = False


def check_rows(
    project: Project, options: CheckOptions | None = None, progress: Progress = silent
) -> tuple[Release, Listed]:
    """Return what `check` does, and the rows that could not be placed: personal data.

    Raises DisclosureError, before anything is read, under a policy that lists no clients.
    """
    disclosure.need_listing(policy_of(project))
    release, rows = _check(project, options or CheckOptions(), progress, unplaced=True)
    return release, disclosure.listed(release.policy, rows)


def check(
    project: Project, options: CheckOptions | None = None, progress: Progress = silent
) -> Release:
    """Return whether everything that a project names can be read and how far it can be trusted.

    Tables: ledger, left_out (rows that filters keep off a list), coverage, borders, faults
    (overlaps and gaps within a geography), notes (what was mended or left out on reading).
    Sentences: the verdict first, then what somebody should look at.
    """
    release, _ = _check(project, options or CheckOptions(), progress, unplaced=False)
    return release


def _check(
    project: Project, options: CheckOptions, progress: Progress, *, unplaced: bool
) -> tuple[Release, dict[str, Clients]]:
    policy = policy_of(project)
    segments = project.segments.file is not None
    needs = Needs(
        areas=tuple(project.areas),
        sites=tuple(project.sites),
        segments=segments,
        repair=options.repair,
        unplaced=unplaced,
    )
    gathered = Gathered()
    named.check(project, gathered)
    found = gathered.must(study.load, project, needs, progress)
    gathered.settle()
    progress("coverage and borders")
    rows = {name: each.unplaced for name, each in found.matched.items() if each.unplaced}
    return guarded(project, found, policy, lambda guard: _release(found, options, guard)), rows


def _release(found: Study, options: CheckOptions, policy: Policy) -> Release:
    """Return what was found, as tables under a policy."""
    segments = found.segmentation is not None
    drawn = {name: each for name, each in found.geographies.items() if each.drawn}
    asked = checks.coverages(found.places, segments=segments)
    faults = disclosure.concatenate(
        "faults",
        [
            checks.faults_within(each, found.clients, found.places, policy)
            for each in drawn.values()
        ],
    )
    doubts = checks.verdict(found.matched, found.places, asked) + checks.in_two_areas(faults)
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "left_out": ledger.left_out(found.left_out, policy),
        "coverage": checks.coverage(found.clients, found.places, asked, policy),
        "borders": checks.near_border(found.clients, found.places, drawn, options.edge_m, policy),
        "faults": faults,
        "notes": Table("notes", {"note": disclosure.Labels(found.notes)}, "Mended or left out"),
    }
    points = "one point" if len(doubts) == 1 else f"{len(doubts)} points"
    said = (f"Look at {points} before you quote a figure.", *doubts)
    ready = (checks.ready(lists=bool(found.matched), asked=asked),)
    return disclosure.release(policy, tables, sentences=said if doubts else ready)
