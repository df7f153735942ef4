"""Make the data, run every job beside its peer, print one table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import audits, data, harness, jobs, lists, maps, overlays, pictures

RUNS = 9
QUICK_RUNS = 3
AUDIT = "audit of what is published"


def main() -> None:
    """Run the jobs asked for and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} pairs of runs a job")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"pairs of runs (default {RUNS})")
    parser.add_argument("--only", default="", metavar="WORD", help="jobs with this in their name")
    chosen = parser.parse_args()
    runs = QUICK_RUNS if chosen.quick else chosen.runs
    with tempfile.TemporaryDirectory(prefix="geodemand-benchmarks-") as folder:
        _keep_bytecode(Path(folder) / "bytecode")
        made = data.write(Path(folder) / "county")
        asked = [*jobs.jobs(made), *overlays.jobs(made)]
        asked += lists.jobs(Path(folder) / "lists", lists.QUICK if chosen.quick else lists.ALL)
        asked += maps.jobs(Path(folder) / "maps", Path(folder) / "county" / "geodemand.toml")
        asked += pictures.jobs(
            Path(folder) / "pictures", Path(folder) / "county" / "geodemand.toml"
        )
        names = "\n  ".join(job.name for job in asked)
        asked = [job for job in asked if chosen.only in job.name]
        if not asked and chosen.only not in AUDIT:
            parser.error(f"no job has '{chosen.only}' in its name. Known:\n  {names}")
        outcomes = []
        for number, job in enumerate(asked, 1):
            sys.stderr.write(f"{number} of {len(asked)}: {job.name}\n")
            outcomes.append(harness.measure(job, runs))
            # A run that is stopped has said what it found by then.
            sys.stderr.write(f"  {'  '.join(harness.row(outcomes[-1])[1:])}\n")
    if outcomes:
        print(harness.table(outcomes, runs))
    if chosen.only in AUDIT:
        audits.main()


def _keep_bytecode(folder: Path) -> None:
    """Let every program keep its compiled modules, as installed ones do, whatever is set here."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


if __name__ == "__main__":
    main()
