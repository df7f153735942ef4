"""Where need concentrates: client lists by postcode, segments, maps and boundaries.

The public names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodemand.version import __version__

if TYPE_CHECKING:
    from geodemand.api.check import check
    from geodemand.api.frames import frame
    from geodemand.api.hubs import hubs
    from geodemand.api.map_files import map_files
    from geodemand.api.maps import map_page
    from geodemand.api.profile import ProfileOptions, profile
    from geodemand.io.directory_build import build as build_postcodes
    from geodemand.project import Project
    from geodemand.project import read as read_project

__all__ = [
    "ProfileOptions",
    "Project",
    "__version__",
    "build_postcodes",
    "check",
    "frame",
    "hubs",
    "map_files",
    "map_page",
    "profile",
    "read_project",
]

_HOMES = {
    "Project": ("geodemand.project", "Project"),
    "ProfileOptions": ("geodemand.api.profile", "ProfileOptions"),
    "build_postcodes": ("geodemand.io.directory_build", "build"),
    "check": ("geodemand.api.check", "check"),
    "frame": ("geodemand.api.frames", "frame"),
    "hubs": ("geodemand.api.hubs", "hubs"),
    "map_files": ("geodemand.api.map_files", "map_files"),
    "map_page": ("geodemand.api.maps", "map_page"),
    "profile": ("geodemand.api.profile", "profile"),
    "read_project": ("geodemand.project", "read"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module holds is of any type
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        message = f"module 'geodemand' has no attribute '{name}'"
        raise AttributeError(message)
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Return the public names, also before they are imported: a notebook completes them."""
    return sorted({*globals(), *__all__})
