"""Why a row of a client list is placed or not, and how far each reason is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geodemand.core.postcodes import Kind

Ranks: TypeAlias = npt.NDArray[np.int8]
NO_PLACE = -1


class Reason(StrEnum):
    """Why a row is placed or not. The order is the order of trust between rows of one client."""

    MATCHED = "matched"
    REPAIRED = "repaired"
    TERMINATED = "terminated"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    PSEUDO = "pseudo"
    NON_GEOGRAPHIC = "nongeographic"
    PARTIAL = "partial"
    MALFORMED = "malformed"
    BLANK = "blank"
    DUPLICATE = "duplicate"


REASONS = tuple(Reason)
RANK = {reason: rank for rank, reason in enumerate(REASONS)}
# How a reader is told of each, in the terminal and on the map page.
WORDS: dict[str, str] = {
    Reason.MATCHED: "matched to a live postcode",
    Reason.REPAIRED: "repaired and matched",
    Reason.TERMINATED: "matched to a terminated postcode",
    Reason.OUTSIDE: "outside the study area",
    Reason.UNKNOWN: "unknown postcode, or without a location",
    Reason.PSEUDO: "pseudo postcode (ZZ99: no fixed abode …)",
    Reason.NON_GEOGRAPHIC: "non-geographic (BFPO, PO box)",
    Reason.PARTIAL: "part of a postcode only",
    Reason.MALFORMED: "no postcode at all",
    Reason.BLANK: "blank",
    Reason.DUPLICATE: "same client again",
}
# The most trusted ones.
PLACED = (Reason.MATCHED, Reason.REPAIRED, Reason.TERMINATED)
OF_KIND = {
    Kind.BLANK: Reason.BLANK,
    Kind.PSEUDO: Reason.PSEUDO,
    Kind.NON_GEOGRAPHIC: Reason.NON_GEOGRAPHIC,
    Kind.PARTIAL: Reason.PARTIAL,
    Kind.MALFORMED: Reason.MALFORMED,
}


@dataclass(frozen=True)
class Verdict:
    """What one distinct text comes to: a reason, and a place (directory row or point)."""

    reason: Reason
    place: int = NO_PLACE
