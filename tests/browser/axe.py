"""The accessibility engine axe, run on an open page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

ENGINE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def violations(page: Page) -> list[str]:
    """Return what axe finds, as rule and element."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(ENGINE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "rules => axe.run({ runOnly: { type: 'tag', values: rules }, preload: false,"
        " resultTypes: ['violations'] })",
        list(RULES),
    )
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
