"""Boundary and point files into geographies and sites, in metres of British National Grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely

from geodemand.core.disclosure import BoolArray, FloatArray, IntArray
from geodemand.core.geography import HECTARE, Geography, Shapes, Sites, told_apart
from geodemand.errors import ContentError, Fault, Gathered, GeographyError
from geodemand.io import columns, crs
from geodemand.io.dated import Valid, valid_rows
from geodemand.io.formats import kinds, limits
from geodemand.io.formats.layer import Layer

POLYGON = 2
NO_AREA = "All its features are without a shape, or there are none: is it the right layer?"
# How many features a message names.
NAMED = 5


@dataclass
class _Reading:
    """A layer being checked: what is wrong with it, gathered to be said at once, and what to say.

    ``codes``, ``names``: None where there is no such column.
    """

    layer: Layer
    shapes: Shapes
    codes: list[str] | None = None
    names: list[str] | None = None
    faults: Gathered = field(default_factory=Gathered)
    notes: list[str] = field(default_factory=list)

    def named(self, rows: Sequence[int] | IntArray) -> str:
        """Return features by their codes, else by their places in the file; not all if many."""
        shown = [
            self.codes[row] if self.codes and self.codes[row] else f"feature {row + 1}"
            for row in rows[:NAMED]
        ]
        more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
        return ", ".join(shown) + more


def read_areas(  # noqa: PLR0913 - what a user may say of a boundary file
    name: str,
    path: Path,
    *,
    layer: str = "",
    code: str = "",
    label: str = "",
    reference: str = "",
    accuracy_m: float = 0.0,
    valid: Valid | None = None,
) -> Geography:
    """Read a geography: code and name columns found or as named, rings mended, sorted by code.

    ``reference``: the coordinate system, before the one that the file names. ``valid``: which areas
    hold, where they have dates. Raises
    UnreadableFileError, or ContentError (columns, duplicate codes) or GeographyError (no
    reference system, not polygons, not in Great Britain) with all that is wrong with the file.
    """
    found = _reading(path, layer, valid)
    found.faults.attempt(_name, found, code, label)
    found.faults.attempt(_check_codes, found, dated=valid is not None)
    found.faults.attempt(_check_areas, found)
    found.faults.attempt(_to_metres, found, reference)
    found.faults.settle()
    _mend(found)
    keep = _kept(found)
    codes, names = found.codes or [], found.names or []
    kept_codes, kept_names = [codes[i] for i in keep], [names[i] for i in keep]
    found.notes += shared(kept_names)
    return Geography(
        name,
        tuple(kept_codes),
        told_apart(kept_codes, kept_names),
        found.shapes[keep],
        accuracy_m,
        tuple(found.notes),
    )


def read_sites(  # noqa: PLR0913 - what a user may say of a layer of points
    name: str,
    path: Path,
    *,
    layer: str = "",
    code: str = "",
    label: str = "",
    reference: str = "",
    area: str = "",
) -> Sites:
    """Read named points; raise GeographyError where the layer holds something else.

    ``area``: the column with the area that each point serves.
    """
    found = _reading(path, layer)
    found.faults.attempt(_name, found, code, label)
    found.faults.attempt(_check_points, found)
    found.faults.attempt(_to_metres, found, reference)
    found.faults.settle()
    x, y = shapely.get_x(found.shapes), shapely.get_y(found.shapes)
    areas: tuple[str, ...] = ()
    if area:
        attributes = found.layer.attributes
        own = columns.named(area, list(attributes), found.layer.where)
        areas = tuple(_plain(value) for value in attributes[own])
    return Sites(name, tuple(found.codes or ()), tuple(found.names or ()), x, y, areas)


def _reading(path: Path, layer: str, valid: Valid | None = None) -> _Reading:
    read = kinds.read(path, layer)
    read = valid_rows(read, valid) if valid else read
    limits.check_vertices(int(shapely.get_num_coordinates(read.shapes).sum()), read.where)
    return _Reading(read, np.asarray(shapely.force_2d(read.shapes), dtype=object))


def _name(found: _Reading, code: str, label: str) -> None:
    """Set codes and names by the columns that the user names, or that are usually called so.

    Of several such columns for codes, the first that tells the features apart; of several for
    names, the one that is called like it.
    """
    attributes, where = found.layer.attributes, found.layer.where
    header = list(attributes)
    own = columns.named(code, header, where) if code else _code_column(found.layer)
    found.codes = [_plain(value) for value in attributes[own]]
    usual = columns.name_beside(own, header) or own
    labels = columns.named(label, header, where) if label else usual
    named = zip(attributes[labels], found.codes, strict=True)
    found.names = [_plain(value) or known for value, known in named]


def _code_column(layer: Layer) -> str:
    header = list(layer.attributes)
    able = columns.fitting("areas", "code", header)
    if not able:
        fault = columns.missing("a column of area codes", header, layer.where, sure=True)
        mend = f'{fault.mend} Say which it is with code = "…".'
        raise ContentError(Fault(fault.where, fault.what, mend))
    held = {name: [_plain(value) for value in layer.attributes[name]] for name in able}
    apart = [name for name in able if len(set(held[name]) - {""}) == len(held[name])]
    return next(iter(apart), able[0])


def _plain(value: str | None) -> str:
    return (value or "").strip()


def _check_codes(found: _Reading, *, dated: bool) -> None:
    """Raise ContentError for codes that are missing or stand more than once."""
    codes, where = found.codes or [], found.layer.where
    blank = [row for row, code in enumerate(codes) if not code]
    twice = sorted(code for code, count in Counter(codes).items() if code and count > 1)
    faults = []
    if blank:
        which = found.named(blank)
        faults.append(
            Fault(
                where,
                f"{_many(blank)} no code in {_column(found)}.",
                f"They are {which}.",
            )
        )
    if twice:
        shown = ", ".join(twice[:NAMED]) + (", …" if len(twice) > NAMED else "")
        mend = "Dissolve the features of one area into one, or name another column."
        if dated:
            mend = "Their dates overlap: let one end the day before the next begins."
        what = f"codes stand more than once in {_column(found)}: {shown}."
        faults.append(Fault(where, what, mend))
    if faults:
        raise ContentError(*faults)


def _column(found: _Reading) -> str:
    """Return the column of codes, as messages name it."""
    for name, values in found.layer.attributes.items():
        if [_plain(value) for value in values] == found.codes:
            return f"'{name}'"
    return "the column of codes"


def _check_areas(found: _Reading) -> None:
    """Raise GeographyError for what is no area; ContentError where there is none at all."""
    shapes, where = found.shapes, found.layer.where
    flat = shapely.get_dimensions(shapes)
    solid = flat == POLYGON
    faults = _unreadable(found)
    other = np.flatnonzero(~solid & ~_empty(shapes))
    if len(other):
        what = "holds points or lines where areas are needed."
        mend = f"They are {found.named(other)}. Name a polygon layer."
        faults.append(Fault(where, what, mend))
    if faults:
        raise GeographyError(*faults)
    if _empty(shapes).all():
        raise ContentError(Fault(where, "holds no area.", NO_AREA))


def _check_points(found: _Reading) -> None:
    where = found.layer.where
    faults = _unreadable(found)
    other = np.flatnonzero((shapely.get_type_id(found.shapes) != 0) | _empty(found.shapes))
    other = np.setdiff1d(other, found.layer.unread)
    if len(other):
        what = "holds shapes that are not points."
        faults.append(Fault(where, what, f"They are {found.named(other)}. Sites are points."))
    if faults:
        raise GeographyError(*faults)


def _unreadable(found: _Reading) -> list[Fault]:
    """Return the faults of shapes that cannot be read, or have coordinates that are no numbers."""
    faults = []
    if found.layer.unread:
        which = found.named(found.layer.unread)
        what = f"{_many(found.layer.unread)} a shape that cannot be read: {which}."
        faults.append(Fault(found.layer.where, what, "Is every ring closed? Draw them again."))
    at, row = shapely.get_coordinates(found.shapes, return_index=True)
    wild = sorted(set(row[~np.isfinite(at).all(axis=1)].tolist()))
    if wild:
        what = f"{_many(wild)} coordinates that are no numbers: {found.named(wild)}."
        faults.append(Fault(found.layer.where, what, "Draw them again."))
    return faults


def _many(rows: Sequence[int]) -> str:
    return "1 feature has" if len(rows) == 1 else f"{len(rows)} features have"


def _empty(shapes: Shapes) -> BoolArray:
    """Return which features have no shape, or an empty one."""
    found: BoolArray = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return found


def _to_metres(found: _Reading, reference: str) -> None:
    """Turn the shapes into metres of British National Grid, and say by which operation."""
    where = found.layer.where
    if _empty(found.shapes).all():
        return
    bounds = shapely.total_bounds(found.shapes)
    reference = crs.code(reference or found.layer.crs)
    if not reference:
        raise GeographyError(_no_system(found, crs.looks_like(bounds)))
    kind = crs.contradicts(reference, bounds, where)
    if kind:
        what = f"says its coordinates are {kind}, but they are not."
        raise GeographyError(Fault(where, what, _mend_system(bounds)))
    raw = shapely.bounds(found.shapes)
    if not crs.is_grid(reference):
        found.shapes = _turned(found, reference)
    present = np.flatnonzero(~_empty(found.shapes))
    away = present[crs.outside(shapely.bounds(found.shapes[present]))]
    if len(away):
        what = f"{len(away)} of {len(present)} features lie outside Great Britain."
        low, high = raw[away].min(axis=0), raw[away].max(axis=0)
        mend = _mend_system(np.array([*low[:2], *high[2:]]))
        west, south, east, north = shapely.total_bounds(found.shapes[away]).tolist()
        at = crs.place((west + east) / 2, (south + north) / 2)
        said = f"They are {found.named(away)}, around {at}. {mend}"
        raise GeographyError(Fault(where, what, said))


def _turned(found: _Reading, reference: str) -> Shapes:
    at = shapely.get_coordinates(found.shapes)
    east, north, said = crs.turned(at[:, 0], at[:, 1], reference, found.layer.where)
    found.notes += [said] if said else []
    return np.asarray(shapely.set_coordinates(found.shapes.copy(), np.column_stack([east, north])))


def _no_system(found: _Reading, looks: str) -> Fault:
    mend = (
        f'Say which it is: crs = "{crs.GRID}" (British National Grid) or "{crs.WGS84}" (degrees).'
    )
    parts = (*found.layer.notes, looks, "" if looks else mend)
    what = "does not say which coordinate system it is in."
    return Fault(found.layer.where, what, " ".join(filter(None, parts)))


def _mend_system(bounds: FloatArray) -> str:
    usual = (
        "Its coordinates may be in another system than the file names, or their axes swapped. "
        'Say which they are in with crs = "EPSG:…".'
    )
    return crs.looks_like(bounds) or usual


def _mend(found: _Reading) -> None:
    """Mend rings that cross themselves, and say of which areas, and how much they changed."""
    found.notes[:0] = found.layer.notes
    shapes = found.shapes
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    if not len(broken):
        return
    before = shapely.area(shapes[broken])
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    change = np.abs(shapely.area(shapes[broken]) - before).max() / HECTARE
    areas = "1 area has" if len(broken) == 1 else f"{len(broken)} areas have"
    found.notes.append(
        f"{areas} rings that cross or touch themselves ({found.named(broken)}); they were mended, "
        f"which changed an area by {change:,.2f} ha at most."
    )


def _kept(found: _Reading) -> list[int]:
    """Return the rows that have a shape, in order of code, and say which have none."""
    bare = np.flatnonzero(shapely.is_empty(found.shapes))
    if len(bare) == len(found.shapes):
        raise ContentError(Fault(found.layer.where, "holds no area.", NO_AREA))
    if len(bare):
        features = "1 feature" if len(bare) == 1 else f"{len(bare)} features"
        found.notes.append(f"{features} without a shape left out: {found.named(bare)}.")
    codes = found.codes or []
    held = set(bare.tolist())
    return sorted((row for row in range(len(codes)) if row not in held), key=codes.__getitem__)


def shared(names: Sequence[str]) -> list[str]:
    """Return what to say of names that several areas have: in tables these could not be told."""
    several = sorted(name for name, count in Counter(names).items() if count > 1)
    if not several:
        return []
    shown = ", ".join(f"'{name}'" for name in several[:NAMED])
    more = f" and {len(several) - NAMED} more" if len(several) > NAMED else ""
    what = "A name" if len(several) == 1 else "Names"
    return [f"{what} that several areas have: {shown}{more}. The code is written behind."]
