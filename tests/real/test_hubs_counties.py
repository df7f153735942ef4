"""geodemand hubs on the published boundaries of four counties, through the whole command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from geodemand.cli import main

pytestmark = pytest.mark.realdata

AREAS = {
    "districts": ("lad11_dissolved", "LAD11CD", ""),
    "ccgs": ("ccg21_simplified", "", "accuracy_m = 1000"),
    "lsoas": ("lsoa21", "LSOA21CD", 'name = "LSOA21NM"'),
    "wards": ("wards_2025", "WD25CD", 'name = "WD25NM"'),
}
# Postcode areas, whose crimes, how many LSOAs have 99 % of what lies in any ward in one, and the
# real differences of districts and clinical commissioning groups.
COUNTIES: dict[str, tuple[str, str, float, set[tuple[str, str]]]] = {
    "suffolk": (
        "ip nr co cb",
        "suffolk",
        0.655,
        {
            ("E07000200", "NHS West Suffolk CCG"),
            ("E07000203", "NHS West Suffolk CCG"),
            ("E07000204", "NHS Ipswich and East Suffolk CCG"),
        },
    ),
    "oxfordshire": (
        "ox",
        "thames-valley",
        0.657,
        {
            ("E07000179", "NHS Buckinghamshire CCG"),
            ("E07000180", "NHS Bath and North East Somerset, Swindon and Wiltshire CCG"),
        },
    ),
    "buckinghamshire": (
        "hp mk sl",
        "thames-valley",
        0.799,
        {("E07000004", "NHS Bedfordshire, Luton and Milton Keynes CCG")},
    ),
    "wiltshire": ("sn sp ba", "wiltshire", 0.417, set()),
}


def project(data: str, county: str) -> str:
    """Return a project file of one county: its postcodes, a list, and four geographies."""
    codes, police, _, _ = COUNTIES[county]
    files = [f"{data}/postcodes/codepoint_open_2014-08/{code}.csv.gz" for code in codes.split()]
    lines = ["[directory]", f"postcodes = {json.dumps(files)}", 'within = "districts"']
    lines += ["[clients.violence]", 'only = { "Crime type" = "Violence and sexual offences" }']
    lines += [f'file = "{data}/clients_proxy/2018-10-{police}-street.csv.gz"']
    for name, (layer, code, more) in AREAS.items():
        lines += [f"[areas.{name}]", f'file = "{data}/boundaries/{county}.gpkg"']
        lines += [f'layer = "{layer}"', f'code = "{code}"' if code else "", more]
    return "\n".join(lines)


@pytest.mark.parametrize("county", COUNTIES)
def test_a_county_s_boundaries_are_compared_and_everything_adds_up(
    realdata: Path, tmp_path: Path, county: str
) -> None:
    (tmp_path / "geodemand.toml").write_text(project(realdata.as_posix(), county), encoding="utf-8")
    run: Callable[..., Result] = CliRunner(catch_exceptions=False).invoke
    asked = ("--relation", "districts,ccgs,nests", "--relation", "lsoas,wards,nests")
    file = ("--project", str(tmp_path / "geodemand.toml"))
    result = run(main, ["hubs", *file, *asked, "--no-release", "--json"])
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    _, _, share, differences = COUNTIES[county]
    pieces = found["mismatches"]
    real = [p for p in pieces if (p["a"], p["kind"]) == ("districts", "real")]
    assert {(piece["unit_a"], piece["unit_b"]) for piece in real} == differences
    assert all(row["residual"] <= 1e-9 for row in found["land"])
    assert share_that_nests(found) == pytest.approx(share, abs=4e-3)
    (ledger,) = found["ledger"]
    rows = ledger["rows"]
    assert rows > 1_000
    reasons = [n for name, n in ledger.items() if name not in {"list", "rows", "repairable"}]
    # Rounded to 5 each, with up to 7 hidden behind a c.
    assert abs(sum(n for n in reasons if n != "c") - rows) <= 7 * len(reasons)


def test_suffolk_s_districts_are_divided_as_the_published_lookup_divides_their_lsoas(
    realdata: Path, tmp_path: Path
) -> None:
    """By LSOA 27 of Babergh's 54, 10 of Mid Suffolk's 56 and 7 of St Edmundsbury's are off."""
    (tmp_path / "geodemand.toml").write_text(
        project(realdata.as_posix(), "suffolk"), encoding="utf-8"
    )
    file = ("--project", str(tmp_path / "geodemand.toml"))
    asked = ("--relation", "districts,ccgs,nests", "--no-release", "--json")
    result = CliRunner(catch_exceptions=False).invoke(main, ["hubs", *file, *asked])
    units = {
        row["unit"]: row
        for row in json.loads(result.stdout)["units"]
        if (row["a"], row["weight"]) == ("districts", "postcodes")
    }
    for code, partner, off in (
        ("E07000200", "NHS Ipswich and East Suffolk CCG", 27 / 54),
        ("E07000203", "NHS Ipswich and East Suffolk CCG", 10 / 56),
    ):
        assert units[code]["partner"] == partner
        assert 1 - units[code]["share"] == pytest.approx(off, abs=0.08)
    for whole in ("E07000202", "E07000205", "E07000206"):
        assert units[whole]["share"] > 0.98


def share_that_nests(found: dict[str, Any]) -> float:
    """Return how many LSOAs have 99 % of what of them lies in any ward in one ward."""
    none: dict[str, float] = {}
    for piece in found["mismatches"]:
        if (piece["a"], piece["unit_b"]) == ("lsoas", "(none)"):
            none[piece["unit_a"]] = none.get(piece["unit_a"], 0.0) + piece["hectares"]
    lsoas = [r for r in found["units"] if (r["a"], r["weight"]) == ("lsoas", "area")]
    within = [r["inside"] >= 0.99 * (r["total"] - none.get(r["name"], 0.0)) for r in lsoas]
    return sum(within) / len(within)
