"""Text and Parquet files as they come, each with the ledger or the message that it must give.

Workbooks are in test_awkward_workbooks.py.
"""

from __future__ import annotations

import codecs
import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geodemand import project
from geodemand.errors import ContentError
from geodemand.io import limits, study, text
from geodemand.io.study import Needs

Read = Callable[..., Any]  # the class of an answer lives in conftest
# A name and a postcode that no message may hold.
SECRET, SECRET_POSTCODE = "Zebedee", "IP1 1AA"
PLAIN = "id,postcode,name\nc1,IP1 1AA,Zebedee\nc2,ip11ab,Ann\nc3,NFA,Bob\n"
USUAL = {"rows": 3, "matched": 2, "malformed": 1}
CAFE = PLAIN.replace("Ann", "Zoë")
QUOTES = PLAIN.replace("Ann", "Ann \N{EURO SIGN}5 \N{RIGHT SINGLE QUOTATION MARK}x")


@dataclass(frozen=True)
class Case:
    """A file, what the project says of it, and the answer: a ledger, or a code and words."""

    content: bytes | str | Callable[[Path], object]
    ledger: Mapping[str, int] = field(default_factory=lambda: USUAL)
    notes: tuple[str, ...] = ()
    error: tuple[int | str, ...] = ()
    name: str = "list.csv"
    said: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()


def wrong(content: Any, code: int, *words: str, name: str = "list.csv", **said: Any) -> Case:  # noqa: ANN401
    return Case(content, error=(code, *words), name=name, said=said)


def parquet(**columns: Any) -> Callable[[Path], object]:  # noqa: ANN401
    return lambda path: pq.write_table(pa.table(columns), path)


def many(head: str, row: Callable[[int], str], count: int, tail: str = "") -> str:
    return head + "".join(map(row, range(count))) + tail


def big(encoding: str, at: int, odd: str) -> bytes:
    """Return more text than is looked at first, with something odd in one row."""
    rows = [f"c{i},IP1 1AB,{'x' * 20}\n" for i in range(45_000)]
    rows[at] = odd
    return ("id,postcode,name\n" + "".join(rows)).encode(encoding)


BIG = {"rows": 45_000, "matched": 45_000}
UTF16LE = codecs.BOM_UTF16_LE + CAFE.encode("utf-16-le")
UTF16BE = codecs.BOM_UTF16_BE + CAFE.encode("utf-16-be")
IDS = ("00123", "123", "1E5", "100000", "NA", "TRUE", "007", "2026-01-01", "1/2", "=1+1")
AGED = "id,postcode,age\n" + "".join(
    f"c{age},IP1 1AA,{age}\n" for age in ("15", "16", "17.9", "18.5", "19", "17 years", "")
)
DATED = "id,postcode,date\n" + "".join(
    f"c{i},IP1 1AA,{day}\n"
    for i, day in enumerate(
        (
            *("2025-03-31", "2025-04-01", "31/03/2026", "01/04/2026", "1/4/2025"),
            *("2025-12-24T10:00:00", "24/12/2025 23:59", "24-Dec-2025", "12/31/2025", "soon", ""),
            *(
                "24/12/25",
                "31/3/24",
                "24-Dec-25",
                "2025/12/24",
                "20251224",
                "25-12-24",
                "24/12/0025",
            ),
        )
    )
)
YEAR = ["2025-04-01", "2026-03-31"]
NEET = {"rows": 3, "matched": 3}
EARLY_AND_LATE = (
    "id,postcode,date\n"
    "c1,IP1 1AA,2024-01-01\nc1,IP2 2BA,2025-01-01\nc1,NFA,2026-01-01\nc1,IP1 1AB,\n"
)
TWO_POSTCODES = "id,Home postcode,School postcode\nc1,IP1 1AA,IP2 2BA\nc2,IP1 1AB,IP2 2BA\n"

CASES = {
    # encodings
    "plain": Case(PLAIN),
    "no line end at the end": Case(PLAIN.rstrip()),
    "UTF-8": Case(CAFE),
    "UTF-8 with a mark": Case(codecs.BOM_UTF8 + CAFE.encode()),
    "UTF-8 with a mark and quotes": Case(
        codecs.BOM_UTF8 + CAFE.replace("id,", '"id",', 1).encode()
    ),
    "UTF-16": Case(UTF16LE, notes=("Read as UTF-16.",)),
    "UTF-16, big end first": Case(UTF16BE, notes=("Read as UTF-16.",)),
    "UTF-16 without a mark": Case(CAFE.encode("utf-16-le"), notes=("Read as UTF-16.",)),
    "UTF-16, big end first, no mark": Case(CAFE.encode("utf-16-be"), notes=("UTF-16",)),
    "UTF-16 and tabs, as Excel saves Unicode text": Case(
        codecs.BOM_UTF16_LE + CAFE.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
        name="list.txt",
    ),
    "Windows-1252": Case(CAFE.encode("cp1252"), notes=("Read as Windows-1252",)),
    "Windows-1252 with its own signs": Case(
        QUOTES.encode("cp1252"), notes=("Read as Windows-1252",)
    ),
    "Windows-1252 in the name of a column": Case(
        PLAIN.replace("name", "pr\xe9nom").encode("cp1252"), said={"only": {"prénom": ("Bob",)}},
        ledger={"rows": 1, "malformed": 1}, left_out=(2,),
    ),
    "Windows-1252 that shows late": Case(
        big("cp1252", 40_000, "Zo\xeb,IP1 1AB,x\n"), BIG, ("Read as Windows-1252",)
    ),
    "a sign of Windows-1252 that shows late": Case(
        big("cp1252", 40_000, "\u20ac5,IP1 1AB,x\n"), BIG, ("Read as Windows-1252",)
    ),
    "Windows-1252 that shows late, in a column that nobody needs": Case(
        big("cp1252", 40_000, "c1x,IP1 1AB,Zo\xeb\n"), BIG
    ),
    "UTF-32": wrong(codecs.BOM_UTF32_LE + PLAIN.encode("utf-32-le"), 11, "UTF-32", "UTF-8"),
    "an invisible sign in the header": Case(PLAIN.replace("postcode", "\u200bpost\u00a0code")),
    # delimiters
    "semicolons": Case(PLAIN.replace(",", ";")),
    "tabs": Case(PLAIN.replace(",", "\t"), name="list.tsv"),
    "bars": Case(PLAIN.replace(",", "|"), name="list.txt"),
    "semicolons, and commas in names": Case(
        "id;name;postcode\nc1;Zebedee, A;IP1 1AA\nc2;Bee, B;IP1 1AB\nc3;Cee, C;NFA\n"
    ),
    "commas in quotes": Case(PLAIN.replace("Zebedee", '"Zebedee, Jr, of 1, High St"')),
    "the delimiter as Excel says it": Case("sep=;\n" + PLAIN.replace(",", ";")),
    "one column": Case("postcode\nIP1 1AA\nIP1 1AB\nNFA\n"),
    "one column and a title": Case("The list\npostcode\nIP1 1AA\nIP1 1AB\nNFA\n"),
    "one column, quoted": Case('"postcode"\n"IP1 1AA"\n"IP1 1AB"\n"NFA"\n'),
    "a delimiter at the end of each line": Case(PLAIN.replace("\n", ",\n")),
    "a delimiter at the end of each row": Case(
        "id,postcode\nc1,IP1 1AA,\nc2,IP1 1AB,\nc3,NFA,\n"
    ),
    # line ends and quotes
    "line ends of Windows": Case(PLAIN.replace("\n", "\r\n")),
    "line ends of an old Mac": Case(PLAIN.replace("\n", "\r")),
    "mixed line ends": Case(PLAIN.replace("\n", "\r\n", 2)),
    "a line break in a cell": Case(PLAIN.replace("Ann", '"Ann\nof 2, Low Road"')),
    "a line break in a cell, and Windows' line ends": Case(
        PLAIN.replace("\n", "\r\n").replace("Ann", '"Ann\nof 2, Low Road"')
    ),
    "a line break in the header": Case(PLAIN.replace("postcode", '"Post\ncode"')),
    "a line break in a postcode": Case(PLAIN.replace("IP1 1AA", '"IP1\n1AA"')),
    "a line break in a short row": Case(
        'id,postcode,name,note\nc1,IP1 1AA\nc2,IP1 1AB,"a\nb"\nc3,NFA\n'
    ),
    "a line break that comes late": Case(
        big("utf-8", 40_000, 'c1x,IP1 1AB,"a\nb"\n'), BIG
    ),
    "doubled quotes": Case(PLAIN.replace("Ann", '"Ann ""Bee"" Cee"')),
    "a quote within a word": Case(PLAIN.replace("Ann", 'Ann 6"')),
    "all quoted": Case('"id","postcode"\n"c1","IP1 1AA"\n"c2","IP1 1AB"\n"c3","NFA"\n'),
    "a quote that is not closed": wrong(
        PLAIN.replace("Ann", '"Ann'), 11, "list.csv, line 3: cannot be read", "quotes"
    ),
    "a quote that is not closed, late": wrong(
        big("utf-8", 40_000, 'c1x,IP1 1AB,"a\n'), 11, "line 40002: cannot be read", "quotes"
    ),
    "text behind a quote": wrong(PLAIN.replace("Ann", '"Ann"e'), 11, "line 3", "quotes"),
    # headers
    "titles above": Case(
        "Children's services\nList of clients, April\n\n" + PLAIN,
        notes=("2 rows above the header are left out.",),
    ),
    "titles above, filled up by Excel": Case(
        "Children's services,,\n,,\n" + PLAIN, notes=("One row above the header is left out.",)
    ),
    "a title with a date": Case("Report run:,01/04/2026,\n" + PLAIN, notes=("One row above",)),
    "a title in quotes over two lines": Case('"Children\'s\nservices"\n' + PLAIN),
    "two rows of headers": Case("Client,,Person\n" + PLAIN),
    "a title that says postcode": Case("List by postcode\n" + PLAIN, notes=("One row above",)),
    "a header with a name left out": Case(PLAIN.replace("name", "")),
    "a header with a name twice": Case(PLAIN.replace("name", "id")),
    "a header in capitals": Case(PLAIN.replace("id,postcode", "ID,POSTCODE")),
    "Post Code": Case(PLAIN.replace("postcode", "Post Code")),
    "post_code": Case(PLAIN.replace("postcode", "post_code")),
    "Current postcode of client": Case(PLAIN.replace("postcode", "Current postcode of client")),
    "no header": Case(PLAIN.split("\n", 1)[1], notes=("It has no header row",)),
    "no header, one column": Case("IP1 1AA\nIP1 1AB\nNFA\n", notes=("It has no header row",)),
    "no header, and an id": Case(
        "c1,IP1 1AA\nc1,IP1 1AB\nc3,NFA\n", said={"id": "column 1"},
        ledger={"rows": 3, "matched": 1, "malformed": 1, "duplicate": 1},
    ),
    "a header on a line that the project says": Case(
        "where,what\nplace,thing\nx,y\nIP1 1AA,b\nIP1 1AB,d\nNFA,e\n",
        said={"header_row": 3, "postcode": "x"},
    ),
    "a header on a line that is not there": wrong(
        PLAIN, 11, "line 9: holds no header", "header_row", header_row=9
    ),
    "a header and no row": wrong("id,postcode\n", 11, "has no row"),
    "blank lines only": wrong("\n\n\n", 11, "list.csv"),
    "nothing": wrong("", 10, "is empty"),
    # rows that are none, and rows of another length
    "blank lines between": Case(PLAIN.replace("\n", "\n\n")),
    "blank lines in one column": Case("postcode\n\nIP1 1AA\n\nIP1 1AB\nNFA\n\n"),
    "rows of delimiters only": Case(PLAIN + ",,\n, ,\n"),
    "a row of totals": Case(PLAIN + "Total,,3\n", notes=("Rows of totals are left out.",)),
    "a row of totals below the postcodes": Case(PLAIN + "Grand total,3,\n", notes=("totals",)),
    "a count": Case(PLAIN + "\nCount: 3\n", notes=("totals",)),
    "rows affected": Case(PLAIN + "\n(3 rows affected)\n", notes=("totals",)),
    "totals of a long list": Case(
        big("utf-8", 0, "c0,IP1 1AB,\n") + b"Total,,45000\n", BIG, ("totals",)
    ),
    "a client called Total": Case(
        "name,postcode\nTotal,IP1 1AA\nTotal Smith,IP1 1AB\nCountess,NFA\n"
    ),
    "a county team without a postcode": Case(
        "team,postcode\nCounty,IP1 1AA\nCounty,IP1 1AB\nCounty,\n",
        ledger={"rows": 3, "matched": 2, "blank": 1},
    ),
    "short rows": Case("id,postcode,name,age\nc1,IP1 1AA\nc2,IP1 1AB,Ann\nc3,NFA,Bob,7\n"),
    "a short row that lacks its postcode": Case(
        "id,postcode\nc1,IP1 1AA\nc2\n", ledger={"rows": 2, "matched": 1, "blank": 1}
    ),
    "long rows": wrong(
        PLAIN + "c4,IP1 1AA,Zebedee,x\nc5,IP1 1AA\nc6,IP1 1AA,Zebedee,x\n",
        11, "list.csv, lines 5, 7: cannot be read", "as many columns",
    ),
    "many long rows": wrong(
        PLAIN + "c4,IP1 1AA,Zebedee,x\n" * 9, 11, "lines 5, 6, 7, 8, 9 and 4 more"
    ),
    "a long row that comes late": wrong(
        big("utf-8", 40_000, "c1x,IP1 1AB,a,b\n"), 11, "line 40002: cannot be read"
    ),
    "a long row and an open quote": wrong(
        PLAIN + 'c4,IP1 1AA,Zebedee,x\nc5,"IP1 1AA\n', 11, "line 5: cannot", "line 6: cannot"
    ),
    "a long row after a line break": wrong(
        PLAIN.replace("Ann", '"A\nnn"') + "c4,IP1 1AA,Zebedee,x\n", 11, "line 6: cannot be read"
    ),
    # what is no text
    "a zero byte": wrong(PLAIN.replace("Ann", "A\0nn"), 11, "zero byte"),
    "all bytes": wrong(bytes(range(256)) * 50, 11, "list.csv"),
    "a web page": wrong("<!DOCTYPE html><html><table>", 10, "is a web page", "CSV"),
    "a web page called .xls": wrong("<html><table>", 10, "is a web page", name="list.xls"),
    "a spreadsheet as XML": wrong("<?xml version='1.0'?>", 10, "is XML", name="list.xls"),
    "a PDF": wrong("%PDF-1.7 ...", 10, "is a PDF"),
    "JSON": wrong('[{"id": 1, "postcode": "IP1 1AA"}]', 10, "is JSON", "save it as CSV"),
    "JSON of one thing": wrong('{ "postcode": "IP1 1AA"}', 10, "is JSON"),
    "a web archive called .xls": wrong("MIME-Version: 1.0\n", 10, "a web page", name="list.xls"),
    "a zip": wrong(PLAIN, 10, "of a kind that is not read", "Unpack it", name="list.zip"),
    "a kind that is not read": wrong(PLAIN, 10, "of a kind that is not read", name="list.docx"),
    "a line without end": wrong(
        PLAIN + "c4,IP1 1AA," + "x" * 3_000_000, 11, "line 5"
    ),
    # packed
    "packed": Case(gzip.compress(PLAIN.encode()), name="list.csv.gz"),
    "packed, whatever its name says": Case(gzip.compress(PLAIN.encode())),
    "packed UTF-16": Case(gzip.compress(UTF16LE), name="list.csv.gz", notes=("UTF-16",)),
    "packed and long": Case(
        gzip.compress(big("utf-8", 0, "c0,IP1 1AB,\n") + b"Total,,45000\n"), BIG, ("totals",)
    ),
    "packed and cut off": wrong(
        gzip.compress(PLAIN.encode())[:-12], 10, "damaged or cut off", name="list.csv.gz"
    ),
    "packed and empty": wrong(gzip.compress(b""), 10, "is empty", name="list.csv.gz"),
    "a bomb": wrong(
        gzip.compress(b"id,postcode\n" + b"0" * (80 << 20)), 10, "more than 200 times its size"
    ),
    "text in a file called .xlsx": Case(PLAIN, name="list.xlsx", notes=("It is text",)),
    "text in a file called .parquet": Case(PLAIN, name="list.parquet", notes=("It is text",)),
    # which column
    "Home postcode": Case(PLAIN.replace("postcode", "Home postcode")),
    "two that fit": wrong(
        TWO_POSTCODES, 11, "'Home postcode' and 'School postcode' could be", 'postcode = "…"'
    ),
    "two that fit, and the project says which": Case(
        TWO_POSTCODES, {"rows": 2, "matched": 2}, said={"postcode": "School postcode"}
    ),
    "postcode twice": wrong(
        "postcode,postcode\nIP1 1AA,IP2 2BA\n", 11, "'postcode' and 'postcode (2)' could be"
    ),
    "a plain one and another": Case(
        "postcode,School postcode\nIP1 1AA,XX1 1XX\n", {"rows": 1, "matched": 1},
        ("The postcode is 'postcode', and not 'School postcode'.",),
    ),
    "a postcode and its sector": Case(
        "Home postcode,Postcode sector\nIP1 1AA,IP1 1\n", {"rows": 1, "matched": 1}
    ),
    "one postcode in two forms": Case("pcd,pcds\nIP11AA,IP1 1AA\n", {"rows": 1, "matched": 1}),
    "by content": Case(
        PLAIN.replace("postcode", "where"), notes=("The column 'where' is read as it holds",)
    ),
    "by content, some of them wrong": Case(
        "who,where\na,IP1 1AA\nb,IP1 1AB\nc,NFA\nd,\n", USUAL | {"rows": 4, "blank": 1}
    ),
    "two by content": wrong("a,b\nIP1 1AA,IP1 1AB\n", 11, "'a' and 'b' could be the postcode"),
    "postcodes within addresses": wrong(
        'id,Address\nc1,"Zebedee, 1 High St, IP1 1AA"\nc2,2 Low St ip11ab\n', 11,
        "'Address' has postcodes within longer texts", "a column of their own",
    ),
    "postcodes in two halves": wrong(
        "id,Out,In\nc1,IP1,1AA\nc2,IP1,1AB\n", 11, "'Out' and 'In' are halves of postcodes", "join"
    ),
    "none by content": wrong("a,b\nx,y\n", 11, "a postcode column (or coordinates) is not"),
    "a column that is not there": wrong(
        PLAIN, 11, "'postcod' is not in the file", "Did you mean 'postcode'?", postcode="postcod"
    ),
    "coordinates": Case("id,easting,northing\nc1,600200,250200\n", {"rows": 1, "matched": 1}),
    "coordinates, and postcodes by content": Case(
        "x,y,where\n600200,250200,IP1 1AA\n", {"rows": 1, "matched": 1}
    ),
    # ids
    "ids are text": Case(
        "id,postcode\n" + "".join(f"{i},IP1 1AA\n" for i in IDS), {"rows": 10, "matched": 10}
    ),
    "one person once": Case(
        "Client ID,postcode\n7,IP1 1AA\n7,IP1 1AA\n", {"rows": 2, "matched": 1, "duplicate": 1}
    ),
    "the latest of equal trust": Case(
        EARLY_AND_LATE, {"rows": 4, "matched": 1, "duplicate": 3}, said={"date": "date"}
    ),
    # filters
    "ages": Case(
        AGED, NEET, ("an age outside 16 to 18", "an age that is no number"),
        said={"ages": (16.0, 18.0)}, left_out=(2, 2),
    ),
    "ages of a named column": Case(
        AGED.replace("age", "years old"), NEET, said={"ages": (16.0, 18.0), "age": "years old"},
        left_out=(2, 2),
    ),
    "ages without a column": wrong(PLAIN, 11, "a column of ages is not", ages=(16.0, 18.0)),
    "ages the wrong way round": wrong(AGED, 2, "ages of the list", "[16, 18]", ages=(18.0, 16.0)),
    "one age": wrong(AGED, 2, "the smallest and the largest age", ages=(16.0,)),
    "ages that nobody has": wrong(AGED, 11, "has no row", "left out", ages=(90.0, 99.0)),
    "dates": Case(
        DATED, {"rows": 10, "matched": 10}, ("a date outside", "a date that is not yyyy-mm-dd"),
        said={"dates": YEAR}, left_out=(5, 3),
    ),
    "dates as they are written here": Case(
        DATED, {"rows": 10, "matched": 10}, said={"dates": ["01/04/2025", "31/03/26"]},
        left_out=(5, 3),
    ),
    "dates as elsewhere": wrong(
        "id,postcode,date\nc1,IP1 1AA,12/31/2025\n", 11, "has no row",
        "All its rows are left out: a date that is not yyyy-mm-dd or dd/mm/yyyy", dates=YEAR,
    ),
    "dates that are none": wrong(DATED, 2, "the first and the last day", dates=["x", "y"]),
    "values": Case(
        PLAIN, {"rows": 1, "matched": 1}, ("other values in 'name'",),
        said={"only": {"name": ("Ann",)}}, left_out=(2,),
    ),
    # Parquet
    "Parquet": Case(
        parquet(id=[1, 2, 3], postcode=["IP1 1AA", "IP1 1AB", "NFA"]), name="list.parquet"
    ),
    "Parquet, whatever its name says": Case(
        parquet(postcode=["IP1 1AA", "IP1 1AB", "NFA"]), notes=("It is Parquet",)
    ),
    "Parquet with missing values": Case(
        parquet(postcode=["IP1 1AA", None]), {"rows": 2, "matched": 1, "blank": 1}, name="a.parquet"
    ),
    "Parquet by content": Case(
        parquet(a=[1, 2, 3], b=["IP1 1AA", "IP1 1AB", "NFA"]), name="a.parquet", notes=("'b'",)
    ),
    "Parquet with dates and ages": Case(
        parquet(
            postcode=["IP1 1AA"] * 3,
            age=[17, 20, None],
            date=np.array(["2025-04-01"] * 3, dtype="datetime64[ns]"),
        ),
        {"rows": 1, "matched": 1}, name="a.parquet",
        said={"ages": (16.0, 18.0), "dates": YEAR}, left_out=(1, 1),
    ),
    "Parquet cut off": wrong(
        lambda path: (parquet(a=["x"])(path), path.write_bytes(path.read_bytes()[:-9])), 10,
        "a.parquet: is damaged or cut off", name="a.parquet",
    ),
    "Parquet with a damaged page": wrong(
        lambda path: (
            parquet(postcode=["IP1 1AA"])(path),
            path.write_bytes(path.read_bytes()[:6] + b"\xff" * 20 + path.read_bytes()[26:]),
        ), 10, "list.csv: is damaged or cut off",
    ),
    "Parquet of bytes and of categories": Case(
        parquet(
            id=pa.array(["a", "b", "c"]).dictionary_encode(),
            postcode=pa.array([b"IP1 1AA", b"IP1 1AB", b"NFA"]),
            name=[{"first": "Zebedee"}] * 3,
        ), name="a.parquet",
    ),
    "Parquet without a row": wrong(
        parquet(postcode=pa.array([], pa.string())), 11, "has no row", name="a.parquet"
    ),
}  # fmt: skip


def write(case: Case, folder: Path) -> Path:
    path = folder / case.name
    if callable(case.content):
        case.content(path)
    else:
        content = case.content.encode() if isinstance(case.content, str) else case.content
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_file_gives_its_answer(answer: Read, tmp_path: Path, case: Case) -> None:
    found = answer(write(case, tmp_path), **case.said)
    code, *words = case.error or (0, *case.notes)
    assert found.code == code, found.said
    assert all(str(word) in found.said for word in words), found.said
    assert found.ledger == ({} if case.error else case.ledger)
    assert found.left_out == tuple(sorted(case.left_out))
    assert SECRET not in found.said
    assert SECRET_POSTCODE not in found.said


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.error])
def test_both_ways_to_read_a_file_give_the_same(
    answer: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = write(CASES[name], tmp_path)
    found = answer(path, **CASES[name].said)
    layout = text.layout

    def with_python(*arguments: Any, **options: Any) -> text.Layout:  # noqa: ANN401
        return layout(*arguments, **{**options, "careful": True})

    monkeypatch.setattr(text, "layout", with_python)
    other = answer(path, **CASES[name].said)
    assert found.ledger == other.ledger
    assert found.places == other.places


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_client_with_several_dated_rows_is_at_the_latest_place_in_any_order(
    answer: Read, tmp_path: Path, order: Sequence[int]
) -> None:
    header, *rows = EARLY_AND_LATE.splitlines()
    path = tmp_path / "list.csv"
    path.write_text("\n".join([header, *(rows[at] for at in order)]) + "\n")
    assert answer(path, date="date").places == {"IP22BA": 1}
    assert answer(path).places == {"IP11AA": 1}


def test_notes_of_several_files_name_the_file(answer: Read, tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(PLAIN)
    other.write_text("The list\n" + PLAIN.replace("\nc", "\nd"))
    found = answer(one, other)
    assert found.said == "other.csv: One row above the header is left out."
    assert found.ledger == {"rows": 6, "matched": 4, "malformed": 2}


def test_files_with_postcodes_and_with_coordinates_do_not_go_together(
    answer: Read, tmp_path: Path
) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(PLAIN)
    other.write_text("id,x,y\nc1,600200,250200\n")
    found = answer(one, other)
    assert found.code == 11
    assert "some files have postcodes, others coordinates" in found.said


def test_only_needed_columns_are_kept(
    answer: Read, list_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    # Read with Python: DuckDB does not know this order of bytes.
    big_endian = PLAIN.replace("name", "no need").encode("utf-16-be")
    path.write_bytes(codecs.BOM_UTF16_BE + big_endian)
    answer(path)
    names = "SELECT column_name FROM duckdb_columns() WHERE table_name LIKE 'loaded%'"
    found = {name for (name,) in list_connection.execute(names).fetchall()}
    assert "postcode" in found
    assert "no need" not in found


def test_a_path_with_a_pattern_in_its_name_is_one_file(answer: Read, tmp_path: Path) -> None:
    folder = tmp_path / "year=2026" / "a[b]c"
    folder.mkdir(parents=True)
    path = folder / "list.csv"
    path.write_text(PLAIN)
    assert answer(path).ledger == USUAL


def test_limits_hold_for_text_and_for_parquet(
    answer: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, packed_text, parts = (tmp_path / name for name in ("a.csv", "b.csv.gz", "c.parquet"))
    plain.write_text(PLAIN)
    packed_text.write_bytes(gzip.compress(PLAIN.encode()))
    parquet(id=[1, 2], postcode=["IP1 1AA", "NFA"], name=["x", "y"])(parts)
    for limit, value, path, words in (
        ("COLUMNS", 2, plain, "has more than 2 columns"),
        ("COLUMNS", 2, parts, "has more than 2 columns"),
        ("PARQUET_ROWS", 1, parts, "holds more than 1 rows"),
        ("UNPACKED_BYTES", 9, parts, "in one part"),
        ("UNPACKED_BYTES", 9, packed_text, "unpacks to more than"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(limits, limit, value)
            found = answer(path)
        assert (found.code, words in found.said) == (10, True), found.said
        assert answer(path).code == 0


@pytest.mark.parametrize("at", range(0, 600, 23))
def test_damaged_parquet_is_an_error_or_a_list_and_never_a_bug(
    answer: Read, tmp_path: Path, at: int
) -> None:
    path = tmp_path / "list.parquet"
    parquet(id=["c1", "c2"], postcode=["IP1 1AA", "NFA"])(path)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 0xFF
    path.write_bytes(bytes(content))
    found = answer(path)
    assert found.code in {0, 10, 11}
    assert found.code == 0 or str(path) in found.said
    assert "CSV" not in found.said or "no Parquet" not in found.said


@pytest.mark.parametrize(
    "address",
    ["https://example.org/list.csv", "/vsicurl/https://example.org/list.csv", "s3://list.csv", "*"],
)
def test_addresses_and_patterns_are_no_files(answer: Read, tmp_path: Path, address: str) -> None:
    found = answer(tmp_path / address)
    assert found.code == 10
    assert "there is no such file" in found.said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_and_a_folder_are_no_files(answer: Read, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe.csv", "folder.csv"):
        found = answer(tmp_path / name)
        assert (found.code, "is not a regular file" in found.said) == (10, True)


def test_what_is_said_and_left_out_reaches_the_study(tiny: Any) -> None:  # noqa: ANN401
    tiny.clients("cyp.csv", ["c1,IP1 1AA,17", "c2,IP1 1AA,30"], "The list\nid,postcode,age")
    tiny.project(('file = "cyp.csv"', 'file = "cyp.csv"\nages = [16, 18]'))
    found = study.load(project.read(tiny.path("geodemand.toml")), Needs())
    assert found.notes == (
        "CYP: One row above the header is left out.",
        "CYP: Rows are not on the list: an age outside 16 to 18.",
    )
    assert {why: int(n.exact) for why, n in found.left_out["CYP"].items()} == {
        "an age outside 16 to 18": 1
    }


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ("ages = [16, 18]", {"ages": (16.0, 18.0)}),
        ('dates = ["01/04/2025", "2026-03-31"]', {"dates": ("01/04/2025", "2026-03-31")}),
        ("dates = [2025-04-01, 2026-03-31]", {"dates": ("2025-04-01", "2026-03-31")}),
        ("header_row = 3", {"header_row": 3}),
        ("header_row = true", "clients.CYP.header_row': True should be a number"),
        ('header_row = "3"', "clients.CYP.header_row': '3' should be a number"),
        ('ages = ["16", "18"]', "should be a number"),
        ("dates = [2025, 2026]", "should be text in quotes"),
    ],
)
def test_the_project_file_says_ages_dates_and_header(
    tiny: Any,  # noqa: ANN401
    options: str,
    read: dict[str, object] | str,
) -> None:
    path = tiny.project(('file = "cyp.csv"', f'file = "cyp.csv"\n{options}'))
    if isinstance(read, dict):
        entry = project.read(path).clients["CYP"]
        assert {name: getattr(entry, name) for name in read} == read
    else:
        with pytest.raises(ContentError) as caught:
            project.read(path)
        assert read in str(caught.value)
