"""What lies in a library and cannot be mended: audio without its journal, journals that are links."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.journal.numbering import JOURNAL_SUFFIX, number_in
from capture.journal.places import subfolders
from capture.library.store import Library

_NEVER_BEGUN = f"{JOURNAL_SUFFIX}.never-begun"
_TAKE = re.compile(r"(.*?_[tT]\d{3,9})(?:-\d+)?(?=[_.])")


@dataclass(frozen=True)
class Stray:
    """One of them: the place of its journal, what is wrong, what to do."""

    journal: Path
    what: str
    do: str


def strays(library: Library) -> Iterator[Stray]:
    """Every one in the library, in order of its path; nothing is opened."""
    for project in subfolders(library.path):
        for session in subfolders(project):
            for folder in subfolders(session):
                yield from _in_folder(folder)


def _in_folder(folder: Path) -> Iterator[Stray]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_symlink()) for entry in entries)
    except OSError:
        return  # the takes in it are said to be unreadable already
    known: set[str] = set()
    for name, is_link in found:
        for suffix in (JOURNAL_SUFFIX, _NEVER_BEGUN):
            known |= {name.removesuffix(suffix)} if name.endswith(suffix) else set()
        if is_link and name.endswith(JOURNAL_SUFFIX):
            yield Stray(
                folder / name, "it is a symbolic link: it is not followed", "put the journal itself here"
            )
    for take, names in _without_journal(folder, [name for name, _ in found], known).items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Stray(
            folder / f"{take}{JOURNAL_SUFFIX}",
            f"the journal is missing, and {names[0]}{more} lies here: nothing was touched",
            "put the journal back from a copy, then run takechain recover; "
            "without it the audio can be played, but nothing of it be proved",
        )


def _without_journal(folder: Path, names: list[str], known: set[str]) -> dict[str, list[str]]:
    """The audio files, by the name of their take, that no journal in the folder can speak of."""
    alone: dict[str, list[str]] = {}
    audio = [name for name in names if name.lower().endswith(".wav") and number_in(name, folder.name)]
    for name in audio:
        take = _TAKE.match(name)
        if take and not any(re.match(rf"{re.escape(stem)}(?:-\d+)?[_.]", name) for stem in known):
            alone.setdefault(take[1], []).append(name)
    return alone
