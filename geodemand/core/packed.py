"""Figures and their zones as a ledger of releases holds them: compact, and by postcode.

The places of two runs are not the same numbers: the directory may be another edition. So zones are
held by postcode, which everybody may know, never by where a client lives: points of lists by
coordinates are held by their nearest postcode.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geodemand.core.published import NOWHERE, Published, TrueLoss
from geodemand.core.systems import IntArray, Sums

_ENDLESS = -1
# Before the number of what is no place.
OTHER = "#"
MOST_NAMED = 8


def packed(published: Published, postcodes: Sequence[str | None]) -> dict[str, Any]:
    """Return figures as plain values for JSON.

    ``postcodes`` [places]: None for points, which are left out. Figures that are over other things
    than places, such as reasons, are held by the numbers of these.
    """
    classes = published.place_class
    if len(postcodes) != len(classes):
        postcodes = [f"{OTHER}{number:06}" for number in range(len(classes))]
    named = np.array([each is not None for each in postcodes], dtype=bool)
    held = np.flatnonzero((classes != NOWHERE) & named)
    order = held[np.argsort(np.array(postcodes, dtype=object)[held], kind="stable")]
    high = np.where(np.isfinite(published.high), published.high, _ENDLESS)
    lost = published.true_loss
    return {
        "what": published.what,
        "kinds": published.kinds,
        "classes": published.classes,
        "postcodes": _text("\n".join(str(postcodes[place]) for place in order.tolist())),
        "class_of": _array(classes[order]),
        "figures": published.sums.size,
        "figure": _array(published.sums.row),
        "piece": _array(published.sums.piece),
        "low": _array(published.low.astype(np.int64)),
        "high": _array(high.astype(np.int64)),
        "hidden": _array(published.hidden.astype(np.int64)),
        "zones": zone_hashes(published, postcodes),
        "true_loss": lost and [round(lost.people_kept, 4), round(lost.mean_error, 3)],
    }


def unpacked(held: Mapping[str, Any], postcodes: Sequence[str], nearest: IntArray) -> Published:
    """Return figures of a ledger over the places of a run.

    ``postcodes``: of the run's directory, in its order. ``nearest`` [places]: for each place of
    the run the number of its postcode. A place whose postcode the ledger does not know is nowhere.
    """
    keys = _lines(held["postcodes"])
    known = dict(zip(keys, _numbers(held["class_of"]).tolist(), strict=True))
    if keys and keys[0].startswith(OTHER):
        last = int(keys[-1].removeprefix(OTHER))
        postcodes = [f"{OTHER}{number:06}" for number in range(last + 1)]
        nearest = np.arange(last + 1)
    of_postcode = np.array([known.get(key, NOWHERE) for key in postcodes], dtype=np.int64)
    high = _numbers(held["high"]).astype(float)
    return Published(
        held["what"],
        of_postcode[nearest],
        held["classes"],
        held["kinds"],
        Sums(held["figures"], _numbers(held["figure"]), _numbers(held["piece"])),
        _numbers(held["low"]).astype(float),
        np.where(high == _ENDLESS, np.inf, high),
        _numbers(held["hidden"]).astype(bool),
        TrueLoss(*held["true_loss"]) if held.get("true_loss") else None,
    )


def postcodes_of(held: Mapping[str, Any]) -> list[str]:
    """Return the postcodes that the zones of a ledger's figures are made of."""
    return _lines(held["postcodes"])


def words(keys: Sequence[str]) -> str:
    """Return in words which postcodes a zone is made of.

    >>> words(["IP11AA", "IP11AB", "IP22BD"]), words(["#000003"])
    ('3 postcodes, IP1 1AA to IP2 2BD', 'number 3')
    """
    if keys and keys[0].startswith(OTHER):
        numbers = ", ".join(str(int(each.removeprefix(OTHER))) for each in keys[:MOST_NAMED])
        return f"number {numbers}"
    if len(keys) == 1:
        return f"postcode {_spaced(keys[0])}"
    if not keys:
        return "nowhere"
    return f"{len(keys):,} postcodes, {_spaced(min(keys))} to {_spaced(max(keys))}"


def _spaced(key: str) -> str:
    return f"{key[:-3]} {key[-3:]}"


def zone_hashes(published: Published, postcodes: Sequence[str | None]) -> list[str]:
    """Return a hash for the zone of each figure, the same for the same postcodes and kinds."""
    of_class = [0] * published.classes
    for postcode, number in zip(postcodes, published.place_class.tolist(), strict=True):
        if number != NOWHERE and postcode is not None:
            digest = hashlib.blake2b(postcode.encode(), digest_size=8).digest()
            of_class[number] = (of_class[number] + int.from_bytes(digest)) % 2**64
    found = [0] * published.sums.size
    for figure, piece in zip(
        published.sums.row.tolist(), published.sums.piece.tolist(), strict=True
    ):
        number, kind = divmod(piece, published.kinds)
        found[figure] = (found[figure] + of_class[number] * _of_kind(kind)) % 2**64
    return [f"{each:016x}" for each in found]


def _of_kind(kind: int) -> int:
    """Return a number for a kind: no two sets of kinds have the same sum."""
    return int.from_bytes(hashlib.blake2b(b"%d" % kind, digest_size=8).digest()) if kind else 1


def _array(values: IntArray) -> str:
    return base64.b64encode(zlib.compress(values.astype("<i8").tobytes(), 6)).decode()


def _numbers(text: str) -> IntArray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i8").astype(np.int64)


def _text(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def _lines(text: str) -> list[str]:
    held = zlib.decompress(base64.b64decode(text)).decode()
    return held.split("\n") if held else []
