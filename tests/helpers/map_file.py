"""A map page as somebody reads it who wants to know more than it shows: its data, unpacked."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def blocks(text: str) -> Json:
    """Return the page's data by the name of its block."""
    pattern = r'<script type="application/json" id="data-(\w+)">(.*?)</script>'
    return {name: json.loads(data) for name, data in re.findall(pattern, text, re.DOTALL)}


def unpacked(text: str) -> list[int]:
    """Return packed integers."""
    values, value, shift = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    return values


def numbers(value: object) -> Iterator[float]:
    """Yield every number of some data, however deep."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
