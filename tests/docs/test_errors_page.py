"""Every message that a user can meet is in the documentation, with its exit code and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import geodemand
from geodemand import errors

ROOT = Path(__file__).parents[2]
PACKAGE = Path(geodemand.__file__).parent
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\d+)\b(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
# What varies in a message, in the code and on the page.
GAP = "…"
# Shorter words between two gaps say nothing.
LEAST = 4
# Where, what, and what to do.
FAULT_PARTS = 3
# That boundaries differ (exit code 14) is an answer, and nothing to mend.
ANSWERS = "commands/hubs_deeper.py"


def said(node: ast.expr) -> str:
    """Return the words of a text in the code, with a gap for all that varies; "" for none."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(said(part) or GAP for part in node.values)
    return ""


def texts(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """Give what an expression can say: itself, what a name was given, both sides of a choice."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body, scope)
        yield from texts(node.orelse, scope)
    elif isinstance(node, ast.Name):
        for step in ast.walk(scope):
            if isinstance(step, ast.Assign | ast.AugAssign):
                targets = step.targets if isinstance(step, ast.Assign) else [step.target]
                if any(isinstance(each, ast.Name) and each.id == node.id for each in targets):
                    yield from texts(step.value, scope)
    elif said(node):
        yield said(node)


def messages() -> Iterator[tuple[str, str, str]]:
    """Give where each message of a fault stands in the code, its words, and its error.

    The error is the one that takes the fault, or the only one of the function; else "".
    """
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            calls = [node for node in ast.walk(scope) if isinstance(node, ast.Call)]
            kinds = [
                (call.func.id, call.args)
                for call in calls
                if isinstance(call.func, ast.Name) and hasattr(errors, call.func.id)
            ]
            kinds = [(name, faults) for name, faults in kinds if name.endswith("Error")]
            raised = {id(fault): name for name, faults in kinds for fault in faults}
            only = kinds[0][0] if len({name for name, _ in kinds}) == 1 else ""
            for call in calls:
                if isinstance(call.func, ast.Name) and call.func.id == "Fault":
                    where = f"{path.relative_to(PACKAGE).as_posix()}:{call.lineno}"
                    for text in texts(call.args[1], scope):
                        yield where, text, raised.get(id(call), only)


def without_mend() -> Iterator[str]:
    """Give where a fault is made without a word on what to do about it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_fault = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Fault"
            if is_fault and len(call.args) < FAULT_PARTS and where != ANSWERS:
                yield f"{where}:{call.lineno}"


def pieces(text: str) -> list[str]:
    """Return the words between what varies."""
    found = [part.strip(" '.,:;()") for part in re.sub(r"\\s+", " ", text).split(GAP)]
    return [part for part in found if len(part) >= LEAST]


def is_told(text: str, page: str) -> bool:
    """Return whether the words of a message stand on a page, in their order."""
    plain = page.replace("`", "")
    return bool(re.search(".*?".join(map(re.escape, pieces(text))), plain))


MESSAGES = sorted(set(messages()))


def test_messages_are_found_in_the_code() -> None:
    assert len(MESSAGES) > 150
    found = {text for _, text, _ in MESSAGES}
    assert {"is empty.", "there is no list '…'.", "no sheet has a postcode column."} <= found


@pytest.mark.parametrize(("where", "text", "error"), MESSAGES)
def test_a_message_is_on_the_page_under_its_exit_code(where: str, text: str, error: str) -> None:
    kind = getattr(errors, error, None)
    page = SECTIONS[str(kind.exit_code)] if kind else PAGE
    assert is_told(text, page), f"docs/errors.md does not tell the message at {where}: {text}"


def test_every_message_says_what_to_do() -> None:
    assert [*without_mend()] == []


def test_a_message_that_is_not_told_is_noticed() -> None:
    assert not is_told("the moon is in … of the list.", PAGE)
    assert not is_told("is empty.", SECTIONS["13"])


def test_every_error_has_a_section_and_no_other_code_has() -> None:
    codes = {str(kind.exit_code) for kind in errors.GeodemandError.__subclasses__()}
    assert codes == SECTIONS.keys() - {"1"}


@pytest.mark.parametrize("code", sorted(SECTIONS))
def test_every_section_says_what_to_do(code: str) -> None:
    rows = [row for row in SECTIONS[code].splitlines() if row.startswith("|")][2:]
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 2, row
        assert all(cells), row
