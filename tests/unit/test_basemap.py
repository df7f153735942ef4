"""The user's own tiles: drawn where they belong on the grid, and read within limits."""

from __future__ import annotations

import gzip
import io
import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from pyproj import Transformer

from geodemand.errors import GeographyError, UnreadableFileError
from geodemand.io import basemap, tile_archives, vector_tiles

BOUNDS = (600_000.0, 240_000.0, 608_000.0, 246_000.0)
HALF = math.pi * 6_378_137
TO_MERCATOR = Transformer.from_crs("EPSG:27700", "EPSG:3857", always_xy=True)
# Red and green of a tile say how far east and north a pixel is, within squares of this size.
PERIOD_M = 2 * HALF / 2**12


def tile(zoom: int, column: int, row: int) -> bytes:
    size = 2 * HALF / 2**zoom
    at = (np.arange(256) + 0.5) / 256 * size
    x, y = np.meshgrid(column * size - HALF + at, HALF - row * size - at)
    pixels = np.zeros((256, 256, 3), dtype=np.uint8)
    pixels[..., 0] = np.round(255 * ((x / PERIOD_M) % 1))
    pixels[..., 1] = np.round(255 * ((y / PERIOD_M) % 1))
    pixels[..., 2] = 10 * zoom
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def tiles(zooms: range) -> Iterator[tuple[int, int, int]]:
    corners = TO_MERCATOR.transform([BOUNDS[0], BOUNDS[2]] * 2, np.repeat(BOUNDS[1::2], 2))
    for zoom in zooms:
        size = 2 * HALF / 2**zoom
        columns = (np.array(corners[0]) + HALF) // size
        rows = (HALF - np.array(corners[1])) // size
        for column in range(int(columns.min()) - 1, int(columns.max()) + 2):
            for row in range(int(rows.min()) - 1, int(rows.max()) + 2):
                yield zoom, column, row


def mbtiles(path: Path, pictures: dict[tuple[int, int, int], bytes], **words: str) -> Path:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        database.execute(
            "CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)"
        )
        database.executemany("INSERT INTO metadata VALUES (?, ?)", words.items())
        database.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [(z, x, 2**z - 1 - y, data) for (z, x, y), data in pictures.items()],
        )
    database.close()
    return path


def pmtiles(
    path: Path, pictures: dict[tuple[int, int, int], bytes], kind: TileType = TileType.PNG
) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)
        for number, data in sorted((zxy_to_tileid(*at), data) for at, data in pictures.items()):
            writer.write_tile(number, data)
        header = {"tile_type": kind, "tile_compression": Compression.NONE}
        header |= dict.fromkeys(("min_lon_e7", "min_lat_e7", "center_lon_e7", "center_lat_e7"), 0)
        header |= {"max_lon_e7": 10**7, "max_lat_e7": 60 * 10**7, "center_zoom": 9}
        writer.finalize(header, {"attribution": "Made up"})
    return path


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pictures be small: the same happens with large ones, in more time."""
    monkeypatch.setattr(basemap, "OVERVIEW", 400)
    monkeypatch.setattr(basemap, "PART", 300)


@pytest.fixture(scope="module")
def pictures() -> dict[tuple[int, int, int], bytes]:
    return {at: tile(*at) for at in tiles(range(12, 14))}


@pytest.fixture(scope="module", params=[mbtiles, pmtiles])
def archive(
    request: pytest.FixtureRequest,
    pictures: dict[tuple[int, int, int], bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    write: Callable[..., Path] = request.param
    return write(tmp_path_factory.mktemp("tiles") / "any.name", pictures)


def test_every_pixel_shows_what_lies_there(archive: Path) -> None:
    """The colour at a place of the grid is that of the place in Mercator, within WebP's noise."""
    found = basemap.read(archive, BOUNDS, 5_000_000)
    assert {part.level for part in found.parts} == {0, 1}
    for part in found.parts:
        pixels = np.asarray(Image.open(io.BytesIO(part.data)).convert("RGB")).astype(float)
        rows, columns = (
            each.ravel() for each in np.mgrid[10 : len(pixels) : 25, 10 : pixels.shape[1] : 25]
        )
        x, y = TO_MERCATOR.transform(
            part.west + (columns + 0.5) * part.metres, part.north - (rows + 0.5) * part.metres
        )
        off = []
        for axis, place in enumerate((x, y)):
            wanted = 255 * ((np.array(place) / PERIOD_M) % 1)
            apart = np.abs(pixels[rows, columns, axis] - wanted)
            off.append(np.minimum(apart, 255 - apart))
        # One step of the 255 is 38 m of Mercator, 24 of the grid; WebP shifts colours by a few.
        assert np.median(off) < 2.5


def test_finer_levels_are_added_while_they_fit(archive: Path) -> None:
    whole = basemap.read(archive, BOUNDS, 5_000_000)
    coarse = sum(len(part.data) for part in whole.parts if part.level == 0)
    small = basemap.read(archive, BOUNDS, coarse + 10)
    assert {part.level for part in small.parts} == {0}
    assert small.size <= coarse + 10
    assert whole.size <= 5_000_000
    metres = {part.level: part.metres for part in whole.parts}
    assert metres[1] == metres[0] / 2


def test_the_parts_of_a_level_cover_the_sheet_once(archive: Path) -> None:
    parts = [part for part in basemap.read(archive, BOUNDS, 5_000_000).parts if part.level == 1]
    area = sum((part.east - part.west) * (part.north - part.south) for part in parts)
    edge = 2 * 14_000 * parts[0].metres
    assert area == pytest.approx(8_000 * 6_000, abs=edge)


def test_whose_the_map_is(pictures: dict[tuple[int, int, int], bytes], tmp_path: Path) -> None:
    found = basemap.read(pmtiles(tmp_path / "m", pictures), BOUNDS, 5_000_000)
    assert found.credit == "Made up"


def test_too_large_or_elsewhere_is_said(
    pictures: dict[tuple[int, int, int], bytes], tmp_path: Path
) -> None:
    path = mbtiles(tmp_path / "m", pictures)
    with pytest.raises(GeographyError, match="takes more than"):
        basemap.read(path, BOUNDS, 100)
    with pytest.raises(GeographyError, match="no tile where the map is"):
        basemap.read(path, (200_000, 700_000, 210_000, 710_000), 5_000_000)


def _other(folder: Path) -> Path:
    return mbtiles(folder / "m", {(0, 0, 0): b"x"}, format="terrain")


def _endless(folder: Path) -> Path:
    path = folder / "m"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        database.execute(
            "CREATE VIEW tiles AS WITH RECURSIVE n(zoom_level) AS (SELECT 1 UNION ALL SELECT "
            "zoom_level FROM n) SELECT zoom_level, 0 AS tile_column, 0 AS tile_row, x'00' AS "
            "tile_data FROM n"
        )
    database.close()
    return path


def _bomb(folder: Path) -> Path:
    """Return PMTiles whose metadata unpack to more than is read."""
    path = pmtiles(folder / "m", {(0, 0, 0): tile(0, 0, 0)})
    data = bytearray(path.read_bytes())
    packed = gzip.compress(json.dumps({"attribution": " " * 40_000_000}).encode())
    data[24:40] = len(data).to_bytes(8, "little") + len(packed).to_bytes(8, "little")
    path.write_bytes(bytes(data) + packed)
    return path


def _far(folder: Path) -> Path:
    """Return PMTiles whose directory is said to be larger than any should be."""
    path = pmtiles(folder / "m", {(0, 0, 0): tile(0, 0, 0)})
    data = bytearray(path.read_bytes())
    data[16:24] = (2**40).to_bytes(8, "little")
    path.write_bytes(bytes(data))
    return path


def _cut(folder: Path) -> Path:
    path = pmtiles(folder / "m", {(0, 0, 0): tile(0, 0, 0)})
    path.write_bytes(path.read_bytes()[:60])
    return path


def _text(folder: Path) -> Path:
    (folder / "m").write_text("SQLite format 3 it is not")
    return folder / "m"


def _damaged(folder: Path) -> Path:
    (folder / "m").write_bytes(tile_archives.MBTILES_MAGIC + b"\0" * 500)
    return folder / "m"


def _empty(folder: Path) -> Path:
    return mbtiles(folder / "m", {})


def _huge_tile(folder: Path) -> Path:
    out = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(out, "PNG")
    return mbtiles(folder / "m", {at: out.getvalue() for at in tiles(range(13, 14))})


def _no_picture(folder: Path) -> Path:
    return mbtiles(folder / "m", dict.fromkeys(tiles(range(13, 14)), b"<svg onload=alert(1)>"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_other, "kind 'terrain', which are not drawn"),
        (_endless, "cannot be read as MBTiles"),
        (_bomb, "larger than any should be"),
        (_far, "larger than any should be"),
        (_cut, "damaged"),
        (_text, "neither PMTiles nor MBTiles"),
        (_damaged, "cannot be read as MBTiles"),
        (_empty, "no tile"),
        (_huge_tile, "9000 by 9000"),
        (_no_picture, "no PNG, JPEG or WebP"),
        (lambda folder: folder / "none", "no such file"),
        (lambda folder: folder, "is no file"),
    ],
)
def test_hostile_and_broken_archives_are_refused(
    made: Callable[[Path], Path], said: str, tmp_path: Path
) -> None:
    path = made(tmp_path)
    with pytest.raises(UnreadableFileError, match=said):
        basemap.read(path, BOUNDS, 5_000_000)


def vector_tile(size: float, west: float, north: float) -> bytes:
    """Return a tile with sea in the east of the sheet, an island in it, and a road to it."""
    south = north - size

    def of_tile(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda at: (at - (west, south)) * 4096 / size)

    sea = shapely.box(WEST_OF_SEA, 0, 1e8, 1e8).difference(ISLAND)
    road = shapely.LineString([(-1e8, ROAD_AT), (WEST_OF_SEA, ROAD_AT)])
    box = shapely.box(west, south, west + size, north)
    kinds = {"water": (sea, {"class": "ocean"}), "transportation": (road, {"class": "motorway"})}
    layers = [
        {"name": name, "features": [{"geometry": of_tile(shape), "properties": said}]}
        for name, (whole, said) in kinds.items()
        if not (shape := whole.intersection(box)).is_empty
    ]
    return gzip.compress(mapbox_vector_tile.encode(layers))


WEST_OF_SEA, ROAD_AT = (round(each) for each in TO_MERCATOR.transform(604_000.0, 243_000.0))
ISLAND = shapely.Point(TO_MERCATOR.transform(606_000.0, 244_500.0)).buffer(1_000)


def _vectors(zooms: range) -> dict[tuple[int, int, int], bytes]:
    found = {}
    for zoom, column, row in tiles(zooms):
        size = 2 * HALF / 2**zoom
        found[zoom, column, row] = vector_tile(size, column * size - HALF, HALF - row * size)
    return found


@pytest.mark.parametrize("packed", ["mbtiles", "pmtiles"])
def test_vector_tiles_are_painted_where_they_belong(packed: str, tmp_path: Path) -> None:
    made = _vectors(range(11, 13))
    path = (
        mbtiles(tmp_path / "m", made, format="pbf", attribution="&copy; us")
        if packed == "mbtiles"
        else pmtiles(tmp_path / "m", made, TileType.MVT)
    )
    found = basemap.read(path, BOUNDS, 5_000_000)
    assert found.credit
    part = found.parts[0]
    pixels = np.asarray(Image.open(io.BytesIO(part.data)).convert("RGB")).astype(int)
    rows, columns = (
        each.ravel() for each in np.mgrid[5 : len(pixels) : 2, 5 : pixels.shape[1] : 2]
    )
    x, y = TO_MERCATOR.transform(
        part.west + (columns + 0.5) * part.metres, part.north - (rows + 0.5) * part.metres
    )
    seen = pixels[rows, columns]
    at = shapely.points(x, y)
    far = (np.abs(np.array(x) - WEST_OF_SEA) > 200) & (shapely.distance(ISLAND.exterior, at) > 200)
    wet = (np.array(x) > WEST_OF_SEA) & ~shapely.contains(ISLAND, at)
    off = np.abs(np.array(y) - ROAD_AT)
    blue = seen[:, 2] - seen[:, 0] > 15
    assert (blue[far & wet]).all()
    assert not blue[far & ~wet].any()
    road = far & ~wet & (off < 30)
    land = far & ~wet & (off > 300)
    yellow = seen[:, 0] - seen[:, 2]
    assert yellow[road].mean() > yellow[land].mean() + 15


def test_a_vector_tile_that_is_none_is_said(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "m", dict.fromkeys(tiles(range(12, 13)), b"\xff\xff"), format="pbf")
    with pytest.raises(UnreadableFileError, match="neither a picture nor a vector tile"):
        basemap.read(path, BOUNDS, 5_000_000)
    bomb = gzip.compress(b"\0" * (vector_tiles.MOST_UNPACKED + 10))
    path = mbtiles(tmp_path / "n", dict.fromkeys(tiles(range(12, 13)), bomb), format="pbf")
    with pytest.raises(UnreadableFileError, match="neither a picture nor a vector tile"):
        basemap.read(path, BOUNDS, 5_000_000)


@pytest.mark.parametrize(
    ("layer", "kind", "wanted"),
    [
        ("sea", "", vector_tiles.WATER),
        ("woodland", "", vector_tiles.GREEN),
        ("landuse", "park", vector_tiles.GREEN),
        ("landuse", "residential", vector_tiles.BUILT),
        ("roads", "Primary", vector_tiles.MAJOR_ROAD),
        ("roads", "rail", vector_tiles.RAIL),
        ("streets", "residential", vector_tiles.ROAD),
        ("transportation", "path", None),
        ("transportation_name", "primary", None),
        ("my_wards", "", vector_tiles.UNKNOWN),
    ],
)
def test_layers_are_known_by_their_names(
    layer: str, kind: str, wanted: vector_tiles.Style | None
) -> None:
    assert vector_tiles.styled(layer, {"class": kind}) == wanted
