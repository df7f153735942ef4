"""Chance that falls the same way on every machine.

Only the bit stream of PCG64 and its uniform doubles are used, both of which numpy promises to
keep. Shuffles, choices and normal draws of numpy may change between versions, so the few that
are needed are made here from uniform numbers with exact whole-number arithmetic.
"""

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Words = NDArray[np.uint64]

SEED: Final = 1212


def stream(name: str) -> np.random.Generator:
    """Give each step its own stream, so that a change in one step leaves the others alone."""
    return np.random.Generator(np.random.PCG64([SEED, zlib.crc32(name.encode())]))


def between(rng: np.random.Generator, low: int, high: int, size: int) -> Ints:
    """Draw whole numbers from low to high, both included."""
    return low + np.floor(rng.random(size) * (high - low + 1)).astype(np.int64)


def shuffled(rng: np.random.Generator, size: int) -> Ints:
    """Return 0 … size - 1 in random order."""
    return np.argsort(rng.random(size), kind="stable").astype(np.int64)


def drawn(rng: np.random.Generator, weights: Ints) -> int:
    """Draw one position with a chance in proportion to its whole-number weight."""
    heaped = np.cumsum(weights)
    return int(np.searchsorted(heaped, np.floor(rng.random() * heaped[-1]), side="right"))


def apportion(weights: Ints, total: int) -> Ints:
    """Share a total out in whole numbers, in proportion, largest remainders first."""
    heap = int(weights.sum())
    shares = weights * total // heap
    remainders = weights * total % heap
    order = np.argsort(-remainders, kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return shares


def hashed(salt: str, *keys: Ints) -> Floats:
    """Turn whole-number keys into numbers in [0, 1) that look random but never change.

    A place can so be given a random trait without regard to the order in which places come up.
    """
    shape = np.broadcast_shapes(*(key.shape for key in keys))
    mixed = np.full(shape, zlib.crc32(salt.encode()), dtype=np.uint64)
    for key in keys:
        mixed = _stirred(np.bitwise_xor(mixed, key.astype(np.int64).view(np.uint64)))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _stirred(word: Words) -> Words:
    """Do one round of the splitmix64 finaliser."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = np.bitwise_xor(word, word >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    word = np.bitwise_xor(word, word >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    done: Words = np.bitwise_xor(word, word >> np.uint64(31))
    return done


def smooth(salt: str, x: Ints, y: Ints, scale: int) -> Floats:
    """Return a field in [0, 1) that varies gently over `scale` metres: hills of chance."""
    column, row = x // scale, y // scale
    across, up = _eased((x % scale) / scale), _eased((y % scale) / scale)
    south = _mix(hashed(salt, column, row), hashed(salt, column + 1, row), across)
    north = _mix(hashed(salt, column, row + 1), hashed(salt, column + 1, row + 1), across)
    return _mix(south, north, up)


def _eased(part: Floats) -> Floats:
    return part * part * (3.0 - 2.0 * part)


def _mix(first: Floats, second: Floats, part: Floats) -> Floats:
    return first + (second - first) * part
