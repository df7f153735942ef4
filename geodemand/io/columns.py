"""Which column of a file is which: published names by pattern, the user's word before all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geodemand.errors import ContentError, Fault
from geodemand.io import definitions, headings
from geodemand.suggest import did_you_mean

# A number, a date or an address is a value, not the name of a column.
LONGEST = 40
VALUE = r"[-+\d.,:/\s]*\d[-+\d.,:/\s]*|\S+@\S+"
# The ends that published names of columns have, behind the kind of area: LSOA21CD, ward_name.
ENDS = re.compile("[ _]?(cd|code|nm|name)$", re.IGNORECASE)


def find(kind: str, role: str, header: Sequence[str]) -> str | None:
    """Return the column of a header that plays a role, by the patterns of its kind, or None.

    The first pattern that fits decides: the patterns are in order of trust.

    >>> find("directory", "easting", ["pcd", "pcds", "oseast1m"])
    'oseast1m'
    """
    return next(iter(fitting(kind, role, header)), None)


def fitting(kind: str, role: str, header: Sequence[str]) -> list[str]:
    """Return all columns that fit the most trusted pattern that any column fits.

    >>> fitting("clients", "postcode", ["Home postcode", "School postcode", "Age"])
    ['Home postcode', 'School postcode']
    """
    for pattern in definitions.columns(kind).get(role, []):
        found = [name for name in header if re.fullmatch(pattern, name.strip(), re.IGNORECASE)]
        if found:
            return found
    return []


def name_beside(code: str, header: Sequence[str]) -> str | None:
    """Return the column of names that goes with a column of codes: the one called like it, if any.

    >>> name_beside("WD25CD", ["LAD25NM", "WD25CD", "WD25NM"])
    'WD25NM'
    """
    able = fitting("areas", "name", header)
    like = [name for name in able if _stem(name) == _stem(code)]
    return next(iter([*like, *able]), None)


def _stem(column: str) -> str:
    """Return what a column is called but for its ending.

    >>> _stem("LSOA21CD") == _stem("lsoa21nm") == _stem("LSOA21_NAME")
    True
    """
    return ENDS.sub("", column.strip()).casefold()


def named(column: str, header: Sequence[str], where: str) -> str:
    """Return the column that the user named; raise ContentError where the file has none such."""
    if column in header:
        return column
    folded = {name.casefold(): name for name in header}
    if column.casefold() in folded:
        return folded[column.casefold()]
    raise ContentError(missing(f"the column '{column}'", header, where, column))


def is_data(header: Sequence[str]) -> bool:
    """Return whether a first row is a title, or data in place of names: a client may be in it."""
    return len(header) == 1 or any(
        re.fullmatch(VALUE, name.strip()) or headings.is_postcode(name) for name in header
    )


def missing(
    what: str, header: Sequence[str], where: str, near: str = "", *, sure: bool = False
) -> Fault:
    """Return the fault of a column that is not there, with the columns that are.

    A first row that is a title, or data in place of names, is not shown: a client may be in it.
    ``sure``: the format says that these are names.
    """
    if is_data(header) and not sure:
        seen = "has one column only" if len(header) == 1 else "looks like data"
        mend = f"Its first row should hold the names of the columns; it {seen}."
        return Fault(where, f"{what} is not in the file.", mend)
    if not header:
        return Fault(where, f"{what} is not in the file.", "It has no columns at all.")
    short = [name if len(name) <= LONGEST else f"{name[:LONGEST]}…" for name in header[:12]]
    shown = ", ".join(short) + (", …" if len(header) > 12 else "")  # noqa: PLR2004
    hint = did_you_mean(near, header) if near else ""
    return Fault(where, f"{what} is not in the file.", f"{hint} It has: {shown}.".strip())
