"""Jobs over long lists and a national directory: what became of every row, clients by segment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness import Added, Bar, Job, python
from benchmarks.national_lists import DISTRICTS

HERE = Path(__file__).parent
PEERS = HERE / "peers"
EXACT = ("--policy", "internal", "--reason", "made-up data", "--json")
COUNTY, LONG, LONGEST = 50_000, 1_000_000, 10_000_000
QUICK, ALL = (COUNTY, LONG), (COUNTY, LONG, LONGEST)
# Megabytes that the whole command may take, however many rows are counted.
MOST_MB = 600
NAME = "lists"


def write(folder: Path, rows: int) -> None:
    """Write the national directory, its segments and lists of so many rows into a folder."""
    if not (folder / f"clients-{rows}.csv").exists():
        folder.mkdir(exist_ok=True)
        command = python(HERE / "national_lists.py", folder, str(rows))
        subprocess.run(command, check=True, capture_output=True)


def jobs(folder: Path, sizes: Sequence[int]) -> list[Job]:
    """Return the jobs over lists of these sizes: rows have no id, clients and exported ones have.

    Exported lists have five columns, as the demo's, the others only what is asked for and an age.
    """
    found = []
    for rows in sizes:
        listed = folder / f"rows-{rows}.csv"
        found += [
            _sql(folder, listed, "ledger", Bar(1.1, at_most=True)),
            _sql(folder, listed, "plain", Bar(1.5, at_most=True)),
            _pandas(folder, listed, "arrow", Bar(4)),
            _pandas(folder, listed, "usual", Bar(8)),
            _sql(folder, folder / f"clients-{rows}.csv", "clients", Bar(1.1, at_most=True)),
        ]
    found.append(_by_district(folder, folder / f"rows-{max(sizes)}.csv"))
    if LONGEST in sizes:
        listed = folder / f"rows-{LONGEST}.csv"
        exported = folder / f"exported-{LONGEST}.csv"
        found += [
            *(_sql(folder, each, "floor", Bar(2, at_most=True)) for each in (exported, listed)),
            *(_itself(folder, each) for each in (exported, listed)),
            _sql(folder, listed.with_suffix(".parquet"), "ledger", Bar(1.1, at_most=True)),
            _pandas(folder, listed.with_suffix(".parquet"), "arrow", Bar(4)),
        ]
    return found


def _itself(folder: Path, listed: Path) -> Job:
    """Return what hand-written SQL takes beside the floor, to see what can be asked of us."""
    sql = _sql(folder, listed, "clients" if listed.stem.startswith("exp") else "ledger", Bar(2))
    name = f"{NAME}, {listed.name}, DuckDB's own, peer: floor"
    return replace(
        sql, name=name, ours=sql.peer, peer=sql.floor, bar=Bar(2, at_most=True), check=_nothing
    )


def _nothing(_: str, __: str) -> None:
    """Compare nothing: the figures are compared where the peer is beside ours."""


def _by_district(folder: Path, listed: Path) -> Job:
    """Return the job of all types in all districts beside the same command without districts."""
    whole = _job(folder, listed, "types alone", ("lists_duckdb.py", "floor"), Bar(1))
    districts = ("--areas", "districts=column:district", "--by", "districts", "--within", "type")
    return replace(
        whole,
        name=f"{NAME}, {listed.name}, 62 types x 330 districts, peer: types alone",
        ours=(*whole.ours, *districts),
        peer=whole.ours,
        bar=Added(1),
        check=_same_types,
        runs=sys.maxsize,  # a second beside eight is little: three pairs do not tell
    )


def _sql(folder: Path, listed: Path, what: str, bar: Bar) -> Job:
    return _job(folder, listed, f"DuckDB, {what}", ("lists_duckdb.py", what), bar)


def _pandas(folder: Path, listed: Path, what: str, bar: Bar) -> Job:
    return _job(folder, listed, f"pandas, {what}", ("lists_pandas.py", what), bar)


def _job(folder: Path, listed: Path, peer: str, script: tuple[str, str], bar: Bar) -> Job:
    inputs = (folder / "directory.parquet", folder / "segments.csv", listed)
    rows = int(listed.stem.partition("-")[2])
    project = folder / f"{listed.name}.toml"

    def prepare() -> None:
        write(folder, rows)
        project.write_text(
            f"[directory]\npostcodes = '{inputs[0]}'\n"
            f"[segments]\nfile = '{inputs[1]}'\nscheme = 'acorn-2013'\n"
            f"[clients.L]\nfile = '{listed}'\n"
        )

    return Job(
        f"{NAME}, {listed.name}, peer: {peer}",
        python("-m", "geodemand", "profile", "--project", project, "--level", "type", *EXACT),
        python(PEERS / script[0], script[1], *inputs),
        python(PEERS / "lists_duckdb.py", "floor", *inputs),
        bar,
        _same,
        prepare=prepare,
        processor=True,
        megabytes=MOST_MB,
        runs=3 if rows == LONGEST else sys.maxsize,
    )


def _same_types(ours: str, peer: str) -> None:
    """Check that types are counted the same, and that all of them are in all districts."""
    said, wanted = json.loads(ours), json.loads(peer)
    assert said["profile"] == wanted["profile"]
    assert len({row["area"] for row in said["by_place"]}) == DISTRICTS


def _same(ours: str, peer: str) -> None:
    """Check what the peer counted against ours: the ledger, clients and postcodes by segment."""
    wanted: Any = json.loads(peer)
    if isinstance(wanted, list):  # the floor counts nothing
        return
    said = json.loads(ours)
    types = [row for row in said["profile"] if row["level"] == "type"]
    base = {row["segment"]: int(row["base_count"]) for row in types}
    clients = {row["segment"]: row["clients"] for row in types}
    (row,) = said["ledger"]
    assert Counter(wanted["base"]) == Counter(base)
    if "plain" in wanted:  # without the texts that only a second look finds
        assert 0.97 * sum(clients.values()) < sum(wanted["plain"].values()) <= sum(clients.values())
        return
    ledger = wanted["ledger"]
    assert {reason: row[reason] for reason in ledger} == ledger
    assert sum(ledger.values()) == row["rows"]
    assert Counter(wanted["clients"]) == Counter(clients)
