"""Segmentations as data: those that ship, and those that users bring as CSV or TOML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import segmentation
from geodemand.core.segmentation import LEVELS, Scheme
from geodemand.errors import ContentError, UnreadableFileError, UsageError
from geodemand.io import definitions, schemes

SHIPPED = definitions.names("segmentations")
HEADER = "code,name,level,parent_code\n"
OWN = HEADER + "1,Well off,category,\nA,Farms,group,1\n1,Big farms,type,A\n"
OWN_TOML = """
name = "Our kinds"
edition = 2024

[[segments]]
code = 1
name = "Well off"
level = "category"

[[segments]]
code = "A"
level = "group"
parent = 1
"""


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("acorn-2009", [5, 17, 56]),
        ("acorn-2013", [6, 18, 62]),
        ("oac-2011", [8, 26, 76]),
        ("oac-2021", [8, 21, 52]),
        ("imd-decile", [10]),
        ("imd-2019-decile", [10]),
        ("imd-2025-decile", [10]),
        ("imd-2019-quintile", [5]),
        ("imd-2025-quintile", [5]),
        ("imd-quintile", [5]),
    ],
)
def test_schemes_have_as_many_segments_as_were_published(name: str, counts: list[int]) -> None:
    scheme = schemes.scheme(name)
    assert [len(scheme.codes(level)) for level in scheme.levels] == counts


def test_no_scheme_ships_without_its_test() -> None:
    mark = test_schemes_have_as_many_segments_as_were_published.pytestmark[0]  # type: ignore[attr-defined]
    assert {name for name, _ in mark.args[1]} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_scheme_is_a_tree(name: str) -> None:
    scheme = schemes.scheme(name)
    for (level, code), segment in scheme.segments.items():
        assert (scheme.parent(segment) is None) == (level == scheme.levels[0])
        assert scheme.ancestor(level, code, scheme.levels[0]) in scheme.codes(scheme.levels[0])
        assert scheme.ancestor(level, code, level) == code
        assert scheme.agrees(
            [(at, held) for at in LEVELS if (held := scheme.ancestor(level, code, at))]
        )
    for level in scheme.levels[:-1]:
        held = scheme.positions(scheme.levels[-1], level)
        assert level == "group" or set(held) == set(range(len(scheme.codes(level))))


@given(st.sampled_from(SHIPPED), st.data())
def test_every_code_of_a_scheme_is_read_as_itself(name: str, data: st.DataObject) -> None:
    scheme = schemes.scheme(name)
    level, code = data.draw(st.sampled_from(list(scheme.segments)))
    spelled = data.draw(st.sampled_from([code, code.upper(), f" {code} ", f"{level} {code}"]))
    assert segmentation.normal_code(spelled, scheme.codes(level), level) == code
    assert segmentation.told(spelled, level, scheme) == {level: code}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_edition_is_part_of_what_a_scheme_is(name: str) -> None:
    scheme = schemes.scheme(name)
    assert scheme.identity == name
    assert scheme.edition in name


@pytest.mark.parametrize(
    ("code", "group", "category"),
    [("1", "A", "1"), ("20", "E", "2"), ("40", "L", "4"), ("44", "M", "4"), ("62", "R", "6")],
)
def test_acorn_2013_has_its_published_ranges(code: str, group: str, category: str) -> None:
    scheme = schemes.scheme("acorn-2013")
    assert scheme.ancestor("type", code, "group") == group
    assert scheme.ancestor("type", code, "category") == category


def test_acorn_2013_ships_without_names() -> None:
    scheme = schemes.scheme("acorn-2013")
    assert all(segment.name is None for segment in scheme.segments.values())
    assert scheme.label("category", "1") == "Category 1"
    assert scheme.label("type", "44") == "Type 44"


def test_acorn_2009_ships_only_names_that_a_county_printed() -> None:
    scheme = schemes.scheme("acorn-2009")
    named: dict[str, list[str]] = {level: [] for level in scheme.levels}
    for (level, code), segment in scheme.segments.items():
        if segment.name:
            named[level].append(code)
    assert named == {
        "category": ["1", "2", "3", "4", "5"],
        "group": ["N", "O", "P"],
        "type": [str(number) for number in range(44, 55)],
    }


@pytest.mark.parametrize("name", ["oac-2011", "oac-2021"])
def test_the_output_area_classification_ships_with_all_its_names(name: str) -> None:
    assert all(segment.name for segment in schemes.scheme(name).segments.values())


def test_deciles_begin_with_the_most_deprived() -> None:
    scheme = schemes.scheme("imd-decile")
    assert scheme.label("category", "1") == "Decile 1 (most deprived)"
    assert scheme.label("category", "10") == "Decile 10 (least deprived)"


@pytest.mark.parametrize("name", ["acorn-2009", "acorn-2013", "oac-2011", "oac-2021"])
def test_schemes_agree_with_what_was_published(realdata: Path, name: str) -> None:
    path = realdata.parent / "segments" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("no label files beside the repository")
    ours, published = schemes.scheme(name), schemes.scheme(str(path))
    for (level, code), segment in published.segments.items():
        assert ours.segments[level, code].parent == segment.parent
        assert ours.segments[level, code].name in {None, segment.name, "High Rise Hardship"}


def test_a_file_of_labels_takes_the_place_of_a_scheme_that_ships(tmp_path: Path) -> None:
    rows = [
        f"{segment.code},Label {segment.code},{segment.level},{segment.parent or ''}"
        for segment in schemes.scheme("acorn-2013").segments.values()
    ]
    path = tmp_path / "acorn-2013.csv"
    path.write_text("code,label,level,parent\n" + "\n".join(rows), encoding="utf-8")
    scheme = schemes.scheme(str(path))
    assert scheme.label("type", "44") == "Label 44"
    assert scheme.identity == "acorn-2013"
    assert scheme.edition == "2013"


def own(tmp_path: Path, text: str, suffix: str = ".csv") -> Scheme:
    path = tmp_path / f"own{suffix}"
    path.write_text(text, encoding="utf-8")
    return schemes.scheme(str(path))


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "\ufeff" + OWN,
        OWN.replace("\n", "\r\n"),
        OWN.replace("parent_code", "Parent").replace("level", "LEVEL"),
        OWN.replace("category", "Supergroup").replace("type", "sub-group"),
        OWN.replace("A,Farms", " A , Farms ").replace("group,1", "group , 1 "),
        OWN + "\n,,,\n",
        OWN.replace("category,", "category"),
    ],
)
def test_a_scheme_of_ones_own_is_a_csv(tmp_path: Path, text: str) -> None:
    scheme = own(tmp_path, text)
    assert list(scheme.segments) == [("category", "1"), ("group", "A"), ("type", "1")]
    assert scheme.ancestor("type", "1", "category") == "1"
    assert scheme.label("type", "1") == "Big farms"


def test_a_scheme_of_ones_own_is_a_toml(tmp_path: Path) -> None:
    scheme = own(tmp_path, OWN_TOML, ".toml")
    assert scheme.identity == "Our kinds (2024)"
    assert list(scheme.segments) == [("category", "1"), ("group", "A")]
    assert scheme.label("group", "A") == "Group A"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["own.csv: is not a segmentation. It needs a header with code, name, level"]),
        ("a,b\n1,2\n", ["own.csv: is not a segmentation."]),
        (HEADER, ["own.csv: is not a segmentation."]),
        (
            HEADER + "1,A,category,\n1,B,category,\n2,C,kind,\n,D,type,1\n7,E,type,9\n8,F,type,\n",
            [
                "own.csv, row 3: category 1 stands twice.",
                "own.csv, row 4: segment 2: 'kind' is no level; known: category, group, type.",
                "own.csv, row 5: the segment has no code.",
                "own.csv, row 6: type 7: its parent 9 is not in the scheme.",
                "own.csv, row 7: type 8 has no parent, but the scheme has a category level.",
            ],
        ),
        (HEADER + "1,A, B,category,\n", ["own.csv, row 2: has more cells than the header."]),
        (HEADER + "9,None,none,\n", ["own.csv: has no segment."]),
        (HEADER + '1,"A"b,category,\n', ["own.csv: is not a CSV file"]),
    ],
)
def test_faults_of_a_csv_are_said_with_their_rows(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    with pytest.raises(ContentError) as caught:
        own(tmp_path, text)
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == len(faults)
    assert all(expected in each for expected, each in zip(faults, said, strict=True)), said


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["is not a segmentation. It needs [[segments]]"]),
        ("segments = []", ["is not a segmentation."]),
        ("segments = [1]", ["segment 1: the segment has no code."]),
        ("segment = 1", ["unknown entry 'segment'. Did you mean 'segments'?"]),
        (
            'ranks = "x"\nname = 3\n' + OWN_TOML.replace('name = "Our kinds"', ""),
            ["'ranks' is of the wrong kind.", "'name' is of the wrong kind."],
        ),
        (
            OWN_TOML.replace("parent = 1", "parent = 2"),
            ["segment 2: group A: its parent 2 is not in the scheme."],
        ),
        (OWN_TOML.replace("parent =", "parnt ="), ["segment 2: unknown entry 'parnt'."]),
        ("ranks = 100\n" + OWN_TOML, ["has ranks, but its codes are not one level of 1, 2, 3"]),
        ("name =", ["is not valid TOML"]),
    ],
)
def test_faults_of_a_toml_are_said_with_their_segments(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    with pytest.raises(ContentError) as caught:
        own(tmp_path, text, ".toml")
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == len(faults), said
    assert all(expected in each for expected, each in zip(faults, said, strict=True)), said


def test_a_scheme_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(HEADER.encode() + "1,Café,category,\n".encode("latin-1"))
    with pytest.raises(ContentError, match="not UTF-8"):
        schemes.scheme(str(path))


def test_a_scheme_that_is_not_there_is_named_with_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'acorn-2013'\?"):
        schemes.scheme("acorn-2014")
    for name in ("none.csv", "none.toml"):
        with pytest.raises(UnreadableFileError, match="there is no such file"):
            schemes.scheme(str(tmp_path / name))


@pytest.mark.parametrize("spelled", ["yes", "TRUE", "x"])
def test_a_doubtful_parent_is_not_held_against_a_file(tmp_path: Path, spelled: str) -> None:
    rows = ["1,category,,", "2,category,,", "A,group,1,", "B,group,1,", "C,group,2,"]
    rows += [f"7,type,A,{spelled}", "8,type,A,no"]
    scheme = own(tmp_path, "\n".join(["code,level,parent,doubtful", *rows]))
    assert scheme.agrees([("type", "7"), ("group", "B")])
    assert not scheme.agrees([("type", "7"), ("group", "C")])
    assert not scheme.agrees([("type", "8"), ("group", "B")])
    assert scheme.ancestor("type", "7", "group") == "A"
