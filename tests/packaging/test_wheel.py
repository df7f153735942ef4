"""The built wheel works outside the repository, from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which the wheel, built from the repository, is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-deps", "--no-index"]
    build = [*pip, "wheel", str(ROOT), "--no-build-isolation", *offline, "-w", str(folder)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    install = [*pip, "install", *offline, "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return target


def run(installed: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", *args],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_the_wheel_and_not_the_checkout_is_what_runs(installed: Path, tmp_path: Path) -> None:
    found = run(installed, tmp_path, "-c", "import geodemand; print(geodemand.__file__)")
    assert found.stdout.startswith(str(installed)), found


def test_the_main_job_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    found = run(installed, tmp_path, "-m", "geodemand", "demo", ".", "--run")
    assert found.returncode == 0, found.stderr
    assert "Hard Pressed" in found.stdout
    assert (tmp_path / "outputs" / "map.html").stat().st_size > 100_000


def test_reports_are_made_from_what_the_wheel_holds(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "-m", "geodemand", "demo", ".")
    formats = [part for name in ("html", "xlsx", "svg") for part in ("--format", name)]
    found = run(installed, tmp_path, "-m", "geodemand", "profile", "-q", *formats)
    assert found.returncode == 0, found.stderr
    written = {path.name for path in (tmp_path / "outputs").iterdir()}
    assert {"profile.html", "profile.xlsx", "profile-index-category.svg"} <= written


def test_a_project_starts_from_the_packaged_template(installed: Path, tmp_path: Path) -> None:
    found = run(installed, tmp_path, "-m", "geodemand", "init")
    assert found.returncode == 0, found.stderr
    assert "[directory]" in (tmp_path / "geodemand.toml").read_text(encoding="utf-8")
