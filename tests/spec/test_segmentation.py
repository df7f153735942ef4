"""Schemes and sets: which segment lies in which, and how codes may be written."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.core import segmentation
from geodemand.core.segmentation import Scheme, Segment, SegmentSet
from geodemand.errors import ContentError, UsageError
from geodemand.io import schemes


@pytest.fixture(scope="module")
def acorn() -> Scheme:
    return schemes.scheme("acorn-2009")


def test_acorn_2009_has_5_categories_17_groups_and_56_types(acorn: Scheme) -> None:
    assert [len(acorn.codes(level)) for level in acorn.levels] == [5, 17, 56]
    assert acorn.levels == ("category", "group", "type")
    assert acorn.codes("type") == tuple(str(number) for number in range(1, 57))


@pytest.mark.parametrize(
    ("level", "code", "name"),
    [
        ("category", "1", "Wealthy Achievers"),
        ("category", "2", "Urban Prosperity"),
        ("category", "3", "Comfortably Off"),
        ("category", "4", "Moderate Means"),
        ("category", "5", "Hard Pressed"),
        ("group", "N", "Struggling Families"),
        ("group", "O", "Burdened Singles"),
        ("group", "P", "High Rise Hardship"),
        ("type", "1", "Type 1"),  # its name is not public
    ],
)
def test_segments_are_called_as_they_were_printed(
    acorn: Scheme, level: str, code: str, name: str
) -> None:
    assert acorn.label(level, code) == name


@pytest.mark.parametrize("code", [str(number) for number in range(44, 55)])
def test_the_hard_pressed_types_have_their_names_and_their_category(
    acorn: Scheme, code: str
) -> None:
    assert acorn.segments["type", code].name
    assert acorn.ancestor("type", code, "category") == "5"


@pytest.mark.parametrize(
    ("code", "group"),
    [("44", "N"), ("48", "N"), ("49", "O"), ("51", "O"), ("52", "P"), ("54", "P")],
)
def test_hard_pressed_types_lie_in_their_groups(acorn: Scheme, code: str, group: str) -> None:
    assert acorn.ancestor("type", code, "group") == group


def test_category_1_and_type_1_are_two_segments(acorn: Scheme) -> None:
    assert acorn.segments["category", "1"] != acorn.segments["type", "1"]


@pytest.mark.parametrize(("name", "counts"), [("oac-2011", [8, 26, 76]), ("oac-2021", [8, 21, 52])])
def test_the_output_area_classifications_have_their_three_tiers(
    name: str, counts: list[int]
) -> None:
    scheme = schemes.scheme(name)
    assert [len(scheme.codes(level)) for level in scheme.levels] == counts
    for code in scheme.codes("type"):
        group = scheme.ancestor("type", code, "group")
        category = scheme.ancestor("type", code, "category")
        assert group is not None
        assert group.startswith(str(category))
        assert code.casefold().startswith(group.casefold())


@pytest.mark.parametrize("name", ["acorn-2009", "oac-2011", "oac-2021"])
def test_every_type_lies_in_one_category_of_its_scheme(name: str) -> None:
    scheme = schemes.scheme(name)
    held = Counter(scheme.ancestor("type", code, "category") for code in scheme.codes("type"))
    assert set(held) <= set(scheme.codes("category"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "1"),
        ("01", "1"),
        ("001", "1"),
        ("1.0", "1"),
        ("1.00", "1"),
        ("01.0", "1"),
        (" 1 ", "1"),
        ("10", "10"),
        ("010", "10"),
        ("10.0", "10"),
        ("3c2", "3c2"),
        ("3C2", "3c2"),
        (" 3C2 ", "3c2"),
        ("0", "0"),
        ("00", "00"),
        ("1.5", "1.5"),
        ("11", "11"),
        ("", ""),
    ],
)
def test_a_code_may_be_written_as_spreadsheets_write_it(text: str, code: str) -> None:
    assert segmentation.normal_code(text, ("1", "10", "3c2")) == code


TYPES = tuple(str(number) for number in range(1, 57))
GROUPS = tuple("ABCDEFGHIJKLMNOPQ")
CATEGORIES = ("1", "2", "3", "4", "5")
SUBGROUPS = ("1a1", "1a2", "5b3", "8d1")


@pytest.mark.parametrize(
    ("text", "level", "known", "code"),
    [
        # category.group.type: the part of the level
        ("1.A.1", "type", TYPES, "1"),
        ("1.A.1", "group", GROUPS, "A"),
        ("1.A.1", "category", CATEGORIES, "1"),
        ("5.n.044", "type", TYPES, "44"),
        ("5N44", "type", TYPES, "44"),
        ("N44", "type", TYPES, "44"),
        ("N.44", "group", GROUPS, "N"),
        ("5.N", "group", GROUPS, "N"),
        ("5.N", "category", CATEGORIES, "5"),
        ("5.N", "type", TYPES, "5.N"),
        ("N", "category", CATEGORIES, "N"),
        # with the level before
        ("Type 44", "type", TYPES, "44"),
        ("TYPE_44", "type", TYPES, "44"),
        ("Acorn Type 44", "type", TYPES, "44"),
        ("type: 44.0", "type", TYPES, "44"),
        ("Group N", "group", GROUPS, "N"),
        ("Category 5", "category", CATEGORIES, "5"),
        ("Category 5", "type", TYPES, "Category 5"),
        ("Type 5", "category", CATEGORIES, "Type 5"),
        ("Decile 3", "category", CATEGORIES, "3"),
        # with a name behind
        ("A. Lavish Lifestyles", "group", GROUPS, "A"),
        ("5 - Hard Pressed", "category", CATEGORIES, "5"),
        ("5 – Hard Pressed", "category", CATEGORIES, "5"),
        ("5: Hard Pressed", "category", CATEGORIES, "5"),
        ("Category 5 - Hard Pressed", "category", CATEGORIES, "5"),
        ("1 (most deprived)", "category", CATEGORIES, "1"),
        ("Decile 1 (most deprived)", "category", CATEGORIES, "1"),
        ("44 (Low income)", "type", TYPES, "44"),
        ("5.N.44 Low income", "type", TYPES, "44"),
        ("1.A.1 - Exclusive", "group", GROUPS, "A"),
        # output area classification
        ("1A1", "type", SUBGROUPS, "1a1"),
        ("1A.1", "type", SUBGROUPS, "1a1"),
        ("1.A.1", "type", SUBGROUPS, "1a1"),
        ("1a1", "group", ("1a", "1b"), "1a"),
        ("1A1", "category", ("1", "2"), "1"),
        ("1a1 - Rural workers", "type", SUBGROUPS, "1a1"),
        # never by name, nor by what only looks like a code
        ("Hard Pressed", "category", CATEGORIES, "Hard Pressed"),
        ("A farm", "group", GROUPS, "A farm"),
        ("1 bedroom flats", "type", TYPES, "1 bedroom flats"),
        ("10 per cent", "type", TYPES, "10 per cent"),
        ("1 - 10", "type", TYPES, "1 - 10"),
        ("10%", "type", TYPES, "10%"),
        ("20-year-olds", "type", TYPES, "20-year-olds"),
        ("Groups", "group", GROUPS, "Groups"),
        ("3rd", "category", CATEGORIES, "3rd"),
        ("IP1 1AA", "group", GROUPS, "IP1 1AA"),
        # codes of a user's own scheme
        ("7", "type", ("07", "08"), "07"),
        ("a", "type", ("A", "a"), "a"),
        ("Type 1", "type", ("Type 1", "1"), "Type 1"),
        (" a ", "type", ("A", "B"), "A"),
        ("01", "type", ("1", "001"), "01"),  # it could be either
    ],
)
def test_codes_seen_in_the_wild(text: str, level: str, known: tuple[str, ...], code: str) -> None:
    assert segmentation.normal_code(text, known, level) == code


written_texts = st.text(alphabet="0123456789aAbBnN. -:(x", max_size=12) | st.text(max_size=8)
levels = st.sampled_from(segmentation.LEVELS)


@given(written_texts, st.lists(written_texts, max_size=8), levels)
def test_reading_a_code_twice_is_reading_it_once(text: str, known: list[str], level: str) -> None:
    once = segmentation.normal_code(text, known, level)
    assert segmentation.normal_code(once, known, level) == once
    assert once in known or once == text.strip()


@given(st.lists(written_texts, min_size=1, max_size=8), levels)
def test_known_codes_are_themselves(known: list[str], level: str) -> None:
    assert [segmentation.normal_code(code, known, level) for code in known] == known


@pytest.mark.parametrize(
    ("written", "level", "codes"),
    [
        ("44,46,48,49,51", "type", ("44", "46", "48", "49", "51")),
        (" 44 , 46 ", "type", ("44", "46")),
        ("type:44", "type", ("44",)),
        ("type: 044, 46.0", "type", ("44", "46")),
        ("category:5", "category", ("5",)),
        ("group:N,O,P", "group", ("N", "O", "P")),
        ("group:n,o", "group", ("N", "O")),
        ("44,", "type", ("44",)),
        ("44,044", "type", ("44",)),
        ("Category: 5", "category", ("5",)),
    ],
)
def test_a_set_is_codes_of_one_level(
    acorn: Scheme, written: str, level: str, codes: tuple[str, ...]
) -> None:
    assert segmentation.parse_set("s", written, acorn) == SegmentSet("s", level, codes)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("44,99,100", "type 99, 100 is not in acorn-2009"),
        ("category:9", "category 9 is not in acorn-2009"),
        ("categry:5", "Did you mean 'category'?"),
        ("colour:5", "It has category, group, type"),
        ("", "is empty"),
        ("category:", "is empty"),
    ],
)
def test_a_set_of_codes_that_the_scheme_lacks_is_refused(
    acorn: Scheme, written: str, said: str
) -> None:
    with pytest.raises(UsageError, match="set HDF") as caught:
        segmentation.parse_set("HDF", written, acorn)
    assert said in str(caught.value)


def test_a_set_without_a_level_is_of_the_finest_one() -> None:
    deciles = schemes.scheme("imd-decile")
    assert segmentation.parse_set("s", "1,2", deciles) == SegmentSet("s", "category", ("1", "2"))


def test_the_members_of_a_set_are_the_types_below_it(acorn: Scheme) -> None:
    hard = segmentation.parse_set("Hard Pressed", "category:5", acorn)
    types = acorn.codes("type")
    member = acorn.members(hard, "type")
    held = {code for code, inside in zip(types, member, strict=True) if inside}
    assert held >= {str(number) for number in range(44, 55)}
    assert not held & {str(number) for number in range(1, 44)}


def test_a_set_of_types_cannot_be_found_among_categories(acorn: Scheme) -> None:
    with pytest.raises(UsageError, match="no finer than category"):
        acorn.members(segmentation.parse_set("HDF", "44", acorn), "category")


def test_codes_of_a_file_become_positions_and_blanks_none(acorn: Scheme) -> None:
    rows = [("44",), ("01",), (None,), ("",), ("56.0",), ("57",)]
    found = segmentation.understand(rows, ["type"], acorn)
    assert found.positions.tolist() == [43, 0, -1, -1, 55, -1]
    assert found.unknown == ((), (), (), (), (), (("type", "57"),))
    assert not found.contradicts.any()
    assert not found.fits


@pytest.mark.parametrize(
    ("category", "group", "code", "contradicts"),
    [
        ("5", "N", "44", False),
        ("05", "n", "44.0", False),
        ("5", None, "44", False),
        (None, None, "44", False),
        ("5", "N", None, False),
        ("3", "N", "44", True),  # the category is wrong
        ("5", "O", "44", True),  # the group is wrong
        ("4", "N", None, True),  # group and category differ
        ("5", "N", "49", False),  # its group is doubtful in the scheme's own source
        ("4", "O", "49", True),  # its category is not
        ("4", "K", "40", False),  # its group is not public
        ("5", "N", "40", True),  # but N lies in another category
        (None, "N", "40", True),
        ("4", "", "5.N.44", True),  # the cell says more than its column
        ("", "", "5.O.44", True),
        ("5", "N", "5.N.44", False),
    ],
)
def test_levels_of_one_row_lie_in_each_other(
    acorn: Scheme, category: str | None, group: str | None, code: str | None, *, contradicts: bool
) -> None:
    said = [("1", "A", "1"), (category, group, code)]
    found = segmentation.understand(said, ["category", "group", "type"], acorn)
    assert not any(found.unknown)
    assert found.contradicts.tolist() == [False, contradicts]


def test_a_column_of_names_beside_the_codes_is_left_aside(acorn: Scheme) -> None:
    rows = [("Hard Pressed", "44"), ("Urban Adversity", "45")]
    assert segmentation.understand(rows, ["category", "type"], acorn).fits


def test_one_code_in_a_coarser_column_makes_the_others_count(acorn: Scheme) -> None:
    rows = [("5", "44"), ("6", "44")]
    found = segmentation.understand(rows, ["category", "type"], acorn)
    assert found.unknown == ((), (("category", "6"),))


@pytest.mark.parametrize(
    ("text", "level", "said"),
    [
        ("44", "type", {"type": "44"}),
        ("5.N.44", "type", {"category": "5", "group": "N", "type": "44"}),
        ("5.N.44", "group", {"category": "5", "group": "N"}),
        ("5.N.44", "category", {"category": "5"}),
        ("N.44", "type", {"group": "N", "type": "44"}),
        ("9.N.44", "type", None),  # there is no category 9
        ("Struggling Families", "group", None),
        ("", "type", {}),
        (" ", "type", {}),
        (None, "type", {}),
    ],
)
def test_a_text_says_one_level_or_several(
    acorn: Scheme, text: str | None, level: str, said: dict[str, str] | None
) -> None:
    assert segmentation.told(text, level, acorn) == said


def test_a_code_for_no_segment_says_nothing() -> None:
    oac = schemes.scheme("oac-2011")
    assert segmentation.told("9Z9", "type", oac) == {}
    assert ("type", "9Z9") not in oac.segments


@pytest.mark.parametrize(
    ("rank", "code"),
    [
        ("1", "1"),
        ("3284", "1"),
        ("3285", "2"),  # 32,844 / 10 = 3,284.4
        ("32844", "10"),
        ("29560.0", "10"),
        ("29559", "9"),
        ("12,345", "4"),
        ("0", "0"),
        ("32845", "32845"),
        ("x", "x"),
        (None, None),
    ],
)
def test_a_rank_lies_in_a_decile(rank: str | None, code: str | None) -> None:
    scheme = schemes.scheme("imd-2019-decile")
    assert segmentation.code_of_rank(rank, scheme) == code


def test_all_faults_of_a_scheme_are_said_at_once() -> None:
    segments = [
        Segment("1", "A", "category", None),
        Segment("1", "B", "category", None),
        Segment("a", None, "kind", None),
        Segment("x", None, "type", "9"),
    ]
    with pytest.raises(ContentError) as caught:
        Scheme.build("s", segments, "own.csv")
    assert len(caught.value.faults) == 3


def test_a_type_may_hang_on_a_category_where_groups_are_not_public() -> None:
    segments = [Segment("5", "Five", "category", None), Segment("44", None, "type", "5")]
    scheme = Scheme.build("s", segments, "own.csv")
    assert scheme.levels == ("category", "type")
    assert scheme.ancestor("type", "44", "category") == "5"
