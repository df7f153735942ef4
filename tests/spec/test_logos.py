"""A logo is pixels and nothing else, wherever its file came from."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from geodemand.errors import UnreadableFileError
from geodemand.io import logos

SECRET = b"SECRET-CANARY"


def picture(kind: str, size: tuple[int, int] = (600, 200), **options: Any) -> bytes:  # noqa: ANN401
    target = io.BytesIO()
    Image.new("RGB", size, (11, 95, 165)).save(target, format=kind, **options)
    return target.getvalue()


def hidden(kind: str) -> bytes:
    """Return a picture that carries more than pixels, at its end too."""
    if kind == "PNG":
        more = PngImagePlugin.PngInfo()
        more.add_text("Comment", SECRET.decode())
        return picture(kind, pnginfo=more) + SECRET
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return picture(kind, exif=exif, comment=SECRET) + SECRET


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_only_the_pixels_of_a_logo_are_kept(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "logo.gif"  # the content says what it is, not the name
    path.write_bytes(hidden(kind))
    assert SECRET in path.read_bytes()
    found = logos.read(path)
    assert found == logos.read(path)
    assert SECRET not in found
    with Image.open(io.BytesIO(found)) as shown:
        assert shown.format == "PNG"
        assert shown.size == (432, 144)
        assert shown.info == {}
        assert shown.getpixel((20, 20))[2] > 150  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "is no picture"),
        (picture("GIF"), "is no picture"),
        (picture("PNG")[:60], "is a damaged picture"),
        (b"\xff\xd8\xff" + b"\0" * 50, "is a damaged picture"),
        (picture("PNG", (8_000, 6_000)), "more than 40 million pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000_001, "larger than 5 MB"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_logo_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words):
        logos.read(path)


def test_logo_palette_and_words_of_the_project_are_on_the_map(tiny: Any, run: Any) -> None:  # noqa: ANN401
    tiny.path("logo.jpg").write_bytes(picture("JPEG"))
    said = 'logo = "logo.jpg"\nlogo_words = "Our council"\npalette = "purple"\ntitle = "Need"\n'
    tiny.project(("[map]\n", f"[map]\n{said}"))
    result = run("map", "--format", "html", "--format", "png", folder=tiny.folder)
    assert result.exit_code == 0, result.stderr
    page = tiny.path("outputs").joinpath("map.html").read_text(encoding="utf-8")
    (block,) = re.findall(r'id="data-logo">(.*?)</script>', page)
    held = json.loads(block)
    assert held["picture"].startswith("data:image/png;base64,")
    assert held["words"] == "Our council"
    assert "#54278f" in page
    with Image.open(tiny.path("outputs") / "map-cyp-rate-localities.png") as drawn:
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20) or []}
    assert (0x54, 0x27, 0x8F) in colours
    assert any(abs(r - 11) < 4 and abs(g - 95) < 4 and abs(b - 165) < 4 for r, g, b in colours)


def test_an_unknown_palette_is_refused(tiny: Any, run: Any) -> None:  # noqa: ANN401
    tiny.project(("[map]\n", '[map]\npalette = "purpel"\n'))
    result = run("map", folder=tiny.folder)
    assert result.exit_code == 2
    assert "Did you mean 'purple'" in result.stderr
