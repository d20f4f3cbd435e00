"""Where journals lie in a library's folders; symbolic links are never followed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from capture.journal.lines import LINE_BYTES
from capture.journal.numbering import JOURNAL_SUFFIX
from capture.names import fold

IDENTITY = "takechain.toml"
_IDENTITY_BYTES = 65_536


def subfolders(parent: Path, wanted: str | None = None) -> list[Path]:
    """The folders that may hold takes, in order of name; with `wanted` (folded) only that one."""
    try:
        with os.scandir(parent) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [
        parent / name
        for name in sorted(names)
        if not name.startswith(".") and (wanted is None or fold(name) == wanted)
    ]


def journals_in(folder: Path) -> list[Path]:
    """The journals that lie directly in a folder, in order of name."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.endswith(JOURNAL_SUFFIX) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def journals_below(folder: Path, depth: int = 3) -> Iterator[Path]:
    """Every journal in a folder and `depth` levels below it."""
    yield from journals_in(folder)
    if depth:
        for below in subfolders(folder):
            yield from journals_below(below, depth - 1)


def library_of(path: Path) -> Path | None:
    """The library folder that a take lies in, or None when it stands alone."""
    for parent in list(path.absolute().parents)[:5]:
        if (parent / IDENTITY).is_file():
            return parent
    return None


def mirror_of(library: Path) -> str:
    """The UUID of the library that a library's folder is the mirror of; empty where it is none."""
    try:
        with (library / IDENTITY).open("rb") as file:
            fields = tomllib.loads(file.read(_IDENTITY_BYTES).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    return str(fields.get("mirror_of", ""))


def first_line(path: Path) -> bytes | None:
    """The first whole line of a journal without its newline, or None when there is none."""
    try:
        with path.open("rb") as stream:
            raw = stream.readline(LINE_BYTES + 1)
    except OSError:
        return None
    return raw[:-1] if raw.endswith(b"\n") else None
