"""One self-contained HTML file from a release and a scene.

folium and branca compose the page, but no text from data goes through them: branca renders what it
has rendered as a template a second time, so a name could run code on the analyst's machine. Data
travels in JSON blocks (`geodemand.maps.payload`), which are emitted as they are.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure
from folium.template import Template

from geodemand.core.disclosure import Release
from geodemand.maps import assets, payload
from geodemand.maps.frame import frame
from geodemand.maps.registry import LAYERS

if TYPE_CHECKING:
    from geodemand.maps.scene import Scene


class CountyMap(folium.Map):
    """A folium map without folium's scripts, styles and tiles: an empty box for our own script."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's declaration
    default_css: list[tuple[str, str]] = []  # noqa: RUF012 - folium's declaration
    _template = Template(
        '{% macro html(this, kwargs) %}<div id="map" class="map"></div>{% endmacro %}'
    )

    def __init__(self) -> None:
        """Make a map without tiles: nothing is fetched by the page."""
        super().__init__(tiles=None)


class Block(Element):  # type: ignore[misc,unused-ignore]
    """Data in a block that the browser does not run. Its text never meets a template."""

    def __init__(self, name: str, value: payload.Json) -> None:
        """Take the name by which the script finds the data (ours, never from data)."""
        super().__init__()
        self.text = (
            f'<script type="application/json" id="data-{escape(name)}">'
            f"{payload.to_json(value)}</script>"
        )

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's signature
        """Return the text unchanged."""
        return self.text


class Page(Figure):  # type: ignore[misc,unused-ignore]
    """Our own shell: language, zoomable viewport, content policy first, no address anywhere."""

    def __init__(self, scripts: tuple[str, ...], hosts: tuple[str, ...]) -> None:
        """Take the scripts in the order in which they run, and whose pictures the page may ask."""
        super().__init__()
        self._scripts = scripts
        self._hosts = hosts

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Join the parts as they are: no part is a template here."""
        blocks = [
            block.render()
            for drawn in self._children.values()
            for block in drawn._children.values()  # noqa: SLF001 - branca has no other way
        ]
        for drawn in self._children.values():
            drawn.render(**kwargs)
        before, after = assets.own("page.html").split("[[map]]")
        scripts = [f"<script>{text}</script>" for text in self._scripts]
        body = (before, self.html.render().strip(), after, *blocks, *scripts)
        return "".join(
            (_head(self._scripts, self._hosts), "<body>\n", "\n".join(body), "\n</body>\n</html>\n")
        )


def render(release: Release, scene: Scene) -> str:
    """Return one HTML file that opens from disk, contacts nobody, and holds protected data only.

    ``release``: what `geodemand.core.disclosure.release` handed out. Raises TypeError otherwise.
    """
    _refuse_unprotected(release)
    sheet = frame(scene)
    made = [(layer, layer.data(release, scene, sheet)) for layer in LAYERS]
    shown = [(layer, value) for layer, value in made if value is not None]
    used = dict.fromkeys(layer.script for layer, _ in shown if layer.script)
    page = Page(assets.scripts(tuple(used)), scene.background.hosts)
    drawn = CountyMap()
    page.add_child(drawn)
    for layer, value in shown:
        drawn.add_child(Block(layer.block, value), name=layer.block)
    text: str = page.render()
    return text


def _refuse_unprotected(release: object) -> None:
    if not isinstance(release, Release):
        message = "a map is drawn from a Release: see geodemand.core.disclosure.release"
        raise TypeError(message)


def _head(scripts: tuple[str, ...], hosts: tuple[str, ...]) -> str:
    policy = escape(assets.content_policy(scripts, hosts), quote=False)
    styles = "".join(f"<style>\n{text}\n</style>\n" for text in assets.styles())
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Map</title>\n{styles}</head>\n"
    )
