"""The page's fixed parts: our own script, style and shell, and Leaflet from its package.

Leaflet comes from the installed package and is checked against the hashes below, so nobody's
altered copy gets into a published page. Nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources

LEAFLET_JS = "5819285cec137b229c94e1ee5ad73e8b6b84345a4367d60f75fe477fe0fb7b03"
LEAFLET_CSS = "90b693d86392a4779c861b28cf307e7e59c3fb35328c4d8b95f58f814d38c722"

# Before and after the scripts of the layers, which register what they draw.
_FIRST = (
    "unpack.js",
    "figures.js",
    "registry.js",
    "elements.js",
    "search.js",
    "table.js",
    "keys.js",
    "sheet.js",
    "areas.js",
    "whereabouts.js",
)
_LAST = (
    "model.js",
    "side.js",
    "card.js",
    "tables.js",
    "report.js",
    "more.js",
    "picture.js",
    "tools.js",
    "paper.js",
    "map.js",
)
# A declaration that points at a file. None of what they are for (layer icons, marker pictures,
# VML in old Internet Explorer) is used here.
_POINTS_AT_FILE = re.compile(r"[\w-]+\s*:[^;{}]*\burl\([^)]*\)[^;{}]*;")
_SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\s*\Z")
_ENDS_BLOCK = re.compile(r"</script|<!--", re.IGNORECASE)


@cache
def scripts(layers: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the texts of the page's scripts, Leaflet first (with its licence notice).

    ``layers``: files with the layers that the page has, in the order of the layer switch.
    """
    leaflet = _SOURCE_MAP.sub("\n", _leaflet("leaflet.js", LEAFLET_JS))
    ours = (own(name) for name in (*_FIRST, *layers, *_LAST))
    return tuple(checked(text) for text in (leaflet, *ours))


@cache
def styles() -> tuple[str, ...]:
    """Return the texts of the page's styles, Leaflet's first, without references to files."""
    leaflet = _POINTS_AT_FILE.sub("", _leaflet("leaflet.css", LEAFLET_CSS))
    return leaflet, own("map.css")


def own(name: str) -> str:
    """Return one of our own files, with the same line ends on every system."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def checked(script: str) -> str:
    """Return the script; raise ValueError where its text could end its own block."""
    if _ENDS_BLOCK.search(script):
        message = "a script holds text that would end its block in the page"
        raise ValueError(message)
    return script


def content_policy(scripts: tuple[str, ...], hosts: tuple[str, ...] = ()) -> str:
    """Return the content security policy: no address at all, scripts by the hash of each.

    ``hosts``: whose pictures the page may ask for, where a user has named a tile server.
    """
    sources = " ".join(f"'sha256-{_hash(text)}'" for text in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {sources}",
            "style-src 'unsafe-inline'",
            " ".join(("img-src data: blob:", *hosts)),
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _leaflet(name: str, expected: str) -> str:
    data = resources.files("xstatic.pkg.leaflet").joinpath("data", name).read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        message = f"{name} of the package XStatic-Leaflet is not the file that was reviewed"
        raise RuntimeError(message)
    return data.decode("utf-8").replace("\r\n", "\n")
