"""What the page looks like, against kept pictures, at three widths.

Pictures are compared by blocks, so that other fonts and smoothing pass, and a missing layer, a
shifted layout or another palette does not. To keep new ones after a change that is meant:
`KEEP_PICTURES=1 .venv/bin/python -m pytest tests/browser/test_map_pictures.py`, then look at them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from map_actions import open_groups
from PIL import Image
from playwright.sync_api import Page

KEPT = Path(__file__).parent / "pictures"
SIZES = {"wide": (1400, 900), "middle": (768, 1000), "narrow": (320, 700)}
BLOCK = 20
# A block differs if its mean colour is this far off, of 255 a channel.
OFF = 24
# That share of blocks may: text is as wide as the fonts of the machine make it.
MOST = 0.05


def shot(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def different(one: Image.Image, other: Image.Image) -> float:
    """Return the share of blocks whose mean colour differs; 1 where the sizes do."""
    if one.size != other.size:
        return 1.0
    small = (one.width // BLOCK, one.height // BLOCK)
    blocks = [np.asarray(each.resize(small, Image.Resampling.BOX), float) for each in (one, other)]
    return float((np.abs(blocks[0] - blocks[1]).max(axis=2) > OFF).mean())


def opened(page: Page, width: str) -> Page:
    wide, high = SIZES[width]
    page.set_viewport_size({"width": wide, "height": high})
    page.get_by_role("button", name="Whole map").click()
    page.evaluate("window.scrollTo(0, 0); document.activeElement.blur()")
    page.mouse.move(1, 1)
    page.wait_for_timeout(150)
    return page


@pytest.mark.parametrize("width", SIZES)
def test_looks_as_it_did(page: Page, width: str) -> None:
    now = shot(opened(page, width))
    path = KEPT / f"{width}.png"
    if os.environ.get("KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        now.quantize(64).save(path, optimize=True)
    assert path.stat().st_size < 150_000
    with Image.open(path) as kept:
        assert different(kept.convert("RGB"), now) <= MOST


CHANGES = {
    "no shading": "document.querySelector('.leaflet-areas-pane').style.display = 'none'",
    "another palette": "document.querySelectorAll('path.area').forEach((each, place) => "
    "each.setAttribute('fill', place % 2 ? '#d7191c' : '#1a9641'))",
    "a shifted layout": "document.querySelector('.top').style.paddingBottom = '60px'",
    "no panel": "document.querySelector('.panel').style.visibility = 'hidden'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_real_change_is_seen(page: Page, change: str) -> None:
    opened(page, "wide")
    open_groups(page)
    before = shot(page)
    page.evaluate(CHANGES[change])
    page.wait_for_timeout(100)
    assert different(before, shot(page)) > MOST
