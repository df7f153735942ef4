"""A segmentation scheme (category > group > type) and named sets of its segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geodemand.core.disclosure import BoolArray, IntArray
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.suggest import did_you_mean

LEVELS = ("category", "group", "type")
NONE = -1


@dataclass(frozen=True, slots=True)
class Segment:
    """One kind of neighbourhood. Its key in a scheme is (level, code), never its name.

    ``parent``: code at a higher level, None at the top. ``name``: None where it is not public.
    """

    code: str
    name: str | None
    level: str
    parent: str | None


@dataclass(frozen=True)
class SegmentSet:
    """A named selection of segments of one level, such as HDF = types 44, 46, 48, 49, 51."""

    name: str
    level: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Scheme:
    """A segmentation in one edition: its segments by level, in the order of the definition."""

    name: str
    segments: Mapping[tuple[str, str], Segment]

    @classmethod
    def build(cls, name: str, segments: Iterable[Segment], where: str) -> Scheme:
        """Check the segments and return the scheme; raise ContentError with every fault."""
        keyed: dict[tuple[str, str], Segment] = {}
        faults = []
        for segment in segments:
            here = (segment.level, segment.code)
            if segment.level not in LEVELS:
                mend = f"A level is one of {', '.join(LEVELS)}."
                faults.append(Fault(where, f"segment {segment.code}: '{segment.level}'?", mend))
            elif here in keyed:
                faults.append(Fault(where, f"{segment.level} {segment.code} stands twice."))
            keyed[here] = segment
        scheme = cls(name, keyed)
        faults += [
            Fault(where, f"{s.level} {s.code}: its parent {s.parent} is not in the scheme.")
            for s in keyed.values()
            if s.parent is not None and s.level in LEVELS and scheme.parent(s) is None
        ]
        if faults:
            raise ContentError(*faults)
        return scheme

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Return the levels that the scheme has, coarsest first."""
        present = {level for level, _ in self.segments}
        return tuple(level for level in LEVELS if level in present)

    def codes(self, level: str) -> tuple[str, ...]:
        """Return the codes of one level in the order of the definition."""
        return tuple(code for at, code in self.segments if at == level)

    def label(self, level: str, code: str) -> str:
        """Return the name of a segment, or its level and code where no name is public."""
        return self.segments[level, code].name or f"{level.capitalize()} {code}"

    def parent(self, segment: Segment) -> Segment | None:
        """Return the segment above: one level up, or two where the level between is not public."""
        higher = LEVELS[: LEVELS.index(segment.level)]
        for level in reversed(higher):
            found = self.segments.get((level, segment.parent or ""))
            if found is not None:
                return found
        return None

    def ancestor(self, level: str, code: str, wanted: str) -> str | None:
        """Return the code of the segment at a coarser (or the same) level that holds this one."""
        segment: Segment | None = self.segments[level, code]
        while segment is not None and segment.level != wanted:
            segment = self.parent(segment)
        return segment.code if segment is not None else None

    def positions(self, level: str, wanted: str) -> IntArray:
        """Return for each code of ``level`` its position among the codes of ``wanted``, or NONE."""
        place = {code: i for i, code in enumerate(self.codes(wanted))}
        return np.array(
            [
                place.get(self.ancestor(level, code, wanted) or "", NONE)
                for code in self.codes(level)
            ],
            dtype=np.int64,
        )

    def members(self, chosen: SegmentSet, level: str) -> BoolArray:
        """Return for each code of ``level`` whether it lies in the set.

        Raises UsageError where the set is of a finer level than the segments at hand.
        """
        if LEVELS.index(chosen.level) > LEVELS.index(level):
            raise UsageError(
                Fault(
                    "",
                    f"the set '{chosen.name}' names {chosen.level} codes, but the segments file "
                    f"goes no finer than {level}.",
                    "Use a segments file with the finer level, or define the set at this one.",
                )
            )
        return np.array(
            [self.ancestor(level, code, chosen.level) in chosen.codes for code in self.codes(level)]
        )


def parse_set(name: str, codes: str, scheme: Scheme) -> SegmentSet:
    """Return the set that "44,46" (types), "category:5" or "group:N,O" stands for.

    Raises UsageError that names every code which the scheme does not have.
    """
    level, _, listed = codes.rpartition(":")
    level = level.strip() or "type"
    if level not in scheme.levels:
        known = ", ".join(scheme.levels)
        hint = did_you_mean(level, scheme.levels)
        raise UsageError(
            Fault(f"set {name}", f"the scheme has no level '{level}'.", f"{hint} It has {known}.")
        )
    wanted = [normal_code(code, scheme.codes(level)) for code in listed.split(",") if code.strip()]
    unknown = [code for code in wanted if (level, code) not in scheme.segments]
    if unknown or not wanted:
        what = f"{level} {', '.join(unknown)} is not in {scheme.name}." if unknown else "is empty."
        mend = f'Write codes of one level, such as "{level}:{scheme.codes(level)[0]}".'
        raise UsageError(Fault(f"set {name}", what, mend))
    return SegmentSet(name, level, tuple(wanted))


def normal_code(text: str, known: Sequence[str]) -> str:
    """Return a code as the scheme writes it: "01", "1.0" and " 1" are "1", "3C2" is "3c2".

    >>> [normal_code(t, ("1", "3c2")) for t in ("01", "1.0", "3C2", "x")]
    ['1', '1', '3c2', 'x']
    """
    plain = text.strip()
    if plain in known:
        return plain
    bare = re.sub(r"\.0+$", "", plain).lstrip("0")
    folded = {code.casefold(): code for code in known}
    return folded.get(bare.casefold(), folded.get(plain.casefold(), plain))


def assign(texts: Sequence[str | None], scheme: Scheme, level: str, where: str) -> IntArray:
    """Return for each code text its position among the codes of a level, NONE where blank.

    Raises ContentError that names up to five codes which the scheme does not have: most often the
    file is of another edition.
    """
    known = scheme.codes(level)
    place = {code: i for i, code in enumerate(known)}
    cache: dict[str | None, int] = {None: NONE}
    strange = []
    for text in set(texts) - {None}:
        code = normal_code(str(text), known)
        cache[text] = place.get(code, NONE)
        if code and code not in place:
            strange.append(str(text))
    if strange:
        shown = ", ".join(f"'{code}'" for code in sorted(strange)[:5])
        raise ContentError(
            Fault(
                where,
                f"{len(strange)} {level} codes are not in {scheme.name}: {shown}.",
                "Is the file of another edition? Name its scheme with --scheme.",
            )
        )
    return np.array([cache[text] for text in texts], dtype=np.int64)
