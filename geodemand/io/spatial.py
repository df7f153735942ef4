"""Boundary and point files into geographies and sites, in metres of British National Grid."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodemand.core.geography import Geography, Shapes, Sites
from geodemand.errors import ContentError, Fault, GeographyError, UnreadableFileError
from geodemand.io import columns, crs
from geodemand.io.tables import regular_file

LARGEST_DEGREES = 180.0
POLYGON = 2


@dataclass(frozen=True)
class Layer:
    """A layer as read: attributes as text by column, shapes, and the reference system it names."""

    attributes: Mapping[str, Sequence[str | None]]
    shapes: Shapes
    crs: str
    where: str


def read_areas(  # noqa: PLR0913 - what a user may say of a boundary file
    name: str,
    path: Path,
    *,
    layer: str = "",
    code: str = "",
    label: str = "",
    reference: str = "",
    accuracy_m: float = 0.0,
) -> Geography:
    """Read a geography: code and name columns found or as named, rings mended, sorted by code.

    Raises UnreadableFileError, ContentError (columns, duplicate codes) or GeographyError (no
    reference system, not polygons, not in Great Britain).
    """
    found = _read(path, layer)
    shapes, notes = _polygons(found)
    shapes = _metres(shapes, reference or found.crs, found.where)
    code_column, name_column = _columns(found, code, label)
    codes = [str(c).strip() if c is not None else "" for c in found.attributes[code_column]]
    names = [
        str(n).strip() if n else c
        for n, c in zip(found.attributes[name_column], codes, strict=True)
    ]
    _check_codes(codes, found.where, code_column)
    keep = [i for i in np.argsort(np.array(codes), kind="stable") if not shapes[i].is_empty]
    if len(keep) < len(codes):
        notes.append(f"{len(codes) - len(keep)} features without a shape were left out.")
    return Geography(
        name,
        tuple(codes[i] for i in keep),
        tuple(names[i] for i in keep),
        shapes[keep],
        accuracy_m,
        tuple(notes),
    )


def read_sites(
    name: str, path: Path, *, layer: str = "", code: str = "", label: str = "", reference: str = ""
) -> Sites:
    """Read named points; raise GeographyError where the layer holds something else."""
    found = _read(path, layer)
    if not (shapely.get_type_id(found.shapes) == 0).all():
        raise GeographyError(
            Fault(found.where, "holds shapes that are not points.", "Sites are points.")
        )
    shapes = _metres(found.shapes, reference or found.crs, found.where)
    code_column, name_column = _columns(found, code, label)
    return Sites(
        name,
        tuple(str(c) for c in found.attributes[code_column]),
        tuple(str(n) for n in found.attributes[name_column]),
        shapely.get_x(shapes),
        shapely.get_y(shapes),
    )


def _read(path: Path, layer: str) -> Layer:
    regular_file(path)
    if path.name.lower().endswith((".geojson", ".json")):
        return _geojson(path)
    return _gdal(path, layer)


def _geojson(path: Path) -> Layer:
    """Read GeoJSON without GDAL: shapely does the shapes, and no driver can be fooled."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        collection = json.loads(text)
        features = collection["features"]
        shapes = shapely.from_geojson(json.dumps(collection))
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, shapely.GEOSException) as error:
        mend = "It should be a FeatureCollection; export it again."
        raise UnreadableFileError(Fault(str(path), "is not GeoJSON.", mend)) from error
    attributes: dict[str, list[str | None]] = {}
    for row, feature in enumerate(features):
        for key, value in (feature.get("properties") or {}).items():
            attributes.setdefault(key, [None] * len(features))[row] = _plain(value)
    named = (collection.get("crs") or {}).get("properties", {}).get("name", "")
    parts = (
        np.array([_shape(feature) for feature in features], dtype=object)
        if _has_null(features)
        else shapely.get_parts(shapes)
    )
    return Layer(attributes, parts, _geojson_crs(str(named)), str(path))


def _has_null(features: Sequence[Mapping[str, Any]]) -> bool:
    return any(not feature.get("geometry") for feature in features)


def _shape(feature: Mapping[str, Any]) -> Any:  # noqa: ANN401
    geometry = feature.get("geometry")
    return shapely.from_geojson(json.dumps(geometry)) if geometry else shapely.Polygon()


def _geojson_crs(name: str) -> str:
    """Return the reference system of a GeoJSON: WGS 84 by its standard, or the older member's."""
    if not name or "CRS84" in name:
        return crs.WGS84
    return f"EPSG:{name.rpartition(':')[2]}" if "EPSG" in name.upper() else name


def _gdal(path: Path, layer: str) -> Layer:
    import pyogrio  # slow to import

    try:
        layers = [str(entry) for entry in pyogrio.list_layers(path)[:, 0]]
        where = f"{path}:{layer}" if layer else str(path)
        if layer and layer not in layers:
            raise ContentError(
                Fault(where, "there is no such layer.", f"It has: {', '.join(layers)}.")
            )
        if not layer and len(layers) > 1:
            mend = f'Name one of them with layer = "…" or FILE:LAYER: {", ".join(layers)}.'
            raise ContentError(Fault(where, f"holds {len(layers)} layers.", mend))
        meta, _, shapes, fields = pyogrio.raw.read(path, layer=layer or None)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        mend = (
            "Boundaries are read from GeoPackage, Shapefile (also zipped), GeoJSON and FlatGeobuf."
        )
        raise UnreadableFileError(
            Fault(str(path), "cannot be read as a map layer.", mend)
        ) from error
    attributes = {
        str(name): [_plain(value) for value in values]
        for name, values in zip(meta["fields"], fields, strict=True)
    }
    return Layer(attributes, shapely.from_wkb(shapes), meta["crs"] or "", where)


def _plain(value: Any) -> str | None:  # noqa: ANN401
    if value is None or value != value:  # noqa: PLR0124 - NaN is no code
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _polygons(found: Layer) -> tuple[Shapes, list[str]]:
    """Return valid polygons, rings that cross themselves mended, and what was done."""
    shapes = found.shapes.copy()
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    flat = shapely.get_dimensions(shapes)
    if ((flat < POLYGON) & ~shapely.is_empty(shapes)).any():
        raise GeographyError(
            Fault(
                found.where,
                "holds points or lines where areas are needed.",
                "Name a polygon layer.",
            )
        )
    if not len(shapes) or shapely.is_empty(shapes).all():
        raise ContentError(Fault(found.where, "holds no area."))
    broken = ~shapely.is_valid(shapes)
    notes = []
    if broken.any():
        mended = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
        shapes[broken] = mended
        notes.append(f"{broken.sum()} areas had rings that cross themselves; they were mended.")
    return shapely.force_2d(shapes), notes


def _metres(shapes: Shapes, reference: str, where: str) -> Shapes:
    if not reference:
        mend = (
            'Say which it is: crs = "EPSG:27700" (British National Grid) or "EPSG:4326" (degrees).'
        )
        raise GeographyError(Fault(where, "does not say which coordinate system it is in.", mend))
    if not crs.is_grid(reference):
        bounds = shapely.total_bounds(shapes)
        if reference == crs.WGS84 and np.nanmax(np.abs(bounds)) > LARGEST_DEGREES:
            mend = 'They look like metres: say crs = "EPSG:27700".'
            raise GeographyError(
                Fault(where, "says its coordinates are degrees, but they are not.", mend)
            )
        shapes = shapely.transform(
            shapes,
            lambda at: np.column_stack(crs.to_metres(at[:, 0], at[:, 1], reference)),
        )
    crs.check_extent(shapely.bounds(shapes)[~shapely.is_empty(shapes)], where)
    return shapes


def _columns(found: Layer, code: str, label: str) -> tuple[str, str]:
    """Return the columns of code and name, as named or as usually called."""
    header = list(found.attributes)
    if code:
        code_column = columns.named(code, header, found.where)
    else:
        guess = columns.find("areas", "code", header)
        if guess is None:
            mend = 'Say which it is with code = "…".'
            fault = columns.missing("a column of area codes", header, found.where)
            raise ContentError(Fault(fault.where, fault.what, f"{fault.mend} {mend}"))
        code_column = guess
    if label:
        return code_column, columns.named(label, header, found.where)
    return code_column, columns.find("areas", "name", header) or code_column


def _check_codes(codes: Sequence[str], where: str, column: str) -> None:
    faults = []
    blank = sum(not code for code in codes)
    if blank:
        faults.append(Fault(where, f"{blank} features have no code in '{column}'."))
    twice = (
        sorted({code for code in codes if code and codes.count(code) > 1})
        if len(set(codes)) < len(codes)
        else []
    )
    if twice:
        shown = ", ".join(twice[:5])
        mend = "Dissolve the features of one area into one, or name another column."
        faults.append(Fault(where, f"codes stand more than once in '{column}': {shown}.", mend))
    if faults:
        raise ContentError(*faults)
