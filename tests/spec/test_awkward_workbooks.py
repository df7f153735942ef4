"""Workbooks as they come, and as somebody hostile makes them, each with its answer."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import xlwt

from geodemand.io import limits, ole

Read = Callable[..., Any]  # the class of an answer lives in conftest
SECRET, SECRET_POSTCODE = "Zebedee", "IP1 1AA"
Row = Sequence[object]
ROWS: list[Row] = [
    ("id", "postcode", "name"),
    ("c1", "IP1 1AA", "Zebedee"),
    ("c2", "ip11ab", "Ann"),
    ("c3", "NFA", "Bob"),
]
USUAL = {"rows": 3, "matched": 2, "malformed": 1}
DAY = dt.date(2026, 3, 1)
Build = Callable[[], bytes]


@dataclass(frozen=True)
class Case:
    """A workbook, what the project says of it, and the answer: a ledger, or a code and words."""

    build: Build
    ledger: Mapping[str, int] = field(default_factory=lambda: USUAL)
    notes: tuple[str, ...] = ()
    error: tuple[int | str, ...] = ()
    name: str = "list.xlsx"
    said: Mapping[str, Any] = field(default_factory=dict)


def wrong(build: Build, code: int, *words: str, name: str = "list.xlsx", **said: Any) -> Case:  # noqa: ANN401
    return Case(build, error=(code, *words), name=name, said=said)


# builders: .xlsx


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(rows: Sequence[Row] = ROWS, change: Callable[[Any], object] | None = None) -> Build:
    """Return a workbook of one sheet; ``change`` takes the sheet before it is saved."""

    def build() -> bytes:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(list(row))
        if change:
            change(book.active)
        return saved(book)

    return build


def sheets(**named: Sequence[Row]) -> Build:
    def build() -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in named.items():
            sheet = book.create_sheet(name.removeprefix("hidden_"))
            sheet.sheet_state = "hidden" if name.startswith("hidden_") else "visible"
            for row in rows:
                sheet.append(list(row))
        if all(sheet.sheet_state == "hidden" for sheet in book.worksheets):
            book.create_sheet("cover")
        return saved(book)

    return build


def parts(content: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return a zip with some of its parts changed; a part that is not there is added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            change = changes.get(name, lambda part: part)
            new.writestr(name, change(old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name](b""))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def sheet_xml(change: Callable[[bytes], bytes], rows: Sequence[Row] = ROWS) -> Build:
    return lambda: parts(xlsx(rows)(), {SHEET: change})


def with_rows(extra: bytes) -> Build:
    return sheet_xml(lambda xml: xml.replace(b"</sheetData>", extra + b"</sheetData>"))


def plain_xml(
    rows: Sequence[Row], row: str = "<row>{}</row>", cell: str = "<c t='str'>{}</c>"
) -> bytes:
    """Return a sheet's XML whose cells do not say where they are."""
    written = "".join(
        row.format("".join(cell.format(f"<v>{text}</v>") for text in cells)) for cells in rows
    )
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{written}</sheetData></worksheet>"
    ).encode()


# builders: .ods and .xls


def ods_rows(rows: Sequence[Row]) -> str:
    def cell(value: object) -> str:
        if value == "":
            return "<table:table-cell/>"
        if isinstance(value, dt.date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        text = f"<text:p>{value}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    return "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)


def ods(*tables_of_rows: str, manifest: str = "") -> Build:
    def build() -> bytes:
        spaces = " ".join(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "table", "text")
        )
        body = "".join(
            f'<table:table table:name="S{number}">{rows}</table:table>'
            for number, rows in enumerate(tables_of_rows, start=1)
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            file.writestr(
                "META-INF/manifest.xml",
                f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
                f'manifest:1.0">{manifest}</manifest:manifest>',
            )
            file.writestr(
                "content.xml",
                f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
                f"<office:spreadsheet>{body}</office:spreadsheet></office:body>"
                "</office:document-content>",
            )
        return out.getvalue()

    return build


def xls(rows: Sequence[Row] = ROWS, change: Callable[[Any], object] | None = None) -> Build:
    def build() -> bytes:
        book = xlwt.Workbook()
        sheet = book.add_sheet("List")
        day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                style = (day,) if isinstance(value, dt.date) else ()
                sheet.write(at, column, value, *style)
        if change:
            change(sheet)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return build


def far_xls() -> bytes:
    """Return an .xls with a number in row 65,536 whose column is said to be 65,536."""
    content = xls(ROWS, lambda sheet: sheet.write(65_535, 255, 1.5))()
    at = content.index(struct.pack("<HH", 65_535, 255), 1_000)
    near = b"\x7e\x02\x0a\x00" + struct.pack("<HH", 65_535, 255)
    other = b"\x03\x02\x0e\x00" + struct.pack("<HH", 65_535, 255)
    found = next(mark for mark in (near, other) if mark in content)
    assert at
    return content.replace(found, found[:6] + struct.pack("<H", 65_535))


def in_compound_file(name: str, size: int = 8_192) -> Build:
    """Return an .xls container whose workbook goes by another name."""

    def build() -> bytes:
        old = "Workbook".encode("utf-16-le")
        new = name.encode("utf-16-le").ljust(len(old), b"\0")
        content = xls()().replace(old, new[: len(old)], 1)
        at = content.index(new[: len(old)])
        full = name.encode("utf-16-le")
        content = content[:at] + full.ljust(64, b"\0") + content[at + 64 :]
        return content[: at + 64] + struct.pack("<H", len(full) + 2) + content[at + 66 :]

    del size
    return build


# what is changed in a sheet


def hide_row(sheet: Any) -> None:  # noqa: ANN401
    sheet.row_dimensions[3].hidden = True


def hide_column(sheet: Any) -> None:  # noqa: ANN401
    sheet.column_dimensions["B"].hidden = True


def merge(sheet: Any) -> None:  # noqa: ANN401
    sheet.insert_rows(1)
    sheet["A1"] = "Clients of Zebedee"
    sheet.merge_cells("A1:C1")


def stored(xml: bytes) -> bytes:
    """Store a result with each formula, as Excel does."""
    return (
        xml.replace(b"<v></v>", b"<v>IP1 1AB</v>")
        .replace(b"<v />", b"<v>IP1 1AB</v>")
        .replace(b'<c r="B3"><f>', b'<c r="B3" t="str"><f>')
    )


FORMULA: list[Row] = [ROWS[0], ROWS[1], ("c2", '="IP1 1"&"AB"', "Ann"), ROWS[3]]
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
FORMATTED = b"".join(
    b'<row r="%d">%s</row>'
    % (row, b"".join(b'<c r="%s%d" s="0"/>' % (c, row) for c in (b"A", b"XFD")))
    for row in (5, 1_048_576)
)
EMPTY_ODS = (
    '<table:table-row table:number-rows-repeated="1048570">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)
FULL_ODS = (
    '<table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell table:number-columns-repeated="16000" office:value-type="string">'
    "<text:p>x</text:p></table:table-cell></table:table-row>"
)
FAR_ODS = EMPTY_ODS + (
    '<table:table-row><table:table-cell table:number-columns-repeated="16000"/>'
    '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    "</table:table-row>"
)
REPEATED = '-row table:number-rows-repeated="3">'
HIDDEN_ODS = ods_rows(ROWS).replace(
    "<table:table-row>", '<table:table-row table:visibility="collapse">', 1
)
NUMBERED: list[Row] = [
    ("id", "postcode"),
    *((value, "IP1 1AA") for value in (123, "00123", 1.5, "123.0", True, DAY, 1e20, "1E5")),
]
CALENDAR: list[Row] = [("id", "postcode"), ("c1", "IP1 1AA"), ("c2", DAY), ("c3", 44_197)]
COVER: list[Row] = [("Caseload",), ("made by", "Zebedee"), ("on", DAY)]
OTHER: list[Row] = [("team", "cost"), ("North", 5)]
TITLED: list[Row] = [("Clients of Zebedee",), (), *ROWS]
AGED: list[Row] = [
    ("id", "postcode", "age", "date"),
    ("a", "IP1 1AA", 17, DAY),
    ("b", "x", 20, DAY),
]
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "x">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>"
)

CASES = {
    # .xlsx
    "plain": Case(xlsx()),
    "macros": Case(xlsx(), name="list.xlsm"),
    "titles above": Case(xlsx(TITLED), notes=("One row above the header is left out.",)),
    "a merged title": Case(xlsx(change=merge), notes=("One row above",)),
    "not in the corner": Case(
        xlsx([(), (), *(("", "", *row) for row in ROWS)]),
    ),
    "totals": Case(xlsx([*ROWS, (), ("Total", 3)]), notes=("Rows of totals are left out.",)),
    "empty rows between": Case(xlsx([ROWS[0], (), ROWS[1], (), ROWS[2], ("", " "), ROWS[3]])),
    "hidden rows": Case(xlsx(change=hide_row), notes=("Hidden rows are read",)),
    "a hidden column": Case(xlsx(change=hide_column)),
    "ids are text, numbers and dates": Case(xlsx(NUMBERED), {"rows": 8, "matched": 8}),
    "one person once, number or text": Case(
        xlsx([("id", "postcode"), (7, "IP1 1AA"), ("7", "IP1 1AA")]),
        {"rows": 2, "matched": 1, "duplicate": 1},
    ),
    "dates and numbers for postcodes": Case(
        xlsx(CALENDAR), {"rows": 3, "matched": 1, "malformed": 2},
        ("In 'postcode' dates or numbers stand where postcodes should",),
    ),
    "no header": Case(xlsx(ROWS[1:]), notes=("It has no header row",)),
    "a header on a row that the project says": Case(
        xlsx([("a", "b", "c"), ("x", "y", "z"), *ROWS[1:]]),
        said={"header_row": 2, "postcode": "y"},
    ),
    "a header on a row that is not there": wrong(
        xlsx(), 11, "row 9: holds no header", header_row=9
    ),
    "a header and no row": wrong(xlsx(ROWS[:1]), 11, "has no row"),
    "nothing": wrong(xlsx([]), 11, "no sheet with anything in it"),
    "by content": Case(
        xlsx([("who", "where", "name"), *ROWS[1:]]), notes=("'where' is read as it holds",)
    ),
    "two postcodes": wrong(
        xlsx([("Home postcode", "School postcode"), ("IP1 1AA", "IP1 1AB")]), 11, "could be"
    ),
    "ages and dates": Case(
        xlsx(AGED), {"rows": 1, "matched": 1}, ("an age outside 16 to 18",),
        said={"ages": (16.0, 18.0), "dates": ["2026-01-01", "31/12/2026"]},
    ),
    "formulas with results": Case(lambda: parts(xlsx(FORMULA)(), {SHEET: stored})),
    "formulas without results": Case(
        xlsx(FORMULA), {"rows": 3, "matched": 1, "malformed": 1, "blank": 1},
        ("Some formulas have no stored result",),
    ),
    "cells that do not say where they are": Case(sheet_xml(lambda _: plain_xml(ROWS))),
    "single quotes and prefixes": Case(
        sheet_xml(
            lambda _: plain_xml(ROWS)
            .replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
        )
    ),
    # sheets
    "a cover and a list": Case(
        sheets(Cover=COVER, List=ROWS), notes=("Only the sheet 'List' of 2 is read.",)
    ),
    "two lists": wrong(
        sheets(April=ROWS, May=ROWS), 11, "several sheets could be", "'April', 'May'", 'sheet = "…"'
    ),
    "two lists, and the project says which": Case(
        sheets(April=ROWS, May=ROWS[:2]), {"rows": 1, "matched": 1}, said={"sheet": "may"}
    ),
    "a sheet that is not there": wrong(
        sheets(April=ROWS, May=ROWS), 11, "has no sheet 'Mayy'", "Did you mean 'May'?", sheet="Mayy"
    ),
    "no sheet with postcodes": wrong(
        sheets(One=OTHER, Two=OTHER), 11, "no sheet has a postcode column", "'One', 'Two'"
    ),
    "a hidden list": Case(
        sheets(Cover=COVER, hidden_List=ROWS), notes=("The sheet 'List' is hidden.",)
    ),
    "a hidden list and one to be seen": Case(
        sheets(hidden_Old=ROWS[:2], New=ROWS), notes=("Only the sheet 'New' of 2 is read.",)
    ),
    "a list by content among others": Case(
        sheets(Cover=COVER, List=[("who", "where", "name"), *ROWS[1:]])
    ),
    "a sheet with signs in its name": Case(sheets(**{"A & B <1>": ROWS, "Cover": COVER})),
    # too large, and hostile
    "a cell in the last row and column": wrong(
        with_rows(FAR), 10, "sheet 'Sheet'", "row 1,048,576", "column 16,384", "Delete"
    ),
    "the same without a place": wrong(
        with_rows(b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_384 + b"</row>"), 10, "too many"
    ),
    "the same under a prefix": wrong(
        sheet_xml(
            lambda xml: xml.replace(b"</sheetData>", FAR + b"</sheetData>")
            .replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
        ),
        10, "too many",
    ),
    "the same with a bracket before it": wrong(
        with_rows(b"<row r='1048576'><c s='>' r='XFD1048576'><v>1</v></c></row>"), 10, "too many"
    ),
    "the same, made to look as if it held nothing": wrong(
        with_rows(b"""<row r="9"><c r="XFD1048576" t='/>'><v>1</v></c></row>"""), 10, "too many"
    ),
    "far cells that hold nothing": Case(with_rows(FORMATTED)),
    "a bomb": wrong(with_rows(b"<!--" + b" " * (80 << 20) + b"-->"), 10, "200 times its size"),
    "a tag without end": wrong(with_rows(b"<c " + b" " * 3_000_000), 10, "tag without an end"),
    "entities that grow": Case(
        sheet_xml(lambda xml: ENTITIES + xml), notes=(), ledger=USUAL
    ),
    "a sheet in UTF-16": wrong(
        sheet_xml(lambda xml: xml.decode().encode("utf-16")), 10, "parts that are not UTF-8"
    ),
    "an entity from a file": wrong(
        sheet_xml(
            lambda xml: (
                b'<!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
                + xml.replace(b"NFA", b"&f;")
            )
        ),
        10,
        "list.xlsx",
    ),
    "cut off": wrong(lambda: xlsx()()[:-500], 10, "damaged or cut off"),
    "cut in the middle": wrong(lambda: xlsx()()[:2_000], 10, "damaged or cut off"),
    "a damaged part": wrong(
        lambda: xlsx()().replace(b"\x50\x4b\x01\x02", b"\x50\x4b\x01\x03", 1), 10, "damaged"
    ),
    "a sheet that is no XML": wrong(sheet_xml(lambda _: b"<worksheet><sheetData><row"), 10, "list"),
    "two parts of one name": wrong(
        lambda: twice(xlsx()()), 10, "several parts of one name"
    ),
    "a zip without a workbook": wrong(
        lambda: parts(b"PK\x05\x06" + bytes(18), {"list.csv": lambda _: b"id"}), 10,
        "is a zip without a workbook",
    ),
    "a binary workbook": wrong(
        lambda: parts(b"PK\x05\x06" + bytes(18), {"xl/workbook.bin": lambda _: b"x"}), 10,
        ".xlsb", name="list.xlsb",
    ),
    "a locked workbook": wrong(
        in_compound_file("EncryptedPackage"), 10, "locked with a password", "without a password"
    ),
    # names are no proof
    "a workbook called .csv": Case(xlsx(), name="list.csv", notes=("It is a workbook",)),
    "a workbook called .xls": Case(xlsx(), name="list.xls"),
    "an old workbook called .xlsx": Case(xls()),
    "text called .xls": Case(
        lambda: "\n".join("\t".join(map(str, row)) for row in ROWS).encode(), name="list.xls",
        notes=("It is text",),
    ),
    # .ods
    "ods": Case(ods(ods_rows(ROWS)), name="list.ods"),
    "ods as LibreOffice ends it": Case(ods(ods_rows(ROWS) + EMPTY_ODS), name="list.ods"),
    "ods with titles and totals": Case(
        ods(ods_rows([*TITLED, ("Total", 3)])), notes=("One row above", "totals"), name="list.ods"
    ),
    "ods with hidden rows": Case(ods(HIDDEN_ODS), notes=("Hidden rows",), name="list.ods"),
    "ods with dates and numbers": Case(
        ods(ods_rows(CALENDAR)), {"rows": 3, "matched": 1, "malformed": 2}, ("dates or numbers",),
        name="list.ods",
    ),
    "ods with several sheets": Case(
        ods(ods_rows(COVER), ods_rows(ROWS)), notes=("Only the sheet 'S2'",), name="list.ods"
    ),
    "ods that repeats a row": Case(
        ods(ods_rows(ROWS[:1]) + ods_rows(ROWS[1:2]).replace("-row>", REPEATED, 1)),
        {"rows": 3, "matched": 1, "duplicate": 2}, name="list.ods",
    ),
    "ods that repeats a million rows": wrong(
        ods(ods_rows(ROWS) + FULL_ODS), 10, "row 1,000,004", "too many", name="list.ods"
    ),
    "ods with a cell far away": wrong(
        ods(ods_rows(ROWS) + FAR_ODS), 10, "column 16,001", name="list.ods"
    ),
    "ods that is locked": wrong(
        ods(ods_rows(ROWS), manifest="<manifest:encryption-data/>"), 10, "locked", name="list.ods"
    ),
    # .xls
    "xls": Case(xls(), name="list.xls"),
    "xls with ids of all kinds": Case(
        xls([("id", "postcode"), *((v, "IP1 1AA") for v in (123, "00123", 1.5, DAY))]),
        {"rows": 4, "matched": 4}, name="list.xls",
    ),
    "xls with titles and totals": Case(
        xls([*TITLED, ("Total", 3)]), notes=("One row above", "totals"), name="list.xls"
    ),
    "xls with dates and numbers": Case(
        xls(CALENDAR), {"rows": 3, "matched": 1, "malformed": 2}, ("dates or numbers",),
        name="list.xls",
    ),
    "xls with hidden rows": Case(
        xls(ROWS, lambda sheet: setattr(sheet.row(2), "hidden", 1)), notes=("Hidden rows",),
        name="list.xls",
    ),
    "xls with a far cell": wrong(far_xls, 10, "column 65,536", "too many", name="list.xls"),
    "xls cut off": wrong(lambda: xls()()[:3_000], 10, "damaged", name="list.xls"),
    "a document called .xls": wrong(
        in_compound_file("WordDocument"), 10, "is no workbook", name="list.xls"
    ),
}  # fmt: skip


def twice(content: bytes) -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(SHEET, b"")
    return out.getvalue()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_workbook_gives_its_answer(answer: Read, tmp_path: Path, case: Case) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.build())
    found = answer(path, **case.said)
    code, *words = case.error or (0, *case.notes)
    assert found.code == code, found.said
    assert all(str(word) in found.said for word in words), found.said
    assert found.ledger == ({} if case.error else case.ledger)
    assert SECRET not in found.said
    assert SECRET_POSTCODE not in found.said


def test_only_needed_columns_are_kept(
    answer: Read, list_connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(xlsx([("a name", "postcode"), ("Zebedee", "IP1 1AA")])())
    answer(path)
    names = "SELECT column_name FROM duckdb_columns() WHERE table_name LIKE 'loaded%'"
    found = {name for (name,) in list_connection.execute(names).fetchall()}
    assert "postcode" in found
    assert "a name" not in found


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [
        ("SHEET_CELLS", 11, "too many to read (11 at most)"),
        ("MEMBERS", 3, "has more than 3 parts"),
        ("UNPACKED_BYTES", 1_000, "unpacks to more than"),
    ],
)
def test_limits_of_workbooks_hold(
    answer: Read,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    words: str,
) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(xlsx()())
    monkeypatch.setattr(limits, limit, value)
    found = answer(path)
    assert (found.code, words in found.said) == (10, True), found.said


@pytest.mark.parametrize("at", range(0, 6_000, 97))
@pytest.mark.parametrize("build", [xlsx(), xls(), ods(ods_rows(ROWS))], ids=["xlsx", "xls", "ods"])
def test_a_damaged_workbook_is_an_error_or_a_list_and_never_a_bug(
    answer: Read, tmp_path: Path, build: Build, at: int
) -> None:
    content = bytearray(build())
    content[at % len(content)] ^= 0xFF
    path = tmp_path / "list.xlsx"
    path.write_bytes(bytes(content))
    found = answer(path)
    assert found.code in {0, 10, 11}
    assert found.code == 0 or str(path) in found.said
    assert SECRET not in found.said


def test_a_ring_of_sectors_is_damage() -> None:
    content = bytearray(xls()())
    (first,) = struct.unpack_from("<I", content, 48)
    (table,) = struct.unpack_from("<I", content, 76)
    struct.pack_into("<I", content, 512 + table * 512 + first * 4, first)
    with pytest.raises(LookupError):
        ole.Streams(bytes(content))
