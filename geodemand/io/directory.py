"""Postcode directories: ONSPD, NSPL, Code-Point Open, or any table with postcode and position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from geodemand.core.disclosure import FloatArray
from geodemand.core.matching import Directory
from geodemand.errors import ContentError, Fault, UnreadableFileError
from geodemand.io import columns, definitions
from geodemand.io.tables import Relation, faults_of, only, quoted_name, quoted_text, relation

WEIGHTS = ("households", "residents")
LARGEST_LATITUDE = 90.0


def read(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    codes: Sequence[str] = (),
    study_area: Mapping[str, Sequence[str] | str] | None = None,
) -> Directory:
    """Read one directory out of one or several files (or folders of CSV files).

    ``codes``: other columns to keep where the files have them. ``study_area``: values of columns
    that a postcode in the study area has. A postcode that stands twice is
    taken once, live before terminated. Raises ContentError where there is no postcode column or no
    position.
    """
    parts = [_select(connection, path, codes, study_area or {}) for path in _files(paths)]
    where = ", ".join(str(path) for path in paths)
    with faults_of(where):
        found = connection.execute(
            f"""
            FROM ({" UNION ALL BY NAME ".join(parts)})
            WHERE key <> ''
            QUALIFY row_number() OVER (
                PARTITION BY key ORDER BY terminated <> '', terminated DESC, easting, northing
            ) = 1
            ORDER BY key
            """
        ).fetchnumpy()
    if not len(found["key"]):
        raise ContentError(Fault(where, "holds no postcode."))
    x, y = _positions(found)
    kept = [code for code in codes if code in found]
    return Directory(
        keys=tuple(map(str, found["key"])),
        x=x,
        y=y,
        terminated=tuple(map(str, found["terminated"])),
        inside=np.ma.filled(found["inside"], fill_value=False).astype(bool),
        codes={code: tuple(np.ma.filled(found[code], None).tolist()) for code in kept},
        weights={name: np.nan_to_num(_floats(found, name)) for name in WEIGHTS if name in found},
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith((".csv", ".csv.gz")))
            if not inside:
                raise UnreadableFileError(Fault(str(path), "the folder holds no CSV file."))
            found += inside
        else:
            found.append(path)
    return found


def _select(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    codes: Sequence[str],
    study_area: Mapping[str, Sequence[str] | str],
) -> str:
    """Return the query that gives one file our column names."""
    table = _with_header(connection, path)
    inside = {columns.named(c, table.header, table.where): v for c, v in study_area.items()}
    roles = {
        role: columns.find("directory", role, table.header)
        for role in (
            *("postcode", "easting", "northing", "latitude", "longitude"),
            *("terminated", "quality", *WEIGHTS),
        )
    }
    if roles["postcode"] is None:
        raise ContentError(columns.missing("a postcode column", table.header, table.where))
    metres = roles["easting"] and roles["northing"]
    if not metres and not (roles["latitude"] and roles["longitude"]):
        what = "a position (easting and northing, or lat and long)"
        raise ContentError(columns.missing(what, table.header, table.where))
    unplaced = ", ".join(
        quoted_text(code) for code in definitions.columns("directory")["unplaced"]["quality"]
    )
    quality = f"{_text(roles['quality'])} IN ({unplaced})" if roles["quality"] else "false"
    wanted = [
        f"regexp_replace(upper({_text(roles['postcode'])}), '[^A-Z0-9]', '', 'g') AS key",
        f"coalesce(trim({_text(roles['terminated'])}), '') AS terminated",
        f"{only(inside)} AS inside",
    ]
    pairs = (("easting", "northing"), ("latitude", "longitude"))
    used, unused = pairs if metres else pairs[::-1]
    wanted += [f"CASE WHEN {quality} THEN NULL ELSE {_number(roles[r])} END AS {r}" for r in used]
    wanted += [f"NULL::DOUBLE AS {role}" for role in unused]
    wanted += [f"{_number(roles[role])} AS {role}" for role in WEIGHTS if roles[role]]
    folded = {name.casefold(): name for name in table.header}
    wanted += [
        f"{_text(folded[code.casefold()])} AS {quoted_name(code)}"
        for code in codes
        if code.casefold() in folded
    ]
    return f"SELECT {', '.join(wanted)} FROM {table.sql}"  # noqa: S608 - built from quoted names


def _with_header(connection: duckdb.DuckDBPyConnection, path: Path) -> Relation:
    """Return the file as a relation, with the published names where it has no header row."""
    table = relation(connection, path)
    published = definitions.columns("directory")["headerless"]["columns"]
    known = columns.find("directory", "postcode", table.header)
    if known is None and len(table.header) == len(published):
        return relation(connection, path, published)
    return table


def _text(column: str | None) -> str:
    return f"{quoted_name(column)}::VARCHAR" if column else "NULL::VARCHAR"


def _number(column: str | None) -> str:
    return f"TRY_CAST({quoted_name(column)} AS DOUBLE)" if column else "NULL::DOUBLE"


def _floats(found: dict[str, Any], name: str) -> FloatArray:
    return np.ma.filled(np.ma.asarray(found[name], dtype=float), np.nan)


def _positions(found: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings in metres; NaN where a directory says it has no location.

    Unplaced are: blank, 0/0, latitudes beyond the pole (the ONS writes 99.999999), and what the
    quality column says.
    """
    x, y = _floats(found, "easting"), _floats(found, "northing")
    latitude, longitude = _floats(found, "latitude"), _floats(found, "longitude")
    nowhere = (x == 0) & (y == 0)
    x[nowhere], y[nowhere] = np.nan, np.nan
    real = np.abs(latitude) <= LARGEST_LATITUDE
    real &= np.isfinite(longitude) & ~((latitude == 0) & (longitude == 0))
    if real.any():
        from geodemand.io.crs import to_metres  # pyproj is slow to import and seldom needed

        x[real], y[real] = to_metres(longitude[real], latitude[real], "EPSG:4326")
    half = np.isnan(x) | np.isnan(y)
    x[half], y[half] = np.nan, np.nan
    return x, y
