"""Nothing that comes from data can leave its block, whatever it is."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodemand.maps import assets
from geodemand.maps.payload import deltas, pack, to_json

RISKY = set("<>&`$'%\u2028\u2029")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text() | st.floats(width=32),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_reads_back_and_holds_no_character_that_means_something_elsewhere(
    value: object,
) -> None:
    text = to_json(value)
    assert not RISKY & set(text)
    assert "{{" not in text.replace("{}", "")
    assert _same(json.loads(text), value)


@given(st.text(alphabet="{}<>/!-&$`'\"\\%" + "abc"))
def test_braces_in_text_are_escaped(text: str) -> None:
    written = to_json([text])
    assert "{" not in written
    assert json.loads(written) == [text]


def _same(read: object, value: object) -> bool:
    if isinstance(value, float) and not np.isfinite(value):
        return read is None
    if isinstance(value, list):
        assert isinstance(read, list)
        return all(_same(*pair) for pair in zip(read, value, strict=True))
    if isinstance(value, dict):
        assert isinstance(read, dict)
        return all(_same(read[key], each) for key, each in value.items())
    return read == value


@given(st.lists(st.integers(-(2**33), 2**33)))
def test_packed_numbers_read_back(values: list[int]) -> None:
    data = zlib.decompress(base64.b64decode(pack(np.array(values, dtype=np.int64))), -15)
    read, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            read.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    assert read == values


def test_a_number_beyond_the_format_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        pack(np.array([2**40]))


def test_differences_add_up_again() -> None:
    values = np.array([5, 3, 3, 9])
    assert np.cumsum(deltas(values)).tolist() == values.tolist()


@pytest.mark.parametrize("text", ["a</script>b", "a<!-- b", "</SCRIPT"])
def test_a_script_that_could_end_its_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="end its block"):
        assets.checked(text)


def test_an_altered_leaflet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "LEAFLET_CSS", "0" * 64)
    assets.styles.cache_clear()
    with pytest.raises(RuntimeError, match="not the file that was reviewed"):
        assets.styles()
    monkeypatch.undo()
    assets.styles.cache_clear()


def test_styles_refer_to_no_file_and_leaflet_keeps_its_notice() -> None:
    assert not any("url(" in text for text in assets.styles())
    assert "Vladimir Agafonkin" in assets.scripts()[0]
    assert "sourceMappingURL" not in assets.scripts()[0]


def test_the_policy_of_the_page_names_each_script_and_no_place() -> None:
    policy = assets.content_policy(assets.scripts())
    assert policy.startswith("default-src 'none'; ")
    assert policy.count("'sha256-") == len(assets.scripts())
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "http" not in policy
