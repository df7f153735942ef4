"""The documents are true: links lead somewhere, every option and command is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from geodemand import cli, project
from geodemand.core import checks, ledger
from geodemand.errors import GeodemandError
from geodemand.report import formats, reference

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert not missing


def test_every_option_of_the_project_file_is_described() -> None:
    text = (ROOT / "docs" / "project-file.md").read_text(encoding="utf-8")
    missing = [
        f"{section}.{option}"
        for section, options in project.known_options().items()
        for option in options
        if f"`{option}`" not in text
    ]
    assert not missing


def test_every_exit_code_is_described() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    codes = {kind.exit_code for kind in GeodemandError.__subclasses__()}
    assert all(f"| {code} |" in text for code in codes)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_in_the_readme_and_its_help_has_an_example(name: str) -> None:
    assert f"geodemand {name}" in (ROOT / "README.md").read_text(encoding="utf-8")
    result = CliRunner().invoke(cli.main, [name, "--help"])
    assert result.exit_code == 0
    assert f"Example: geodemand {name}" in result.output


def test_the_template_of_init_is_a_valid_project() -> None:
    found = project.read(ROOT / "geodemand" / "definitions" / "project.toml")
    assert found.disclosure.policy == "public"


def test_the_page_of_check_has_the_limits_of_its_verdict() -> None:
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    for words in (
        f"less than {100 * checks.LEAST_PLACED:.0f} % of a list",
        f"less than {100 * checks.LEAST_COVERED:.0f} % of postcodes",
        f"more than {100 * ledger.MOST_UNLISTED:.0f} % of a list's rows",
        f"more than {ledger.FEWEST_UNLISTED}) are",
        f"within {checks.DEFAULT_EDGE_M:.0f} m",
    ):
        assert words in text, words


def test_the_page_of_columns_is_the_one_that_the_words_give() -> None:
    page = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    assert page == reference.text(), "run `make docs`"


def test_every_file_format_is_described() -> None:
    text = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in formats.FORMATS)
