"""Which kinds of neighbourhood clients come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geodemand.api.profile_options import ProfileOptions, needs, parts, prepared
from geodemand.api.profile_run import Run
from geodemand.api.shared import Progress, guarded, need_lists, policy_of, silent, who
from geodemand.core import disclosure, ledger, sentences
from geodemand.core.disclosure import Policy, Release, Table
from geodemand.io import study
from geodemand.io.study import Study

if TYPE_CHECKING:
    from geodemand.project import Project

__all__ = ["ProfileOptions", "profile", "profile_of"]


def profile(
    project: Project, options: ProfileOptions | None = None, progress: Progress = silent
) -> Release:
    """Return which kinds of neighbourhood clients come from: ledger, profile and co-presence.

    With the deeper tables that are asked for. Raises a GeodemandError for anything in the files or
    options that the user can put right.
    """
    options = options or ProfileOptions()
    policy = policy_of(project)
    need_lists(project)
    project = prepared(project, options)
    found = study.load(project, needs(project, options), progress)
    return guarded(
        project, found, policy, lambda guard: profile_of(project, found, options, guard, progress)
    )


def profile_of(
    project: Project,
    found: Study,
    options: ProfileOptions,
    policy: Policy,
    progress: Progress = silent,
) -> Release:
    """Return the same of a study that is loaded already."""
    tables, said = tables_of(project, found, options, policy, progress)
    return disclosure.release(policy, tables, sentences=said)


def tables_of(
    project: Project,
    found: Study,
    options: ProfileOptions,
    policy: Policy,
    progress: Progress = silent,
) -> tuple[dict[str, Table], tuple[str, ...]]:
    """Return its tables and sentences, for a release that may hold more."""
    progress("profile")
    tables = {
        "ledger": ledger.ledger(found.matched, policy),
        "left_out": ledger.left_out(found.left_out, policy),
    }
    halves = found
    if options.split:
        halved = parts(options)
        own = {name: each for name, each in found.matched.items() if name not in halved}
        halves = replace(found, matched={name: found.matched[name] for name in halved})
        found = replace(found, matched=own)
    run = Run(project, found, options, policy)
    table = run.profile(run.levels, run.segmentation.sets, run.bases)
    tables |= {"profile": table, "copresence": run.copresence()}
    called = who(project)
    said = [*sentences.of_profile(table, called), *sentences.of_placing(table, project.report.date)]
    said += ledger.old_directory(found.matched) if options.repair else []
    for step, made in run.deeper(table, replace(run, found=halves), called):
        progress(step)
        deeper, words = made()
        tables |= deeper
        said += words
    return tables, tuple(said)
