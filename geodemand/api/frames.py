"""Tables of a release as frames, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodemand.core.disclosure import Release
from geodemand.errors import Fault, UsageError
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def frame(release: Release, name: str) -> pd.DataFrame:
    """Return one table of a release as a pandas frame, with the columns of the JSON and the CSV.

    Figures are numbers, NaN where there is none. A column with a withheld figure holds "c" there
    and is of type object: withheld, zero and missing stay three things. Raises UsageError for a
    table that the release does not have.
    """
    import pandas as pd  # no command needs it

    if name not in release.tables:
        hint = did_you_mean(name, release.tables) or f"It has: {', '.join(release.tables)}."
        raise UsageError(Fault("", f"the release has no table '{name}'.", hint))
    table = release.tables[name]
    return pd.DataFrame({column: table.cells(column) for column in table.columns})
