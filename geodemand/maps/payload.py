"""How data gets into the page: as JSON that no parser can mistake for markup, and packed integers.

Text is never formatted into HTML, script or a template. It goes into a block of type
``application/json``, which the browser does not run, with every character escaped that could end
the block, start a tag, or mean something to a template engine.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodemand.core.disclosure import IntArray

Json: TypeAlias = "str | float | bool | list[Json] | dict[str, Json] | None"

# `{` and `}` cannot be escaped wholesale: they are JSON's own. Within strings they can.
_RISKY = "<>&`$'{}%\u2028\u2029"
_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in _RISKY}
_SEVEN_BITS = 7
_MAX_GROUPS = 5


def to_json(value: Json) -> str:
    r"""Return JSON whose strings hold none of the characters that could leave the block.

    >>> print(to_json({"name": "</script>{{7}}"}))
    {"name":"\u003c/script\u003e\u007b\u007b7\u007d\u007d"}
    """
    return "".join(_pieces(value))


def _pieces(value: Json) -> list[str]:
    if isinstance(value, dict):
        inner = [f"{_text(key)}:{to_json(each)}" for key, each in value.items()]
        return ["{", ",".join(inner), "}"]
    if isinstance(value, list):
        return ["[", ",".join([to_json(each) for each in value]), "]"]
    if isinstance(value, str):
        return [_text(value)]
    if isinstance(value, float) and not math.isfinite(value):
        return ["null"]
    return [json.dumps(value)]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


def pack(values: IntArray) -> str:
    """Return integers as base64 of deflated variable-length bytes (zigzag: small = short).

    The page's own `unpack` reads it back at once, in any browser.
    """
    folded = (values.astype(np.int64) << 1) ^ (values.astype(np.int64) >> 63)
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = engine.compress(_groups(folded).tobytes()) + engine.flush()
    return base64.b64encode(data).decode("ascii")


def _groups(folded: IntArray) -> npt.NDArray[np.uint8]:
    """Cut each number into groups of seven bits, lowest first; the top bit says "more follows"."""
    if folded.size and int(folded.max()) >> (_SEVEN_BITS * _MAX_GROUPS):
        message = "a number is too large to pack"
        raise ValueError(message)
    shifts = np.arange(_MAX_GROUPS) * _SEVEN_BITS
    groups = folded[:, None] >> shifts
    kept = groups > 0
    kept[:, 0] = True
    more = np.zeros_like(kept)
    more[:, :-1] = kept[:, 1:]
    coded: npt.NDArray[np.uint8] = ((groups & 127) | (more << _SEVEN_BITS)).astype(np.uint8)
    return coded[kept]


def deltas(values: IntArray) -> IntArray:
    """Return each number's difference from the one before (the first from zero)."""
    return np.diff(values, prepend=0)
