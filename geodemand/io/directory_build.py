"""Build a directory file from directories as published: one Parquet file, in our words.

Files are read one after another into private tables on disk, so that memory stays small whatever
their size; the result is written beside its target and renamed when it is complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from geodemand.core.geography import NOWHERE, Geography, locate
from geodemand.errors import (
    RIGHTS,
    ContentError,
    Fault,
    GeographyError,
    UnreadableFileError,
    UsageError,
)
from geodemand.io import archives, atomic, crs, definitions, directory, directory_stage, tables
from geodemand.io.archives import MONTHS
from geodemand.io.directory import BUILT_MARK, VINTAGE_MARK
from geodemand.io.directory_stage import Stage
from geodemand.io.tables import PARQUET_SUFFIXES, quoted_name, quoted_text
from geodemand.version import __version__

Progress = Callable[[str], None]

MEMORY = "400MB"
CHUNK = 200_000
DECIMALS = 1
# The share of positions that may lie off the map; they are taken for none.
STRAY = 0.01
HERE = f"easting BETWEEN {crs.WEST} AND {crs.EAST} AND northing BETWEEN {crs.SOUTH} AND {crs.NORTH}"
BRITAIN = "Great Britain, country not given"


@dataclass(frozen=True)
class Limits:
    """What part of the sources to take: what fits one of each kind that is given.

    ``areas``: postcode areas. ``districts``: codes as the sources have them. ``within``, ``layer``:
    a file of polygons; a postcode without a location is in none.
    """

    areas: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    within: Path | None = None
    layer: str = ""


@dataclass(frozen=True)
class Group:
    """How many postcodes a country has; ``unplaced`` ones have no location."""

    name: str
    postcodes: int
    live: int
    terminated: int
    unplaced: int


@dataclass(frozen=True)
class Built:
    """What was built. ``vintages``: what names, notes or the newest postcode tell of the sources.

    ``duplicates``: rows dropped because their postcode stands elsewhere; ``blank``: rows without a
    postcode; ``stray``: positions off the map, taken for none; ``unused``: columns not kept.
    """

    file: Path
    vintages: tuple[str, ...]
    total: Group
    countries: tuple[Group, ...]
    duplicates: int
    blank: int
    stray: int
    columns: tuple[str, ...]
    unused: tuple[str, ...]


def _silent(_: str) -> None:
    """Say nothing."""


def build(
    sources: Sequence[Path],
    target: Path,
    limits: Limits = Limits(),
    *,
    keep: Sequence[str] = (),
    overwrite: bool = False,
    progress: Progress = _silent,
) -> Built:
    """Write one directory of the sources, whole or not at all, and return what is in it.

    ``sources``: ONSPD, NSPL, Code-Point Open or any table with postcode and position, as zip,
    folder or file. ``keep``: other columns of them to keep. The same sources give the same bytes.
    Raises UsageError where the target exists, and a GeodemandError for what is wrong in a source;
    nothing is written then.
    """
    _check_target(target, overwrite=overwrite)
    limits = _checked(limits)
    polygons = _polygons(limits)
    for note in polygons.notes if polygons else ():
        progress(note)
    where = ", ".join(map(str, sources))
    with archives.workspace() as folder, closing(_connect(folder)) as connection:
        stage = Stage(folder, tuple(keep))
        for source in sources:
            progress(f"reading {source.name}")
            directory_stage.read(connection, stage, source, limits.areas, limits.districts)
        progress("positions")
        stray = _place(connection, stage, where)
        _check_found(connection, stage, limits, where)
        _keep_within(connection, polygons)
        duplicates, blank = _counted(connection, where)
        vintages = tuple(stage.vintages) or _newest(connection, stage)
        progress("writing")
        with atomic.staged(target, overwrite=overwrite) as temporary, _said_of(target):
            _write(connection, stage, temporary, vintages)
            groups = _groups(connection, stage, temporary)
    return Built(
        file=target,
        vintages=vintages,
        total=_sum(groups),
        countries=groups,
        duplicates=duplicates,
        blank=blank,
        stray=stray,
        columns=("postcode", *stage.columns()),
        unused=tuple(stage.unused),
    )


def _check_target(target: Path, *, overwrite: bool) -> None:
    if not target.name.lower().endswith(PARQUET_SUFFIXES):
        mend = "Name it directory.parquet, for example."
        raise UsageError(Fault(str(target), "a built directory is a Parquet file.", mend))
    atomic.check_targets((target,), overwrite=overwrite)


def _checked(limits: Limits) -> Limits:
    """Return limits in upper case; raise UsageError for what is no postcode area."""
    areas = tuple(area.strip().upper() for area in limits.areas)
    mend = "It is the letters in front: IP of IP1 2AB."
    faults = [
        Fault("--area", f"'{area}' is no postcode area.", mend)
        for area in areas
        if not re.fullmatch("[A-Z]{1,2}", area)
    ]
    if faults:
        raise UsageError(*faults)
    districts = tuple(district.strip().upper() for district in limits.districts)
    return replace(limits, areas=areas, districts=districts)


def _polygons(limits: Limits) -> Geography | None:
    if limits.within is None:
        return None
    from geodemand.io import spatial  # only where polygons are asked for

    return spatial.read_areas("within", limits.within, layer=limits.layer)


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that spills to the private folder and writes rows in their order."""
    connection = tables.connect()
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(f"SET temp_directory = {quoted_text(str(folder / 'spilled'))}")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET enable_progress_bar = false")  # it would stand among the results
    return connection


def _place(connection: duckdb.DuckDBPyConnection, stage: Stage, where: str) -> int:
    """Make the view ``placed``: all rows with a postcode, in metres. Return how many stray.

    Raises ContentError where nothing has a location, GeographyError where coordinates are not of
    this country.
    """
    files = ", ".join(quoted_text(str(file)) for file in stage.files)
    connection.execute(f"CREATE VIEW stage AS FROM read_parquet([{files}], union_by_name = true)")
    _to_grid(connection, where)
    connection.execute(
        "CREATE VIEW anywhere AS SELECT * REPLACE "
        "(coalesce(easting, x) AS easting, coalesce(northing, y) AS northing) "
        "FROM stage LEFT JOIN grid USING (latitude, longitude) WHERE key <> ''"
    )
    stray = _strays(connection, where)
    connection.execute(
        "CREATE VIEW placed AS SELECT * REPLACE "  # noqa: S608 - numbers of ours
        f"(CASE WHEN {HERE} THEN easting END AS easting, "
        f"CASE WHEN {HERE} THEN northing END AS northing) FROM anywhere"
    )
    return stray


def _strays(connection: duckdb.DuckDBPyConnection, where: str) -> int:
    """Return how many positions lie off the map; raise where they are too many, or all."""
    rows, found, stray, far_x, far_y = connection.execute(
        f"SELECT count(*), count(easting), coalesce(count_if(NOT ({HERE})), 0), "  # noqa: S608
        "max(abs(easting)), max(abs(northing)) FROM anywhere"
    ).fetchall()[0]
    if found:
        directory.check_metres(np.array([far_x]), np.array([far_y]), where)
    if stray > found * STRAY:
        mend = "Are latitude and longitude, or easting and northing, swapped or of another system?"
        what = f"{stray:,} of {found:,} positions lie outside Great Britain and Northern Ireland."
        raise GeographyError(Fault(where, what, mend))
    if rows and found == stray:
        mend = "Check the columns of coordinates, and what the quality column says."
        raise ContentError(Fault(where, f"none of {rows:,} postcodes has a location.", mend))
    return int(stray)


def _to_grid(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Make the table ``grid``: metres of every latitude and longitude that is needed."""
    found = connection.execute(
        "SELECT DISTINCT latitude, longitude FROM stage WHERE latitude IS NOT NULL"
    ).fetchnumpy()
    lat, long = (np.ma.getdata(found[name]) for name in ("latitude", "longitude"))
    x, y = lat, long
    if len(lat):
        x, y = crs.to_metres(long, lat, crs.WGS84, where)
    arrays = {"latitude": lat, "longitude": long, "x": x.round(DECIMALS), "y": y.round(DECIMALS)}
    connection.register("grid_arrays", arrays)
    connection.execute(
        "CREATE TEMP TABLE grid AS SELECT latitude, longitude, "
        "CASE WHEN isfinite(x) AND isfinite(y) THEN x END AS x, "
        "CASE WHEN isfinite(x) AND isfinite(y) THEN y END AS y FROM grid_arrays"
    )
    connection.unregister("grid_arrays")


def _check_found(
    connection: duckdb.DuckDBPyConnection, stage: Stage, limits: Limits, where: str
) -> None:
    """Raise ContentError for every area and district of which there is no postcode."""
    mends = {
        "area": "Is it in these sources? An area is the letters in front: IP of IP1 2AB.",
        "district": "Is it in these sources? A district is a code of them, such as E07000202.",
    }
    asked = [("area", "regexp_extract(key, '^[A-Z]+')", limits.areas)]
    if "district" in stage.kept:
        asked.append(("district", "upper(district)", limits.districts))
    elsewhere = " within the other limit" if limits.areas and limits.districts else ""
    faults = []
    for word, sql, wanted in asked:
        if not wanted:
            continue
        rows = connection.execute(f"SELECT DISTINCT {sql} FROM placed").fetchall()  # noqa: S608
        held = {value for (value,) in rows}
        faults += [
            Fault(where, f"there is no postcode of the {word} '{each}'{elsewhere}.", mends[word])
            for each in wanted
            if each not in held
        ]
    if faults:
        raise ContentError(*faults)


def _keep_within(connection: duckdb.DuckDBPyConnection, polygons: Geography | None) -> None:
    """Make the view ``kept``: what is placed, and where polygons are given lies in one of them."""
    if polygons is None:
        connection.execute("CREATE VIEW kept AS FROM placed")
        return
    import shapely

    west, south, east, north = shapely.total_bounds(polygons.shapes)
    found = connection.execute(
        "SELECT DISTINCT easting, northing FROM placed "
        "WHERE easting BETWEEN $1 AND $2 AND northing BETWEEN $3 AND $4",
        [west, east, south, north],
    ).fetchnumpy()
    x, y = (np.ma.getdata(found[name]) for name in directory_stage.POSITION)
    inside = np.zeros(len(x), dtype=bool)
    for start in range(0, len(x), CHUNK):
        part = slice(start, start + CHUNK)
        inside[part] = locate(polygons, x[part], y[part]) != NOWHERE
    if not inside.any():
        what = "no postcode lies in its polygons."
        mend = "Are they of the same part of the country, and in the right coordinate system?"
        raise GeographyError(Fault("--within", what, mend))
    connection.register("inside_arrays", {"easting": x[inside], "northing": y[inside]})
    connection.execute("CREATE TEMP TABLE inside AS FROM inside_arrays")
    connection.unregister("inside_arrays")
    connection.execute("CREATE VIEW kept AS FROM placed SEMI JOIN inside USING (easting, northing)")


def _counted(connection: duckdb.DuckDBPyConnection, where: str) -> tuple[int, int]:
    """Return how many rows are duplicates and how many blank; raise where nothing is left."""
    rows, keys = connection.execute("SELECT count(*), count(DISTINCT key) FROM kept").fetchall()[0]
    if not rows:
        mend = "Is it the right file or folder, and do the limits name the right place?"
        raise ContentError(Fault(where, "holds no postcode, or none is left.", mend))
    blank = connection.execute("SELECT count(*) FROM stage WHERE key = ''").fetchall()[0][0]
    return rows - keys, blank


def _newest(connection: duckdb.DuckDBPyConnection, stage: Stage) -> tuple[str, ...]:
    """Return the month of the newest postcode as a vintage, where dates are known."""
    if "introduced" not in stage.kept:
        return ()
    found = connection.execute("SELECT max(introduced) FROM kept").fetchall()[0][0]
    if not found or not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", found):
        return ()
    return (f"newest postcode of {MONTHS[int(found[4:]) - 1]} {found[:4]}",)


@contextmanager
def _said_of(target: Path) -> Iterator[None]:
    try:
        with directory_stage.room():
            yield
    except OSError as error:
        fault = Fault(str(target), f"cannot be written: {error.strerror}.", RIGHTS)
        raise UnreadableFileError(fault) from error


def _write(
    connection: duckdb.DuckDBPyConnection, stage: Stage, file: Path, vintages: Sequence[str]
) -> None:
    """Write the kept rows, one a postcode, in order of key; the same rows give the same bytes.

    Of rows of one postcode a live one stays, then the one that ended last, then one with a
    location. Only postcodes that stand twice are put in order for it: that takes memory.
    """
    held = stage.columns()
    names = ", ".join(map(quoted_name, held))
    # What DuckDB knows of a column, such as that no value is missing, depends on how the sources
    # are cut into files, and would show in the bytes: a case hides it.
    hidden = ", ".join(
        f"CASE WHEN key <> '' THEN {name} END AS {name}" for name in map(quoted_name, held)
    )
    ended = "terminated" if "terminated" in held else "NULL"
    others = ", ".join(quoted_name(name) for name in held if name != "terminated")
    facts = {BUILT_MARK: __version__, VINTAGE_MARK: "; ".join(vintages)}
    noted = ", ".join(f"{key}: {quoted_text(text)}" for key, text in facts.items())
    connection.execute(
        f"""
        COPY (
            WITH twice AS MATERIALIZED (SELECT key FROM kept GROUP BY key HAVING count(*) > 1)
            SELECT CASE WHEN length(key) > 3 THEN left(key, -3) || ' ' || right(key, 3) ELSE key END
                AS postcode, {hidden}
            FROM (
                (SELECT key, {names} FROM kept ANTI JOIN twice USING (key))
                UNION ALL
                (SELECT key, {names} FROM kept SEMI JOIN twice USING (key) QUALIFY row_number() OVER
                    (PARTITION BY key ORDER BY {ended} IS NOT NULL, {ended} DESC, {others}) = 1)
            )
            ORDER BY key
        ) TO {quoted_text(str(file))}
        (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, KV_METADATA {{{noted}}})
        """  # noqa: S608 - built from quoted names
    )


def _groups(connection: duckdb.DuckDBPyConnection, stage: Stage, file: Path) -> tuple[Group, ...]:
    """Count the written postcodes by country, in the order of the definitions."""
    countries = definitions.columns("directory")["countries"]
    code = "country" if "country" in stage.kept else "NULL"
    cases = []
    for name, said in countries.items():
        codes = ", ".join(quoted_text(each.upper()) for each in (*said["codes"], name))
        cases.append(f"WHEN upper({code}) IN ({codes}) THEN {quoted_text(name)}")
    for name, said in countries.items():
        if "areas" in said:
            areas = ", ".join(map(quoted_text, said["areas"]))
            of_area = f"regexp_extract(postcode, '^[A-Z]+') IN ({areas})"
            cases.append(f"WHEN {of_area} THEN {quoted_text(name)}")
    ended = "count(terminated)" if "terminated" in stage.kept else "0"
    rows = connection.execute(
        f"SELECT CASE {' '.join(cases)} ELSE {quoted_text(BRITAIN)} END AS name, count(*), "  # noqa: S608
        f"count(*) - {ended}, {ended}, count(*) - count(easting) "
        f"FROM read_parquet({quoted_text(str(file))}) GROUP BY name"
    ).fetchall()
    order = [*countries, BRITAIN]
    return tuple(Group(*row) for row in sorted(rows, key=lambda row: order.index(row[0])))


def _sum(groups: Sequence[Group]) -> Group:
    return Group(
        "all",
        sum(group.postcodes for group in groups),
        sum(group.live for group in groups),
        sum(group.terminated for group in groups),
        sum(group.unplaced for group in groups),
    )
