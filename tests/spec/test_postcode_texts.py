"""What becomes of every text that stands where a postcode should: one line a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import duckdb
import numpy as np
import pytest

from geodemand.core import matching, postcodes
from geodemand.core.disclosure import IntArray
from geodemand.core.keys import Lookup, packed
from geodemand.core.matching import Asked, Codes, Directory, Matched, Reason, Verdict
from geodemand.io import tables

# The directory knows these, and no other postcode of the areas IP and SO.
KNOWN = {
    "IP12AB": "live",
    "IP15SB": "live",
    "IP333RL": "live",
    "SO143AA": "live",
    "W1A0AX": "live",
    "IP19ZZ": "terminated",
    "IP18XX": "nowhere",
    "CO101AA": "outside",
}

TEXTS = [
    # as the directory has it, whatever its dress
    ("IP1 2AB", "matched"),
    ("IP12AB", "matched"),
    ("ip1 2ab", "matched"),
    ("Ip1 2aB", "matched"),
    ("  IP1 2AB  ", "matched"),
    ("IP1  2AB", "matched"),
    ("I P 1 2 A B", "matched"),
    ("IP1\t2AB", "matched"),
    ("IP1\n2AB", "matched"),
    ("IP1\r\n2AB\r\n", "matched"),
    ("IP1\u00a02AB", "matched"),  # no-break space
    ("IP1\u20092AB", "matched"),  # thin space
    ("IP1\u202f2AB", "matched"),  # narrow no-break space
    ("IP1\u30002AB", "matched"),  # ideographic space
    ("IP1\u200b2AB", "matched"),  # zero-width space
    ("\ufeffIP1 2AB", "matched"),  # byte-order mark
    ("IP1\u00ad2AB", "matched"),  # soft hyphen
    ("\u200eIP1 2AB\u200f", "matched"),  # left-to-right and back
    ("ＩＰ１ ２ＡＢ", "matched"),  # full width
    ("ⒾⓅ① ②ⒶⒷ", "matched"),  # in circles
    ("𝐈𝐏𝟏 𝟐𝐀𝐁", "matched"),  # mathematical bold
    ("IP¹ ²AB", "matched"),  # raised
    ("IP1-2AB", "matched"),
    ("IP1 – 2AB", "matched"),
    ("IP1.2AB", "matched"),
    ("IP1_2AB", "matched"),
    ("IP1/2AB", "matched"),
    ("IP1,2AB", "matched"),
    ("IP1 2AB.", "matched"),
    ("(IP1 2AB)", "matched"),
    ("'IP1 2AB", "matched"),
    ('"IP1 2AB"', "matched"),
    ("“IP1 2AB”", "matched"),
    ("=IP1 2AB", "matched"),
    ('="IP1 2AB"', "matched"),
    ("IP33 3RL", "matched"),
    ("W1A 0AX", "matched"),
    # known, but not a live postcode of the study area
    ("IP1 9ZZ", "terminated"),
    ("ip19zz", "terminated"),
    ("IP1 8XX", "unknown"),  # the directory has no location for it
    ("CO10 1AA", "outside"),
    # well formed, not in the directory
    ("IP1 1ZZ", "unknown"),  # an area that the directory covers
    ("SO1 9ZZ", "unknown"),
    ("AB10 1AB", "outside"),  # an area that it does not
    ("SW1A 1AA", "outside"),
    # what stands for no place on purpose
    ("ZZ99 3VZ", "pseudo"),
    ("zz99 3wz", "pseudo"),
    ("ZZ99", "pseudo"),
    ("ZZ993CZ", "pseudo"),
    ("ZZ99 3", "pseudo"),
    ("BFPO 57", "nongeographic"),
    ("bfpo57", "nongeographic"),
    ("B.F.P.O. 5", "nongeographic"),
    ("BFPO", "nongeographic"),
    ("BF1 2AU", "nongeographic"),
    ("BX1 1LT", "nongeographic"),
    ("GIR 0AA", "nongeographic"),
    ("gir0aa", "nongeographic"),
    # part of a postcode
    ("IP1", "partial"),
    ("IP33", "partial"),
    ("IP1 2", "partial"),
    ("IP33 3", "partial"),
    ("W1A", "partial"),
    ("W1A 0", "partial"),
    # one slip off: not placed unless asked for
    ("1P1 2AB", "malformed"),
    ("lP1 2AB", "outside"),  # small L: LP might be an area
    ("IPI 2AB", "malformed"),
    ("IP1 2A8", "malformed"),
    ("PI1 2AB", "outside"),  # a transposition that looks like another area
    ("IP2 1AB", "unknown"),
    ("SO14 3A4", "malformed"),
    ("5O14 3AA", "malformed"),
    ("50143AA", "malformed"),
    # no postcode at all
    ("IP", "malformed"),
    ("NA", "malformed"),
    ("N/A", "malformed"),
    ("nan", "malformed"),
    ("NULL", "malformed"),
    ("None", "malformed"),
    ("#N/A", "malformed"),
    ("unknown", "malformed"),
    ("NFA", "malformed"),
    ("no fixed abode", "malformed"),
    ("1E5", "malformed"),
    ("1.0E+05", "malformed"),
    ("44197", "malformed"),  # a date of a spreadsheet
    ("0", "malformed"),
    ("TRUE", "malformed"),
    ("IP1 2ABC", "malformed"),
    ("IP1 2AB IP1 2AB", "malformed"),
    ("12 High Street, IP1 2AB", "malformed"),
    ("Ipswich", "malformed"),
    ("75008 Paris", "malformed"),
    ("ИП1 2АБ", "malformed"),  # Cyrillic: its digits are no postcode
    ("東京", "malformed"),
    ("القاهرة", "malformed"),
    ("'; DROP TABLE directory; --", "malformed"),
    ("=cmd|' /C calc'!A0", "malformed"),
    ("\u0130P1 2AB", "malformed"),  # I with a dot is not I
    ("ß", "malformed"),
    ("\u0406P1 2AB", "malformed"),  # a Cyrillic letter that looks like I
    ("\u0405W1A 0AX", "malformed"),  # without its Cyrillic letter it would be W1A 0AX
    ("IP1 2AB東京", "malformed"),
    # nothing
    ("", "blank"),
    (" ", "blank"),
    ("\t", "blank"),
    ("\u00a0", "blank"),
    ("\u200b", "blank"),
    ("-", "blank"),
    ("--", "blank"),
    ("?", "blank"),
    ("...", "blank"),
    ("''", "blank"),
    ("*", "blank"),
    ("\U0001f3e0", "blank"),
    (None, "blank"),
]


def directory(known: dict[str, str]) -> Directory:
    keys = tuple(sorted(known))
    size = len(keys)
    located = np.array([known[key] != "nowhere" for key in keys])
    return Directory(
        lookup=Lookup(packed(keys)),
        x=np.where(located, np.arange(size) + 600_000.0, np.nan),
        y=np.where(located, 250_000.0, np.nan),
        ended=np.array([known[key] == "terminated" for key in keys]),
        inside=np.array([known[key] != "outside" for key in keys]),
        codes={},
        weights={},
    )


@cache
def connected() -> duckdb.DuckDBPyConnection:
    return tables.connect()


def match(text: str | None, known: dict[str, str], *, repair: bool = False) -> Matched:
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE one AS SELECT $1::VARCHAR AS raw, NULL AS id", [text]
    )
    return matching.match_postcodes(connection, directory(known), "one", Asked(repair=repair))


def reason_of(text: str | None, *, repair: bool = False) -> tuple[str, IntArray, int]:
    """Match one text; return its reason, the places that it fills and rows that can be repaired."""
    matched = match(text, KNOWN, repair=repair)
    (reason,) = (each for each, count in matched.ledger.items() if count.exact == 1)
    assert matched.rows.exact == 1
    return reason.value, matched.places, int(matched.proposals.exact)


@pytest.mark.parametrize(("text", "reason"), TEXTS)
def test_every_text_has_one_reason(text: str | None, reason: str) -> None:
    found, places, _ = reason_of(text)
    assert found == reason
    assert len(places) == (reason in {"matched", "terminated"})


SLIPS = [
    ("1P1 2AB", "IP12AB"),  # 1 for I
    ("IPI 2AB", "IP12AB"),  # I for 1
    ("IP1 ZAB", "IP12AB"),  # Z for 2
    ("IP1 2A8", "IP12AB"),  # 8 for B
    ("PI1 2AB", "IP12AB"),  # two letters changed over
    ("IP2 1AB", "IP12AB"),  # two digits changed over
    ("SO14 AA3", None),  # two slips
    ("5O14 3AA", "SO143AA"),  # 5 for S
    ("S014 3AA", "SO143AA"),  # 0 for O
    ("W1A OAX", "W1A0AX"),  # O for 0
    ("IP33 3LR", "IP333RL"),
    ("IP1 5S8", "IP15SB"),
    ("IP1 558", None),  # two slips off
    ("IP1 3AB", None),  # a digit mistyped is no slip of the eye
    ("IP1 2A", None),  # too short: which letter is missing nobody knows
    ("1P1", None),
]


@pytest.mark.parametrize(("text", "repaired"), SLIPS)
def test_a_text_one_slip_off_a_single_postcode_is_placed_only_when_asked(
    text: str, repaired: str | None
) -> None:
    before, places, proposals = reason_of(text)
    assert before in {"malformed", "unknown", "outside", "partial"}
    assert len(places) == 0
    assert proposals == (repaired is not None)
    after, places, _ = reason_of(text, repair=True)
    keys = sorted(KNOWN)
    assert after == ("repaired" if repaired else before)
    assert [keys[place] for place in places] == ([repaired] if repaired else [])


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("with_ids", [True, False])
def test_all_texts_in_one_list_come_out_as_each_alone(small: bool, with_ids: bool) -> None:  # noqa: FBT001
    """And each row that is not placed is returned with its reason and its proposal."""
    texts = [*TEXTS, *((text, None) for text, _ in SLIPS)]
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE texts AS SELECT 'a.csv' AS file, unnest($2) AS row, "
        "unnest($1::VARCHAR[]) AS raw, NULL::VARCHAR AS id",
        [[text for text, _ in texts], list(range(len(texts)))],
    )
    asked = Asked(with_ids=with_ids, unplaced=True, small=small)
    book = directory(KNOWN)
    plain = matching.match_postcodes(connection, book, "texts", replace(asked, unplaced=False))
    assert plain.unplaced is None
    found = matching.match_postcodes(connection, book, "texts", asked)
    assert found.unplaced is not None
    assert int(found.rows.exact) == len(texts)
    assert not found.is_empty
    assert [book.lookup.texts(found.places)] == [["IP12AB", "IP19ZZ", "IP333RL", "W1A0AX"]]
    placed = Counter(reason for _, reason in TEXTS if reason in {"matched", "terminated"})
    assert found.clients.exact.tolist() == [placed["matched"] - 2, placed["terminated"], 1, 1]
    assert found.match_rate == placed.total() / len(texts)
    rows = {
        int(str(row)): (raw, reason, proposed)
        for _, row, raw, _, reason, proposed in found.unplaced.rows
    }
    expected = Counter({"matched": placed["matched"], "terminated": placed["terminated"]})
    for number, (text, reason) in enumerate(texts):
        if reason in {"matched", "terminated"}:
            assert number not in rows
            continue
        expected[rows[number][1]] += 1
        assert rows[number][0] == text
        assert reason in {rows[number][1], None}
    for number, (_, repaired) in enumerate(SLIPS, len(TEXTS)):
        assert rows[number][2] == (repaired and postcodes.spaced(repaired))
    ledger = {str(reason): int(count.exact) for reason, count in found.ledger.items()}
    assert ledger == {str(reason): expected[str(reason)] for reason in Reason}
    assert int(found.proposals.exact) == sum(proposed is not None for *_, proposed in rows.values())
    # What is well formed, in an area that the directory covers, and not there.
    unlisted = {"IP1 1ZZ", "SO1 9ZZ", "IP2 1AB", "IP1 3AB", "IP33 3LR"}
    assert int(found.unlisted.exact) == sum(text in unlisted for text, _ in texts)
    repaired = matching.match_postcodes(connection, book, "texts", replace(asked, repair=True))
    assert int(repaired.ledger[Reason.REPAIRED].exact) == int(found.proposals.exact)
    assert repaired.match_rate > found.match_rate


def test_an_empty_list_has_no_match_rate() -> None:
    connection = connected()
    connection.execute("CREATE OR REPLACE TEMP TABLE none AS SELECT '' AS raw, NULL AS id LIMIT 0")
    for with_ids in (True, False):
        asked = Asked(with_ids=with_ids)
        found = matching.match_postcodes(connection, directory(KNOWN), "none", asked)
        assert found.is_empty
        assert np.isnan(found.match_rate)
        assert len(found.places) == 0
        assert {int(count.exact) for count in found.ledger.values()} == {0}


def test_points_are_placed_by_what_is_said_of_their_texts() -> None:
    said = {"1,1": (Reason.MATCHED, 0), "9,9": (Reason.OUTSIDE, -1), "2,2": (Reason.MATCHED, 1)}
    said["?"] = (Reason.MALFORMED, -1)
    asked_about: list[list[str]] = []

    def judge(texts: Sequence[str]) -> list[Verdict]:
        asked_about.append(list(texts))
        return [Verdict(*said[text]) for text in texts]

    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE points AS SELECT * FROM (VALUES ('a', 1, '1,1', 'c1'), "
        "('a', 2, '2,2', 'c1'), ('a', 3, '9,9', 'c2'), ('a', 4, '2,2', NULL), ('a', 5, '?', 'c2'), "
        "('a', 6, '2,2', 'c3')) AS held(file, row, raw, id)"
    )
    for unplaced in (False, True):
        found = matching.match_points(connection, "points", judge, Asked(unplaced=unplaced))
        assert dict(zip(found.places.tolist(), found.clients.exact.tolist(), strict=True)) == {
            0: 1, 1: 2,
        }  # fmt: skip
        counts = {reason: int(n.exact) for reason, n in found.ledger.items() if n.exact}
        assert counts == {Reason.MATCHED: 3, Reason.OUTSIDE: 1, Reason.DUPLICATE: 2}
        assert int(found.rows.exact) == 6
        assert int(found.proposals.exact) == int(found.unlisted.exact) == 0
        rows = (
            [(row, reason) for _, row, _, _, reason, _ in found.unplaced.rows]
            if (found.unplaced)
            else []
        )
        assert rows == ([("2", "duplicate"), ("3", "outside"), ("5", "duplicate")] * unplaced)
    assert asked_about[0] == sorted(said)
    without = matching.match_points(connection, "points", judge, Asked(with_ids=False))
    assert without.clients.exact.tolist() == [1, 3]


@pytest.mark.parametrize("points", [True, False])
def test_of_the_rows_of_one_client_the_latest_is_placed_and_the_others_are_named(
    points: bool,  # noqa: FBT001
) -> None:
    """Of the same trust; and whatever the order, a row that is not placed comes behind."""
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE days AS SELECT * FROM (VALUES ('a', 1, 'IP1 2AB', 'c1', "
        "DATE '2024-05-01'), ('a', 2, 'W1A 0AX', 'c1', DATE '2024-05-02'), ('a', 3, 'IP1 5SB', "
        "'c1', NULL), ('a', 4, 'n/k', 'c1', DATE '2025-01-01')) AS held(file, row, raw, id, day)"
    )
    keys = sorted(KNOWN)

    def judge(texts: Sequence[str]) -> list[Verdict]:
        known = [postcodes.key(text) for text in texts]
        places = [keys.index(each) if each in KNOWN else -1 for each in known]
        return [Verdict(Reason.MALFORMED if n < 0 else Reason.MATCHED, n) for n in places]

    for dated, last in ((True, 2), (False, 1)):
        asked = Asked(dated=dated, unplaced=True)
        found = (
            matching.match_points(connection, "days", judge, asked)
            if points
            else matching.match_postcodes(connection, directory(KNOWN), "days", asked)
        )
        assert [keys[at] for at in found.places] == [["IP12AB", "W1A0AX"][last - 1]]
        assert found.unplaced is not None
        rows = {str(row): reason for _, row, _, _, reason, _ in found.unplaced.rows}
        assert rows == {str(n): "duplicate" for n in range(1, 5) if n != last}


def test_clients_are_placed_in_a_directory_of_many_postcodes() -> None:
    book = directory(
        {f"IP{a}{b}{c}AA": "live" for a in range(1, 10) for b in range(10) for c in "123"}
    )
    places = [0, 63, 64, 65, 127, 128, 255, 256, 269]
    connection = connected()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE many AS "
        "SELECT unnest($1::VARCHAR[]) AS raw, unnest($2::VARCHAR[]) AS id",
        [book.lookup.texts(np.array(places)), [f"c{n}" for n in places]],
    )
    found = matching.match_postcodes(connection, book, "many", Asked())
    assert found.places.tolist() == places
    assert found.clients.exact.tolist() == [1] * len(places)


@pytest.mark.parametrize(
    ("text", "placed"),
    [("811 BB", True), ("SW1A 1AO", True), ("B1 B", False), ("SW1A 14AA", False)],
)
def test_a_slip_is_looked_for_in_texts_as_long_as_postcodes_are(
    text: str,
    placed: bool,  # noqa: FBT001
) -> None:
    known = {"B11BB": "live", "SW1A1A0": "live", "B1B1": "live", "SW1A41AA": "live"}
    found = match(text, known, repair=True)
    assert int(found.ledger[Reason.REPAIRED].exact) == placed


def test_codes_of_postcodes_are_texts_by_number() -> None:
    codes = Codes(("E1", "E2"), np.array([1, -1, 0], dtype=np.int32))
    assert [*codes] == [codes[at] for at in range(len(codes))] == ["E2", None, "E1"]
    assert [*codes[1:]] == [None, "E1"]
    assert len(codes[:2]) == 2


def test_the_base_is_what_is_live_located_and_inside() -> None:
    book = directory(KNOWN)
    assert len(book) == len(KNOWN)
    keys = sorted(KNOWN)
    assert [keys[at] for at in np.flatnonzero(book.live)] == [
        key for key in keys if KNOWN[key] == "live"
    ]


def test_a_text_one_slip_off_two_postcodes_is_never_placed() -> None:
    # From IP1 1BA: the last two letters changed over, or the first two.
    matched = match("IP1 1BA", {"IP11AB": "live", "PI11BA": "live"}, repair=True)
    assert matched.ledger[Reason.UNKNOWN].exact == 1
    assert matched.proposals.exact == 0
    assert len(matched.places) == 0


def test_a_repair_that_leads_to_a_terminated_postcode_is_placed() -> None:
    assert reason_of("IP1 9Z2", repair=True)[0] == "repaired"


def test_a_repair_that_leads_outside_the_study_area_is_outside() -> None:
    assert reason_of("C010 1AA", repair=True)[0] == "outside"


def test_a_postcode_that_exists_is_never_repaired_into_another() -> None:
    matched = match("IP1 1BA", {"IP11AB": "live", "IP11BA": "terminated"}, repair=True)
    assert matched.ledger[Reason.TERMINATED].exact == 1


@pytest.mark.parametrize(
    ("text", "shown"), [("ip12ab", "IP1 2AB"), ("W1A0AX", "W1A 0AX"), ("IP1", "IP1"), ("", "")]
)
def test_people_see_a_postcode_with_its_space(text: str, shown: str) -> None:
    assert postcodes.spaced(postcodes.key(text)) == shown
