"""Geographies that change: which edition, and which areas of it, hold on a day.

Two forms occur. A county introduces areas in phases: each phase is a layer of its own that holds
from a day on. Or one layer holds areas with a first and a last day each. Last days are included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from geodemand.errors import ContentError, Fault, UsageError
from geodemand.io import columns
from geodemand.io.formats.layer import Layer
from geodemand.project import AreasEntry, PhaseEntry

ONE_DAY = timedelta(days=1)
FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d", "%Y%m%d")
MEND = "Write days as 2026-04-01."
NAMED = 5
BACKWARDS = "holds features that end before they begin"


@dataclass(frozen=True)
class Valid:
    """The columns with the first and the last day of each area, "" for none, and the day asked."""

    starts: str
    ends: str
    day: date


@dataclass(frozen=True)
class Span:
    """From a first to a last day, both included."""

    first: date
    last: date


def is_dated(entry: AreasEntry) -> bool:
    """Return whether a geography differs from day to day."""
    return bool(entry.phases or entry.valid_from or entry.valid_to)


def day_of(text: str, where: str) -> date:
    """Return the day that a text says; raise UsageError for anything else."""
    found = _day(text)
    if found is None:
        raise UsageError(Fault(where, f"'{text}' is no day.", MEND))
    return found


def _day(text: str) -> date | None:
    plain = text.strip().partition("T")[0].partition(" ")[0]
    for form in FORMATS:
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def on_day(name: str, entry: AreasEntry, day: str) -> tuple[AreasEntry, Valid | None]:
    """Return a geography as it is on a day: the file of its phase, and which areas hold.

    Raises UsageError where the geography is dated and no day is asked, ContentError where its
    phases overlap, or none holds on that day.
    """
    if not is_dated(entry):
        return entry, None
    where = f"[areas.{name}]"
    if not day:
        mend = "Say on which day: --on 2026-04-01, or on = 2026-04-01 at the top of the project."
        raise UsageError(Fault(where, "has dates, and no day is asked about.", mend))
    asked = day_of(day, "--on")
    if entry.phases:
        phase = next(
            (each for each, span in _phases(name, entry) if span.first <= asked <= span.last), None
        )
        if phase is None:
            mend = "Ask about another day, or let a phase begin earlier or end later."
            raise ContentError(Fault(where, f"has no phase on {asked.isoformat()}.", mend))
        file, layer = phase.file, phase.layer or entry.layer
        entry = replace(entry, file=file, layer=layer, phases=())
    if not entry.valid_from and not entry.valid_to:
        return entry, None
    return entry, Valid(entry.valid_from, entry.valid_to, asked)


def _phases(name: str, entry: AreasEntry) -> list[tuple[PhaseEntry, Span]]:
    """Return phases with their days, in order: each until it ends, or the next one begins."""
    where = f"[areas.{name}] phases"
    spans = []
    for phase in entry.phases:
        last = day_of(phase.ends, where) if phase.ends else date.max
        spans.append((phase, Span(day_of(phase.starts, where), last)))
    spans.sort(key=lambda each: each[1].first)
    found, faults = [], []
    for place, (phase, span) in enumerate(spans):
        after = spans[place + 1][1].first if place + 1 < len(spans) else None
        last = after - ONE_DAY if after and not phase.ends else span.last
        if span.first > last or (after and last >= after):
            what = f"the phase from {span.first.isoformat()} does not end before the next begins."
            if phase.ends and span.last < span.first:
                what = f"the phase from {span.first.isoformat()} ends before it begins."
            faults.append(Fault(where, what, "Let each end the day before the next begins."))
        found.append((phase, Span(span.first, last)))
    if faults:
        raise ContentError(*faults)
    return found


def valid_rows(layer: Layer, valid: Valid) -> Layer:
    """Return the features of a layer that hold on a day.

    Raises ContentError where dates cannot be read, a feature ends before it begins, or none holds.
    """
    spans = _spans(layer, valid.starts, valid.ends)
    kept = [row for row, span in enumerate(spans) if span.first <= valid.day <= span.last]
    if not kept:
        what = f"holds no area that is valid on {valid.day.isoformat()}."
        raise ContentError(Fault(layer.where, what, "Ask about another day, or mend the dates."))
    place = {row: new for new, row in enumerate(kept)}
    return replace(
        layer,
        attributes={
            name: [values[row] for row in kept] for name, values in layer.attributes.items()
        },
        shapes=layer.shapes[np.array(kept)],
        unread=tuple(place[row] for row in layer.unread if row in place),
    )


def _spans(layer: Layer, starts: str, ends: str) -> list[Span]:
    """Return the days of each feature; a blank first day is always, a blank last day still."""
    header, size = list(layer.attributes), len(layer.shapes)
    days: list[list[date]] = []
    strange: list[str] = []
    for column, blank in ((starts, date.min), (ends, date.max)):
        texts: Sequence[str | None] = [None] * size
        if column:
            texts = layer.attributes[columns.named(column, header, layer.where)]
        read = [_day(text) if text and text.strip() else blank for text in texts]
        strange += [
            f"'{text}' (feature {row + 1})"
            for row, (text, day) in enumerate(zip(texts, read, strict=True))
            if day is None
        ]
        days.append([day or blank for day in read])
    spans = [Span(first, last) for first, last in zip(*days, strict=True)]
    odd = [f"feature {row + 1}" for row, span in enumerate(spans) if span.last < span.first]
    faults = [
        Fault(layer.where, f"{what}: {', '.join(which[:NAMED])}.", MEND)
        for what, which in (
            ("holds dates that are no days", strange),
            ("holds features that end before they begin", odd),
        )
        if which
    ]
    if faults:
        raise ContentError(*faults)
    return spans


@dataclass(frozen=True)
class Turn:
    """A day from which another edition holds. ``before``, ``after``: whether any did, and does."""

    day: date
    before: bool
    after: bool


def turns(name: str, entry: AreasEntry, layer: Layer | None) -> list[Turn]:
    """Return the days on which a geography changes, in order; its first day is no change.

    ``layer``: the features, where these have dates of their own.
    """
    spans = [span for _, span in _phases(name, entry)]
    if layer is not None:
        spans = _spans(layer, entry.valid_from, entry.valid_to)
    days = {span.first for span in spans}
    days |= {span.last + ONE_DAY for span in spans if span.last < date.max}

    def held(day: date) -> bool:
        return any(span.first <= day <= span.last for span in spans)

    known = sorted(day for day in days if day > date.min)
    found = [Turn(day, held(day - ONE_DAY), held(day)) for day in known]
    return found[1:] if found and not found[0].before else found
