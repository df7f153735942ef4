"""The profile of real Suffolk, recomputed with plain pandas out of the published files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from click.testing import CliRunner, Result
from statsmodels.stats.proportion import proportion_confint

from geodemand.cli import main

pytestmark = pytest.mark.realdata

AREAS = ("ip", "nr", "co", "cb")
SUFFOLK = "E10000029"
# A list of made-up clients at real postcodes: the published order of the postcodes decides who.
EVERY, MOST = 7, 4
EXACT = ("--policy", "internal", "--reason", "a test", "--json")
PROJECT = """
[directory]
postcodes = [{postcodes}]
only = {{ CC = "{county}" }}

[segments]
file = "segments.csv"
scheme = "imd-decile"

[clients.made_up]
file = "clients.csv"
"""


def key(postcodes: pd.Series) -> pd.Series:
    return postcodes.str.replace(" ", "", regex=False)


@pytest.fixture(scope="module")
def directory(realdata: Path) -> pd.DataFrame:
    """Return the live, located postcodes of the county with their deciles, by pandas alone."""
    names = ["PC", "PQ", "EA", "NO", "CY", "RH", "LH", "CC", "DC", "WC"]
    files = [realdata / "postcodes" / "codepoint_open_2014-08" / f"{a}.csv.gz" for a in AREAS]
    book = pd.concat([pd.read_csv(f, header=None, names=names, dtype=str) for f in files])
    book = book[(book["CC"] == SUFFOLK) & (book["PQ"] != "90")]
    book = book.assign(key=key(book["PC"]))
    national = realdata / "postcodes" / "nspl_2025-05_latlong_gb_ci_iom.parquet"
    deciles = pd.read_parquet(national, columns=["Postcode", "imd2015_decile"]).dropna()
    deciles = deciles.assign(key=key(deciles["Postcode"]))[["key", "imd2015_decile"]]
    joined = book.merge(deciles, on="key", how="left")
    return joined.rename(columns={"imd2015_decile": "decile"}).sort_values("key")


@pytest.fixture(scope="module")
def clients(directory: pd.DataFrame) -> pd.DataFrame:
    """Return clients at every seventh postcode, more of them where the decile is low."""
    some = directory.iloc[::EVERY]
    many = np.where(some["decile"].fillna(10) <= 3, MOST, 1)
    return some.loc[some.index.repeat(many), ["PC", "key", "decile"]]


@pytest.fixture
def run_county(
    directory: pd.DataFrame,
    clients: pd.DataFrame,
    realdata: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Result]:
    """Return a function that runs a command on the county's files."""
    known = directory.dropna(subset="decile")
    known[["PC", "decile"]].astype({"decile": int}).to_csv(tmp_path / "segments.csv", index=False)
    clients[["PC"]].to_csv(tmp_path / "clients.csv", index=False, header=["postcode"])
    folder = (realdata / "postcodes" / "codepoint_open_2014-08").as_posix()
    files = ", ".join(f'"{folder}/{area}.csv.gz"' for area in AREAS)
    text = PROJECT.format(postcodes=files, county=SUFFOLK)
    (tmp_path / "geodemand.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEODEMAND_PROJECT", raising=False)
    runner = CliRunner(catch_exceptions=False)
    return lambda *arguments: runner.invoke(main, arguments)


def test_index_penetration_and_doubt_are_those_of_a_plain_script(
    run_county: Callable[..., Result], directory: pd.DataFrame, clients: pd.DataFrame
) -> None:
    result = run_county("profile", *EXACT)
    assert result.exit_code == 0, result.stderr
    rows = [row for row in json.loads(result.stdout)["profile"] if row["level"] == "category"]
    ours = pd.DataFrame(rows).set_index("segment")
    ours.index = ours.index.astype(int)

    base = directory["decile"].value_counts().reindex(ours.index, fill_value=0)
    held = clients["decile"].value_counts().reindex(ours.index, fill_value=0)
    share, base_share = held / held.sum(), base / base.sum()
    low, high = proportion_confint(held, held.sum(), method="wilson")
    p = scipy.stats.binom.sf(held - 1, held.sum(), base_share)
    assert ours["clients"].tolist() == held.tolist()
    assert ours["base_count"].tolist() == base.tolist()
    for name, wanted, digits in (
        ("share", share, 6),
        ("base_share", base_share, 6),
        ("index", 100 * share / base_share, 2),
        ("index_low", 100 * low / base_share, 2),
        ("index_high", 100 * high / base_share, 2),
        ("penetration", held / base, 4),
        ("p", pd.Series(p), 6),
        ("q", pd.Series(scipy.stats.false_discovery_control(p)), 6),
    ):
        off = np.abs(ours[name].to_numpy(dtype=float) - wanted.to_numpy(dtype=float))
        assert off.max() <= 0.51 * 10**-digits, name
    exact = scipy.stats.chi2.ppf(0.975, 2 * held + 2) / 2 / base
    assert ours["penetration_high"].to_numpy() == pytest.approx(exact, rel=5e-3)


def test_the_whole_of_the_list_is_tested_as_scipy_does(
    run_county: Callable[..., Result], directory: pd.DataFrame, clients: pd.DataFrame
) -> None:
    (whole, _) = json.loads(run_county("profile", "--whole", *EXACT).stdout)["whole"]
    base = directory["decile"].value_counts().sort_index()
    held = clients["decile"].value_counts().reindex(base.index, fill_value=0)
    expected = scipy.stats.chisquare(held, held.sum() * base / base.sum())
    assert whole["chi_square"] == pytest.approx(expected.statistic, abs=0.01)
    assert whole["p"] == pytest.approx(expected.pvalue, abs=1e-6)
    assert whole["df"] == len(base) - 1
    gap = (held / held.sum() - base / base.sum()).abs().sum() / 2
    assert whole["hoover"] == pytest.approx(gap, abs=1e-3)
