"""Pictures as files: PNG, SVG and PDF. Text stays text; what is shown is also told in words.

Nothing is taken from the clock: the same inputs give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geodemand.maps.pictures.draw import Words, draw
from geodemand.maps.pictures.map_frame import HALO
from geodemand.maps.pictures.tagged import tagged
from geodemand.report.charts.sheet import DOTS_PER_INCH, described, own_settings
from geodemand.report.plain import plain, slug

if TYPE_CHECKING:
    from geodemand.maps.pictures.plates import Plate

__all__ = ["Words", "pdf", "png", "svg"]

# Of a name on the map, in SVG: its own white rim, so that it needs no second copy of the letters.
RIM = "paint-order: stroke; stroke: #ffffff; stroke-width: 2.2px; stroke-linejoin: round"
PDF: Any = {"pdf.fonttype": 42, "pdf.compression": 9}


def png(plate: Plate, words: Words) -> bytes:
    """Return a picture for documents and slides, its description among its properties."""
    with own_settings():
        target = io.BytesIO()
        about = {"Title": plain(plate.title), "Description": plain(plate.description)}
        draw(plate, words, halos=True).savefig(
            target, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None, **about}
        )
    return target.getvalue()


def svg(plate: Plate, words: Words) -> bytes:
    """Return a picture whose text can be searched and read aloud, with title and description."""
    with own_settings():
        target = io.BytesIO()
        draw(plate, words, halos=False).savefig(
            target, format="svg", metadata={"Date": None, "Creator": None}
        )
    found = described(target.getvalue(), slug(*plate.name), plate.title, plate.description)
    rimmed = re.sub(rf'(<g id="[^"]*{HALO}">\s*<text style=")', rf"\1{RIM}; ", found)
    return rimmed.encode("utf-8", "replace")


def pdf(plates: Sequence[Plate], words: Words, title: str) -> bytes:
    """Return all pictures as one document, a page each."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    target = io.BytesIO()
    about = {
        "Title": plain(title),
        "Subject": plain(" ".join(plate.description for plate in plates)),
        "Creator": "geodemand",
        "Producer": None,
        "CreationDate": None,
    }
    with own_settings(), mpl.rc_context(PDF), PdfPages(target, metadata=about) as pages:
        for plate in plates:
            pages.savefig(draw(plate, words, halos=True))
    said = [plain(" ".join((plate.description, *words.foot))) for plate in plates]
    return tagged(target.getvalue(), [plain(plate.title) for plate in plates], said)
