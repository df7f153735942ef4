"""Segment look-ups as users have them: which columns and codes are read, what is refused."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import duckdb
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core.geography import Geography
from geodemand.core.keys import Lookup, packed
from geodemand.core.matching import Codes, Directory
from geodemand.core.tally import Places
from geodemand.errors import ContentError, UsageError
from geodemand.io import schemes, segments, tables
from geodemand.project import Project, SegmentsEntry

POSTCODES = ("IP11AA", "IP11AB", "IP11AD", "IP22BA")
AREAS = ("E001", "E002", None, "E002")


def coded(codes: Sequence[str | None]) -> Codes:
    values = tuple(sorted({code for code in codes if code is not None}))
    return Codes(values, np.array([-1 if code is None else values.index(code) for code in codes]))


def connect() -> duckdb.DuckDBPyConnection:
    return tables.connect()


def directory(codes: Sequence[str | None] = AREAS) -> Directory:
    size = len(POSTCODES)
    return Directory(
        lookup=Lookup(packed(POSTCODES)),
        x=np.zeros(size),
        y=np.zeros(size),
        ended=np.zeros(size, dtype=bool),
        inside=np.ones(size, dtype=bool),
        codes={"oa21": coded(codes)},
        weights={},
    )


def places(points: Sequence[int] = (), areas: Sequence[int] = (0, 0, 1, -1)) -> Places:
    """Return the directory's places, and points of lists by their nearest postcodes."""
    size = len(POSTCODES) + len(points)
    return Places(
        x=np.zeros(size),
        y=np.zeros(size),
        base=np.arange(size) < len(POSTCODES),
        weights={},
        segment=np.full(size, -1),
        areas={"zones": np.array([*areas, *(areas[at] for at in points)])},
        postcode=np.array([*range(len(POSTCODES)), *points]),
    )


ZONES = Geography("zones", ("z1", "Z 2"), ("One", "Two"), np.array([shapely.box(0, 0, 1, 1)] * 2))


def lookup(
    path: Path, scheme: str, points: Sequence[int] = (), **entry: str | tuple[str, ...]
) -> tuple[str, list[str | None]]:
    """Return the level that is read and the code of each place."""
    project = replace(Project(), segments=SegmentsEntry(file=path, scheme=scheme, **entry))
    found, positions = segments.read(
        connect(), project, directory(), places(points), {"zones": ZONES}
    )
    codes = found.scheme.codes(found.finest)
    return found.finest, [codes[at] if at >= 0 else None for at in positions]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "segments.csv"


def refused(
    file: Path, text: str, scheme: str = "acorn-2009", **entry: str | tuple[str, ...]
) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        lookup(file, scheme, **entry)
    said = str(caught.value)
    assert not any(key in said.replace(" ", "") for key in POSTCODES)
    return said.replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("header", "row", "level", "code"),
    [
        # CACI's directory, in spellings that are about
        ("Postcode,Category,Group,Type", "IP1 1AA,5,N,44", "type", "44"),
        ("POSTCODE,CATEGORY,GROUP,TYPE", "IP11AA,5,N,44", "type", "44"),
        ("pcd,acorn_category,acorn_group,acorn_type", "IP1 1AA,5,N,44", "type", "44"),
        ("Postcode,ACORN Category,ACORN Group,ACORN Type", "IP1 1AA,5,N,44", "type", "44"),
        ("Postcode,AcornCategory,AcornGroup,AcornType", "IP1 1AA,5,N,44", "type", "44"),
        ("Post Code,CACI_TYPE", "IP1 1AA,44", "type", "44"),
        ("Postcode,Type,Type Code", "IP1 1AA,Low income,44", "type", "44"),
        ("Postcode,Category,Group,Type", "IP1 1AA,5,N,5.N.44", "type", "44"),
        (
            "Postcode,Category,Group,Type",
            "IP1 1AA,5 - Hard Pressed,N. Families,Type 44",
            "type",
            "44",
        ),
        ("Postcode,Category,Type", "IP1 1AA,Hard Pressed,44.0", "type", "44"),
        ("postcode,segment", "IP1 1AA,044", "type", "44"),
        ("postcode,code", "IP1 1AA,44", "type", "44"),
        ("Type,Postcode", "44,ip1  1aa", "type", "44"),
        ("postcode,type", "IP1-1AA,44", "type", "44"),
        # coarser files
        ("Postcode,Category,Group", "IP1 1AA,5,N", "group", "N"),
        ("Postcode,Category", "IP1 1AA,5", "category", "5"),
        ("Postcode,acorn_category_2009", "IP1 1AA,5", "category", "5"),
    ],
)
def test_acorn_look_ups_are_read(file: Path, header: str, row: str, level: str, code: str) -> None:
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert lookup(file, "acorn-2009") == (level, [code, None, None, None])


@pytest.mark.parametrize(
    ("scheme", "header", "row", "code"),
    [
        ("oac-2011", "pcds,oac11", "IP1 1AA,5B3", "5b3"),
        ("oac-2011", "pcds,oac11,imd", "IP1 1AA,5b3,1234", "5b3"),
        ("oac-2011", "pcds,oac11ind", "IP1 1AA,5B3", "5b3"),
        ("oac-2021", "pcds,supergroup,group,subgroup", "IP1 1AA,1,1A,1A1", "1a1"),
        ("oac-2021", "pcds,oac21cd", "IP1 1AA,1A1", "1a1"),
        ("imd-decile", "postcode,decile", "IP1 1AA,3", "3"),
        ("imd-decile", "postcode,IMD_rank,IMD_decile", "IP1 1AA,4000,3.0", "3"),
        ("imd-decile", "postcode,imd2015_decile", "IP1 1AA,3", "3"),
        ("imd-quintile", "postcode,decile,quintile", "IP1 1AA,9,5", "5"),
        ("imd-2019-decile", "pcds,oac11,imd", "IP1 1AA,5B3,32844", "10"),
        ("imd-2019-decile", "pcds,imd", "IP1 1AA,7", "1"),
        ("imd-2019-decile", "pcds,imd20ind", "IP1 1AA,3285", "2"),
        ("imd-2019-decile", "pcds,decile", "IP1 1AA,7", "7"),
        ("imd-2025-decile", "pcds,IMD Rank", "IP1 1AA,3376", "2"),
    ],
)
def test_open_look_ups_are_read(file: Path, scheme: str, header: str, row: str, code: str) -> None:
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert lookup(file, scheme)[1] == [code, None, None, None]


def test_blank_codes_and_codes_for_no_segment_are_none(file: Path) -> None:
    file.write_text("postcode,oac11\nIP1 1AA,\nIP1 1AB,9Z9\nIP1 1AD, \nIP2 2BA,1a1\n")
    assert lookup(file, "oac-2011")[1] == [None, None, None, "1a1"]


def test_codes_that_the_project_says_are_none_are_no_segment(file: Path) -> None:
    file.write_text("Postcode,Category,Type\nIP1 1AA,U,57\nIP1 1AB, u ,57\nIP2 2BA,5,44\n")
    text = file.read_text()
    assert 'none = ["…"] in [segments]' in refused(file, text)
    assert lookup(file, "acorn-2009", none=("U", "57")) == ("type", [None, None, None, "44"])


def test_points_have_the_segment_of_their_nearest_postcode(file: Path) -> None:
    file.write_text("postcode,type\nIP1 1AA,44\nIP1 1AB,1\n")
    assert lookup(file, "acorn-2009", points=[1, 0, 3])[1][4:] == ["1", "44", None]


def test_segments_go_by_a_column_of_the_directory(file: Path) -> None:
    file.write_text("oa21cd,supergroup,group,subgroup\ne001 ,1,1a,1a1\nE002,2,2a,2a1\nE009,1,1a,\n")
    assert lookup(file, "oac-2021", key="oa21")[1] == ["1a1", "2a1", None, "2a1"]


def test_segments_go_by_a_geography(file: Path) -> None:
    file.write_text("code,decile\nZ1,1\nz 2,10\n")
    assert lookup(file, "imd-decile", key="zones")[1] == ["1", "1", "10", None]


def test_a_key_that_nothing_has_is_named(file: Path) -> None:
    file.write_text("oa,type\nE1,1\n")
    with pytest.raises(UsageError, match="'oa11' is neither a column of the directory nor"):
        lookup(file, "acorn-2009", key="oa11")


def test_parquet_codes_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    tables.connect().execute(
        "COPY (SELECT 'IP1 1AA' AS postcode, 44::DOUBLE AS type, 5 AS category) "
        f"TO '{path}' (FORMAT parquet)"
    )
    assert lookup(path, "acorn-2009") == ("type", ["44", None, None, None])


def test_identical_duplicates_are_one_row(file: Path) -> None:
    file.write_text("postcode,type\nIP1 1AA,44\nip11aa,044\nIP1 1AA,\n")
    assert lookup(file, "acorn-2009")[1] == ["44", None, None, None]


def test_duplicates_with_different_codes_are_counted(file: Path) -> None:
    rows = (
        "IP1 1AA,44\nIP1 1AA,45\nIP1 1AA,46\nIP1 1AB,1\nIP1 1AB,2\nIP1 1AD,1\nZZ1 1ZZ,1\nZZ1 1ZZ,2"
    )
    said = refused(file, f"postcode,type\n{rows}\n")
    assert said.startswith("FILE: 2 postcodes of the study stand in it twice, with different codes")


def test_codes_of_another_edition_are_refused_and_the_edition_is_named(file: Path) -> None:
    said = refused(file, "postcode,type\nIP1 1AA,57\nIP1 1AB,62\nIP1 1AD,1\n")
    assert "FILE: 2 type codes are not in acorn-2009: '57', '62'." in said
    assert "It fits acorn-2013: use --scheme." in said


def test_another_edition_is_found_by_codes_outside_the_study(file: Path) -> None:
    said = refused(file, "postcode,type\nIP1 1AA,44\nZZ1 1ZZ,60\n")
    assert "1 type codes are not in acorn-2009: '60'" in said
    assert "acorn-2013" in said


def test_a_strange_code_outside_the_study_stops_nothing(file: Path) -> None:
    file.write_text("postcode,type\nIP1 1AA,44\nZZ1 1ZZ,99\n")
    assert lookup(file, "acorn-2009")[1] == ["44", None, None, None]


def test_another_edition_is_found_by_levels_that_exclude_each_other(file: Path) -> None:
    rows = "IP1 1AA,1,A,1\nIP1 1AB,4,M,44\nIP1 1AD,4,L,39\nZZ1 1ZZ,4,M,44\n"
    said = refused(file, f"Postcode,Category,Group,Type\n{rows}")
    assert "2 rows hold codes that exclude each other in acorn-2009" in said
    assert "such as category 4 with group M with type 44 (row 3, 5; the header is row 1)" in said
    assert "It fits acorn-2013: use --scheme." in said


def test_no_more_than_five_rows_are_named(file: Path) -> None:
    rows = "".join(f"ZZ1 {number}ZZ,3,44\n" for number in range(10))
    said = refused(file, f"Postcode,Category,Type\nIP1 1AA,5,44\n{rows}")
    assert "10 rows hold codes" in said
    assert "(row 3, 4, 5, 6, 7; the header is row 1). Is the file of another edition?" in said


def test_the_groups_that_a_scheme_doubts_may_be_otherwise_in_a_file(file: Path) -> None:
    file.write_text("Postcode,Category,Group,Type\nIP1 1AA,5,N,49\nIP1 1AB,5,O,52\n")
    assert lookup(file, "acorn-2009")[1][:2] == ["49", "52"]


@pytest.mark.parametrize("scheme", ["imd-decile", "imd-quintile"])
@pytest.mark.parametrize("column", ["imd", "IMD_rank", "decile", "quintile"])
def test_a_rank_is_no_part_of_a_scale(file: Path, scheme: str, column: str) -> None:
    entry = {"code_column": column}
    said = refused(file, f"pcds,{column}\nIP1 1AA,3285\nIP1 1AB,4\n", scheme, **entry)
    assert f"'{column}' is a rank, up to 3,285, not a part from 1 to" in said
    part = scheme.removeprefix("imd-")
    assert f"Try imd-2019-{part} or imd-2025-{part}." in said


@pytest.mark.parametrize(("scheme", "ranks"), [("imd-2019", 32844), ("imd-2025", 33755)])
def test_fifths_are_two_tenths_each(file: Path, scheme: str, ranks: int) -> None:
    tried = (1, ranks // 5, ranks // 5 + 1, ranks)
    rows = "".join(f"{key},{rank}\n" for key, rank in zip(POSTCODES, tried, strict=True))
    file.write_text(f"pcds,imd\n{rows}", encoding="utf-8")
    fifths = lookup(file, f"{scheme}-quintile")[1]
    tenths = lookup(file, f"{scheme}-decile")[1]
    assert fifths == ["1", "1", "2", "5"]
    assert fifths == [str((int(tenth or 0) + 1) // 2) for tenth in tenths]


def test_ranks_of_another_edition_are_refused(file: Path) -> None:
    said = refused(file, "pcds,imd\nIP1 1AA,33000\n", "imd-2019-decile")
    assert "imd-2019-decile divides 32,844. Try imd-2025-decile." in said


def test_a_file_of_every_area_tells_its_edition_by_its_last_rank(file: Path) -> None:
    rows = "".join(f"Z{rank},{rank}\n" for rank in range(2, 32845))
    said = refused(file, f"pcds,imd\nIP1 1AA,1\n{rows}", "imd-2025-decile")
    assert "imd-2025-decile divides 33,755. Try imd-2019-decile" in said


@pytest.mark.parametrize(("scheme", "column"), [("oac-2021", "oac11"), ("oac-2011", "oac21cd")])
def test_a_column_that_names_another_edition_is_not_read(
    file: Path, scheme: str, column: str
) -> None:
    text = f"pcds,{column}\nIP1 1AA,1a1\n"
    for entry in ({}, {"code_column": column}):
        said = refused(file, text, scheme, **entry)
        assert f"the column '{column}' is of oac-20" in said
        assert "Use --scheme oac-20" in said


def test_names_are_not_read(file: Path) -> None:
    said = refused(file, "Postcode,Category\nIP1 1AA,Hard Pressed\n")
    assert "1 category codes are not in acorn-2009: 'Hard Pressed'. Names are not read" in said


def test_codes_of_another_level_are_named(file: Path) -> None:
    said = refused(file, "postcode,segment\nIP1 1AA,N\nIP1 1AB,O\n")
    assert "They are group codes: name the column group." in said


def test_a_column_is_not_both_key_and_code(file: Path) -> None:
    said = refused(file, "postcode,x\nIP1 1AA,1\n", code_column="Postcode")
    assert "cannot be both the key and the code" in said


def test_a_file_of_other_places_is_refused(file: Path) -> None:
    said = refused(file, "postcode,type\nZZ1 1ZZ,1\n")
    assert "no postcode of the study area is in it" in said


def test_a_column_of_too_many_texts_is_no_column_of_codes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MOST_DISTINCT", 2)
    said = refused(file, "postcode,type\nIP1 1AA,1\nIP1 1AB,2\nIP1 1AD,3\n")
    assert "'type' holds more than 2 different texts: no codes of segments." in said


def test_levels_that_a_scheme_lacks_are_not_offered(tmp_path: Path, file: Path) -> None:
    scheme = tmp_path / "own.csv"
    scheme.write_text("code,level,parent\n1,category,\nx,type,1\n", encoding="utf-8")
    file.write_text("postcode,type\nIP1 1AA,X\n", encoding="utf-8")
    project = replace(Project(), segments=SegmentsEntry(file=file, scheme=str(scheme)))
    found, _ = segments.read(connect(), project, directory(), places(), {})
    assert found.levels() == ("category", "type")


codes = st.sampled_from(schemes.scheme("acorn-2009").codes("type"))


@given(
    held=st.dictionaries(st.sampled_from(POSTCODES), codes, min_size=1),
    others=st.lists(codes, max_size=5),
    shuffled=st.randoms(use_true_random=False),
)
def test_each_place_has_the_code_of_its_row_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    held: Mapping[str, str],
    others: Sequence[str],
    shuffled: Random,
) -> None:
    rows = [f"{key[:3]} {key[3:]},{code}" for key, code in held.items()]
    rows += [f"ZZ{number} 1ZZ,{code}" for number, code in enumerate(others)]
    shuffled.shuffle(rows)
    path = tmp_path_factory.mktemp("any") / "s.csv"
    path.write_text("\n".join(["postcode,type", *rows]), encoding="utf-8")
    assert lookup(path, "acorn-2009")[1] == [held.get(key) for key in POSTCODES]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file_name", "scheme"),
    [
        ("imd2015_england_lsoa11", "imd-2019-decile"),  # as many areas
        ("imd2019_england_lsoa11", "imd-2019-decile"),
        ("imd2025_england_lsoa21", "imd-2025-decile"),
    ],
)
def test_published_ranks_give_the_published_deciles(
    realdata: Path, file_name: str, scheme: str
) -> None:
    path = realdata / "segmentation" / f"{file_name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        areas = list(csv.DictReader(lines))
    key = next(name for name in areas[0] if name.endswith("_code"))
    chosen = areas[:: len(areas) // 997][:997]
    book = replace(
        directory(),
        codes={"lsoa": coded([area[key] for area in chosen])},
    )
    spots = replace(
        places(),
        base=np.ones(len(chosen), dtype=bool),
        postcode=np.arange(len(chosen)),
    )
    for column in ("IMD_rank", "IMD_decile"):
        entry = SegmentsEntry(path, scheme, "lsoa", key, column)
        _, found = segments.read(
            tables.connect(), replace(Project(), segments=entry), book, spots, {}
        )
        assert (found + 1).tolist() == [int(float(area["IMD_decile"])) for area in chosen]


@pytest.mark.realdata
def test_the_published_classification_of_output_areas_fits_its_scheme(realdata: Path) -> None:
    path = realdata / "segmentation" / "oac21_by_oa21.csv.gz"
    book = directory(("E00000001", "E00000003", "E00000005", "E00000007"))
    entry = SegmentsEntry(path, "oac-2021", "oa21")
    found, positions = segments.read(
        tables.connect(), replace(Project(), segments=entry), book, places(), {}
    )
    assert found.finest == "type"
    assert (positions >= 0).all()
    with pytest.raises(ContentError, match="It fits oac-2021"):
        segments.read(
            tables.connect(),
            replace(Project(), segments=replace(entry, scheme="oac-2011")),
            book,
            places(),
            {},
        )
