"""A segmentation scheme (category > group > type), named sets of its segments, codes as written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from geodemand.core.disclosure import BoolArray, IntArray
from geodemand.errors import ContentError, Fault, UsageError
from geodemand.suggest import did_you_mean

LEVELS = ("category", "group", "type")
NO_SEGMENT = "none"
NONE = -1

# Other words for the levels: of the output area classification, of ranked indices.
_WORDS = {
    **{level: level for level in LEVELS},
    "supergroup": "category",
    "decile": "category",
    "quintile": "category",
    "subgroup": "type",
}
# "44", "44.0", "N", "5.N.44", "5N", "N44", "1a1"
_PATH = r"(?:(?P<category>\d{1,2})\.?)?(?P<group>[A-Z])(?:\.?(?P<type>\d{1,3}))?"
_CODE = r"(?:\d{1,5}(?:\.0+)?|(?:\d{1,2}\.?)?[A-Z](?:\.?\d{1,3})?)"
_FULL_PATH = r"\d{1,2}\.?[A-Z]\.?\d{1,3}"
# A name follows a mark, or a bracket, or a code that says all three levels: never a bare space,
# so that "10 per cent" is no code. It begins with a letter, so that "1 - 10" is none either.
_NAMED = re.compile(
    rf"(?P<code>{_CODE})(?:\s*[.:)–—-]\s+(?=[^\W\d_])|\s*(?=\()).*"
    rf"|(?P<path>{_FULL_PATH})\s+(?=[^\W\d_]).*",
    re.IGNORECASE,
)
_LEVEL_FIRST = re.compile(
    r"(?:(?:acorn|oac|imd)[\s_]+)?(?P<word>super-?group|sub-?group|category|group|type|decile|"
    r"quintile)(?:[\s:.#_-]+|(?=\d))(?P<rest>.+)",
    re.IGNORECASE,
)
_WHOLE_NUMBER = re.compile(r"\s*([0-9,]+)(?:\.0+)?\s*")


@dataclass(frozen=True, slots=True)
class Segment:
    """One kind of neighbourhood. Its key in a scheme is (level, code), never its name.

    ``parent``: code at a higher level, None at the top. ``name``: None where it is not public.
    ``sure``: False where the source of ``parent`` is doubtful; files may then say otherwise.
    """

    code: str
    name: str | None
    level: str
    parent: str | None
    sure: bool = True


@dataclass(frozen=True)
class SegmentSet:
    """A named selection of segments of one level, such as HDF = types 44, 46, 48, 49, 51.

    ``chosen_on``: the list whose clients decided on it, "" where none did. On that list its index
    means nothing, for it was chosen for being high there.
    """

    name: str
    level: str
    codes: tuple[str, ...]
    chosen_on: str = ""


@dataclass(frozen=True)
class Scheme:
    """A segmentation in one edition: its segments by level, in the order of the definition.

    ``unsegmented``: codes that stand for no segment, such as 9Z9. ``ranks``: for a scale such as
    deciles, how many ranks it divides (1 comes first); 0 where that is not known.
    """

    name: str
    segments: Mapping[tuple[str, str], Segment]
    edition: str = ""
    unsegmented: frozenset[str] = frozenset()
    ranks: int = 0

    @classmethod
    def build(
        cls, name: str, segments: Iterable[Segment], where: str, rows: Sequence[str] = ()
    ) -> Scheme:
        """Check the segments and return the scheme; raise ContentError with every fault.

        ``rows``: where each segment stands in the file, for messages.
        """
        listed = list(segments)
        keyed = {(segment.level, segment.code): segment for segment in listed}
        kept = {here: segment for here, segment in keyed.items() if here[0] != NO_SEGMENT}
        unsegmented = frozenset(_folded(code) for level, code in keyed if level == NO_SEGMENT)
        scheme = cls(name, kept, unsegmented=unsegmented)
        faults = []
        seen = set()
        places = [f"{where}, {row}" for row in rows] or [where] * len(listed)
        for segment, place in zip(listed, places, strict=True):
            here = (segment.level, segment.code)
            what = f"{segment.level} {segment.code} stands twice." if here in seen else ""
            what = what or scheme._fault(segment)
            seen.add(here)
            if what:
                faults.append(Fault(place, what, "Correct it there."))
        if not scheme.levels and not faults:
            mend = "Write a row for each: code, name, level, parent."
            faults = [Fault(where, "has no segment.", mend)]
        if faults:
            raise ContentError(*faults)
        return scheme

    def _fault(self, segment: Segment) -> str:
        """Return what is wrong with a segment or its place in the tree, or an empty string."""
        what = f"{segment.level} {segment.code}"
        if not segment.code:
            return "the segment has no code."
        if segment.level not in {*LEVELS, NO_SEGMENT}:
            known = ", ".join(LEVELS)
            return f"segment {segment.code}: '{segment.level}' is no level; known: {known}."
        if segment.level == NO_SEGMENT or self.parent(segment) is not None:
            return ""
        if segment.parent is not None:
            return f"{what}: its parent {segment.parent} is not in the scheme."
        if segment.level != self.levels[0]:
            return f"{what} has no parent, but the scheme has a {self.levels[0]} level."
        return ""

    @property
    def identity(self) -> str:
        """Return the name with the edition: what must agree wherever two things are compared."""
        return self.name if self.edition in self.name else f"{self.name} ({self.edition})"

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """Return the levels that the scheme has, coarsest first."""
        return tuple(level for level in LEVELS if level in self._by_level)

    @cached_property
    def _by_level(self) -> dict[str, tuple[str, ...]]:
        held: dict[str, list[str]] = {}
        for level, code in self.segments:
            held.setdefault(level, []).append(code)
        return {level: tuple(codes) for level, codes in held.items()}

    def codes(self, level: str) -> tuple[str, ...]:
        """Return the codes of one level in the order of the definition."""
        return self._by_level.get(level, ())

    def coarser(self, level: str) -> tuple[str, ...]:
        """Return the levels of the scheme above one, coarsest first."""
        return tuple(each for each in self.levels if LEVELS.index(each) < LEVELS.index(level))

    @property
    def is_scale(self) -> bool:
        """Return whether the scheme is one level of codes 1, 2, 3… in order, such as deciles."""
        codes = self.codes("category")
        counted = tuple(str(number) for number in range(1, len(codes) + 1))
        return self.levels == ("category",) and codes == counted

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

    def ancestor(self, level: str, code: str, wanted: str, *, sure: bool = False) -> str | None:
        """Return the code of the segment at a coarser (or the same) level that holds this one.

        ``sure``: None where the scheme's own source is in doubt about it.
        """
        segment: Segment | None = self.segments[level, code]
        certain = True
        while segment is not None and segment.level != wanted:
            certain = segment.sure
            segment = self.parent(segment)
        return segment.code if segment is not None and (certain or not sure) else None

    def agrees(self, said: Iterable[tuple[str, str]]) -> bool:
        """Return whether segments (level, code) said of one place lie in each other."""
        segments = list(said)
        return all(
            len(
                {
                    self.ancestor(level, code, wanted, sure=True)
                    for level, code in segments
                    if LEVELS.index(level) >= LEVELS.index(wanted)
                }
                - {None}
            )
            <= 1
            for wanted in self.levels
        )

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


def level_named(word: str) -> str:
    """Return the level that a word stands for: "Supergroup" is category. Else the word itself.

    >>> [level_named(word) for word in ("Type", "Super-group", "subgroup", "colour")]
    ['type', 'category', 'type', 'colour']
    """
    plain = word.strip().casefold()
    return _WORDS.get(plain.replace("-", ""), plain)


def parse_set(name: str, codes: str, scheme: Scheme, chosen_on: str = "") -> SegmentSet:
    """Return the set that "44,46" (finest level), "category:5" or "group:N,O" stands for.

    Raises UsageError that names every code which the scheme does not have.
    """
    written, _, listed = codes.rpartition(":")
    level = level_named(written) or scheme.levels[-1]
    if level not in scheme.levels:
        known = ", ".join(scheme.levels)
        hint = did_you_mean(level, scheme.levels)
        raise UsageError(
            Fault(f"set {name}", f"the scheme has no level '{level}'.", f"{hint} It has {known}.")
        )
    known_codes = scheme.codes(level)
    wanted = [normal_code(code, known_codes, level) for code in listed.split(",") if code.strip()]
    unknown = [code for code in wanted if (level, code) not in scheme.segments]
    if unknown or not wanted:
        listing = f"{level} {', '.join(unknown)}"
        what = f"{listing} is not in {scheme.identity}." if unknown else "is empty."
        mend = f'Write codes of one level, such as "{level}:{known_codes[0]}".'
        raise UsageError(Fault(f"set {name}", what, mend))
    return SegmentSet(name, level, tuple(dict.fromkeys(wanted)), chosen_on)


def normal_code(text: str, known: Sequence[str], level: str = "type") -> str:
    """Return a code as the scheme writes it; what is no code of ``known`` comes back trimmed.

    Read are numbers as spreadsheets write them ("01", "1.0"), either case, all levels in one
    ("5.N.44", of which ``level`` says the part), a level before ("Type 44") and a name behind
    ("44 - Low income", "A. Farms"). A name alone is never read.

    >>> [normal_code(t, ("1", "3c2")) for t in ("01", "1.0", "3C2", "Type 1", "4.B.1", "x")]
    ['1', '1', '3c2', '1', '1', 'x']
    """
    if text in known:
        return text
    plain = text.strip()
    if plain in known:
        return plain
    by_fold = _by_fold(tuple(known))
    code = _code_part(plain, level)
    for form in (plain, code, *_parts(code).get(level, ())):
        found = by_fold.get(_folded(form))
        if found is not None:
            return found
    return plain


def told(text: str | None, level: str, scheme: Scheme) -> dict[str, str] | None:
    """Return what a text in a column of one level says: codes by level. None: it is no code.

    A blank text, and a code that stands for no segment, say nothing. "5.N.44" says all three.
    """
    plain = (text or "").strip()
    if not plain or _folded(plain) in scheme.unsegmented:
        return {}
    code = normal_code(plain, scheme.codes(level), level)
    if (level, code) not in scheme.segments:
        return None
    said = {level: code}
    part = _code_part(plain, level)
    if _folded(part) != _folded(code):
        parts = _parts(part)
        for above in scheme.coarser(level):
            if above in parts:
                said[above] = normal_code(part, scheme.codes(above), above)
                if (above, said[above]) not in scheme.segments:
                    return None
    return said


@dataclass(frozen=True)
class Understood:
    """Distinct rows of a look-up as codes of a scheme, row by row.

    ``positions``: among the codes of the finest level, NONE where blank or unknown. ``unknown``:
    each (level, text) of a row that is no code. ``contradicts``: its codes exclude each other.
    """

    positions: IntArray
    unknown: tuple[tuple[tuple[str, str], ...], ...]
    contradicts: BoolArray

    @property
    def fits(self) -> bool:
        """Return whether every row is of the scheme."""
        return not any(self.unknown) and not self.contradicts.any()


def understand(
    rows: Sequence[Sequence[str | None]], levels: Sequence[str], scheme: Scheme
) -> Understood:
    """Read distinct rows of code texts, one column a level, the finest last.

    A column of a coarser level in which nothing is a code holds names and is left aside.
    """
    readings = [
        {row[column]: told(row[column], level, scheme) for row in rows}
        for column, level in enumerate(levels)
    ]
    finest = len(levels) - 1
    used = [
        column
        for column, reading in enumerate(readings)
        if column == finest or any(said for said in reading.values())
    ]
    place = {code: i for i, code in enumerate(scheme.codes(levels[finest]))}
    positions, unknown, contradicts = [], [], []
    for row in rows:
        said = [readings[column][row[column]] for column in used]
        strange = [
            (levels[column], str(row[column]).strip())
            for column, found in zip(used, said, strict=True)
            if found is None
        ]
        unknown.append(tuple(strange))
        codes = {pair for found in said if found for pair in found.items()}
        contradicts.append(len(codes) > 1 and not scheme.agrees(codes))
        positions.append(place.get((said[-1] or {}).get(levels[finest], ""), NONE))
    return Understood(
        np.array(positions, dtype=np.int64), tuple(unknown), np.array(contradicts, dtype=bool)
    )


def whole_number(text: str | None) -> int | None:
    """Return the whole number that a text is ("7", "7.0", "12,345"), or None."""
    found = _WHOLE_NUMBER.fullmatch(text or "")
    digits = found[1].replace(",", "") if found else ""
    return int(digits) if digits else None


def code_of_rank(text: str | None, scheme: Scheme) -> str | None:
    """Return the division of a scale in which a rank lies: the smallest d, rank <= d ranks / n.

    That is how the English Indices of Deprivation 2015 to 2025 form deciles. What is no rank from
    1 to ``scheme.ranks`` comes back as it is.
    """
    rank = whole_number(text)
    if rank is None or not 1 <= rank <= scheme.ranks:
        return text
    codes = scheme.codes(scheme.levels[0])
    return codes[-(-rank * len(codes) // scheme.ranks) - 1]


def _folded(code: str) -> str:
    """Return a code without what spreadsheets add or drop: case, zeros in front, ".0" behind."""
    bare = re.sub(r"\.0+$", "", code.strip().casefold())
    return bare.lstrip("0") or bare[:1]


@lru_cache(maxsize=256)
def _by_fold(known: tuple[str, ...]) -> dict[str, str]:
    """Return codes by their folded form; those that fold to the same form are left out."""
    folded = [_folded(code) for code in known]
    return {fold: code for fold, code in zip(folded, known, strict=True) if folded.count(fold) == 1}


def _code_part(plain: str, level: str) -> str:
    """Return the code in a text with a level before it or a name behind it, else the text."""
    first = _LEVEL_FIRST.fullmatch(plain)
    rest = plain
    if first and level_named(first["word"]) == level:
        rest = first["rest"]
    named = _NAMED.fullmatch(rest)
    if named:
        return named["code"] or named["path"]
    return rest if re.fullmatch(_CODE, rest, re.IGNORECASE) else plain


def _parts(code: str) -> dict[str, tuple[str, ...]]:
    """Return the forms of each level that a path says: of "5.N.44" the type is 5N44 or 44."""
    path = re.fullmatch(_PATH, code, re.IGNORECASE)
    if not path:
        return {}
    said = path.groupdict()
    forms: dict[str, tuple[str, ...]] = {}
    joined = ""
    for level in LEVELS:
        if said[level]:
            joined += said[level]
            forms[level] = (joined, said[level])
    return forms
