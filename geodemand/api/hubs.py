"""Whether geographies share their boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodemand.api import hubs_deeper as deeper
from geodemand.api.hubs_deeper import Compared, Inquiry, moved_clients
from geodemand.api.shared import Progress, clipped, guarded, policy_of, silent, study_area
from geodemand.core import (
    agreement,
    answers,
    balance,
    coterminosity,
    disclosure,
    ledger,
    mismatches,
)
from geodemand.core.coterminosity import Limits, Pair, Relation
from geodemand.core.disclosure import Policy, Release, Table
from geodemand.core.geography import Geography, TableShapes
from geodemand.core.overlay import meetings, overlay
from geodemand.errors import Fault, GeographyError, UsageError
from geodemand.io import study
from geodemand.io.study import Needs, Study

if TYPE_CHECKING:
    from geodemand.project import Project

__all__ = ["Asked", "Question", "answered", "hubs", "moved_clients", "parse_relation"]
RELATION_PARTS = 3
FEWEST_GEOGRAPHIES = 2


@dataclass(frozen=True)
class Asked:
    """A pair of geographies by name, and the relation asked of it."""

    a: str
    b: str
    relation: Relation


def hubs(
    project: Project,
    relations: Sequence[Asked] = (),
    limits: Limits | None = None,
    progress: Progress = silent,
    more: Sequence[str] = (),
    swap: str = "",
) -> Release:
    """Return whether geographies share their boundaries: ledger, pairs and mismatches.

    ``relations``: what is asked; without it the project's, without those every pair, "same".
    ``more``: deeper tables by name, see `hubs_deeper.DEEPER`. ``swap``: the geography of blocks
    to swap so that each pair is as was asked. The release's layers are the land behind the
    mismatches, and the new boundaries.
    Raises UsageError for fewer than two geographies, GeographyError where two do not meet.
    """
    return answered(project, Question(tuple(relations), limits, tuple(more), swap), progress)[0]


@dataclass(frozen=True)
class Question:
    """What `hubs` is asked, beside the project: see there."""

    relations: tuple[Asked, ...] = ()
    limits: Limits | None = None
    more: tuple[str, ...] = ()
    swap: str = ""


def answered(
    project: Project, question: Question, progress: Progress = silent
) -> tuple[Release, Inquiry]:
    """Return the release of `hubs`, and all that it was worked out from."""
    policy = policy_of(project)
    deeper.check_names(question.more)
    asked = question.relations or tuple(parse_relation(text) for text in project.hubs.relations)
    asked = asked or _every_pair(project)
    sited = tuple(each for each in asked if each.relation is Relation.INSIDE)
    paired = tuple(each for each in asked if each not in sited)
    limits = question.limits or Limits(project.hubs.tolerance, project.hubs.width_m)
    found = study.load(project, _needs(project, paired, sited, question.swap), progress)
    area = study_area(project, found)
    cut = {name: clipped(each, area) for name, each in found.geographies.items()}
    compared = []
    for each in paired:
        progress(f"{each.a} and {each.b}")
        pair = Pair(cut[each.a], cut[each.b], each.relation)
        compared.append(_compare(pair, found, limits))
    inquiry = Inquiry(project, found, compared, limits, policy)

    def released(guard: Policy) -> Release:
        progress("figures")
        return _release(replace(inquiry, policy=guard), sited, question, progress)

    return guarded(project, found, policy, released), inquiry


def _release(
    inquiry: Inquiry, sited: Sequence[Asked], question: Question, progress: Progress
) -> Release:
    """Return what was found, as tables under the policy of the inquiry."""
    found, policy = inquiry.found, inquiry.policy
    tables, pieces = _tables(inquiry)
    said = answers.of_pairs(tables["pairs"], tables["overview"], inquiry.limits.tolerance)
    if sited:
        progress("sites")
        tables |= deeper.siting([(each.a, each.b) for each in sited], inquiry)
        said += answers.of_sites(tables["sites"], tables["hinterlands"])
    tables |= deeper.tables(question.more, inquiry)
    layers: tuple[Geography | TableShapes, ...] = (pieces,) if len(pieces.shapes) else ()
    if question.swap:
        plans, bounds = deeper.swaps(question.swap, inquiry, progress)
        layers += bounds
        tables |= plans
        said += answers.of_plans(plans["swap_plans"])
    said += answers.of_codes([name for name, each in found.geographies.items() if not each.drawn])
    shown = {
        "ledger": ledger.ledger(found.matched, policy),
        "left_out": ledger.left_out(found.left_out, policy),
        **tables,
    }
    return disclosure.release(policy, shown, sentences=tuple(said), layers=layers)


def _needs(project: Project, paired: Sequence[Asked], sited: Sequence[Asked], swap: str) -> Needs:
    """Return what is to be read: areas of both, sites, blocks, and places to name mismatches by."""
    names = [name for each in paired for name in (each.a, each.b)] + [each.b for each in sited]
    names += [swap] if swap else []
    places = [project.map.places] if project.map.places else []
    return Needs(
        areas=study.named_areas(project, dict.fromkeys(names)),
        sites=tuple(dict.fromkeys([each.a for each in sited] + places)),
    )


def parse_relation(text: str) -> Asked:
    """Return the relation that "A,B,same", "A,B,nests" or "SITES,A,inside" asks.

    Raises UsageError for anything else.
    """
    parts = [part.strip() for part in text.split(",")]
    known = [relation.value for relation in Relation]
    if len(parts) != RELATION_PARTS or parts[2] not in known:
        mend = "Write A,B,same or A,B,nests (A nests in B), or SITES,A,inside."
        raise UsageError(Fault("", f"'{text}' is no relation between two geographies.", mend))
    if parts[0] == parts[1]:
        mend = "Name two geographies. What is odd within one tells --show within."
        raise UsageError(Fault("", f"'{text}' compares a geography with itself.", mend))
    return Asked(parts[0], parts[1], Relation(parts[2]))


def _every_pair(project: Project) -> tuple[Asked, ...]:
    if len(project.areas) < FEWEST_GEOGRAPHIES:
        mend = "Give at least two with --areas NAME=FILE, or in [areas] of geodemand.toml."
        raise UsageError(Fault("", "two geographies are needed to compare.", mend))
    return tuple(Asked(a, b, Relation.SAME) for a, b in combinations(project.areas, 2))


def _compare(pair: Pair, found: Study, limits: Limits) -> Compared:
    points = deeper.points(found, pair.a.name, pair.b.name)
    pieces = overlay(pair.a, pair.b) if pair.drawn else meetings(points.a, points.b)
    weighed = coterminosity.weigh(pair, pieces, points)
    where = f"{pair.a.name} and {pair.b.name}"
    if not mismatches.meet(weighed):
        mend = (
            "Are both of the same part of the country, and in the right coordinate system? "
            'It can be said with crs = "EPSG:…" in [areas.NAME].'
        )
        fault = Fault(where, f"do not meet anywhere{_whereabouts(pair)}.", mend)
        raise GeographyError(fault)
    land = balance.balance(pair, pieces) if pair.drawn else None
    if land and not land.holds:
        what = f"do not add up when laid over each other: {land.residual:.1e} of the land is lost."
        mend = "Repair the shapes (in QGIS: Fix geometries) and try again."
        raise GeographyError(Fault(where, what, mend))
    differ = mismatches.differences(pair, pieces, points, weighed, limits)
    return Compared(pair, pieces, points, weighed, differ, land)


def _whereabouts(pair: Pair) -> str:
    """Return where each of a pair lies that has polygons, as the end of a sentence."""
    from geodemand.io import crs  # slow: the coordinates are turned back into degrees

    said = []
    for each in (pair.a, pair.b):
        west, south, east, north = shapely.total_bounds(each.shapes).tolist()
        if each.drawn and np.isfinite(west):
            at = crs.place((west + east) / 2, (south + north) / 2)
            said.append(f"{each.name} lies around {at}")
    return f": {'; '.join(said)}" if said else ""


def _tables(inquiry: Inquiry) -> tuple[dict[str, Table], TableShapes]:
    """Return what is always told: pairs at a glance, mismatches, and every area's partner.

    With it goes the land that each mismatch is about.
    """
    compared, limits, policy = inquiry.compared, inquiry.limits, inquiry.policy
    places = inquiry.found.sites.get(inquiry.project.map.places)
    pairs = disclosure.concatenate(
        "pairs", [coterminosity.pairs(c.pair, c.weighed, limits, policy) for c in compared]
    )
    listed = [mismatches.mismatches(c.differ, policy, places=places) for c in compared]
    judged = [agreement.judged(c.pair, c.weighed, limits.tolerance, policy) for c in compared]
    shapes = [each.shapes for each in listed]
    pieces = TableShapes("mismatches", np.concatenate([*shapes, np.empty(0, dtype=object)]))
    tables = {
        "pairs": pairs,
        "mismatches": disclosure.concatenate("mismatches", [each.table for each in listed]),
        "land": balance.balance_table([c.land for c in compared if c.land]),
        "overview": agreement.overview(pairs, policy),
        "units": disclosure.concatenate(
            "units", [agreement.units(c.pair, c.weighed, policy) for c in compared]
        ),
        "whole_units": agreement.whole_units([each for some in judged for each in some]),
    }
    return tables, pieces
