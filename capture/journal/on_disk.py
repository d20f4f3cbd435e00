"""How the audio files of a take lie on disk after a crash: what may be touched, where their audio begins.

A header that cannot be read is made again only where the journal proves the place of the audio: by the digest
of the part's first block, or by the file's own signed line.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from capture.journal.appending import keep_torn
from capture.journal.beside import is_plain, place_of
from capture.journal.errors import in_words
from capture.journal.hashing import sha256_range
from capture.journal.meta import file_meta
from capture.journal.record import Part, TakeRecord
from capture.wav.errors import WavError
from capture.wav.header import Layout, header
from capture.wav.read import WavInfo, read_wav
from capture.wav.repair import layout_of, repair_sizes, replace_header

_SECTOR = 512  # no disk leaves less than this unwritten
_PIECE = 1 << 20


@dataclass(frozen=True)
class OnDisk:
    """One audio file; with `trouble` (words) it is left alone, and nothing else is known of it.

    `frames` are the whole frames there are, `align` the bytes of one; `said` tells what stays as it is.
    """

    name: str
    path: Path
    index: int
    trouble: str = ""
    said: str = ""
    data_offset: int = 0
    align: int = 0
    frames: int = 0
    size: int = 0
    header_lost: bool = False
    sizes_wrong: bool = False


def obstacle(record: TakeRecord, name: str) -> str:
    """Why the file of that name may not be opened at all, in words; empty where it may."""
    if not is_plain(name):
        return "the journal names a file outside the take's folder: it is left alone"
    try:
        found = place_of(record, name).lstat()
    except FileNotFoundError:
        return "it is missing: put it back from a copy, then run takechain recover"
    except OSError as error:
        return f"it cannot be read: {in_words(error)[0]}"
    if stat.S_ISLNK(found.st_mode):
        return "it is a symbolic link: it is not followed, put the file itself here"
    return "" if stat.S_ISREG(found.st_mode) else "it is not a file: it is left alone"


def look(record: TakeRecord, part: Part, index: int, name: str) -> OnDisk | None:
    """The file at `index` of a part; None where the recorder died before it wrote header or audio of it."""
    path, told = place_of(record, name), record.part_frames(part)
    try:
        plan = Layout.plan(record.file_channels(index), "float32" if record.format == "float32" else "pcm24")
        missing = is_plain(name) and not os.path.lexists(path)
        words = obstacle(record, name)
        if not told and (missing or (not words and _is_unbegun(path, plan))):
            return None
        if words:
            return OnDisk(name, path, index, words)
        return _opened(record, part, OnDisk(name, path, index, size=path.stat().st_size), plan)
    except WavError as error:
        return OnDisk(name, path, index, error.what)
    except OSError as error:
        return OnDisk(name, path, index, f"it cannot be read: {in_words(error)[0]}")


def _is_unbegun(path: Path, plan: Layout) -> bool:
    """Whether a file ends within its first header, with no audio behind one of another shape."""
    if path.stat().st_size >= plan.data_offset:
        return False
    try:
        return not read_wav(path).frames
    except WavError:
        return True


def look_all(record: TakeRecord, part: Part) -> list[OnDisk]:
    """The files of a part, without those that were never begun."""
    seen = (look(record, part, index, name) for index, name in enumerate(part.files))
    return [file for file in seen if file is not None]


def _opened(record: TakeRecord, part: Part, file: OnDisk, plan: Layout) -> OnDisk:
    info = _ours(file.path, plan)
    if info is None:
        return _without_header(record, part, file, plan)
    said, wrong = "", False
    try:
        wrong = repair_sizes(file.path, dry_run=True).changed
    except WavError as error:
        said = error.what
    here = replace(file, data_offset=info.data_offset, align=info.block_align, frames=info.frames)
    return replace(here, said=said, sizes_wrong=wrong)


def _ours(path: Path, plan: Layout) -> WavInfo | None:
    """What the header says, if it can be read and is one for this file's channels and format."""
    try:
        info = read_wav(path)
        layout = layout_of(info)
    except WavError:
        return None
    return info if (layout.channels, layout.format) == (plan.channels, plan.format) else None


def _without_header(record: TakeRecord, part: Part, file: OnDisk, plan: Layout) -> OnDisk:
    told, line = record.part_frames(part), record.files.get(file.name)
    block = next((b for b in record.blocks if b.first >= part.first), None) if told else None
    if line is not None and line.data_offset != plan.data_offset:
        raise WavError("its header cannot be read, and was one of another version: it is left alone")
    if block is None and line is None:
        raise WavError("its header cannot be read, and no block shows where audio begins: it is left alone")
    if block is not None:
        length = block.frames * plan.block_align
        if file.size < plan.data_offset + length:
            missing = told - max(0, file.size - plan.data_offset) // plan.block_align
            raise WavError(f"{missing} frames that its journal tells of are not in the file")
        with file.path.open("rb") as stream:
            found = sha256_range(stream, plan.data_offset, length)
        if found not in block.sha256[file.index : file.index + 1]:
            raise WavError("neither its header nor its first block is that of this take: it is left alone")
    frames = max(0, file.size - plan.data_offset) // plan.block_align
    here = replace(file, data_offset=plan.data_offset, align=plan.block_align, frames=frames)
    return replace(here, header_lost=True)


def make_header_again(record: TakeRecord, part: Part, file: OnDisk) -> None:
    """Write the header that the record asks for over one that cannot be read, whose bytes are kept beside it.

    Raises WavError, JournalError.
    """
    new = header(file_meta(record, part.number, file.index), file.frames)
    try:
        with file.path.open("rb") as stream:
            old = stream.read(len(new))
        if old.strip(b"\0"):
            keep_torn(file.path, old)
    except OSError as error:
        raise WavError(f"its header cannot be made again: {in_words(error)[0]}") from None
    replace_header(file.path, new)
    repair_sizes(file.path)


def zeros_said(files: Iterable[OnDisk], told: int) -> list[str]:
    """What is said of audio behind the `told` frames of the blocks that is zero to the end of its file."""
    readable = [file for file in files if not file.trouble]
    runs: dict[int, list[str]] = {}
    for file in readable:
        frames = _zero_frames(file, told)
        if frames and (frames * file.align >= _SECTOR or frames == file.frames - told):
            runs.setdefault(frames, []).append(file.name)
    said = []
    for frames, names in runs.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        where = "" if len(names) == len(readable) else f" of {', '.join(names[:3])}{more}"
        said.append(f"the last {frames} frames{where} are zero: perhaps never written")
    return said


def _zero_frames(file: OnDisk, told: int) -> int:
    """Whole frames of nothing but zero bytes at the very end of a file, back to the last block at most."""
    first = file.data_offset + told * file.align
    end = file.data_offset + file.frames * file.align
    at = file.size
    try:
        with file.path.open("rb") as stream:
            while at > first:
                start = max(first, at - _PIECE)
                stream.seek(start)
                kept = len(stream.read(at - start).rstrip(b"\0"))
                at = start + kept
                if kept:
                    break
    except OSError:
        return 0  # hashing it comes next, and says what is wrong
    return max(0, end - at) // file.align


def about(name: str, what: str) -> str:
    """Words about a file, with its name in front where they do not begin with it."""
    return what if what.startswith(name) else f"{name}: {what}"
