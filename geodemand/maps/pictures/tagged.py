"""Makes a PDF of pictures one that can be read aloud: tagged, with its language and its title.

Each page is a heading and a figure with its words, in the order of the pages, and is in the outline
under its heading (PDF 1.7, 12.3.3, 14.7 and 14.8).
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

LANGUAGE = "en-GB"
_TEXT = re.compile(rb"BT\n.*?ET", re.DOTALL)
_SIZE = re.compile(rb"/\S+ ([0-9.]+) Tf")


def tagged(document: bytes, titles: Sequence[str], words: Sequence[str]) -> bytes:
    """Return a document whose pages are a heading and a figure.

    ``titles``: what stands on each page in the largest letters. ``words``: what it shows, in words.
    """
    from pypdf import PdfReader, PdfWriter  # of the extra "report"
    from pypdf.generic import (
        ArrayObject,
        BooleanObject,
        DictionaryObject,
        NameObject,
        NumberObject,
        TextStringObject,
    )

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    name = NameObject

    def added(**entries: Any) -> Any:  # noqa: ANN401 - pypdf's objects
        return writer._add_object(  # noqa: SLF001 - how pypdf's own guide adds one
            DictionaryObject({name(f"/{key}"): value for key, value in entries.items()})
        )

    at_root = added(Type=name("/StructTreeRoot"))
    at_whole = added(Type=name("/StructElem"), S=name("/Document"), P=at_root)
    elements, parents = ArrayObject(), ArrayObject()
    for number, (page, title, said) in enumerate(zip(writer.pages, titles, words, strict=True)):
        _mark(page)
        common = {"Type": name("/StructElem"), "P": at_whole, "Pg": page.indirect_reference}
        heading = added(**common, S=name("/H1"), K=NumberObject(1))
        around = ArrayObject([NumberObject(0), NumberObject(2)])
        figure = added(**common, S=name("/Figure"), K=around, Alt=TextStringObject(said))
        elements += [heading, figure]
        parents += [NumberObject(number), ArrayObject([figure, heading, figure])]
        page[name("/StructParents")] = NumberObject(number)
        page[name("/Tabs")] = name("/S")
        writer.add_outline_item(title=title, page_number=number)
    at_whole.get_object()[name("/K")] = elements
    at_root.get_object()[name("/K")] = ArrayObject([at_whole])
    at_root.get_object()[name("/ParentTree")] = DictionaryObject({name("/Nums"): parents})
    catalogue = writer.root_object
    catalogue[name("/StructTreeRoot")] = at_root
    catalogue[name("/MarkInfo")] = DictionaryObject({name("/Marked"): BooleanObject(value=True)})
    catalogue[name("/Lang")] = TextStringObject(LANGUAGE)
    catalogue[name("/ViewerPreferences")] = DictionaryObject(
        {name("/DisplayDocTitle"): BooleanObject(value=True)}
    )
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _mark(page: PageObject) -> None:
    """Mark the text in the largest letters as the heading (1), the rest as the figure (0, 2)."""
    from pypdf.generic import DecodedStreamObject

    contents = page.get_contents()
    data = b"" if contents is None else contents.get_data()
    texts = [(_size(found.group()), found.span()) for found in _TEXT.finditer(data)]
    largest = max((size for size, _ in texts), default=0.0)
    spans = [span for size, span in texts if size == largest] or [(0, 0)]
    start, end = spans[0][0], spans[-1][1]
    parts = ((b"Figure", data[:start]), (b"H1", data[start:end]), (b"Figure", data[end:]))
    marked = DecodedStreamObject()
    marked.set_data(
        b"\n".join(
            b"/%s <</MCID %d>> BDC\n%s\nEMC" % (kind, number, part)
            for number, (kind, part) in enumerate(parts)
        )
    )
    page.replace_contents(marked.flate_encode(level=9))


def _size(text: bytes) -> float:
    found = _SIZE.search(text)
    return float(found.group(1)) if found else 0.0
