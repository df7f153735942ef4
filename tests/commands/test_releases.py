"""The ledger of releases: what enters it, what later runs make of it, and what it never holds."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import packed
from geodemand.core.published import Published
from geodemand.core.systems import Sums
from geodemand.io import definitions, releases
from geodemand.report import statement

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest

FILES = ["--format", "csv"]
EXACT = ["--policy", "internal", "--reason", "a test"]
DFE = ["--policy", "dfe"]


def ledger(tiny: Tiny) -> list[Path]:
    return sorted(tiny.path("releases").glob("*.release.json"))


def entry(tiny: Tiny) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ledger(tiny)[-1].read_text(encoding="utf-8"))
    return found


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass with every look at the clock."""
    began = datetime(2026, 4, 1, 12, tzinfo=UTC).timestamp()
    seconds = iter(range(10_000))
    monkeypatch.setattr(
        releases, "_now", lambda: datetime.fromtimestamp(began + next(seconds), UTC)
    )


@pytest.mark.parametrize(
    ("options", "entered"),
    [
        ([], 0),
        (["--json"], 0),
        (["--out", "-"], 0),
        (FILES, 1),
        ([*FILES, "--no-release"], 0),
        (["--release"], 1),
        ([*FILES, *EXACT], 0),
    ],
    ids=str,
)
def test_what_is_a_release(tiny: Tiny, run: Run, options: list[str], entered: int) -> None:
    result = run("profile", *options, folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert len(ledger(tiny)) == entered


@pytest.mark.parametrize("command", ["profile", "hubs", "check", "map"])
def test_every_command_enters_what_it_publishes(tiny: Tiny, run: Run, command: str) -> None:
    result = run(command, *([] if command == "map" else FILES), folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    assert "Released, see ledger" in result.stderr
    found = entry(tiny)
    assert found["command"] == command
    assert found["date"].startswith("2026-04-01T12:")
    assert found["figures"]
    for each in found["outputs"]:
        assert tiny.path(each["file"]).is_file()
    if os.name == "posix":
        assert stat.S_IMODE(ledger(tiny)[0].stat().st_mode) == 0o600


def test_the_ledger_holds_no_client_and_no_exact_count(tiny: Tiny, run: Run) -> None:
    rows = [f"CANARY{n},Ann Canary,IP1 1AA" for n in range(23)]
    tiny.write("cyp.csv", "\n".join(["id,name,postcode", *rows, "CANARY99,Bob,NR1 1AA"]))
    run("profile", *FILES, folder=tiny.folder)
    text = ledger(tiny)[0].read_text(encoding="utf-8")
    assert "CANARY" not in text
    assert "NR11AA" not in text
    for held in releases.read_all(tiny.path("releases"))[0].figures:
        keys = packed.postcodes_of(held)
        found = packed.unpacked(held, keys, np.arange(len(keys)))
        shown = ~found.hidden & (found.low > 0)
        # Rounded to 5: five values each, or those over the threshold.
        assert ((found.high - found.low)[shown] >= 4).all()


def test_points_of_clients_are_not_in_the_ledger(tiny: Tiny, run: Run) -> None:
    rows = [f"c{n},{600_210 + n % 3},250201" for n in range(30)]
    tiny.write("cyp.csv", "\n".join(["id,easting,northing", *rows]))
    run("profile", *FILES, folder=tiny.folder)
    (found,) = (
        f for f in releases.read_all(tiny.path("releases"))[0].figures if f["what"] == "CYP"
    )
    assert set(packed.postcodes_of(found)) <= {
        line.split(",")[0].replace(" ", "")
        for line in tiny.path("postcodes.csv").read_text().splitlines()
    }


def test_the_same_release_is_entered_once(tiny: Tiny, run: Run) -> None:
    run("profile", *FILES, folder=tiny.folder)
    again = run("profile", *FILES, "--overwrite", folder=tiny.folder)
    assert again.exit_code == 0
    assert "has these files already" in again.stderr
    assert len(ledger(tiny)) == 1


def test_releases_are_listed_shown_and_withdrawn(tiny: Tiny, run: Run) -> None:
    assert "Nothing was released yet" in run("release", "list", folder=tiny.folder).stdout
    run("profile", *FILES, folder=tiny.folder)
    (name,) = (path.name.removesuffix(".release.json") for path in ledger(tiny))
    assert name in run("release", "list", folder=tiny.folder).stdout
    shown = run("release", "show", name[:6], folder=tiny.folder).stdout
    assert "outputs/profile.csv" in shown
    assert "as written" in shown
    tiny.path("outputs/profile.csv").write_text("mine")
    assert "changed since" in run("release", "show", "last", folder=tiny.folder).stdout
    told = json.loads(run("release", "show", "last", "--json", folder=tiny.folder).stdout)
    assert told["stands"]
    assert all(len(zone) == 16 for zones in told["figures"].values() for zone in zones)
    gone = run("release", "withdraw", "last", "--why", "never sent", folder=tiny.folder)
    assert gone.exit_code == 0
    assert "withdrawn: never sent" in run("release", "list", folder=tiny.folder).stdout
    again = run("release", "withdraw", "last", "--why", "x", folder=tiny.folder)
    assert again.exit_code == 2
    assert "is withdrawn already" in again.stderr
    assert run("release", "show", "1999", folder=tiny.folder).exit_code == 2


def test_releases_of_one_second_stand_in_the_order_in_which_they_were_made(
    tiny: Tiny, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names end in letters of what was written, which have no order; "last" is the last."""
    monkeypatch.setattr(releases, "_now", lambda: datetime(2026, 4, 1, 12, tzinfo=UTC))
    made = ["profile", "hubs", "map"]
    for command in made:
        out = ("--out", tiny.path("m.html" if command == "map" else command))
        assert run(command, "--project", tiny.path("geodemand.toml"), *out).exit_code == 0
    entries = releases.read_all(tiny.path("releases"))
    assert [each.command for each in entries] == made
    assert [each.id[:18].rstrip("-") for each in entries][1:] == [
        "20260401-120000.02",
        "20260401-120000.03",
    ]
    assert releases.find(tiny.path("releases"), "last").command == "map"
    # What only the screen showed has no letters; it sorts before its second's numbers too.
    alone = releases.new_name((), ())
    assert alone < releases.new_name((), [alone]) == f"{alone}.02"


def test_an_entry_that_was_changed_is_named(tiny: Tiny, run: Run) -> None:
    run("profile", *FILES, folder=tiny.folder)
    ledger(tiny)[0].write_text("{}")
    result = run("profile", folder=tiny.folder)
    assert result.exit_code == 11
    assert "is no entry of a ledger of releases" in result.stderr


def small_difference(tiny: Tiny) -> None:
    """Three clients live between the borders of localities and teams."""
    held = {"IP1 1AA": 20, "IP2 2BA": 3, "IP1 1AE": 20, "IP2 2BE": 30}
    homes = [postcode for postcode, count in held.items() for _ in range(count)]
    tiny.clients("cyp.csv", [f"c{n},{home}" for n, home in enumerate(homes)])
    alone = (('\n[clients.ACS]\nfile = "acs.csv"\n', ""), ('"Hard Pressed" = "category:5"\n', ""))
    tiny.project(*alone)


def by(run: Run, tiny: Tiny, geography: str, *options: str) -> dict[str, object]:
    """Return how many clients a run shows by area, exact above five; nothing if it is refused."""
    result = run("profile", "--by", geography, *DFE, *options, "--json", folder=tiny.folder)
    if result.exit_code == 15:
        return {}
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)["by_place"]
    return {row["area"]: row["clients"] for row in reversed(rows)}


def test_areas_of_a_later_release_are_laid_over_those_of_an_earlier_one(
    tiny: Tiny, run: Run
) -> None:
    """40 in locality L1 and 43 in team T1 would give the three between the borders away."""
    small_difference(tiny)
    assert by(run, tiny, "localities")["L1"] == 40
    assert by(run, tiny, "teams")["T1"] == 43
    by(run, tiny, "localities", "--release")
    assert by(run, tiny, "teams") != {"T1": 43, "T2": 30}
    run("release", "withdraw", "last", "--why", "never sent", folder=tiny.folder)
    assert by(run, tiny, "teams")["T1"] == 43


def test_two_releases_that_give_a_small_count_away_are_found(tiny: Tiny, run: Run) -> None:
    small_difference(tiny)
    by(run, tiny, "localities", "--release")
    tiny.path("releases").rename(tiny.path("aside"))
    by(run, tiny, "teams", "--release")
    for path in tiny.path("aside").iterdir():
        path.rename(tiny.path("releases") / path.name)
    names = [path.name.removesuffix(".release.json") for path in ledger(tiny)]
    result = run("release", "compare", *names, folder=tiny.folder)
    assert result.exit_code == 15
    assert "postcode IP2 2BA" in result.stdout
    told = json.loads(run("release", "compare", *names, "--json", folder=tiny.folder).stdout)[
        "told"
    ]
    assert {"3"} == {each["is"] for each in told if each["places"] == "postcode IP2 2BA"}
    same = run("release", "compare", names[0], names[0], folder=tiny.folder)
    assert same.exit_code == 0


def test_a_list_that_has_changed_is_audited_with_what_it_still_bears_out(
    tiny: Tiny, run: Run
) -> None:
    small_difference(tiny)
    by(run, tiny, "localities", "--release")
    more = [f"n{n},IP2 2BE" for n in range(40)]
    tiny.path("cyp.csv").write_text(tiny.path("cyp.csv").read_text() + "\n".join(more) + "\n")
    # L1 is as it was, so T1 would still give the three away; T2 has others now.
    assert by(run, tiny, "teams").get("T1") != 43
    run("release", "withdraw", "last", "--why", "never sent", folder=tiny.folder)
    assert by(run, tiny, "localities", "--release")["L2"] == 73
    names = [path.name.removesuffix(".release.json") for path in ledger(tiny)]
    compared = run("release", "compare", *names, folder=tiny.folder)
    assert "changed between the two" in compared.stdout
    assert "+40" in compared.stdout


def test_the_record_beside_the_results_is_the_same_and_says_nothing_of_lists(
    tiny: Tiny, run: Run
) -> None:
    run("profile", *FILES, "--no-release", folder=tiny.folder)
    (path,) = tiny.path("outputs").glob("*.record.json")
    first = path.read_bytes()
    record = json.loads(first)
    named = {each["file"] for each in record["outputs"]}
    assert named == {p.name for p in tiny.path("outputs").iterdir()} - {path.name}
    lists = [each for each in record["inputs"] if each["role"].startswith("clients")]
    assert lists == [{"role": "clients CYP"}, {"role": "clients ACS"}]
    assert all("sha256" in each for each in record["inputs"] if each not in lists)
    run("profile", *FILES, "--no-release", "--overwrite", folder=tiny.folder)
    assert path.read_bytes() == first
    run("profile", *FILES, *EXACT, "--overwrite", folder=tiny.folder)
    exact = json.loads(path.read_text(encoding="utf-8"))
    assert all("sha256" in each for each in exact["inputs"])


@pytest.mark.parametrize("suffix", ["html", "md"])
def test_the_statement_says_rules_losses_and_files(tiny: Tiny, run: Run, suffix: str) -> None:
    tiny.project(('title = "Tiny"', 'title = "<b>Tiny</b> | a county"'))
    run("profile", *FILES, "--level", "type", folder=tiny.folder)
    (listed,) = {each["sha256"] for each in entry(tiny)["inputs"] if each["role"] == "clients CYP"}
    target = tiny.path(f"s.{suffix}")
    assert run("release", "statement", "--out", target, folder=tiny.folder).exit_code == 0
    public = target.read_text(encoding="utf-8")
    assert "Counts of 1 to 7 people are hidden" in public
    assert "profile.csv" in public
    assert "1 April 2026, 12:00 UTC" in public
    assert listed not in public
    assert "OFFICIAL-SENSITIVE" not in public
    assert ("<b>Tiny" in public) == (suffix == "md")
    again = run("release", "statement", "--out", target, "--internal", folder=tiny.folder)
    assert again.exit_code == 2
    run("release", "statement", "-o", target, "--internal", "--overwrite", folder=tiny.folder)
    inside = target.read_text(encoding="utf-8")
    assert listed in inside
    assert "OFFICIAL-SENSITIVE" in inside
    assert "What each hidden count keeps" in inside
    assert "Worked out from what is published" in public
    assert "Measured on the true counts" in inside
    assert "Measured on" not in public
    assert run("release", "statement", "-o", tiny.path("s.pdf"), folder=tiny.folder).exit_code == 2


def entry_of(*published: Published) -> releases.Entry:
    postcodes = [f"IP1{n}AA" for n in range(len(published[0].place_class))]
    rules = {"name": "dfe", "title": "t", "threshold": 5, "explanation": "", "sources": ()}
    held = tuple(packed.packed(each, postcodes) for each in published)
    return releases.Entry(
        "1", "2026-04-01T12:00:00+00:00", "me", "profile", "", rules, {}, (), (), {}, held
    )


@pytest.mark.parametrize("form", [statement.html, statement.markdown])
def test_the_statement_says_where_a_hidden_count_was_taken_for_any_number(form: Any) -> None:  # noqa: ANN401
    """The second c is 1 to 5 for the audit of CYP, and may be anything for that of ACS."""
    places, sums = np.arange(3), Sums.of([[0], [1], [2]])
    low, hidden = np.array([1.0, 1.0, 9.0]), np.array([True, True, False])
    cyp = Published("CYP", places, 3, 1, sums, low, np.array([np.inf, 5, 9]), hidden)
    acs = Published("ACS", places, 3, 1, sums, low, np.array([np.inf, np.inf, 9]), hidden)
    told = form(entry_of(cyp, acs), internal=False)
    assert "Of 6 counts, 4 of 1 to 5 people, or that others would have given away" in told
    assert "to keep at least three possible values" in told
    assert "Of ACS larger counts are hidden as well, and look the same" in told
    assert "the audit took each for any number of people from 1" in told
    assert "any number" not in form(entry_of(cyp), internal=False)


def test_purge_removes_what_was_written_and_nothing_else(tiny: Tiny, run: Run) -> None:
    run("profile", *FILES, "--no-release", folder=tiny.folder)
    run("map", "--out", tiny.path("m/map.html"), folder=tiny.folder)
    run("release", "statement", "--out", tiny.path("m/page.md"), folder=tiny.folder)
    assert {"page.md", "page.md.record.json"} <= {each.name for each in tiny.path("m").iterdir()}
    mine = tiny.path("outputs/mine.csv")
    mine.write_text("mine")
    changed = tiny.path("outputs/profile-ledger.csv")
    changed.write_text("corrected by hand")
    listed = run("purge", folder=tiny.folder)
    assert listed.exit_code == 0
    assert "stays, changed since" in listed.stdout
    assert tiny.path("m/map.html").exists()
    assert tiny.path("outputs/profile.csv").exists()
    removed = run("purge", tiny.path("m"), "--remove", folder=tiny.folder)
    assert removed.exit_code == 0
    assert not list(tiny.path("m").iterdir())
    left = {path.name for path in tiny.path("outputs").iterdir()}
    assert left == {"mine.csv", changed.name, "profile-ledger.csv.record.json"}
    assert len(ledger(tiny)) == 1
    run("purge", "--remove", "--changed", folder=tiny.folder)
    assert [path.name for path in tiny.path("outputs").iterdir()] == ["mine.csv"]


def test_a_record_speaks_of_no_file_elsewhere(tiny: Tiny, run: Run) -> None:
    run("profile", *FILES, "--no-release", folder=tiny.folder)
    (path,) = tiny.path("outputs").glob("*.record.json")
    path.write_text(path.read_text().replace('"profile.csv"', '"../cyp.csv"'))
    run("purge", "--remove", "--changed", folder=tiny.folder)
    assert tiny.path("cyp.csv").exists()


def test_policies_are_explained(run: Run) -> None:
    listed = run("policy", "list")
    assert {"public", "internal", "dfe", "ons"} <= set(listed.stdout.split())
    for name in ("public", "internal", "dfe", "ons"):
        shown = run("policy", "show", name)
        assert shown.exit_code == 0
        assert "Sources" in shown.stdout
    assert "1 to 7 hidden (c)" in run("policy", "show", "public").stdout
    assert json.loads(run("policy", "show", "public", "--json").stdout)["threshold"] == 7
    assert run("policy", "show", "privat").exit_code == 2


def own_policy(tiny: Tiny, *changes: tuple[str, str]) -> None:
    """Write a policy of one's own beside the project, which names it."""
    text = (definitions.FOLDER / "policies" / "public.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    tiny.write("ours.toml", text)
    tiny.project(("[map]", '[disclosure]\npolicy = "ours.toml"\n\n[map]'))


def test_a_policy_of_ones_own_is_found_beside_the_project(tiny: Tiny, run: Run) -> None:
    own_policy(tiny, ("threshold = 7", "threshold = 19"))
    asked = ["profile", "--project", tiny.path("geodemand.toml"), "--json"]
    rows = json.loads(run(*asked).stdout)["profile"]
    shown = {row["clients"] for row in rows if row["list"] == "CYP"}
    assert "c" in shown
    assert not shown & {5, 10, 15}


@pytest.mark.parametrize(
    ("rule", "least"), [("surface_neighbours = 10", "10"), ("surface_bandwidth_m = 500", "500")]
)
def test_no_policy_for_publishing_draws_surfaces_that_show_one_client(
    tiny: Tiny, run: Run, rule: str, least: str
) -> None:
    name = rule.split(" = ", maxsplit=1)[0]
    own_policy(tiny, (rule, f"{name} = {int(least) - 1}"))
    result = run("map", "--out", tiny.path("map.html"), folder=tiny.folder)
    assert result.exit_code == 11
    assert f"'{name}' is {int(least) - 1}. It takes {least} or more" in result.stderr
    assert not tiny.path("map.html").exists()
    why = ("needs_reason = false", "needs_reason = true"), ('marking = ""', 'marking = "INTERNAL"')
    own_policy(tiny, (rule, f"{name} = {int(least) - 1}"), *why)
    result = run("profile", "--reason", "a test", "--no-release", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr


@given(
    classes=st.lists(st.integers(-1, 3), min_size=4, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_figures_come_back_over_the_places_of_another_run(
    classes: list[int],
    order: Any,  # noqa: ANN401
) -> None:
    postcodes = [f"IP1{n}AA" for n in range(len(classes))]
    figures = Published(
        "CYP",
        np.array(classes),
        4,
        2,
        Sums.of([[0, 2], [1, 7], range(8)]),
        np.array([8.0, 1.0, 13.0]),
        np.array([12.0, np.inf, 17.0]),
        np.array([False, True, False]),
    )
    held = json.loads(json.dumps(packed.packed(figures, postcodes)))
    mixed = order.sample(postcodes, len(postcodes))
    back = packed.unpacked(held, mixed, np.arange(len(mixed)))
    expected = dict(zip(postcodes, classes, strict=True))
    assert back.place_class.tolist() == [expected[key] for key in mixed]
    assert [m.tolist() for m in back.sums.members] == [m.tolist() for m in figures.sums.members]
    assert back.high.tolist() == figures.high.tolist()
    assert back.hidden.tolist() == figures.hidden.tolist()
    assert packed.zone_hashes(back, mixed) == held["zones"]
