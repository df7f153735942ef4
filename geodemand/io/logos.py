"""A logo for maps, from a picture that may come from anywhere.

Only the pixels are taken: the file is read as the PNG or JPEG that its first bytes say it is, made
as small as it will be shown, and written anew, so that nothing else in it gets into a page (where
it was taken, other pictures, script). SVG is refused: it can hold script.
"""

from __future__ import annotations

import io
import warnings
from importlib.util import find_spec
from pathlib import Path

from geodemand.errors import RIGHTS, Fault, UnreadableFileError

# First bytes, and what the library calls the format.
KINDS = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"))
MOST_BYTES = 5_000_000
MOST_PIXELS = 40_000_000
# Pixels of what is shown: twice as many as a page gives it.
WIDTH, HEIGHT = 480, 144
MEND = "Save it as PNG or JPEG."


def read(path: Path) -> bytes:
    """Return a logo as a PNG of at most 480 by 144 pixels, the same bytes for the same picture.

    Raises UnreadableFileError for what is no PNG or JPEG, is damaged, or is too large.
    """
    where = str(path)
    try:
        if not path.is_file():
            raise UnreadableFileError(Fault(where, "there is no such file.", "Check the path."))
        size = path.stat().st_size
        if size > MOST_BYTES:
            what = f"is larger than {MOST_BYTES // 1_000_000} MB, too large for a logo."
            raise UnreadableFileError(Fault(where, what, "Make it smaller."))
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            Fault(where, f"cannot be read: {error.strerror}.", RIGHTS)
        ) from error
    kind = next((name for start, name in KINDS if content.startswith(start)), "")
    if not kind:
        raise UnreadableFileError(Fault(where, "is no picture that a map can take.", MEND))
    return _small(content, kind, where)


def _small(content: bytes, kind: str, where: str) -> bytes:
    if not find_spec("PIL"):
        mend = 'Install it: pip install "geodemand[report]".'
        raise UnreadableFileError(Fault(where, "needs Pillow to be read.", mend))
    from PIL import Image, ImageOps, UnidentifiedImageError

    damaged = UnreadableFileError(Fault(where, "is a damaged picture.", MEND))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    what = f"has more than {MOST_PIXELS // 1_000_000} million pixels."
                    raise UnreadableFileError(Fault(where, what, "Make it smaller."))
                upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Warning) as error:
        raise damaged from error
    except Image.DecompressionBombError as error:
        raise damaged from error
    upright.thumbnail((WIDTH, HEIGHT))
    bare = Image.frombytes("RGBA", upright.size, upright.tobytes())
    target = io.BytesIO()
    bare.save(target, format="PNG", optimize=True)
    return target.getvalue()
