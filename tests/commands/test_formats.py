"""Files by --format: what they hold, and that a run writes all of them or none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from geodemand.report import formats, schema

Run = Callable[..., Result]
COMMANDS = ("profile", "hubs", "check")
POLICIES = ((), ("--policy", "internal", "--reason", "a test"))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_published_schema_is_the_one_that_the_words_give() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text()
    jsonschema.Draft202012Validator.check_schema(schema.schema())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("command", COMMANDS)
def test_json_keeps_to_the_published_schema(
    tiny: Any,  # noqa: ANN401 - a fixture's class lives in conftest
    run: Run,
    command: str,
    policy: tuple[str, ...],
) -> None:
    found = json.loads(run(command, "--json", *policy, folder=tiny.folder).stdout)
    published = json.loads(schema.FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(published).validate(found)


@pytest.mark.parametrize(
    ("field", "value"), [("share", 1.5), ("clients", -5), ("index", "d"), ("list", 3)]
)
def test_the_schema_refuses_what_no_run_may_print(
    tiny: Any,  # noqa: ANN401
    run: Run,
    field: str,
    value: object,
) -> None:
    found = json.loads(run("profile", "--json", folder=tiny.folder).stdout)
    found["profile"][0][field] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema.schema()).validate(found)


@pytest.mark.parametrize("command", COMMANDS)
def test_tidy_holds_every_figure_of_the_json_once(tiny: Any, run: Run, command: str) -> None:  # noqa: ANN401
    found = json.loads(run(command, "--json", folder=tiny.folder).stdout)
    tidy = rows_of(run(command, "--format", "tidy", "--out", "-", folder=tiny.folder).stdout)
    held = [(row["table"], row["measure"], row["value"]) for row in tidy]
    expected = [
        (table, measure, "" if value is None else str(value))
        for table, rows in found.items()
        if isinstance(rows, list) and table != "sentences"
        for row in rows
        for measure, value in row.items()
        if measure not in tidy[0]
    ]
    assert sorted(held) == sorted(expected)
    assert {row["policy"] for row in tidy} == {"public"}


def test_tidy_says_of_what_each_figure_is(tiny: Any, run: Run) -> None:  # noqa: ANN401
    tidy = rows_of(run("profile", "--format", "tidy", "--out", "-", folder=tiny.folder).stdout)
    (row,) = [
        each
        for each in tidy
        if each["table"] == "profile" and each["list"] == "CYP" and each["measure"] == "clients"
        and each["level"] == "set"
    ]  # fmt: skip
    assert (row["segment"], row["base"], row["value"]) == ("Hard Pressed", "postcodes", "30")


def test_several_formats_are_written_together(tiny: Any, run: Run) -> None:  # noqa: ANN401
    wanted = [part for name in ("csv", "tidy", "json", "xlsx") for part in ("--format", name)]
    result = run("profile", *wanted, "--out", "results", folder=tiny.folder)
    assert result.exit_code == 0
    names = {path.name for path in tiny.path("results").iterdir()}
    assert {"profile.csv", "profile-tidy.csv", "profile.json", "profile.xlsx"} <= names
    said = result.stderr.replace("\\", "/")
    assert all(f"results/{name}" in said for name in names if not name.endswith(".record.json"))


def test_nothing_is_written_where_one_file_is_in_the_way(tiny: Any, run: Run) -> None:  # noqa: ANN401
    results = tiny.path("results")
    results.mkdir()
    results.joinpath("profile.xlsx").write_bytes(b"mine")
    wanted = ("--format", "json", "--format", "xlsx", "--out", "results")
    result = run("profile", *wanted, folder=tiny.folder)
    assert result.exit_code == 2
    assert [path.name for path in results.iterdir()] == ["profile.xlsx"]
    assert results.joinpath("profile.xlsx").read_bytes() == b"mine"
    assert result.stdout == ""


def test_what_is_no_text_does_not_go_to_standard_output(tiny: Any, run: Run) -> None:  # noqa: ANN401
    result = run("profile", "--format", "xlsx", "--out", "-", folder=tiny.folder)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--out" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_library_is_named_before_any_file_is_read(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    result = run(command, "--project", tmp_path / "none.toml", "--format", "xlsx")
    assert result.exit_code == 2
    assert 'pip install "geodemand[report]"' in result.stderr
    assert "none.toml" not in result.stderr


def test_only_a_release_becomes_a_file() -> None:
    about = formats.About("profile", "Tiny")
    with pytest.raises(TypeError, match="Release"):
        formats.files({"profile": []}, about, ["json"])  # type: ignore[arg-type]
