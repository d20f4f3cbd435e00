"""Names and numbers of takes: what a take's files are called, and which number comes next.

`<prefix><slate>_T003` is a take's name; its files add what they hold. Numbers come from the folders, so
that a number once used is never used again, whatever a database says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capture.journal.errors import JournalError
from capture.names import fold, portable

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord

JOURNAL_SUFFIX = ".take.jsonl"
CHAIN_SUFFIX = ".chain.json"
FILE_NAME_BYTES = 240
_LIBRARY_OWN = frozenset({"room-log", "library.jsonl", "takechain.toml", "catalog.sqlite"})
_SESSION_OWN = frozenset({"sheets"})


def take_name(slate: str, number: int, prefix: str = "") -> str:
    """The name of a take, portable: `Aurora_T003`, or `StudioA_Aurora_T003` with a prefix."""
    head = f"{portable(prefix, '')}_" if prefix and portable(prefix, "") else ""
    return f"{head}{portable(slate)}_T{number:03d}"


def journal_name(name: str) -> str:
    """The file name of a take's journal."""
    return f"{name}{JOURNAL_SUFFIX}"


def chain_name(name: str) -> str:
    """The file name of a take's chain snapshot."""
    return f"{name}{CHAIN_SUFFIX}"


def file_names(
    name: str,
    tracks: Sequence[str],
    layout: str = "track",
    part: int = 1,
    links: Sequence[tuple[int, int]] = (),
) -> tuple[list[str], list[tuple[int, int]]]:
    """The audio files of one part, and for each track (file index, channel in that file), from 0.

    `tracks` are track names in order; `links` are pairs of track numbers (from 1) that share one stereo
    file in the layout "track". Raises JournalError for a name longer than `FILE_NAME_BYTES`.
    """
    stem = name if part == 1 else f"{name}-{part}"
    if layout == "poly":
        return [_checked(f"{stem}.wav")], [(0, channel) for channel in range(len(tracks))]
    partner = dict(links)
    seconds = {right: left for left, right in links}
    files: list[str] = []
    places: dict[int, tuple[int, int]] = {}
    for number, track in enumerate(tracks, 1):
        if number in seconds:
            continue
        places[number] = (len(files), 0)
        label = portable(track, f"track {number}")
        if number in partner:
            other = partner[number]
            places[other] = (len(files), 1)
            label = portable(pair_label(track, tracks[other - 1]), f"track {number}")
        files.append(_checked(f"{stem}_{number:02d}_{label}.wav"))
    return files, [places[number] for number in range(1, len(tracks) + 1)]


def part_files(record: TakeRecord, part: int) -> list[str]:
    """The audio files of another part of a take: those of its first under the part's number."""
    stem = record.recorded_name
    return [f"{stem}-{part}{name.removeprefix(stem)}" for name in record.parts[0].files]


def next_part(record: TakeRecord) -> int:
    """The number after those of all parts so far."""
    return max((part.number for part in record.parts), default=0) + 1


def pair_label(left: str, right: str) -> str:
    """What two linked tracks are called together: their common beginning, or both names."""
    same = 0
    while same < min(len(left), len(right)) and left[same] == right[same]:
        same += 1
    return left[:same].rstrip(" -_.") or f"{left}+{right}"


def _checked(name: str) -> str:
    if len(name.encode()) > FILE_NAME_BYTES:
        raise JournalError(f"the file name {name} is too long", "shorten the slate, the track or the prefix")
    return name


def project_folder(project: str) -> str:
    """The name of a project's folder in the library."""
    return _unreserved(portable(project), _LIBRARY_OWN)


def session_folder(session: str) -> str:
    """The name of a session's folder in its project."""
    return portable(session)


def slate_folder(slate: str) -> str:
    """The name of a slate's folder in its session."""
    return _unreserved(portable(slate), _SESSION_OWN)


def _unreserved(name: str, reserved: frozenset[str]) -> str:
    return f"{name}_" if fold(name) in reserved or name.startswith(".") else name


def next_number(library: Path, project: str, slate: str, scope: str = "slate") -> int:
    """The take number after the highest one in the project's folders, from 1.

    `scope` "slate" counts the takes of this slate over all sessions, "project" those of every slate.
    """
    wanted = fold(slate_folder(slate)) if scope == "slate" else None
    highest = 0
    for folder in _slate_folders(library, project_folder(project), wanted):
        for name in _names(folder):
            highest = max(highest, number_in(name, folder.name))
    return highest + 1


def number_in(file_name: str, folder: str) -> int:
    """The take number that a file's name carries in the folder of its slate, 0 for none."""
    slate = re.escape(fold(folder))
    bare = re.escape(fold(folder).removesuffix("_"))  # the folder of a slate called "sheets" is "sheets_"
    found = re.match(rf"(?:.*?_)?(?:{slate}|{bare})_t(\d{{1,9}})(?:-\d+)?(?=[_.]|$)", fold(file_name))
    return int(found[1]) if found else 0


def _slate_folders(library: Path, project: str, slate: str | None) -> Iterator[Path]:
    for top in _folders(library):
        if fold(top.name) != fold(project):
            continue
        for session in _folders(top):
            for folder in _folders(session):
                if slate is None or fold(folder.name) == slate:
                    yield folder


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []
