"""Boundary files that are broken, too large, or made to have something else read."""

from __future__ import annotations

import http.server
import json
import math
import os
import random
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import network

from geodemand.errors import ContentError, GeodemandError, GeographyError, UnreadableFileError
from geodemand.io import crs, spatial
from geodemand.io import limits as packed_limits
from geodemand.io.formats import gdal, limits

SQUARES = [shapely.box(600_000 + x, 250_000, 601_000 + x, 251_000) for x in (0, 1000)]
MARK = "a file that nobody named"
FILES = ("s.gpkg", "s.shp", "s.fgb", "s.geojson", "s.parquet", "s.zip")
SUFFIXES = (".gpkg", ".shp", ".fgb", ".geojson", ".topojson", ".parquet", ".zip", ".vrt", "")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same two squares in every format."""
    folder = tmp_path_factory.mktemp("squares")
    drawn = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["a", "b"]}, geometry=SQUARES, crs="EPSG:27700"
    )
    for name in ("s.gpkg", "s.shp", "s.fgb", "s.geojson"):
        drawn.to_file(folder / name, engine="pyogrio")
    drawn.to_parquet(folder / "s.parquet")
    with zipfile.ZipFile(folder / "s.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            packed.write(folder / f"s{suffix}", f"s{suffix}")
    return folder


@pytest.fixture
def squares(template: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder, to spoil."""
    return Path(shutil.copytree(template, tmp_path / "squares"))


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage to change it, without its triggers, which need functions of GDAL."""
    with closing(sqlite3.connect(path)) as opened:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in opened.execute(triggers).fetchall():
            opened.execute(f'DROP TRIGGER "{name}"')
        opened.commit()
        yield opened
        opened.commit()


@dataclass
class Server:
    """A server on this machine, and what it was asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    listening = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    known = Server(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield known
    listening.shutdown()
    listening.server_close()
    thread.join()


def read(path: Path | str, **said: str) -> object:
    return spatial.read_areas("areas", Path(path), **said)


# --- what is no file ---


@pytest.mark.parametrize(
    "path",
    [
        "http://localhost/a.geojson",
        "https://localhost/a.gpkg",
        "/vsicurl/http://localhost/a.geojson",
        "/vsizip/s.zip/s.shp",
        "/vsimem/a.gpkg",
        "WFS:http://localhost/wfs",
        "GPKG:s.gpkg",
        "PG:dbname=clients",
        '{"type":"FeatureCollection","features":[]}',
        "<OGRVRTDataSource/>",
        "zip://s.zip!s.shp",
        "s.zip!s.shp",
        "s.gpkg\0.txt",
        ".",
        "s" * 5_000,
    ],
)
def test_what_is_no_regular_file_is_refused(
    squares: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(squares)
    with pytest.raises(UnreadableFileError):
        read(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.gpkg")
    with pytest.raises(UnreadableFileError, match="not a regular file"):
        read(tmp_path / "a.gpkg")


@pytest.mark.parametrize("name", ["a!b.gpkg", "a;b.gpkg", "a?b=c.gpkg", "a#b.gpkg", "a%20b.gpkg"])
def test_no_sign_in_a_name_leads_to_another_file(squares: Path, name: str) -> None:
    other = squares / "x.zip" / name
    other.parent.mkdir()
    (squares / "s.gpkg").rename(other)
    assert spatial.read_areas("areas", other).codes == ("A", "B")


# --- content that names other files ---


def documents(address: str, other: Path) -> dict[str, str]:
    layer = f'<OGRVRTLayer name="s"><SrcDataSource>{other}</SrcDataSource></OGRVRTLayer>'
    remote = (
        f'<OGRVRTLayer name="s"><SrcDataSource>{address}/s.geojson</SrcDataSource></OGRVRTLayer>'
    )
    return {
        "VRT": f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>",
        "VRT from afar": f"<OGRVRTDataSource>{remote}</OGRVRTDataSource>",
        "VRT behind blanks": f"\n  <OGRVRTDataSource>{layer}</OGRVRTDataSource>",
        "VRT in JSON": json.dumps({"x": f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"}),
        "GDALG": json.dumps(
            {"type": "gdal_streamed_alg", "command_line": f"gdal vector read {other}"}
        ),
        "WFS": f"<OGRWFSDataSource><URL>{address}</URL></OGRWFSDataSource>",
        "OAPIF": f"OAPIF:{address}",
        "GML": f'<gml:FeatureCollection xmlns:gml="{address}"><x href="{address}"/>',
        "KML": f"<kml><NetworkLink><Link><href>{address}</href></Link></NetworkLink></kml>",
        "entities": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{other}">]><x>&e;</x>',
        "ESRI JSON": json.dumps({"geometryType": "esriGeometryPolygon", "features": []}),
        "STAC": json.dumps({"type": "FeatureCollection", "links": [{"href": address}]}),
        "a list": "[]",
        "nothing but blanks": " " * 100,
        "text": MARK,
    }


@pytest.mark.parametrize("what", documents("", Path()))
def test_a_text_that_names_other_files_or_addresses_is_not_followed(
    squares: Path, server: Server, what: str
) -> None:
    for suffix in SUFFIXES:
        path = squares / f"a{suffix}"
        path.write_text(documents(server.address, squares / "s.geojson")[what])
        with pytest.raises((UnreadableFileError, ContentError)) as caught:
            read(path)
        assert MARK not in str(caught.value)
    assert server.asked == []


def test_gdal_has_no_driver_but_ours() -> None:
    """In a process of its own: what is loaded first counts."""
    code = "from geodemand.io.formats import gdal; print(*gdal.loaded().list_drivers(), sep=',')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(done.stdout.strip().split(",")) == sorted(gdal.DRIVERS)


def test_the_environment_is_left_as_it_was() -> None:
    code = (
        "import os; os.environ['OGR_SKIP'] = 'GPKG'; from geodemand.io.formats import gdal; "
        "print('GPKG' in gdal.loaded().list_drivers(), os.environ['OGR_SKIP'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "GPKG"]


def test_a_view_that_calls_the_network_is_refused(squares: Path, server: Server) -> None:
    with database(squares / "s.gpkg") as held:
        template = f"QUERY_TEMPLATE={server.address}/%s"
        held.execute(
            "CREATE VIEW v AS SELECT fid, geom, "  # noqa: S608 - a test's own
            f"ogr_geocode(code, 'geometry', 'SERVICE=OSM_NOMINATIM', '{template}') AS code FROM s"
        )
        held.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('v', 'features', 'v', 27700)"
        )
        held.execute("INSERT INTO gpkg_geometry_columns VALUES ('v','geom','POLYGON',27700,0,0)")
    with pytest.raises(UnreadableFileError):
        read(squares / "s.gpkg", layer="v")
    assert server.asked == []


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    with database(tmp_path / "a.gpkg") as held:
        held.execute("CREATE TABLE clients (postcode TEXT)")
    with pytest.raises((UnreadableFileError, ContentError)):
        read(tmp_path / "a.gpkg")


def test_a_geopackage_that_is_being_changed_is_refused(squares: Path) -> None:
    """What was changed last is not in the file yet."""
    with database(squares / "s.gpkg") as held:
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("UPDATE s SET code = 'C' WHERE code = 'A'")
        held.commit()
        with pytest.raises(UnreadableFileError, match="open in another program"):
            read(squares / "s.gpkg")
    assert spatial.read_areas("areas", squares / "s.gpkg").codes == ("B", "C")


@pytest.mark.parametrize("name", FILES)
def test_a_name_that_contradicts_the_content_is_refused(squares: Path, name: str) -> None:
    own = {".geojson", ".topojson"} if name == "s.geojson" else {Path(name).suffix}
    for suffix in {*SUFFIXES, ".txt"} - own:
        path = Path(shutil.copy(squares / name, squares / f"other{suffix}"))
        with pytest.raises(UnreadableFileError, match=r"is named '.*' but holds"):
            read(path)


# --- coordinate systems that name files ---


def test_a_link_to_a_coordinate_system_is_not_followed(squares: Path, server: Server) -> None:
    path = squares / "s.geojson"
    held = json.loads(path.read_text())
    held["crs"] = {
        "type": "link",
        "properties": {"href": f"{server.address}/27700", "type": "proj4"},
    }
    path.write_text(json.dumps(held))
    with pytest.raises(GeographyError, match="by a link, which is not followed"):
        read(path)
    assert server.asked == []
    assert spatial.read_areas("areas", path, reference="EPSG:27700").codes == ("A", "B")


@pytest.mark.parametrize(
    "name",
    [
        "+proj=longlat +nadgrids=/etc/hostname",
        "+init=/etc/hostname:1",
        "+proj=pipeline +step +proj=hgridshift +grids=/etc/hostname",
        'BOUNDCRS[SOURCECRS[],PARAMETERFILE["file","/etc/hostname"]]',
        '{"type": "BoundCRS", "parameters": [{"name": "file", "value": "/etc/hostname"}]}',
        "/etc/hostname",
        "http://localhost/27700",
        "EPSG:0",
        "EPSG:99999999999999999999",
        "x" * 100_000,
    ],
)
def test_a_coordinate_system_cannot_name_a_file(squares: Path, name: str) -> None:
    path = squares / "s.geojson"
    held = json.loads(path.read_text())
    held["crs"]["properties"]["name"] = name
    path.write_text(json.dumps(held))
    with pytest.raises(GeographyError, match="is no coordinate system") as caught:
        read(path)
    assert len(str(caught.value)) < 1_000


def test_proj_does_not_ask_the_network_for_grids() -> None:
    network.set_network_enabled(active=True)
    crs.to_metres(np.array([1.0]), np.array([52.0]), "EPSG:4326")
    assert not network.is_network_enabled()


# --- too large ---


def too_many_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FEATURES", 1)


def too_many_vertices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "VERTICES", 9)


def too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CELLS", 3)


def too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    monkeypatch.setattr(limits, "TEXT_BYTES", 100)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (too_many_features, "more than 1 features"),
        (too_many_vertices, "more than 9 vertices"),
        (too_many_values, "more than 3 values"),
        (too_many_bytes, "is larger than"),
    ],
)
@pytest.mark.parametrize("name", FILES)
def test_what_is_larger_than_the_limits_is_refused(
    squares: Path,
    name: str,
    limit: Callable[[pytest.MonkeyPatch], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch)
    with pytest.raises(UnreadableFileError, match=said):
        read(squares / name)


def test_a_column_for_every_feature_does_not_fill_the_memory(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {f"c{row}": 1}, "geometry": None} for row in range(8_000)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(UnreadableFileError, match="values in its columns"):
        read(path)


def test_an_arc_used_a_million_times_is_counted_first(tmp_path: Path) -> None:
    arc = [[0, 0], *[[1, 0]] * 9_999]
    area = {"type": "Polygon", "arcs": [[0] * 10_000], "id": "A"}
    held = {"type": "GeometryCollection", "geometries": [area]}
    path = tmp_path / "a.topojson"
    path.write_text(json.dumps({"type": "Topology", "arcs": [arc], "objects": {"a": held}}))
    with pytest.raises(UnreadableFileError, match="vertices"):
        read(path)


# --- zip files ---


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


def packed(folder: Path, *entries: tuple[zipfile.ZipInfo, bytes]) -> Path:
    path = folder / "bad.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in entries:
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


@pytest.mark.parametrize(
    "name", ["../s.geojson", "a/../../s.geojson", "/etc/s.geojson", "C:/s.geojson", "..\\s.geojson"]
)
def test_a_path_that_leads_out_of_a_zip_is_refused(squares: Path, name: str) -> None:
    content = (squares / "s.geojson").read_bytes()
    with pytest.raises(UnreadableFileError, match="paths lead outside"):
        read(packed(squares, (entry("s.geojson"), content), (entry(name), content)))


def test_a_link_in_a_zip_is_refused(squares: Path) -> None:
    path = packed(squares, (entry("s.geojson", stat.S_IFLNK | 0o777), b"/etc/hostname"))
    with pytest.raises(UnreadableFileError, match="not a regular file"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_in_a_zip_are_refused(squares: Path) -> None:
    content = (squares / "s.geojson").read_bytes()
    with pytest.raises(UnreadableFileError, match="several files of one name"):
        read(packed(squares, (entry("s.geojson"), content), (entry("s.geojson"), b"{}")))


def test_a_locked_zip_is_refused(squares: Path) -> None:
    path = packed(squares, (entry("s.geojson"), (squares / "s.geojson").read_bytes()))
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="locked with a password"):
        read(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path, (entry("s.geojson"), b" " * (packed_limits.RATIO_FROM_BYTES + 1)))
    with pytest.raises(UnreadableFileError, match="times its size"):
        read(path)


def test_a_zip_that_understates_its_sizes_is_refused(squares: Path) -> None:
    path = packed(squares, (entry("s.geojson"), (squares / "s.geojson").read_bytes() * 100))
    content = bytearray(path.read_bytes())
    for mark, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", content, content.find(mark) + size, 10)
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError):
        read(path)


def test_a_zip_with_too_many_files_is_refused(
    squares: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_limits, "MEMBERS", 3)
    with pytest.raises(UnreadableFileError, match="more than 3 files"):
        read(squares / "s.zip")


def test_a_zip_whose_list_of_files_is_huge_is_refused(squares: Path) -> None:
    content = bytearray((squares / "s.zip").read_bytes())
    struct.pack_into("<L", content, content.rfind(b"PK\x05\x06") + 12, 1 << 30)
    (squares / "s.zip").write_bytes(content)
    with pytest.raises(UnreadableFileError, match="too many files"):
        read(squares / "s.zip")


def test_a_zip_in_a_zip_is_no_map(squares: Path) -> None:
    with pytest.raises(UnreadableFileError, match="holds no map"):
        read(packed(squares, (entry("s.zip"), (squares / "s.zip").read_bytes())))


def test_what_is_hidden_in_a_zip_is_not_read(squares: Path) -> None:
    good, bad = (squares / "s.geojson").read_bytes(), b"\0\5\26\7"
    path = packed(
        squares,
        (entry("s.geojson"), good),
        (entry("__MACOSX/._s.geojson"), bad),
        (entry("._s.geojson"), bad),
    )
    assert spatial.read_areas("areas", path).codes == ("A", "B")


def test_a_text_in_a_zip_is_looked_at_too(squares: Path) -> None:
    content = documents("", squares / "s.geojson")["VRT"].encode()
    with pytest.raises(UnreadableFileError, match=r"bad\.zip: s\.gpkg: cannot be read"):
        read(packed(squares, (entry("s.gpkg"), content)))


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_one_of_its_files_is_said(squares: Path, suffix: str) -> None:
    (squares / f"s{suffix}").unlink()
    with pytest.raises(UnreadableFileError, match=rf"has no \{suffix} file"):
        read(squares / "s.shp")


# --- broken files ---


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "FeatureCollection", "features": ' + "[" * 100_000,
        '{"a":' * 100_000,
        '{"type": "FeatureCollection", "features": {}}',
        '{"type": "FeatureCollection", "features": [1]}',
        '{"type": "FeatureCollection", "features": "abc"}',
        '{"type": "FeatureCollection", "features": [{"geometry": 1}]}',
        '{"type": "FeatureCollection", "features": [{"geometry": null, "properties": [1]}]}',
        '{"type": "FeatureCollection", "crs": 7, "features": []}',
        '{"type": "FeatureCollection", "crs": {"type": "name"}, "features": []}',
        '{"type": "Feature", "features": []}',
        '{"type": "FeatureCollection", "features": [], "x": NaN}',
        '{"type": "FeatureCollection", "features": [], "x": ' + "9" * 5_000 + "}",
        '{"type": "Topology"}',
        '{"type": "Topology", "objects": [], "arcs": []}',
        '{"type": "Topology", "objects": {"a": {"geometries": [{"type": "Polygon"}]}}, "arcs": []}',
        (
            '{"type": "Topology", "arcs": [], "objects": '
            '{"a": {"geometries": [{"type": "Polygon", "arcs": [[7]]}]}}}'
        ),
        (
            '{"type": "Topology", "arcs": [[["x", 1]]], "objects": '
            '{"a": {"geometries": [{"type": "Polygon", "arcs": [[0]]}]}}}'
        ),
        (
            '{"type": "Topology", "arcs": [[[0, 1]]], "transform": {"scale": 1}, "objects": '
            '{"a": {"geometries": [{"type": "Polygon", "arcs": [[0]]}]}}}'
        ),
    ],
    ids=lambda text: text[:60],
)
def test_a_document_of_a_wrong_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(GeodemandError):
        read(path)


@pytest.mark.parametrize("more", [{}, {"spatialReference": {"wkid": 27700}}])
def test_json_of_another_make_is_named(tmp_path: Path, more: dict[str, object]) -> None:
    feature = {"geometry": {"rings": []}} | ({} if more else {"attributes": {"code": "A"}})
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"features": [feature], **more}))
    with pytest.raises(UnreadableFileError, match="Esri's own JSON: ask for GeoJSON"):
        read(path)


def test_names_from_a_file_do_not_steer_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "properties": {"\x1b[2J\nOK": 1}, "geometry": None}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(GeodemandError, match=r"It has: \?\[2J OK\.") as caught:
        read(path)
    assert "\x1b" not in str(caught.value)


def test_coordinates_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    shapes = np.array(SQUARES, dtype=object)
    at = shapely.get_coordinates(shapes)
    at[1] = math.inf
    drawn = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=SQUARES, crs="EPSG:27700")
    drawn.geometry = shapely.set_coordinates(shapes, at)
    drawn.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(GeographyError, match="coordinates that are no numbers: A"):
        read(tmp_path / "a.parquet")


def test_shapes_that_are_no_shapes_are_refused(squares: Path) -> None:
    with database(squares / "s.gpkg") as held:
        (good,) = held.execute("SELECT geom FROM s WHERE code = 'A'").fetchone()
        held.execute("UPDATE s SET geom = ? WHERE code = 'A'", (good[:-9],))
    with pytest.raises(GeodemandError):
        read(squares / "s.gpkg")


@pytest.mark.parametrize("name", FILES)
def test_damage_anywhere_is_a_message_and_no_traceback(squares: Path, name: str) -> None:
    """Cut off at any place, or with some bytes changed: read as it was, or refused."""
    whole = (squares / name).read_bytes()
    chance = random.Random(name)  # noqa: S311 - a test's own
    path = squares / f"damaged{Path(name).suffix}"
    for suffix in (".shx", ".dbf", ".prj"):
        (squares / f"damaged{suffix}").write_bytes((squares / f"s{suffix}").read_bytes())
    for _ in range(40):
        content = bytearray(whole)
        if chance.random() < 0.3:
            del content[chance.randrange(1, len(whole)) :]
        for _ in range(chance.choice([0, 1, 4])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        with suppress(GeodemandError):
            read(path)
