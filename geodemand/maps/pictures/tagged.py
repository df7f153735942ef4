"""Makes a PDF of pictures one that can be read aloud: tagged, with its language and its title.

Each page is one figure with its words, in the order of the pages (PDF 1.7, 14.7 and 14.8).
"""

from __future__ import annotations

import io
from collections.abc import Sequence

LANGUAGE = "en-GB"


def tagged(document: bytes, words: Sequence[str]) -> bytes:
    """Return a document whose pages are figures; ``words``: what each page shows, in words."""
    from pypdf import PdfReader, PdfWriter  # of the extra "report"
    from pypdf.generic import (
        ArrayObject,
        BooleanObject,
        DecodedStreamObject,
        DictionaryObject,
        IndirectObject,
        NameObject,
        NumberObject,
        TextStringObject,
    )

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    name = NameObject

    def stream(content: bytes) -> IndirectObject:
        held = DecodedStreamObject()
        held.set_data(content)
        return writer._add_object(held)  # noqa: SLF001 - how pypdf's own guide adds one

    root = DictionaryObject({name("/Type"): name("/StructTreeRoot")})
    at_root = writer._add_object(root)  # noqa: SLF001
    whole = DictionaryObject(
        {name("/Type"): name("/StructElem"), name("/S"): name("/Document"), name("/P"): at_root}
    )
    at_whole = writer._add_object(whole)  # noqa: SLF001
    figures, parents = ArrayObject(), ArrayObject()
    before, after = stream(b"/Figure <</MCID 0>> BDC\n"), stream(b"\nEMC")
    for number, (page, said) in enumerate(zip(writer.pages, words, strict=True)):
        figure = writer._add_object(  # noqa: SLF001
            DictionaryObject(
                {
                    name("/Type"): name("/StructElem"),
                    name("/S"): name("/Figure"),
                    name("/P"): at_whole,
                    name("/Pg"): page.indirect_reference,
                    name("/K"): NumberObject(0),
                    name("/Alt"): TextStringObject(said),
                }
            )
        )
        figures.append(figure)
        parents += [NumberObject(number), ArrayObject([figure])]
        page[name("/Contents")] = ArrayObject([before, page.raw_get("/Contents"), after])
        page[name("/StructParents")] = NumberObject(number)
        page[name("/Tabs")] = name("/S")
    whole[name("/K")] = figures
    root[name("/K")] = ArrayObject([at_whole])
    root[name("/ParentTree")] = DictionaryObject({name("/Nums"): parents})
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
