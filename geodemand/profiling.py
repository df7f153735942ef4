"""What `profile` does: from a study to the tables and sentences of a profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodemand.core import disclosure, ledger, sentences
from geodemand.core import profile as profiles
from geodemand.core.disclosure import BoolArray, Policy, Release, Table
from geodemand.errors import Fault, UsageError
from geodemand.io.segments import Segmentation
from geodemand.io.study import Needs, Study
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.project import Project


@dataclass(frozen=True)
class ProfileOptions:
    """What `profile` may be told beside the project.

    ``levels`` of segments to show; ``base`` that a share is of, one or several; lists asked to
    ``meet`` at a postcode; ``repair`` of postcodes.
    """

    levels: tuple[str, ...] = ()
    base: str | tuple[str, ...] = ()
    meet: tuple[str, ...] = ()
    repair: bool = False

    @property
    def bases(self) -> tuple[str, ...]:
        """Return the bases asked for, each once."""
        asked = (self.base,) if isinstance(self.base, str) else self.base
        return tuple(dict.fromkeys(base for base in asked if base))


def needs(project: Project, options: ProfileOptions) -> Needs:
    """Return what has to be read for a profile."""
    return Needs(
        segments=True, repair=options.repair, bases=_columns(options.bases or project.profile.base)
    )


def _columns(bases: Sequence[str]) -> tuple[str, ...]:
    """Return the bases that are columns of the directory."""
    return tuple(base for base in bases if not base.startswith(profiles.LIST_BASE))


def of_study(project: Project, found: Study, options: ProfileOptions, policy: Policy) -> Release:
    """Return the release of a profile: ledger, profile and co-presence, with their sentences."""
    segmentation = segmentation_of(found)
    levels = options.levels or project.profile.levels or segmentation.levels()[:1]
    asked = profiles.groups(segmentation.scheme, segmentation.finest, levels, segmentation.sets)
    bases = options.bases or project.profile.base
    unplaced = ledger.unplaced(found.matched)
    table = profiles.profile(found.clients, found.places, asked, policy, bases, unplaced)
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "profile": table,
        "copresence": _copresence(project, found, options.meet, policy),
    }
    said = [*sentences.of_profile(table, who(project)), *sentences.of_placing(table)]
    return disclosure.release(policy, tables, sentences=tuple(said))


def who(project: Project) -> dict[str, str]:
    """Return how the people of each list are called in a sentence, with their dates if stated."""
    called = {}
    for name, entry in project.clients.items():
        words = f"{entry.label} ({name})" if entry.label else f"{name} clients"
        dated = f", {entry.dates[0]} to {entry.dates[-1]}" if entry.dates else ""
        called[name] = words + dated
    return called


def segmentation_of(found: Study) -> Segmentation:
    """Return the segmentation of a study that was loaded with segments."""
    assert found.segmentation is not None  # noqa: S101
    return found.segmentation


def set_members(found: Study) -> list[BoolArray]:
    """Return for each named set and place whether the place is in the set."""
    segmentation = segmentation_of(found)
    members = []
    for chosen in segmentation.sets:
        member = np.append(segmentation.scheme.members(chosen, segmentation.finest), [False])
        members.append(member[found.places.segment])
    return members


def _copresence(project: Project, found: Study, meet: Sequence[str], policy: Policy) -> Table:
    wanted = known_lists(tuple(meet) or project.profile.meet or tuple(found.matched), found, "meet")
    clients = [each for each in found.clients if each.name in wanted]
    sets = segmentation_of(found).sets
    return profiles.copresence(clients, found.places, sets, set_members(found), policy)


def known_lists(wanted: Sequence[str], found: Study, option: str) -> tuple[str, ...]:
    """Return the names of lists; raise UsageError for one that the project does not have."""
    unknown = [name for name in wanted if name not in found.matched]
    if unknown:
        hint = did_you_mean(unknown[0], found.matched) or f"Lists: {', '.join(found.matched)}."
        raise UsageError(Fault(option, f"there is no list '{unknown[0]}'.", hint))
    return tuple(wanted)
