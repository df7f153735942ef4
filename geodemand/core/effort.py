"""How much work an attack may take: counted and not timed, so that the same inputs end alike."""

from __future__ import annotations

from dataclasses import dataclass

from geodemand.errors import DisclosureError, Fault

# Nodes that HiGHS may look at for one question in whole numbers.
MOST_NODES = 500
# Steps in all for one list, or as many a piece where it has more. Each question counts as some, for
# what is handed to and fro.
MOST_STEPS = 1_000_000
_A_PIECE = 200
_A_QUESTION = 50
_A_NODE = 20


class UnprovenError(DisclosureError):
    """An attack took more work than it may, so nothing it left open counts as safe."""

    def __init__(self) -> None:
        """Say so."""
        what = "it could not be proven that no hidden count can be worked out: the search is long."
        mend = "Publish fewer levels, areas or tables together, or take a policy that rounds."
        super().__init__(Fault("", what, mend))


@dataclass
class Effort:
    """The work that was ``spent`` of the ``most`` steps there are."""

    most: int = MOST_STEPS
    spent: int = 0

    @classmethod
    def on(cls, pieces: int) -> Effort:
        """Return what may be spent on a list of so many pieces."""
        return cls(max(MOST_STEPS, _A_PIECE * pieces))

    @property
    def gone(self) -> bool:
        """Return whether nothing is left."""
        return self.spent > self.most

    def spend(self, steps: int, nodes: int) -> None:
        """Count one question to HiGHS; raise UnprovenError where too much was asked."""
        self.spent += _A_QUESTION + max(steps, 0) + _A_NODE * max(nodes, 0)
        if self.gone:
            raise UnprovenError
