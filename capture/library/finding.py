"""Which take a person means."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from capture.journal.beside import place_of
from capture.journal.errors import NotATake
from capture.journal.lines import parse_fields
from capture.journal.numbering import JOURNAL_SUFFIX, number_in, project_folder, session_folder, slate_folder
from capture.journal.places import first_line
from capture.journal.record import summary
from capture.library.errors import AmbiguousTake, UnknownTake
from capture.names import fold

if TYPE_CHECKING:
    from capture.library.store import Library

_UUID = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}")
_NUMBER = re.compile(r"[tT]?(\d{1,9})")


def find_take(library: Library, ref: str) -> Path:
    """The journal that `ref` names (see `Library.find_take`); raises UnknownTake or AmbiguousTake."""
    for way in (_by_path, _by_name, _by_number, _by_uuid, _by_present_name):
        found = list(way(library, ref))
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(sorted(_shown(library, path) for path in found)[:5])
            raise AmbiguousTake(
                f"{len(found)} takes answer to {ref!r}: {some}", "name one by its path or UUID"
            )
    raise UnknownTake(f"there is no take {ref!r} in {library.path}", "see: takechain takes")


def _shown(library: Library, path: Path) -> str:
    return str(path.relative_to(library.path)) if path.is_relative_to(library.path) else str(path)


def _by_path(library: Library, ref: str) -> Iterable[Path]:
    if "\0" in ref or not ref:
        return []
    with contextlib.suppress(OSError):
        for path in (Path(ref).expanduser(), library.path / ref):
            if path.is_dir():
                found = sorted(path.glob(f"*{JOURNAL_SUFFIX}"))
                if found:
                    return found
            elif path.is_file():
                return [path] if path.name.endswith(JOURNAL_SUFFIX) else _journal_of(path)
    return []


def _journal_of(file: Path) -> list[Path]:
    """The journal whose take has an audio file (or chain, or torn rest) of this name."""
    return [
        journal
        for journal in file.parent.glob(f"*{JOURNAL_SUFFIX}")
        if file.name.startswith(journal.name.removesuffix(JOURNAL_SUFFIX)) and _owns(journal, file.name)
    ]


def _owns(journal: Path, name: str) -> bool:
    with contextlib.suppress(NotATake):
        take = summary(journal)
        files = (take.chain_file, *(file for _, _, file in take.media))
        return any(place_of(take, file).name == name for file in files)
    return False


def _by_name(library: Library, ref: str) -> Iterable[Path]:
    wanted = fold(ref.removesuffix(JOURNAL_SUFFIX)) + JOURNAL_SUFFIX
    return _that(library, lambda path: fold(path.name) == wanted)


def _by_number(library: Library, ref: str) -> Iterable[Path]:
    *above, last = ref.split("/")
    number = _NUMBER.fullmatch(last)
    if not above or not number or len(above) > 3:
        return []
    makers = (project_folder, session_folder, slate_folder)[-len(above) :]
    folders = [fold(make(text)) for make, text in zip(makers, above, strict=True)]

    def fits(path: Path) -> bool:
        here = [fold(folder.name) for folder in (path.parents[2], path.parents[1], path.parents[0])]
        return here[-len(folders) :] == folders and number_in(path.name, path.parent.name) == int(number[1])

    return _that(library, fits)


def _by_uuid(library: Library, ref: str) -> Iterable[Path]:
    if not _UUID.fullmatch(ref):
        return []
    return _that(library, lambda path: _take_uuid(path).startswith(ref.lower()))


def _take_uuid(path: Path) -> str:
    with contextlib.suppress(ValueError):
        take = parse_fields(first_line(path) or b"").get("take")
        return take if isinstance(take, str) else ""
    return ""


def _by_present_name(library: Library, ref: str) -> Iterable[Path]:
    """Takes that were renamed or moved after they were recorded."""

    def fits(path: Path) -> bool:
        with contextlib.suppress(NotATake):
            take = summary(path)
            return fold(ref) in {fold(take.name), fold(f"{take.slate}/{take.number}")}
        return False

    return _that(library, fits)


def _that(library: Library, fits: Callable[[Path], bool]) -> list[Path]:
    return [path for path in library.journals() if fits(path)]
