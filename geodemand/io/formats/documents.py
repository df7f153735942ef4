"""GeoJSON and TopoJSON, read without GDAL: no driver can be fooled by what a text really holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import shapely

from geodemand.errors import Fault, GeodemandError, UnreadableFileError
from geodemand.io import crs
from geodemand.io.formats import gdal, limits, topojson
from geodemand.io.formats.layer import Layer, lost, text

# What a file's column of identifiers is called where it stands beside the properties.
IDENTIFIER = "id"
LINKED = "It names its coordinate system by a link, which is not followed."


def read(path: Path, layer: str, where: str) -> Layer:
    """Read GeoJSON or TopoJSON. Raises UnreadableFileError for what is neither."""
    limits.check_size(path, limits.TEXT_BYTES)
    try:
        held = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_no_number)
        if held.get("type") == "Topology":
            return _topology(held, layer, where)
        if layer and layer != path.stem:
            raise gdal.no_layer(where, layer, [path.stem])
        return _collection(held, where)
    except GeodemandError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        mend = "It should be a FeatureCollection in UTF-8; export it again."
        if isinstance(error, _EsriError):
            mend = "It is Esri's own JSON: ask for GeoJSON (f=geojson), or save it as GeoPackage."
        raise UnreadableFileError(Fault(where, "is not GeoJSON.", mend)) from error


class _EsriError(TypeError):
    """What ArcGIS services answer where they are not asked for GeoJSON."""


def _no_number(name: str) -> NoReturn:
    message = f"{name} is no number"
    raise ValueError(message)


def _collection(held: Mapping[str, Any], where: str) -> Layer:
    features = held["features"]
    if held.get("type", "FeatureCollection") != "FeatureCollection":
        raise TypeError(held["type"])
    if any("attributes" in feature for feature in features[:1]) or "spatialReference" in held:
        raise _EsriError(where)
    limits.check_features(len(features), where)
    texts = np.empty(len(features), dtype=object)
    texts[:] = [json.dumps(f["geometry"]) if f.get("geometry") else None for f in features]
    shapes = np.asarray(shapely.from_geojson(texts, on_invalid="ignore"), dtype=object)
    unread = lost(shapes, np.flatnonzero(texts.astype(bool)))
    named, notes = _crs(held.get("crs"))
    return Layer(_attributes(features, where), shapes, named, where, unread, notes)


def _topology(held: Mapping[str, Any], layer: str, where: str) -> Layer:
    layers = sorted(held["objects"])
    if layer and layer not in layers:
        raise gdal.no_layer(where, layer, layers)
    if not layer and len(layers) > 1:
        raise gdal.several(where, layers)
    collection = held["objects"][layer or layers[0]]
    features = collection["geometries"]
    limits.check_features(len(features), where)
    shapes, unread = topojson.shapes(held, features, where)
    named, notes = _crs(collection.get("crs") or held.get("crs"))
    return Layer(_attributes(features, where), shapes, named, where, unread, notes)


def _attributes(features: Sequence[Mapping[str, Any]], where: str) -> dict[str, list[str | None]]:
    """Return the properties by column, and the identifiers where no property is called so."""
    found: dict[str, list[str | None]] = {}
    for row, feature in enumerate(features):
        own = {IDENTIFIER: feature[IDENTIFIER]} if IDENTIFIER in feature else {}
        for key, value in (own | (feature.get("properties") or {})).items():
            if key not in found:
                limits.check_cells(len(features) * (len(found) + 1), where)
                found[key] = [None] * len(features)
            found[key][row] = text(value)
    return found


def _crs(member: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - whatever a file holds
    """Return the reference system: WGS 84 by the standard, or as the older member names it."""
    if not member:
        return crs.WGS84, ()
    if member["type"] == "name":
        return str(member["properties"]["name"]), ()
    return "", (LINKED,)
