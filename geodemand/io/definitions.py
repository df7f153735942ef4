"""The data that teaches the tool: policies, segmentations and column names that ship with it."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import geodemand.definitions
from geodemand.core.policy import CONTROLLED, REPAIRS, ROUNDINGS, Policy
from geodemand.errors import NOT_TOML, RIGHTS, ContentError, Fault, UnreadableFileError, UsageError
from geodemand.suggest import did_you_mean

FOLDER = Path(geodemand.definitions.__file__).parent
OPTIONAL_RULES = {"sources", "repair", "rounding"}
LEAST_CONTROLLED = 2
CHOICES = {"repair": REPAIRS, "rounding": ROUNDINGS}
# What a heat surface keeps to at least under a policy for publishing, and why.
LEAST_OF_SURFACES = {"surface_bandwidth_m": 500, "surface_neighbours": 10}
_SHARP = "a heat surface that is drawn more sharply shows where a single client lives."
# The least that a rule may be; -1 decimals: all of them.
LEAST_RULES = {
    "base": 1,
    "share_decimals": -1,
    "large_base_decimals": -1,
    "surface_bandwidth_m": 1,
    "surface_neighbours": 1,
    "surface_classes": 1,
}


def names(kind: str) -> list[str]:
    """Return the names of the definitions of one kind: policies, segmentations, columns."""
    return sorted(
        path.stem for path in (FOLDER / kind).iterdir() if path.suffix in {".csv", ".toml"}
    )


def policy(name_or_file: str) -> Policy:
    """Return a disclosure policy by its name, or read one from a TOML file.

    Raises UsageError for an unknown name, ContentError where a rule is missing, unknown or of the
    wrong kind, all of them at once.
    """
    path = find(name_or_file, "policies", (".toml",), "policy")
    rules = {"name": path.stem, **toml(path)}
    known = {entry.name: str(entry.type) for entry in fields(Policy) if entry.name != "reason"}
    faults = [
        Fault(str(path), f"unknown rule '{key}'.", did_you_mean(key, known))
        for key in sorted(rules.keys() - known)
    ] + [
        Fault(str(path), f"the rule '{key}' is missing.", "See definitions/policies/public.toml.")
        for key in sorted(known.keys() - rules.keys() - OPTIONAL_RULES)
    ]
    faults += [
        Fault(str(path), f"the rule '{key}' is {rules[key]!r}.", f"It takes {said}.")
        for key, kind in known.items()
        if key in rules and (said := _wrong(key, kind, rules[key]))
    ]
    if not faults and rules["threshold"] < 1 and not (rules["needs_reason"] and rules["marking"]):
        mend = "Set needs_reason = true and a marking, or a threshold."
        faults.append(Fault(str(path), "shows exact counts without asking why.", mend))
    if not faults and not rules["needs_reason"]:
        faults += [
            Fault(
                str(path),
                f"the rule '{rule}' is {rules[rule]!r}.",
                f"It takes {least} or more: {_SHARP}",
            )
            for rule, least in LEAST_OF_SURFACES.items()
            if rules[rule] < least
        ]
    if not faults and rules.get("rounding") == CONTROLLED and rules["base"] < LEAST_CONTROLLED:
        mend = "Set a base that counts are rounded to, such as 5, or leave rounding out."
        faults.append(Fault(str(path), "rounds so that tables add up, and exact counts do.", mend))
    if faults:
        raise ContentError(*faults)
    rules["sources"] = tuple(rules.get("sources", ()))
    rules["explanation"] = " ".join(rules["explanation"].split())
    return Policy(**rules)


def _wrong(rule: str, kind: str, value: object) -> str:
    """Return what a rule of a policy takes where the value is none of that, else ""."""
    if rule in CHOICES:
        return "" if value in CHOICES[rule] else " or ".join(f'"{each}"' for each in CHOICES[rule])
    if kind == "str":
        return "" if isinstance(value, str) else "words in quotes"
    if kind == "bool":
        return "" if isinstance(value, bool) else "true or false"
    if kind.startswith("tuple"):
        words = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "" if words else "a list of words in quotes"
    least = LEAST_RULES.get(rule, 0)
    number = isinstance(value, int) or (kind == "float" and isinstance(value, float))
    fits = number and not isinstance(value, bool) and float(str(value)) >= least
    whole = "a number" if kind == "float" else "a whole number"
    return "" if fits else f"{whole} of {least} or more"


@cache
def columns(kind: str) -> dict[str, Any]:
    """Return the usual column names of one kind of file: directory, clients, segments, areas."""
    return toml(FOLDER / "columns" / f"{kind}.toml")


def toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise UnreadableFileError or ContentError with the line at fault."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableFileError(
            Fault(str(path), f"cannot be read: {error.strerror}.", RIGHTS)
        ) from error
    except UnicodeDecodeError as error:
        raise ContentError(Fault(str(path), "is not UTF-8 text.", "Save it as UTF-8.")) from error
    except tomllib.TOMLDecodeError as error:
        raise ContentError(Fault(str(path), f"is not valid TOML: {error}.", NOT_TOML)) from error


def find(name_or_file: str, kind: str, suffixes: tuple[str, ...], word: str) -> Path:
    """Return the file of a definition: one that ships with the tool by name, else the user's.

    Raises UsageError for an unknown name, UnreadableFileError for a file that is not there.
    """
    for suffix in suffixes:
        shipped = FOLDER / kind / f"{name_or_file}{suffix}"
        if name_or_file in names(kind) and shipped.is_file():
            return shipped
    path = Path(name_or_file)
    if path.suffix.lower() in suffixes:
        if path.is_file():
            return path
        raise UnreadableFileError(Fault(str(path), "there is no such file.", "Check the path."))
    hint = did_you_mean(name_or_file, names(kind))
    known = ", ".join(names(kind))
    raise UsageError(
        Fault("", f"there is no {word} '{name_or_file}'.", f"{hint} Known: {known}.".strip())
    )
