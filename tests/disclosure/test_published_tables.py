"""Tables that somebody else published: what can be worked out of them, and the way back."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import tabled, undone
from geodemand.core.tabled import Rules
from geodemand.io import definitions

Run = Callable[..., Result]
Tiny = Any  # the fixture's class lives in conftest
EXACT = ["--threshold", "4", "--base", "1"]
PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
TABLES = definitions.FOLDER / "tables.toml"


def csv(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def recovered(run: Run, *arguments: object) -> dict[tuple[str, str], tuple[int, int]]:
    result = run("audit", *arguments, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == (15 if found["recovered"] else 0), result.stderr
    return {(e["row"], e["column"]): (e["low"], e["high"]) for e in found["recovered"]}


def test_a_row_less_its_others_gives_a_hidden_cell_away(run: Run, tmp_path: Path) -> None:
    file = csv(tmp_path, "a.csv", "Area,CYP\nN,120\nS,c\nE,33\nTotal,156\n")
    result = run("audit", file, *EXACT)
    assert result.exit_code == 15
    assert "1 of 1 hidden counts can be worked out, 1 of them exactly." in result.stdout
    assert re.search(
        r"S\s+CYP\s+c\s+3\s+Total / CYP 156 less N / CYP 120, E / CYP 33", result.stdout
    )
    assert "Hide as well: E / CYP (33)" in result.stdout


def test_rounding_alone_is_not_watertight(run: Run, tmp_path: Path) -> None:
    """1, 8 and 8 of 17 publish as c, 10, 10 and 15, and only 1 fits."""
    file = csv(tmp_path, "a.csv", "Area,CYP\nN,10\nS,c\nE,10\nTotal,15\n")
    assert recovered(run, file) == {("S", "CYP"): (1, 1)}


SAFE = {
    "no total": "Area,CYP\nN,120\nS,c\nE,33\n",
    "two hidden": "Area,CYP\nN,120\nS,c\nE,c\nTotal,125\n",
    "rounded": "Area,CYP\nN,120\nS,c\nE,35\nTotal,160\n",
    "nothing hidden": "Area,CYP\nN,120\nS,3\nTotal,123\n",
}


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_table_passes(run: Run, tmp_path: Path, name: str) -> None:
    rules = [] if name == "rounded" else EXACT
    assert recovered(run, csv(tmp_path, "a.csv", SAFE[name]), *rules) == {}


@pytest.mark.parametrize("mark", ["c", "[c]", "*", "..", "C", "x", "<5", "fewer than 5", "1-4"])
def test_hidden_is_written_in_many_ways(run: Run, tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"Area,CYP\nN,120\nS,{mark}\nE,33\nTotal,156\n")
    assert recovered(run, path, *EXACT) == {("S", "CYP"): (3, 3)}


def test_zero_and_nothing_are_not_hidden(run: Run, tmp_path: Path) -> None:
    file = csv(tmp_path, "a.csv", "Area,CYP,ACS\nN,0,[z]\nS,c,10\nE,33,-\nTotal,36,\n")
    assert recovered(run, file, *EXACT) == {("S", "CYP"): (3, 3)}


TWO_WAYS = """Clients by locality

Locality,CYP,ACS,Total
North,120,c,124
South,c,80,c
East,33,41,74
Total,156,c,c

c: 1 to 4 people
"""


def test_rows_and_columns_work_together(run: Run, tmp_path: Path) -> None:
    """A title above, a note below; North's ACS by its row, South's CYP by its column."""
    file = tmp_path / "a.csv"
    file.write_text(TWO_WAYS)
    found = recovered(run, file, *EXACT)
    assert found["North", "ACS"] == (4, 4)
    assert found["South", "CYP"] == (3, 3)
    # Everything follows then, the totals too, as nothing but these two was unknown.
    assert found["South", "Total"] == (83, 83)


def test_blocks_have_totals_of_their_own(run: Run, tmp_path: Path) -> None:
    rows = ("Total A,30", "a1,10", "a2,c", "a3,17", "Total B,40", "b1,c", "b2,c", "b3,33")
    text = "\n".join(["Type,CYP", *rows, "Total,70\n"])
    found = recovered(run, csv(tmp_path, "a.csv", text), *EXACT)
    # 7 in two cells of 1 to 4 each: 3 and 4.
    assert found == {("a2", "CYP"): (3, 3), ("b1", "CYP"): (3, 4), ("b2", "CYP"): (3, 4)}


def test_a_total_without_a_name_is_known_as_figures_add_up(run: Run, tmp_path: Path) -> None:
    text = "Area,CYP,ACS,NEET\nN,120,50,20\nS,c,60,30\nE,33,70,40\nCounty,156,180,90\n"
    file = csv(tmp_path, "a.csv", text)
    assert recovered(run, file, *EXACT) == {("S", "CYP"): (3, 3)}
    assert "as its figures add up" in run("audit", file, *EXACT).stdout
    assert recovered(run, file, *EXACT, "--no-search") == {}
    assert recovered(run, file, *EXACT, "--no-search", "--total", "county") != {}


def test_two_tables_of_the_same_people_are_laid_over_each_other(run: Run, tmp_path: Path) -> None:
    """The total is hidden in one and follows from the other."""
    areas = csv(tmp_path, "areas.csv", "Area,CYP\nN,120\nS,c\nE,33\nTotal,[z]\n")
    types = csv(tmp_path, "types.csv", "Type,CYP\nA,100\nB,56\nTotal,156\n")
    assert recovered(run, areas, *EXACT) == {}
    assert recovered(run, areas, types, *EXACT) == {("S", "CYP"): (3, 3)}


def test_a_workbook_is_read_sheet_by_sheet(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Clients of the county"])
    sheet = book.create_sheet("Table 1")
    for row in (
        ["Area", "CYP", "Growth"],
        ["N", 1200, 0.9],
        ["S", "[c]", "[c]"],
        ["Total", 1203, 1],
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    assert recovered(run, tmp_path / "a.xlsx", *EXACT) == {("S", "CYP"): (3, 3)}
    assert "left out, no counts: Growth" in run("audit", tmp_path / "a.xlsx", *EXACT).stdout


RATIOS = {
    "of the total": "Area,CYP,CYP %\nN,c,2.5\nS,117,97.5\nTotal,120,100\n",
    "as the column before": "Area,CYP,%\nN,c,2.5%\nS,c,97.5%\nTotal,120,100%\n",
    "as of a workbook": "Area,CYP,Share of CYP\nN,c,0.025\nS,c,0.975\nTotal,120,1\n",
    "an average": "Area,Postcodes,Clients,Clients per postcode\nN,10,c,0.3\nS,50,60,1.2\n",
}


@pytest.mark.parametrize("name", RATIOS)
def test_a_share_or_an_average_tells_of_a_hidden_count(run: Run, tmp_path: Path, name: str) -> None:
    found = recovered(run, csv(tmp_path, "a.csv", RATIOS[name]), *EXACT)
    assert {count for (area, _), count in found.items() if area == "N"} == {(3, 3)}


def test_shares_that_tell_too_little_pass_and_wrong_ones_are_said(run: Run, tmp_path: Path) -> None:
    """1 % of 600 is 3 to 9, of which 3 to 7 may be hidden."""
    text = "Area,CYP,CYP %\nN,c,{}\nS,c,{}\nTotal,{},100\n"
    whole = csv(tmp_path, "a.csv", text.format(1, 99, 600))
    assert recovered(run, whole, "--threshold", "7", "--base", "1") == {}
    wide = csv(tmp_path, "b.csv", "Area,CYP,CYP %\nN,c,1\nS,300,43\nE,400,57\nTotal,[z],100\n")
    assert recovered(run, wide, *EXACT) == {}
    wrong = csv(tmp_path, "c.csv", "Area,CYP,CYP %\nN,c,1\nS,300,10\nTotal,303,100\n")
    assert "does not fit" in run("audit", wrong, *EXACT).stdout


def test_hidden_cells_may_be_larger(run: Run, tmp_path: Path) -> None:
    """Secondary suppression: 20 stands as c too, and totals that do not fit say so."""
    file = csv(tmp_path, "a.csv", "Area,CYP\nN,100\nS,c\nE,c\nTotal,123\n")
    assert recovered(run, file, *EXACT) == {}
    assert "some are taken to be larger" in run("audit", file, *EXACT).stdout
    assert recovered(run, file, *EXACT, "--secondary") == {}


def test_what_is_no_table_of_counts_is_told(run: Run, tmp_path: Path) -> None:
    words = csv(tmp_path, "a.csv", "Area,Lead\nN,Ann\nS,Bob\n")
    result = run("audit", words)
    assert result.exit_code == 11
    assert "holds no table of counts" in result.stderr
    assert run("audit", tmp_path / "none.csv").exit_code == 10
    counts = csv(tmp_path, "b.csv", "Area,Clients\nN,1\nS,2\n")
    wrong = run("audit", counts, "--figures", "Client")
    assert wrong.exit_code == 2
    assert "Clients" in wrong.stderr


def own(rows: list[tuple[str, str, str]], more: str = "public") -> str:
    """Return by_place as `--format csv` writes it: list, area, clients, total, and blanks."""
    fields = tomllib.loads(TABLES.read_text(encoding="utf-8"))["tables"]["by_place"]["fields"]
    said = [",".join((*fields, "policy"))]
    for area, clients, total in rows:
        held = {"list": "CYP", "geography": "localities", "name": area, "clients": clients}
        held |= {"total": total, "base": "postcodes", "base_count": "3", "index": "103"}
        said.append(",".join((*(held.get(field, "") for field in fields), more)))
    return "\n".join(said) + "\n"


def test_what_we_wrote_ourselves_is_read_as_what_it_is(run: Run, tiny: Tiny) -> None:
    """Postcodes, shares and indices are no counts; the sheets of a workbook are laid together."""
    few = tiny.path("acs.csv").read_text().splitlines()[:5]
    tiny.write("acs.csv", "\n".join(few) + "\n")
    for name in ("profile", "hubs"):
        more = ("--by", "localities") if name == "profile" else ()
        formats = ("--format", "xlsx", "--format", "csv")
        done = run(name, "--project", tiny.path("geodemand.toml"), *more, *formats,
                   "--out", tiny.path(name), "--no-release")  # fmt: skip
        assert done.exit_code == 0, done.stderr
        files = sorted(tiny.path(name).glob("*.csv")), [tiny.path(name) / f"{name}.xlsx"]
        texts = [run("audit", *each, "--json") for each in files]
        assert [each.exit_code for each in texts] == [0, 0], texts[0].stderr + texts[1].stderr
        by_csv, by_book = (json.loads(each.stdout) for each in texts)
        # Tables without rows are no sheets, and neither holds a count.
        assert (by_csv["cells"], by_csv["hidden"]) == (by_book["cells"], by_book["hidden"])
        assert by_book["hidden"] > 0


def test_a_leak_in_a_table_of_ours_is_caught(run: Run, tmp_path: Path) -> None:
    """45 is 43 to 47 and 55 is 53 to 57, so that of 95 only 1 is left; 100 may be 90 to 109."""
    rows = [("N", "45", "{}"), ("S", "c", "{}"), ("E", "55", "{}")]

    def written(total: str, policy: str = "public") -> Path:
        text = own([(area, clients, total) for area, clients, _ in rows], policy)
        return csv(tmp_path, f"by-{total}-{policy}.csv", text)

    assert recovered(run, written("95")) == {("S", "clients of CYP"): (1, 1)}
    assert recovered(run, written("100")) == {}
    # Exact figures, under a policy that hides larger ones too: there is nothing else it could be.
    assert recovered(run, written("103", "dfe")) == {("S", "clients of CYP"): (3, 3)}
    assert recovered(run, written("95", "a county's own")) == {("S", "clients of CYP"): (1, 1)}


def test_rows_that_cannot_add_up_to_what_they_say_are_not_taken_to(
    run: Run, tmp_path: Path
) -> None:
    """Clients may live in none of the areas; then a total tells nothing of a hidden count."""
    text = own([("N", "45", "130"), ("S", "c", "130"), ("E", "55", "130")])
    file = csv(tmp_path, "a.csv", text)
    assert recovered(run, file) == {}
    assert "'clients' does not add up to 'total'" in " ".join(run("audit", file).stdout.split())


def test_tables_with_different_totals_are_not_laid_over_each_other(
    run: Run, tmp_path: Path
) -> None:
    """By area all clients are there, by kind those with a kind: other people, whatever the name."""
    by_area = csv(tmp_path, "a.csv", "Area,CYP\nN,100\nS,c\nE,55\nTotal,160\n")
    by_kind = csv(tmp_path, "k.csv", "Kind,CYP\nA,65\nB,45\nTotal,110\n")
    same = csv(tmp_path, "s.csv", "Sex,CYP\nF,c\nM,c\nX,155\nTotal,160\n")
    notes = " ".join(run("audit", by_area, by_kind, same).stdout.split())
    assert "'cyp' has different totals" in notes
    assert "'cyp, 160 in all' is taken for the same people in 2 tables" in notes
    assert recovered(run, by_area, by_kind) == recovered(run, by_area)


def test_a_run_s_figures_in_one_column_are_not_taken_for_a_table(run: Run, tmp_path: Path) -> None:
    file = csv(tmp_path, "a.csv", "table,list,measure,value,policy\nledger,CYP,rows,50,public\n")
    result = run("audit", file)
    assert result.exit_code == 11
    assert "a.csv: has one figure a row" in result.stderr


def test_a_column_that_the_rules_cannot_have_made_is_exact(run: Run, tmp_path: Path) -> None:
    text = "Area,Postcodes,CYP\nN,412,120\nS,3,c\nE,77,35\nTotal,492,160\n"
    beside = csv(tmp_path, "a.csv", text)
    assert recovered(run, beside) == {}
    assert "not rounded to 5, so read as exact: Postcodes." in run("audit", beside).stdout
    plain = csv(tmp_path, "b.csv", "Area,CYP\nN,120\nS,c\nE,33\nTotal,156\n")
    assert recovered(run, plain) == {("S", "CYP"): (3, 3)}


def test_the_example_of_the_page_is_what_the_command_says(run: Run, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    text = "\n".join(",".join(cell.strip() for cell in row.strip("|").split("|")) for row in rows)
    file = csv(tmp_path, "by-locality.csv", text + "\n")
    said = " ".join(run("audit", file, *EXACT).stdout.split())
    for line in page.split("```\n2 of 2")[1].split("```")[0].splitlines()[3:]:
        *cells, how = re.split(r"\s{2,}", line)
        assert " ".join(cells) in said
        assert how in said


counts = st.lists(st.integers(0, 30), min_size=3, max_size=5)


@given(rows=st.lists(counts, min_size=2, max_size=4), base=st.sampled_from([1, 5]))
def test_what_is_told_of_a_hidden_cell_is_true(rows: list[list[int]], base: int) -> None:
    """Whatever the counts: the truth lies within, and hiding as told leaves nothing to tell."""
    rules = Rules(7, base)
    width = min(map(len, rows))
    exact = [[*row[:width], sum(row[:width])] for row in rows]
    exact.append([sum(column) for column in zip(*exact, strict=True)])

    def shown(value: int) -> str:
        if 1 <= value <= 7:
            return "c"
        return str(int(value / base + 0.5) * base)

    def table(texts: list[list[str]]) -> tabled.Tabled:
        cells = {
            (r, c): found
            for r, row in enumerate(texts)
            for c, text in enumerate(row)
            if (found := tabled.cell(text, rules))
        }
        names = (*(f"r{n}" for n in range(len(rows))), "Total")
        columns = (*(f"c{n}" for n in range(width)), "Total")
        return tabled.with_totals(tabled.Tabled("t", names, columns, cells), (), search=True)

    texts = [[shown(value) for value in row] for row in exact]
    found = undone.audit([table(texts)], rules)
    for each in found.recovered:
        row = len(rows) if each.row == "Total" else int(each.row[1:])
        column = width if each.column == "Total" else int(each.column[1:])
        assert each.low <= exact[row][column] <= each.high
