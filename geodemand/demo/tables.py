"""The small tables beside the code, which hold what the county is like."""

import csv
from importlib import resources


def rows(name: str) -> list[dict[str, str]]:
    """Read one of the package's own CSV tables."""
    return list(csv.DictReader(text(name).splitlines()))


def text(name: str) -> str:
    """Read one of the package's own text files."""
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
