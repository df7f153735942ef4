"""Which column of a file is which: published names by pattern, the user's word before all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geodemand.errors import ContentError, Fault
from geodemand.io import definitions
from geodemand.suggest import did_you_mean


def find(kind: str, role: str, header: Sequence[str]) -> str | None:
    """Return the column of a header that plays a role, by the patterns of its kind, or None.

    The first pattern that fits decides: the patterns are in order of trust.

    >>> find("directory", "easting", ["pcd", "pcds", "oseast1m"])
    'oseast1m'
    """
    for pattern in definitions.columns(kind).get(role, []):
        for column in header:
            if re.fullmatch(pattern, column.strip(), re.IGNORECASE):
                return column
    return None


def named(column: str, header: Sequence[str], where: str) -> str:
    """Return the column that the user named; raise ContentError where the file has none such."""
    if column in header:
        return column
    folded = {name.casefold(): name for name in header}
    if column.casefold() in folded:
        return folded[column.casefold()]
    raise ContentError(missing(f"the column '{column}'", header, where, column))


def missing(what: str, header: Sequence[str], where: str, near: str = "") -> Fault:
    """Return the fault of a column that is not there, with the columns that are."""
    shown = ", ".join(header[:12]) + (", …" if len(header) > 12 else "")  # noqa: PLR2004
    hint = did_you_mean(near, header) if near else ""
    return Fault(where, f"{what} is not in the file.", f"{hint} It has: {shown}.".strip())
