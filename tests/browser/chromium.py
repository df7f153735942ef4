"""Find a Chromium for the browser tests; install the system's one where the user is root.

Run by `make test`. Exits with 1 and the one command that gets it where it can do neither.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def find() -> str | None:
    """Return the path of a Chromium or Chrome: $CHROMIUM, then the usual names and places."""
    named = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ((named,) if named else NAMES)]
    there = [place for place in PLACES if Path(place).exists()]
    return next((path for path in [*found, *there] if path), None)


def is_root() -> bool:
    """Return whether the user may install system packages without asking."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def main() -> int:
    """Make sure of a browser; return the exit code."""
    if find() is None and is_root() and shutil.which("apt-get"):
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # noqa: S607
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, **quiet)  # noqa: S607
    path = find()
    if path is None:
        sys.stderr.write(
            "The browser tests need Chromium or Chrome. Get it with:\n"
            "    sudo apt-get install chromium\n"
            "or name one that you have: CHROMIUM=/path/to/chrome make test\n"
        )
        return 1
    sys.stdout.write(f"Browser: {path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
