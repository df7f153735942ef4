"""Which rows of a file are on a list: by values, by age, by date.

NEET, for one, is people of 16 to 18 years. What is left out is counted, and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from geodemand.errors import Fault, UsageError
from geodemand.io.tables import only, quoted_text
from geodemand.project import ListEntry

# Days as they are read: year before month, or day before month; a time behind it does not matter.
# A year of two figures is one from 1969 to 2068, and not read between hyphens, where it could be
# the day. It is tried first: "%Y" takes two figures too, for the year 25.
_SHORT = ("%d/%m/%y", "%d.%m.%y", "%d-%b-%y", "%d %b %y", "%d %B %y")
_LONG = ("%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d-%m-%Y")
DAY_FORMATS = (*_SHORT, *_LONG, "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
FIRST_YEAR = 1900
_TIME_OF_DAY = r"[T ]+[0-9]{1,2}:[0-9]{2}.*$"
DAY_FORM = "yyyy-mm-dd or dd/mm/yyyy"


@dataclass(frozen=True)
class Filters:
    """What a list asks of its rows. ``ages``, ``days``: smallest and largest that count."""

    asked: bool
    ages: tuple[float, float] | None
    days: tuple[date, date] | None

    @classmethod
    def of(cls, name: str, entry: ListEntry) -> Filters:
        """Read what the project says of a list. Raises UsageError where it says no range."""
        ages, days = None, None
        faults = []
        if entry.ages:
            low, high = entry.ages[0], entry.ages[-1]
            ages = (low, high)
            if len(entry.ages) != len(ages) or not low <= high:
                what = f"ages of the list {name} should be the smallest and the largest age."
                faults.append(Fault("", what, "Such as ages = [16, 18]."))
        if entry.dates:
            read = [_day(text) for text in entry.dates]
            first, last = read[0], read[-1]
            if len(read) != 2 or first is None or last is None or first > last:  # noqa: PLR2004
                what = f"dates of the list {name} should be the first and the last day."
                faults.append(Fault("", what, 'Such as dates = ["2025-04-01", "2026-03-31"].'))
            else:
                days = (first, last)
        if faults:
            raise UsageError(*faults)
        return cls(bool(entry.only or ages or days), ages, days)

    def why_left_out(self, values: Mapping[str, str | tuple[str, ...]], age: str, day: str) -> str:
        """Return the SQL that says why a row is not on the list; NULL for one that is.

        ``age``, ``day``: the SQL of both. An age counts in completed years.
        """
        cases = []
        if values:
            named = ", ".join(f"'{column}'" for column in values)
            cases.append((f"({only(values)}) IS NOT TRUE", f"other values in {named}"))
        if self.ages:
            low, high = self.ages
            cases.append((f"{age} IS NULL", "an age that is no number"))
            outside = f"floor({age}) NOT BETWEEN {low} AND {high}"
            cases.append((outside, f"an age outside {low:g} to {high:g}"))
        if self.days:
            first, last = self.days
            cases.append((f"{day} IS NULL", f"a date that is not {DAY_FORM}"))
            outside = f"{day} NOT BETWEEN DATE '{first}' AND DATE '{last}'"
            cases.append((outside, f"a date outside {first} to {last}"))
        listed = " ".join(f"WHEN {case} THEN {quoted_text(why)}" for case, why in cases)
        return f"CASE {listed} END"


def day_of(text: str) -> str:
    """Return the SQL of the day in an SQL text; NULL where it is none."""
    formats = ", ".join(map(quoted_text, DAY_FORMATS))
    plain = f"trim(regexp_replace({text}, {quoted_text(_TIME_OF_DAY)}, ''))"
    day, none = f"try_strptime({plain}, [{formats}])::DATE", f"DATE '{FIRST_YEAR - 1}-12-31'"
    return f"nullif(greatest({day}, {none}), {none})"


def _day(text: str) -> date | None:
    """Return the day in a text, None where there is none.

    >>> _day("31/03/26"), _day("2026-03-31 10:00"), _day("03/31/2026")
    (datetime.date(2026, 3, 31), datetime.date(2026, 3, 31), None)
    """
    plain = re.sub(_TIME_OF_DAY, "", text).strip()
    for form in DAY_FORMATS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        return found if found.year >= FIRST_YEAR else None
    return None
