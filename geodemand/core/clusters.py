"""The seam for clusters of need: a table that says where they are, which the map draws.

What finds them is not here. Whoever does puts a table of this form into a release, under the name
`CLUSTERS`; its figures about people are protected like all others.
"""

from __future__ import annotations

from geodemand.core.disclosure import Facts, Labels, Protected, Table

CLUSTERS = "clusters"
# Columns that the table has: whose clients, what the place is called, and where it is (metres,
# EPSG:27700: the middle of a circle and its radius).
WORDS = ("list", "name")
PLACE = ("x", "y", "radius_m")
# Clients who live there, clients to be expected, and the adjusted chance of as many or more.
FIGURES = ("observed", "expected", "p")


def check(table: Table) -> None:
    """Raise ValueError where a table of clusters has not the columns that the map draws from."""
    kinds: dict[str, type[Labels | Facts | Protected]] = {
        **dict.fromkeys(WORDS, Labels),
        **dict.fromkeys(PLACE, Facts),
        **dict.fromkeys(FIGURES, Protected),
    }
    wrong = [name for name, kind in kinds.items() if not isinstance(table.columns.get(name), kind)]
    if wrong:
        message = f"a table of clusters lacks the columns {', '.join(wrong)}, or they are no such"
        raise ValueError(message)
