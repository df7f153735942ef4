"""The table of file formats: one row each, from a sealed `Release` to the files' bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from geodemand.core.disclosure import Release
from geodemand.core.geography import Geography, TableShapes
from geodemand.errors import Fault, UsageError
from geodemand.io import writers
from geodemand.report.about import About

EXTRA = 'Install it: pip install "geodemand[report]".'
Files = Mapping[str, bytes]
# Formats that hold shapes.
SPATIAL = ("gpkg", "geojson", "parquet")


@dataclass(frozen=True)
class Format:
    """A way to write a release down.

    ``files``: the files' contents by name. ``needs``: the module of the extra that it is made with.
    ``streams``: True where it may go to standard output.
    """

    files: Callable[[Release, About], Files]
    needs: str = ""
    streams: bool = False


def files(release: Release, about: About, names: Sequence[str]) -> dict[str, bytes]:
    """Return the files of a release in the named formats, complete, before any is written.

    Raises UsageError where a format needs a library that is not installed, or has nothing to draw.
    """
    _refuse_unprotected(release)
    check_installed(names)
    return {
        file: content
        for name in dict.fromkeys(names)
        for file, content in FORMATS[name].files(release, about).items()
    }


def check_installed(names: Sequence[str], needs: Mapping[str, str] | None = None) -> None:
    """Raise UsageError, before any work is done, for formats whose library is missing.

    ``needs``: the library of each format that needs one; None for those of `FORMATS`.
    """
    needs = {name: each.needs for name, each in FORMATS.items()} if needs is None else needs
    missing = [name for name in dict.fromkeys(names) if not _is_installed(needs.get(name, ""))]
    if missing:
        raise UsageError(
            *(
                Fault(f"--format {name}", f"needs {needs[name]}, not installed here.", EXTRA)
                for name in missing
            )
        )


def _refuse_unprotected(release: object) -> None:
    if not isinstance(release, Release):
        message = "a report is made of a Release: see geodemand.core.disclosure.release"
        raise TypeError(message)


def _is_installed(module: str) -> bool:
    return not module or find_spec(module) is not None


def _bytes(text: str) -> bytes:
    """Return a text as UTF-8; half a character, which a JSON file may name areas by, as "?"."""
    return text.encode("utf-8", "replace")


def _csv(release: Release, about: About) -> Files:
    return {
        _named(about, table, "csv"): _bytes(writers.csv_text(release, table))
        for table in release.tables
        if len(release.tables[table])
    }


def _named(about: About, part: str, suffix: str) -> str:
    return f"{about.name}.{suffix}" if part == about.name else f"{about.name}-{part}.{suffix}"


def _tidy(release: Release, about: About) -> Files:
    return {_named(about, "tidy", "csv"): _bytes(writers.tidy_text(release))}


def _json(release: Release, about: About) -> Files:
    return {_named(about, about.name, "json"): _bytes(writers.json_text(release))}


def _xlsx(release: Release, about: About) -> Files:
    from geodemand.report.workbook import workbook

    return {_named(about, about.name, "xlsx"): workbook(release, about)}


def _html(release: Release, about: About) -> Files:
    from geodemand.report.page import page

    return {_named(about, about.name, "html"): _bytes(page(release, about))}


def _svg(release: Release, about: About) -> Files:
    return _pictures(release, about, "svg")


def _png(release: Release, about: About) -> Files:
    return _pictures(release, about, "png")


def _pictures(release: Release, about: About, suffix: str) -> Files:
    from geodemand.report import charts

    found = charts.charts(release)
    if not found:
        what = f"there is nothing to draw in the results of '{about.name}'."
        raise UsageError(Fault(f"--format {suffix}", what, "Leave it out."))
    footer = charts.footer_of(release, about)
    return {
        _named(about, chart.name, suffix): charts.png(chart, footer)
        if suffix == "png"
        else _bytes(charts.svg(chart, footer))
        for chart in found
    }


def _gpkg(release: Release, about: About) -> Files:
    from geodemand.report import spatial

    found = spatial.layers(release, _drawn(release, about, "gpkg"))
    content = spatial.geopackage(found, about.said(release.policy))
    return {_named(about, about.name, "gpkg"): content}


def _geojson(release: Release, about: About) -> Files:
    from geodemand.report import spatial

    found = spatial.layers(release, _drawn(release, about, "geojson"))
    return {_named(about, each.name, "geojson"): spatial.geojson(each) for each in found}


def _parquet(release: Release, about: About) -> Files:
    from geodemand.report import spatial

    found = spatial.layers(release, _drawn(release, about, "parquet"))
    return {_named(about, each.name, "parquet"): spatial.geoparquet(each) for each in found}


def _drawn(release: Release, about: About, name: str) -> Sequence[Geography | TableShapes]:
    if not release.layers:
        what = f"there are no shapes in the results of '{about.name}'."
        raise UsageError(Fault(f"--format {name}", what, "Leave it out."))
    return release.layers


FORMATS: dict[str, Format] = {
    "csv": Format(_csv, streams=True),
    "tidy": Format(_tidy, streams=True),
    "json": Format(_json, streams=True),
    "xlsx": Format(_xlsx, needs="xlsxwriter"),
    "html": Format(_html, needs="matplotlib", streams=True),
    "svg": Format(_svg, needs="matplotlib"),
    "png": Format(_png, needs="matplotlib"),
    "gpkg": Format(_gpkg),
    "geojson": Format(_geojson),
    "parquet": Format(_parquet),
}
