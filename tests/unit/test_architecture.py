"""The walls of the house: who may read exact counts, and what start-up may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import geodemand
from geodemand.cli import COMMANDS
from geodemand.io import definitions, schemes

PACKAGE = Path(geodemand.__file__).parent
OUTSIDE_CORE = sorted(
    path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(PACKAGE / "core")
)
SLOWEST = {"pandas", "geopandas", "folium", "scipy", "pyproj", "matplotlib"}
SLOW = {"numpy", "pandas", "geopandas", "shapely", "folium", "duckdb", "pyproj", "scipy", "rich"}


def reads_of(name: str, path: Path) -> list[str]:
    """Return where a file reads an attribute of this name, by getattr and its like too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        by_name = isinstance(node, ast.Attribute) and node.attr == name
        by_text = (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(("getattr", "attrgetter", "getattribute__"))
            and any(isinstance(a, ast.Constant) and a.value == name for a in node.args)
        )
        if by_name or by_text:
            found.append(f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def test_exact_counts_are_read_in_the_core_only() -> None:
    assert len(OUTSIDE_CORE) > 20
    assert [at for path in OUTSIDE_CORE for at in reads_of("exact", path)] == []


@pytest.mark.parametrize("code", ["people.exact", "getattr(people, 'exact')"])
def test_the_check_for_exact_counts_finds_one(tmp_path: Path, code: str) -> None:
    path = tmp_path / "leak.py"
    path.write_text(f"releases['exact']\ncount = {code}\n")
    assert reads_of("exact", path) == ["leak.py:2"]


@pytest.mark.parametrize("name", ["_SEAL", "_seal"])
def test_no_other_module_can_seal_a_release(name: str) -> None:
    others = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "core" / "disclosure.py"]
    found = [
        path.name
        for path in others
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name == name)
    ]
    assert found == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").glob("*.py")), ids=lambda p: p.stem)
def test_the_core_opens_and_prints_nothing(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"print", "open", "input"}


@pytest.mark.parametrize("name", definitions.names("policies"))
def test_every_policy_that_ships_loads(name: str) -> None:
    policy = definitions.policy(name)
    assert policy.name == name
    assert policy.title
    assert policy.explanation


@pytest.mark.parametrize("name", definitions.names("segmentations"))
def test_every_segmentation_that_ships_loads(name: str) -> None:
    scheme = schemes.scheme(name)
    assert scheme.levels[0] == "category"
    for (level, _), segment in scheme.segments.items():
        assert (scheme.parent(segment) is None) == (level == "category")


@pytest.mark.parametrize("name", definitions.names("columns"))
def test_every_file_of_column_names_loads(name: str) -> None:
    assert definitions.columns(name)


def test_every_kind_of_definition_is_there() -> None:
    assert {"public", "internal"} <= set(definitions.names("policies"))
    assert {"acorn-2009", "oac-2011", "oac-2021"} <= set(definitions.names("segmentations"))
    assert {"areas", "clients", "directory", "segments"} <= set(definitions.names("columns"))


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh Python has loaded after some code."""
    script = (
        f"import sys\n{code}\nprint('\\n'.join({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import geodemand",
        "import geodemand.cli",
        "from geodemand.cli import main; main(['--help'], standalone_mode=False)",
        "from geodemand.cli import main; main(['--version'], standalone_mode=False)",
    ],
)
def test_start_up_loads_nothing_slow(code: str) -> None:
    assert loaded_by(code) & SLOW == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_loads_no_frames_and_no_map(command: str) -> None:
    code = f"from geodemand.cli import main; main(['{command}', '--help'], standalone_mode=False)"
    assert loaded_by(code) & SLOWEST == set()


def test_the_public_names_are_there_and_others_are_not() -> None:
    for name in geodemand.__all__:
        assert getattr(geodemand, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'hub'"):
        _ = geodemand.hub  # type: ignore[attr-defined]


def test_a_profile_needs_no_pandas_geopandas_or_folium(tmp_path: Path) -> None:
    """What users wait for: counting a list loads only what counts."""
    (tmp_path / "p.csv").write_text("postcode,easting,northing\nIP1 1AA,600000,250000\n")
    (tmp_path / "s.csv").write_text("postcode,type\nIP1 1AA,44\n")
    (tmp_path / "c.csv").write_text("postcode\nIP1 1AA\n")
    options = ["profile", "--postcodes", "p.csv", "--segments", "s.csv", "--scheme", "acorn-2009"]
    arguments = [*options, "--clients", "CYP=c.csv", "--json"]
    code = (
        f"import os; os.chdir({str(tmp_path)!r})\nimport contextlib, io\n"
        "from geodemand.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    main({arguments!r}, standalone_mode=False)"
    )
    slow = {
        "pandas",
        "geopandas",
        "folium",
        "pyproj",
        "pyogrio",
        "scipy",
        "tomlkit",
        "matplotlib",
        "xlsxwriter",
    }
    assert loaded_by(code) & slow == set()


@pytest.mark.parametrize(
    ("wanted", "loaded"),
    [("tidy", set()), ("xlsx", {"xlsxwriter"}), ("svg", {"matplotlib"})],
)
def test_a_format_loads_what_it_is_made_with_and_no_more(wanted: str, loaded: set[str]) -> None:
    helpers = Path(__file__).parents[1] / "helpers"
    code = (
        f"sys.path.insert(0, {str(helpers)!r})\nimport reports\n"
        "from geodemand.io import definitions\nfrom geodemand.report import about, formats\n"
        "found = reports.everything(definitions.policy('public'))\n"
        f"formats.files(found, about.About('profile', 'T'), [{wanted!r}])"
    )
    slow = {"pandas", "geopandas", "folium", "scipy", "matplotlib", "xlsxwriter"}
    assert loaded_by(code) & slow == loaded
