"""Which lists of a project are parts of another: rows of the same files, by narrower conditions."""

from __future__ import annotations

from collections.abc import Mapping

from geodemand.core.nested import Nested
from geodemand.io.filters import Filters
from geodemand.project import ListEntry


def nested(entries: Mapping[str, ListEntry]) -> tuple[Nested, ...]:
    """Return each list with others that are parts of it.

    Parts that share nobody, such as ages 0 to 4 and 5 to 9, stand together: who has all of them
    subtracts them all. Others, each for itself.
    """
    if len({each.paths or (each.url, each.query) for each in entries.values()}) == len(entries):
        return ()
    asked = {name: _Conditions(name, entry) for name, entry in entries.items()}
    found = []
    for whole, outer in asked.items():
        groups: list[list[str]] = []
        for part, inner in asked.items():
            # Of two that ask the same one is the other's part, and not both ways.
            if part == whole or not inner.within(outer) or (outer.within(inner) and part < whole):
                continue
            fits = (each for each in groups if all(inner.apart(asked[other]) for other in each))
            group = next(fits, None)
            if group is None:
                groups.append([part])
            else:
                group.append(part)
        found += [Nested(whole, tuple(group)) for group in groups]
    return tuple(found)


class _Conditions:
    """What a list asks of the rows of its files."""

    def __init__(self, name: str, entry: ListEntry) -> None:
        filters = Filters.of(name, entry)
        days = filters.days and tuple(float(day.toordinal()) for day in filters.days)
        self.source = (
            *(entry.paths, entry.url, entry.query, entry.sheet, entry.header_row, entry.postcode),
            *(entry.id, entry.easting, entry.northing, entry.latitude, entry.longitude),
        )
        self.ranges = {("age", entry.age): filters.ages, ("date", entry.date): days}
        self.values = {
            column.casefold(): {values} if isinstance(values, str) else {*values}
            for column, values in entry.only.items()
        }

    def within(self, other: _Conditions) -> bool:
        """Return whether each row of this list is one of the other."""
        return (
            self.source == other.source
            and all(_inside(self.ranges.get(key), each) for key, each in other.ranges.items())
            and all(
                column in self.values and self.values[column] <= each
                for column, each in other.values.items()
            )
        )

    def apart(self, other: _Conditions) -> bool:
        """Return whether no row is on both lists."""
        return any(
            _disjoint(each, other.ranges.get(key)) for key, each in self.ranges.items()
        ) or any(not each & other.values.get(column, each) for column, each in self.values.items())


def _inside(inner: tuple[float, ...] | None, outer: tuple[float, ...] | None) -> bool:
    return outer is None or (inner is not None and outer[0] <= inner[0] and inner[-1] <= outer[-1])


def _disjoint(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    return None not in (one, other) and (one[-1] < other[0] or other[-1] < one[0])  # type: ignore[index]
