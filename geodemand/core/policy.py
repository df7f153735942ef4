"""Rules for publishing counts of people, and the same rules at work in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

from geodemand.core.book import Book, any_number_before, hidden_before
from geodemand.core.effort import Effort
from geodemand.core.nested import Nested
from geodemand.core.published import Published
from geodemand.errors import DisclosureError, Fault

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# What a figure is changed to so that others stay hidden: rounded to another base, or hidden.
HIDE = 0
# How the audit may mend a release: round figures more coarsely and hide as well, or hide only.
WIDEN, HIDE_MORE = "widen", "hide"
REPAIRS = (WIDEN, HIDE_MORE)
# How counts are rounded: each for itself, or so that tables add up.
NEAREST, CONTROLLED = "nearest", "controlled"
ROUNDINGS = (NEAREST, CONTROLLED)


@dataclass(frozen=True)
class Policy:
    """Rules for publishing counts of people. One TOML file each in definitions/policies.

    ``threshold``: counts from 1 up to it are hidden (0: none). ``base``: other counts go to its
    nearest multiple (1: exact). ``share_decimals``: decimals of a percentage, or
    ``large_base_decimals`` where the protected base is at least ``large_base`` persons.
    ``surface_*`` bound how sharply a heat surface may be drawn (metres, clients, classes).
    ``clients_listed``: lists of postcodes with clients may be written. ``repair``: what the audit
    may do so that no hidden count can be worked out: "widen" the rounding of others or hide them,
    or "hide" only. ``rounding``: "nearest", or "controlled", so that tables add up.
    """

    name: str
    title: str
    threshold: int
    base: int
    share_decimals: int
    large_base_decimals: int
    large_base: int
    surface_bandwidth_m: float
    surface_neighbours: int
    surface_classes: int
    area_clients: int
    area_addresses: int
    clients_listed: bool
    needs_reason: bool
    marking: str
    explanation: str
    sources: tuple[str, ...] = ()
    reason: str = ""
    repair: str = WIDEN
    rounding: str = NEAREST

    @property
    def hides(self) -> bool:
        """Return whether any count is hidden, so that there is something to work out."""
        return self.threshold > 0

    @property
    def exact(self) -> bool:
        """Return whether counts are shown as they are."""
        return self.threshold == 0 and self.base == 1

    def with_reason(self, reason: str) -> Policy:
        """Return the policy with the reason stated; raise DisclosureError where one is needed."""
        if self.needs_reason and not reason.strip():
            raise DisclosureError(
                Fault(
                    "",
                    f"the policy '{self.name}' writes exact figures and needs a reason.",
                    'Add --reason "why exact figures are needed", or leave --policy out.',
                )
            )
        return replace(self, reason=reason.strip())


@dataclass(frozen=True)
class Remedy:
    """What the audit asks for so that a release is safe, or adds up; see `Guard`."""

    changes: Mapping[tuple[str, int], int] = field(default_factory=dict)
    unlimited: frozenset[str] = frozenset()
    rounded: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    one_by_one: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Guard(Policy):
    """A policy at work in one run: it knows every figure that was protected, and what is over what.

    ``book``: the figures so far. ``changes``: by what is counted and the name of a zone, the base
    that the audit asked to round this figure to, or HIDE. ``earlier``: what earlier releases
    have let out. ``unlimited``: what is counted where a hidden count is no longer taken to be one
    of 1 to threshold, for larger ones are hidden as well and look the same. ``rounded``: by what is
    counted and the name of a zone, what it was rounded to so that tables add up; ``one_by_one``:
    what could not be. ``nested``: lists of which some are parts of another. ``efforts``: what the
    audit has spent on each list, over all tries.
    """

    book: Book = field(default_factory=Book, repr=False, compare=False)
    changes: Mapping[tuple[str, int], int] = field(default_factory=dict, repr=False, compare=False)
    earlier: tuple[Published, ...] = field(default=(), repr=False, compare=False)
    unlimited: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    rounded: Mapping[str, Mapping[int, int]] = field(
        default_factory=dict, repr=False, compare=False
    )
    one_by_one: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    nested: tuple[Nested, ...] = field(default=(), repr=False, compare=False)
    efforts: dict[tuple[str, bool], Effort] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        policy: Policy,
        earlier: tuple[Published, ...] = (),
        nested: tuple[Nested, ...] = (),
    ) -> Guard:
        """Put a policy to work."""
        rules = {each.name: getattr(policy, each.name) for each in fields(Policy)}
        # What was hidden before is hidden again, so that the same question has the same answer.
        hidden = dict.fromkeys(hidden_before(earlier), HIDE)
        # Where c stood for any number before, it does again: to search for more would be in vain.
        unlimited = any_number_before(earlier) if policy.repair == HIDE_MORE else frozenset()
        return cls(**rules, earlier=earlier, nested=nested, changes=hidden, unlimited=unlimited)

    @property
    def plain(self) -> Policy:
        """Return the rules alone."""
        return Policy(**{each.name: getattr(self, each.name) for each in fields(Policy)})

    def again(self, remedy: Remedy) -> Guard:
        """Return the policy at work anew, with what the audit asked for."""
        return replace(
            self,
            book=Book(),
            changes={**self.changes, **remedy.changes},
            unlimited=self.unlimited | remedy.unlimited,
            rounded={**self.rounded, **remedy.rounded},
            one_by_one=self.one_by_one | remedy.one_by_one,
        )

    def effort(self, what: str, pieces: int = 0) -> Effort:
        """Return what may be spent on a list, anew where its hidden counts are unlimited."""
        return self.efforts.setdefault((what, what in self.unlimited), Effort.on(pieces))

    def adds_up(self, what: str) -> bool:
        """Return whether the counts of something are rounded so that tables add up."""
        return self.rounding == CONTROLLED and self.base > 1 and what not in self.one_by_one


def rounded_to(exact: IntArray, base: IntArray | int, usual: int) -> FloatArray:
    """Round counts to the nearest multiple of a base, halves upward.

    Rounded to more than the ``usual`` base, a count is never shown as 0, which means none.
    """
    near: FloatArray = np.floor(exact / base + 0.5) * base
    lifted = (near == 0) & (exact > 0) & (np.asarray(base) > usual)
    return np.where(lifted, base, near).astype(float)


def near_rounded(
    shown: FloatArray, policy: Policy, hidden: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest count that controlled rounding moves to a figure.

    A hidden one is at least 1.

    >>> from geodemand.io.definitions import policy
    >>> low, high = near_rounded(np.array([0.0, 10.0, 5.0]), policy("public"), np.array([0, 0, 1]))
    >>> low.tolist(), high.tolist()
    ([0.0, 8.0, 1.0], [0.0, 14.0, 9.0])
    """
    least = np.where(hidden, 1, policy.threshold + 1)
    none = (shown == 0) & ~hidden.astype(bool)
    low = np.where(none, 0.0, np.maximum(shown - policy.base + 1, least))
    return low, np.where(none, 0.0, shown + policy.base - 1)


def stands_for(
    shown: FloatArray, base: IntArray | int, policy: Policy
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and largest count that `rounded_to` shows as a figure that is not hidden.

    >>> from geodemand.io.definitions import policy
    >>> low, high = stands_for(np.array([0.0, 10.0, 15.0]), 5, policy("public"))
    >>> low.tolist(), high.tolist()
    ([0.0, 8.0, 13.0], [0.0, 12.0, 17.0])
    """
    base = np.asarray(base)
    least, most = np.ceil(shown - base / 2), np.ceil(shown + base / 2) - 1
    low = np.where((shown == base) & (base > policy.base), 0.0, least)
    low = np.maximum(low, policy.threshold + 1)
    none = shown == 0
    nobody = none & ((most <= policy.threshold) | (base > policy.base))
    return np.where(none, 0.0, low), np.where(nobody, 0.0, most)
