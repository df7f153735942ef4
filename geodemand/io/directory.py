"""Postcode directories: ONSPD, NSPL, Code-Point Open, or any table with postcode and position."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from geodemand.core import keys
from geodemand.core.batches import ROWS, batches
from geodemand.core.disclosure import FloatArray
from geodemand.core.keys import LONGEST, Lookup
from geodemand.core.matching import Codes, Directory
from geodemand.core.postcodes import INWARD_LENGTH
from geodemand.errors import ContentError, Fault, GeographyError, UnreadableFileError
from geodemand.io import columns, definitions
from geodemand.io.tables import (
    PARQUET_SUFFIXES,
    Relation,
    faults_of,
    only,
    quoted_name,
    relation,
)

WEIGHTS = ("households", "residents")
POSITIONS = (("easting", "northing"), ("latitude", "longitude"))
# What a built file says of itself: by which version, and the vintage of its sources.
BUILT_MARK, VINTAGE_MARK = "geodemand", "vintage"
# Before the names of columns that are kept: they may be called like one of ours.
CODE = "code "
LARGEST_LATITUDE = 90.0
LARGEST_DEGREES = 180.0


def read(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    codes: Sequence[str] = (),
    study_area: Mapping[str, Sequence[str] | str] | None = None,
) -> Directory:
    """Read one directory out of one or several files (or folders of CSV files).

    ``codes``: other columns to keep where the files have them. ``study_area``: values of columns
    that a postcode in the study area has. A postcode that stands twice is
    taken once, live before terminated; texts of more than eight letters and digits are passed over.
    Raises ContentError where there is no postcode column or no position.
    """
    files = [recognised(connection, path) for path in _files(paths)]
    selected = [_select(published, codes, study_area or {}) for published in files]
    where = ", ".join(str(path) for path in paths)
    with faults_of(where):
        _number(connection, files, selected)
        described = connection.execute("DESCRIBE directory_rows").fetchall()
        held = [str(row[0]) for row in described]
        texts = {i: _texts(connection, i) for i in range(len(codes)) if f"code{i}" in held}
        lookup, found = _rows(connection, held, list(texts))
    if not len(lookup):
        mend = "Is it the right file? ONSPD, NSPL and Code-Point Open are read as published."
        raise ContentError(Fault(where, "holds no postcode.", mend))
    x, y = _positions(found)
    check_metres(x, y, where)
    return Directory(
        lookup=lookup,
        x=x,
        y=y,
        ended=found["ended"] == 1,
        inside=found["inside"] == 1,
        codes={codes[i]: Codes(each, found[f"code{i}"]) for i, each in texts.items()},
        weights={name: np.nan_to_num(found[name]) for name in WEIGHTS if name in found},
    )


@dataclass(frozen=True)
class Published:
    """A file of a directory as published: the relation, and which column plays which role.

    ``on_grid``: all its eastings and northings count from the origin of Great Britain's grid.
    ``built``: by `geodemand postcodes`. ``vintage``: what a built file says of its sources.
    """

    table: Relation
    roles: Mapping[str, str]
    on_grid: bool = False
    built: bool = False
    vintage: str = ""

    def text(self, role: str) -> str:
        """Return the SQL of a role as text; NULL where the file has no such column."""
        column = self.roles.get(role)
        return f"{quoted_name(column)}::VARCHAR" if column else "NULL::VARCHAR"

    def number(self, role: str) -> str:
        """Return the SQL of a role as a number; NULL where there is none."""
        if role not in self.roles:
            return "NULL::DOUBLE"
        return f"TRY_CAST({quoted_name(self.roles[role])} AS DOUBLE)"

    def key(self) -> str:
        """Return the SQL of the postcode's key; "" for none, or for more than a key can hold."""
        text = self.text("postcode")
        plain = f"[A-Z0-9]{{1,{LONGEST - INWARD_LENGTH}}} *[0-9][A-Z]{{{INWARD_LENGTH - 1}}}"
        other = f"regexp_replace(coalesce(upper({text}), ''), '[^A-Z0-9]', '', 'g')"
        # The quick way for nearly all, which are written as they should be.
        return (
            f"CASE WHEN regexp_full_match({text}, '{plain}') THEN replace({text}, ' ', '') "
            f"ELSE regexp_extract({other}, '^.{{1,{LONGEST}}}$') END"
        )

    def named(self, name: str) -> str | None:
        """Return the column of a name: as it stands, or by what another edition calls it."""
        folded = {column.casefold(): column for column in self.table.header}
        return folded.get(name.casefold()) or self.roles.get(_role_of(name) or "")


def recognised(
    connection: duckdb.DuckDBPyConnection, path: Path, *, on_grid: bool = False
) -> Published:
    """Return a directory's file with its columns found, of whatever edition.

    Raises ContentError where there is no postcode column or no position.
    """
    table = _with_header(connection, path)
    found = {role: columns.find("directory", role, table.header) for role in roles()}
    faults = []
    if found["postcode"] is None:
        faults.append(columns.missing("a postcode column", table.header, table.where))
    elif not any(all(found[role] for role in pair) for pair in POSITIONS):
        what = "a position (easting and northing, or lat and long)"
        faults.append(columns.missing(what, table.header, table.where))
    if faults:
        raise ContentError(*faults)
    held = {role: column for role, column in found.items() if column is not None}
    facts = _facts(connection, path)
    built = bool(facts)
    return Published(table, held, on_grid or built, built, facts.get(VINTAGE_MARK, ""))


def first_of(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> Published:
    """Return the first file of a directory with its columns found: what it calls them."""
    return recognised(connection, _files(paths)[0])


def roles() -> list[str]:
    """Return everything that a column of a directory can be for us."""
    words = definitions.columns("directory")
    return [role for role, patterns in words.items() if isinstance(patterns, list)]


def placed(published: Published) -> list[str]:
    """Return the SQL of easting and northing, and of latitude and longitude where those are none.

    NULL is what a directory says of a postcode without a location: blank, 0/0, latitudes beyond the
    pole (the ONS writes 99.999999), a quality of 9 or 90. Grid references of Northern Ireland count
    from another origin and are never taken for Great Britain's: latitude and longitude hold there.
    """
    words = definitions.columns("directory")
    x, y, lat, long = (published.number(role) for pair in POSITIONS for role in pair)
    nowhere = ", ".join(words["unplaced"]["quality"])
    unplaced = f"coalesce({published.number('quality')} IN ({nowhere}), false)"
    metres = f"isfinite({x}) AND isfinite({y}) AND NOT ({x} = 0 AND {y} = 0)"
    if not published.on_grid:
        start = f"upper(ltrim({published.text('postcode')}))"
        irish = " OR ".join(f"{start} LIKE '{area}%'" for area in words["irish_grid"]["areas"])
        metres = f"{metres} AND NOT ({irish})"
    degrees = (
        f"abs({lat}) <= {LARGEST_LATITUDE} AND isfinite({long}) AND NOT ({lat} = 0 AND {long} = 0)"
    )
    by_metres = f"NOT {unplaced} AND coalesce({metres}, false)"
    by_degrees = f"NOT {unplaced} AND NOT coalesce({metres}, false) AND {degrees}"
    return [
        f"CASE WHEN {by_metres} THEN {x} END AS easting",
        f"CASE WHEN {by_metres} THEN {y} END AS northing",
        f"CASE WHEN {by_degrees} THEN {lat} END AS latitude",
        f"CASE WHEN {by_degrees} THEN {long} END AS longitude",
    ]


def _role_of(name: str) -> str | None:
    """Return the role that a name, ours or a published one, stands for."""
    known = roles()
    if name.casefold() in known:
        return name.casefold()
    return next((role for role in known if columns.find("directory", role, [name])), None)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            from geodemand.io import archives  # a directory is one file as a rule

            found += archives.folder_files(path)
        else:
            found.append(path)
    packed = [path for path in found if path.name.lower().endswith((".zip", ".gpkg"))]
    if packed:
        mend = f"Build a directory from it once: geodemand postcodes {packed[0].name}"
        raise UnreadableFileError(
            *(Fault(str(path), "is not read as it is.", mend) for path in packed)
        )
    return found


def _select(
    published: Published, codes: Sequence[str], study_area: Mapping[str, Sequence[str] | str]
) -> str:
    """Return what to select of one file, in our names; its codes are code0, code1 and so on."""
    table = published.table
    inside = {
        published.named(c) or columns.named(c, table.header, table.where): v
        for c, v in study_area.items()
    }
    positions = ["easting", "northing"] if published.built else placed(published)
    wanted = [
        f"coalesce(trim({published.text('terminated')}), '') AS terminated",
        f"{only(inside)} AS inside",
        *positions,
    ]
    wanted += [f"{published.number(role)} AS {role}" for role in WEIGHTS if role in published.roles]
    named = [published.named(code) for code in codes]
    wanted += [
        f"{quoted_name(column)}::VARCHAR AS code{i}" for i, column in enumerate(named) if column
    ]
    return ", ".join(wanted)


def _number(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Published], selected: Sequence[str]
) -> None:
    """Make the relation ``directory_rows``, places in order of key.

    A file that `geodemand postcodes` wrote is in this order, one row a postcode: it is a straight
    scan. Of others a postcode's best row is taken, live before terminated.
    """
    if len(files) == 1 and files[0].built:
        own = f"file_row_number::INTEGER AS place, {files[0].text('postcode')} AS key"
        view = f"SELECT {own}, {selected[0]} FROM {files[0].table.sql}"  # noqa: S608 - quoted names
        connection.execute(f"CREATE OR REPLACE TEMP VIEW directory_rows AS {view}")
    else:
        parts = [
            f"SELECT {published.key()} AS key, {wanted} FROM {published.table.sql}"  # noqa: S608
            for published, wanted in zip(files, selected, strict=True)
        ]
        listed = f"FROM ({' UNION ALL BY NAME '.join(parts)}) WHERE key <> ''"
        numbered = "(dense_rank() OVER (ORDER BY key) - 1)::INTEGER AS place"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE directory_rows AS SELECT {numbered}, * {listed}"
        )
        _keep_best(connection)


def _keep_best(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave one row a postcode, where one stands several times."""
    repeated = "SELECT count(*) > max(place) + 1 FROM directory_rows"
    if connection.execute(repeated).fetchall()[0][0]:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE directory_rows AS FROM directory_rows "
            "QUALIFY row_number() OVER (PARTITION BY place "
            "ORDER BY terminated <> '', terminated DESC, easting, northing) = 1"
        )


def _texts(connection: duckdb.DuckDBPyConnection, code: int) -> tuple[str, ...]:
    """Return the distinct texts of a column of codes, and number them in a table of its name."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE code{code} AS "  # noqa: S608 - a name of ours
        f"SELECT text, (row_number() OVER (ORDER BY text) - 1)::INTEGER AS number FROM "
        f"(SELECT DISTINCT code{code} AS text FROM directory_rows WHERE code{code} IS NOT NULL)"
    )
    found = connection.execute(f"SELECT text FROM code{code} ORDER BY number").fetchall()  # noqa: S608
    return tuple(str(text) for (text,) in found)


def _rows(
    connection: duckdb.DuckDBPyConnection, held: Sequence[str], codes: Sequence[int]
) -> tuple[Lookup, dict[str, Any]]:
    """Return keys and other columns of ``directory_rows`` in order of place; of codes the numbers.

    A column of which there is nothing to read is left out.
    """
    wanted = {
        "ended": "(terminated <> '')::UTINYINT",
        "inside": "coalesce(inside, false)::UTINYINT",
    }
    plain = (name for name in (*POSITIONS[0], *POSITIONS[1], *WEIGHTS) if name in held)
    wanted |= {name: f"coalesce({name}, 'nan'::DOUBLE)" for name in plain}
    wanted |= {f"code{i}": f"coalesce(code{i}.number, -1)" for i in codes}
    joins = [f"LEFT JOIN code{i} ON code{i}.text = directory_rows.code{i}" for i in codes]
    columns_ = ", ".join(f"{sql} AS {name}" for name, sql in wanted.items())
    (size,) = connection.execute("SELECT count(*) FROM directory_rows").fetchall()[0]
    known = np.empty(size, dtype=np.uint64)
    found: dict[str, Any] = {}
    query = f"SELECT place, key, {columns_} FROM directory_rows {' '.join(joins)}"  # noqa: S608
    for batch in batches(connection, query, small=size < ROWS):
        place = batch.numbers("place")
        known[place] = keys.of_texts(batch.texts("key"))
        for name in wanted:
            part = batch.numbers(name)
            column = found.setdefault(name, np.empty(size, dtype=part.dtype))
            column[place] = part
    return Lookup(known), found


def _with_header(connection: duckdb.DuckDBPyConnection, path: Path) -> Relation:
    """Return the file as a relation, with the published names where it has no header row."""
    table = relation(connection, path)
    published = definitions.columns("directory")["headerless"]["columns"]
    known = columns.find("directory", "postcode", table.header)
    if known is None and len(table.header) == len(published):
        return relation(connection, path, published)
    return table


def _facts(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Return what a file that `geodemand postcodes` wrote says of itself; nothing of others."""
    if not path.name.lower().endswith(PARQUET_SUFFIXES):
        return {}
    plain = re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))  # no character is a pattern
    with faults_of(path):
        found = connection.execute(
            "SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata($1)", [plain]
        ).fetchall()
    facts = dict(found)
    return facts if BUILT_MARK in facts else {}


def check_metres(x: FloatArray, y: FloatArray, where: str) -> None:
    """Raise GeographyError where all eastings and northings are as small as degrees are."""
    largest = max(np.nanmax(np.abs(part), initial=0) for part in (x, y))
    if 0 < largest <= LARGEST_DEGREES:
        mend = "Call the columns lat and long, or give eastings and northings in metres."
        fault = Fault(where, "its eastings and northings look like degrees.", mend)
        raise GeographyError(fault)


def _positions(found: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return eastings and northings in metres; NaN where a directory has no location."""
    x, y = found["easting"], found["northing"]
    if "latitude" not in found:
        return x, y
    latitude, longitude = found["latitude"], found["longitude"]
    real = np.isfinite(latitude)
    if real.any():
        from geodemand.io.crs import to_metres  # pyproj is slow to import and seldom needed

        x[real], y[real] = to_metres(longitude[real], latitude[real], "EPSG:4326")
    return x, y
