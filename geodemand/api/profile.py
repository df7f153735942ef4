"""Which kinds of neighbourhood clients come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodemand.api.shared import Progress, labels, need_lists, policy_of, silent
from geodemand.core import disclosure, ledger, sentences
from geodemand.core import profile as profiles
from geodemand.core.disclosure import Policy, Release, Table
from geodemand.errors import Fault, UsageError
from geodemand.io import study
from geodemand.io.study import Needs, Study
from geodemand.suggest import did_you_mean

if TYPE_CHECKING:
    from geodemand.project import Project


@dataclass(frozen=True)
class ProfileOptions:
    """What `profile` may be told beside the project.

    ``levels`` of segments to show; ``base`` that a share is of; lists asked to ``meet`` at a
    postcode; ``repair`` of postcodes.
    """

    levels: tuple[str, ...] = ()
    base: str = ""
    meet: tuple[str, ...] = ()
    repair: bool = False


def profile(
    project: Project, options: ProfileOptions = ProfileOptions(), progress: Progress = silent
) -> Release:
    """Return which kinds of neighbourhood clients come from: ledger, profile and co-presence.

    Raises a GeodemandError for anything in the files that the user can put right.
    """
    policy = policy_of(project)
    need_lists(project)
    found = study.load(project, Needs(segments=True, repair=options.repair), progress)
    progress("profile")
    return profile_of(project, found, options, policy)


def profile_of(project: Project, found: Study, options: ProfileOptions, policy: Policy) -> Release:
    """Return the same of a study that is loaded already."""
    segmentation = found.segmentation
    assert segmentation is not None  # noqa: S101 - loaded with segments
    levels = options.levels or project.profile.levels or segmentation.levels()[:1]
    asked = profiles.groups(segmentation.scheme, segmentation.finest, levels, segmentation.sets)
    base = options.base or project.profile.base
    table = profiles.profile(found.clients, found.places, asked, policy, base)
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "left_out": ledger.left_out(found.left_out, policy),
        "profile": table,
        "copresence": _copresence(project, found, options.meet, policy),
    }
    said = tuple(sentences.of_profile(table, labels(project)))
    return disclosure.release(policy, tables, sentences=said)


def _copresence(project: Project, found: Study, meet: Sequence[str], policy: Policy) -> Table:
    segmentation = found.segmentation
    assert segmentation is not None  # noqa: S101 - loaded with segments
    wanted = tuple(meet) or project.profile.meet or tuple(found.matched)
    unknown = [name for name in wanted if name not in found.matched]
    if unknown:
        hint = did_you_mean(unknown[0], found.matched) or f"Lists: {', '.join(found.matched)}."
        raise UsageError(Fault("meet", f"there is no list '{unknown[0]}'.", hint))
    members = []
    for chosen in segmentation.sets:
        member = np.append(segmentation.scheme.members(chosen, segmentation.finest), [False])
        members.append(member[found.places.segment])
    clients = [each for each in found.clients if each.name in wanted]
    return profiles.copresence(clients, found.places, segmentation.sets, members, policy)
