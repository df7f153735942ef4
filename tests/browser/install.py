"""Make sure of what the browser tests need: Chromium, Firefox, and the accessibility engine.

Run by `make test`. As root on Debian it installs what is missing; otherwise it exits with 1 and
says which command gets it. Nothing is downloaded where all is there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import chromium
import firefox

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core"


@dataclass(frozen=True)
class Need:
    """Something to have: ``there`` tells, ``package`` is Debian's name of it."""

    name: str
    there: Callable[[], bool]
    package: str
    otherwise: str = ""


NEEDS = (
    Need(
        "Chromium or Chrome",
        lambda: chromium.find() is not None,
        "chromium",
        "or name one that you have: CHROMIUM=/path/to/chrome make test",
    ),
    Need(
        "Firefox",
        lambda: firefox.find() is not None,
        "firefox-esr",
        "or name one that you have: FIREFOX=/path/to/firefox make test",
    ),
    Need("npm", lambda: shutil.which("npm") is not None, "npm"),
)


def apt_install(packages: list[str]) -> None:
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # noqa: S607
    subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=False, **quiet)  # noqa: S607


def axe_is_there() -> bool:
    """Return whether the accessibility engine is the version of the lock file."""
    locked = json.loads((HERE / "package-lock.json").read_text("utf-8"))
    wanted = locked["packages"]["node_modules/axe-core"]["version"]
    installed = AXE / "package.json"
    return installed.exists() and json.loads(installed.read_text("utf-8"))["version"] == wanted


def install_axe() -> bool:
    npm = shutil.which("npm") or "npm"
    asked = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    return subprocess.run(asked, cwd=HERE, check=False).returncode == 0


def main() -> int:
    """Install what is missing where that is allowed; return the exit code."""
    missing = [need for need in NEEDS if not need.there()]
    if missing and chromium.is_root() and shutil.which("apt-get"):
        apt_install([need.package for need in missing])
        missing = [need for need in NEEDS if not need.there()]
    for need in missing:
        sys.stderr.write(
            f"The browser tests need {need.name}. Get it with:\n"
            f"    sudo apt-get install {need.package}\n"
            + (f"{need.otherwise}\n" if need.otherwise else "")
        )
    if not missing and not axe_is_there() and not install_axe():
        sys.stderr.write(
            "The browser tests need the accessibility engine axe-core. Get it with:\n"
            f"    cd {HERE.relative_to(HERE.parents[1])} && npm ci --ignore-scripts\n"
        )
        return 1
    if not missing:
        sys.stdout.write(f"Browsers: {chromium.find()}, {firefox.find()}\n")
    return bool(missing)


if __name__ == "__main__":
    raise SystemExit(main())
