"""What one run has protected: every figure with the places it is over, as one system an attack.

All that a run writes is formed from the figures that stand here, so whoever attacks these attacks
every table, share, chart and map layer of the run at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from geodemand.core.published import Published, TrueLoss
from geodemand.core.systems import FloatArray, IntArray, Sums, System
from geodemand.core.zones import Ground, Zones

BoolArray = npt.NDArray[np.bool_]

_SEED = 7
_HALF = np.int64(1) << 31
# Keys are kept in a table up to this many; beyond, they are sorted.
_TABLED = 4_000_000


@dataclass(frozen=True)
class Entry:
    """Figures over zones of one ground, with the whole numbers that each may stand for.

    ``fixed``: let out earlier, so that they cannot be changed. ``shown``: as they are shown, those
    hidden apart.
    """

    zones: Zones
    low: FloatArray
    high: FloatArray
    hidden: BoolArray
    fixed: bool = False
    shown: FloatArray | None = None


@dataclass
class Book:
    """The figures of a run by what they count."""

    grounds: dict[str, Ground] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)

    def enter(self, ground: Ground, entry: Entry) -> None:
        """Take figures down."""
        self.grounds.setdefault(ground.what, ground)
        self.entries.setdefault(ground.what, []).append(entry)

    def cases(
        self, earlier: Sequence[Published] = (), unlimited: Collection[str] = ()
    ) -> list[Case]:
        """Return one case for everything that is counted; ``earlier``: figures let out before.

        ``unlimited``: what is counted where a hidden figure may stand for any number.
        """
        found = []
        for what, own in self.entries.items():
            entries = [*own, *let_out_before(earlier, self.grounds[what], len(own[0].zones.labels))]
            if what in unlimited:
                entries = [replace(e, high=np.where(e.hidden, np.inf, e.high)) for e in entries]
            found.append(case(self.grounds[what], entries))
        return found


@dataclass(frozen=True)
class Case:
    """All figures about one ground as a system, with what its owner knows.

    Pieces that no figure tells apart are one, and so are figures over the same pieces.
    ``known`` [pieces], ``value`` [figures]: exact counts. ``hidden`` [figures]: shown as c.
    ``fixed`` [figures]: let out earlier, and as finely.
    ``names`` [figures]: of their zones; ``own_names``: of those of this run. ``published``: the
    same for a ledger, nothing exact in it.
    """

    what: str
    system: System
    known: IntArray = field(repr=False)
    value: IntArray = field(repr=False)
    hidden: BoolArray
    fixed: BoolArray
    names: IntArray
    published: Published
    own_names: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def case(ground: Ground, entries: Sequence[Entry]) -> Case:
    """Put the figures about one ground together.

    Raises ValueError where a count does not lie in the interval of its figure, which is a bug.
    """
    place_class, classes, class_labels = _classes(entries)
    sums = _sums(entries, class_labels, ground.kinds)
    low, high = (np.concatenate([getattr(e, end) for e in entries]) for end in ("low", "high"))
    hidden = np.concatenate([e.hidden for e in entries])
    names = np.concatenate([e.zones.names for e in entries])
    figure, size = _alike(sums.row, sums.piece, sums.size, classes * ground.kinds)
    tight_low, tight_high = np.zeros(size), np.full(size, np.inf)
    np.maximum.at(tight_low, figure, low)
    np.minimum.at(tight_high, figure, high)
    shown = np.ones(size, dtype=bool)
    np.logical_and.at(shown, figure, hidden)
    fixed = _fixed(entries, figure, size)
    first = np.zeros(size, dtype=np.int64)
    first[figure[::-1]] = np.arange(sums.size)[::-1]
    kept = np.flatnonzero(np.isin(sums.row, first))
    row, cell = figure[sums.row[kept]], sums.piece[kept]
    piece, pieces = _alike(cell, row, classes * ground.kinds, size)
    counted = ground.by(place_class, classes).ravel()
    known = np.bincount(piece, weights=counted, minlength=pieces).astype(np.int64)
    entry = np.unique(row * pieces + piece[cell])
    merged = Sums(size, entry // pieces, entry % pieces)
    value = merged.total(known)
    if not ((value >= tight_low) & (value <= tight_high)).all():
        message = f"a count of '{ground.what}' lies outside the interval of its figure"
        raise ValueError(message)
    own = sum(each.zones.size for each in entries if not each.fixed)
    mine = sums.row < own
    return Case(
        ground.what,
        System(pieces, merged, tight_low, tight_high),
        known,
        value,
        shown,
        fixed,
        names[first],
        Published(
            ground.what,
            place_class,
            classes,
            ground.kinds,
            Sums(own, sums.row[mine], sums.piece[mine]),
            low[:own],
            high[:own],
            hidden[:own],
            _true_loss(ground, [each for each in entries if not each.fixed]),
        ),
        np.unique(names[:own]),
    )


def _fixed(entries: Sequence[Entry], figure: IntArray, size: int) -> BoolArray:
    """Return which figures cannot be shown otherwise: those that were shown before, as finely.

    One that was hidden then may be hidden again.
    """
    width = np.full((2, size), np.inf)
    here = np.zeros(size, dtype=bool)
    start = 0
    for each in entries:
        at = figure[start : start + each.zones.size]
        own = np.where(each.hidden, np.inf, each.high - each.low)
        np.minimum.at(width[int(each.fixed)], at, own)
        here[at] |= not each.fixed
        start += each.zones.size
    found: BoolArray = ~here | (np.isfinite(width[1]) & (width[1] <= width[0]))
    return found


def hidden_before(earlier: Sequence[Published]) -> set[tuple[str, int]]:
    """Return what earlier releases have hidden and shown nowhere, by what is counted and zone."""
    hidden: set[tuple[str, int]] = set()
    shown: set[tuple[str, int]] = set()
    for each in earlier:
        names = [(each.what, name) for name in _again(each).zones.names.tolist()]
        for name, was in zip(names, each.hidden.tolist(), strict=True):
            (hidden if was else shown).add(name)
    return hidden - shown


def any_number_before(earlier: Sequence[Published]) -> frozenset[str]:
    """Return what earlier releases have hidden figures of that stand for any number, every one."""
    return frozenset(each.what for each in earlier if each.any_number)


def _true_loss(ground: Ground, entries: Sequence[Entry]) -> TrueLoss | None:
    """Return what protection has cost, each zone once; None where figures are not known."""
    if any(each.shown is None for each in entries):
        return None
    names = np.concatenate([each.zones.names for each in entries])
    _, first = np.unique(names, return_index=True)
    exact = np.concatenate([each.zones.count(ground) for each in entries])[first]
    shown = np.concatenate([each.shown for each in entries if each.shown is not None])[first]
    seen = ~np.concatenate([each.hidden for each in entries])[first]
    people = float(exact.sum())
    error = np.abs(shown - exact)[seen]
    return TrueLoss(
        float(exact[seen].sum()) / people if people else 1.0,
        float(error.mean()) if len(error) else 0.0,
    )


def let_out_before(earlier: Sequence[Published], ground: Ground, places: int) -> list[Entry]:
    """Return the figures about a ground that were let out before, as far as they still hold.

    A list that has changed since bears some of them out and others not. Those that it does are
    attacked together with the new ones, as whoever compares two dates will do; the others are
    about people who have come or gone.
    """
    found = []
    for each in earlier:
        same = each.what == ground.what and each.kinds == ground.kinds
        if not same or len(each.place_class) != places:
            continue
        entry = _again(each)
        count = entry.zones.count(ground)
        holds = np.flatnonzero((count >= entry.low) & (count <= entry.high))
        if len(holds):
            zones = entry.zones.grouped(list(holds[:, None]))
            low, high, hidden = entry.low[holds], entry.high[holds], entry.hidden[holds]
            found.append(Entry(zones, low, high, hidden, fixed=True))
    return found


def _again(earlier: Published) -> Entry:
    """Return figures that were let out before as figures of this run."""
    piece = earlier.sums.piece
    zones = Zones(
        earlier.place_class,
        earlier.classes,
        earlier.sums.size,
        earlier.sums.row,
        piece // earlier.kinds,
        piece % earlier.kinds,
    )
    return Entry(zones, earlier.low, earlier.high, earlier.hidden, fixed=True)


def _classes(entries: Sequence[Entry]) -> tuple[IntArray, int, list[IntArray]]:
    """Return the class of each place, how many there are, and for each entry their labels.

    Places of one class have the same label in every entry.
    """
    partitions: list[Zones] = []
    of_entry = []
    for each in entries:
        labels = each.zones.labels
        same = (
            number
            for number, known in enumerate(partitions)
            if known.labels is labels or np.array_equal(known.labels, labels)
        )
        of_entry.append(next(same, len(partitions)))
        if of_entry[-1] == len(partitions):
            partitions.append(each.zones)
    place_class = np.zeros(len(partitions[0].labels), dtype=np.int64)
    classes = 1
    for zones in partitions:
        size = int(zones.labels.max(initial=-1)) + 2
        place_class, classes = _renumbered(place_class * size + zones.labels + 1, classes * size)
    example = np.zeros(classes, dtype=np.int64)
    example[place_class] = np.arange(len(place_class))
    labels_of = [zones.labels[example] for zones in partitions]
    return place_class, classes, [labels_of[number] for number in of_entry]


def _renumbered(key: IntArray, size: int) -> tuple[IntArray, int]:
    """Return the keys as numbers without gaps, and how many there are."""
    if size > _TABLED:
        found, number = np.unique(key, return_inverse=True)
        return number, len(found)
    there = np.bincount(key, minlength=size) > 0
    return (np.cumsum(there) - 1)[key], int(there.sum())


def _sums(entries: Sequence[Entry], class_labels: Sequence[IntArray], kinds: int) -> Sums:
    """Return which pieces (class x kinds + kind) each figure of the entries adds up."""
    rows, pieces, start = [], [], 0
    for each, labels in zip(entries, class_labels, strict=True):
        zones = each.zones
        order = np.argsort(labels, kind="stable")[np.count_nonzero(labels < 0) :]
        count = np.bincount(labels[labels >= 0], minlength=zones.labelled)
        begin = np.cumsum(count) - count
        repeat = count[zones.label]
        within = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        held = order[np.repeat(begin[zones.label], repeat) + within]
        rows.append(np.repeat(zones.row + start, repeat))
        pieces.append(held * kinds + np.repeat(zones.kind, repeat))
        start += zones.size
    return Sums(start, np.concatenate(rows), np.concatenate(pieces))


def _alike(key: IntArray, other: IntArray, size: int, others: int) -> tuple[IntArray, int]:
    """Return a number for each key 0..size - 1, the same for those that go with the same others."""
    random = np.random.default_rng(_SEED).integers(_HALF, size=(2, others))
    low, high = (
        (np.bincount(key, weights=each[other], minlength=size) % _HALF).astype(np.int64)
        for each in random
    )
    found, number = np.unique(low * _HALF + high, return_inverse=True)
    return number.astype(np.int64), len(found)
