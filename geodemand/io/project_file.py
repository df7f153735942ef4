"""Changes to a project file that keep its comments and layout."""

from __future__ import annotations

import stat
from pathlib import Path

from geodemand.errors import NO_TEXT, Fault, UnreadableFileError
from geodemand.io import atomic

_MARK = "\ufeff"


def save_set(path: Path, name: str, codes: str, chosen_on: str) -> None:
    """Write a named set, with the list on which it was chosen, into a project file.

    A set of that name is replaced; all else stays as it is. Raises UnreadableFileError where the
    file cannot be read or written.
    """
    import tomlkit  # needed only here

    try:
        text = path.read_bytes().decode("utf-8")
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(Fault(str(path), f"cannot be read: {error}.", NO_TEXT)) from error
    document = tomlkit.parse(text.removeprefix(_MARK))
    if "sets" not in document:
        document["sets"] = tomlkit.table()
    entry = tomlkit.inline_table()
    entry.update({"codes": codes, "chosen_on": chosen_on})
    document["sets"][name] = entry
    changed = (_MARK if text.startswith(_MARK) else "") + tomlkit.dumps(document)
    atomic.write_all({path: changed.encode()}, overwrite=True, mode=stat.S_IMODE(mode))
