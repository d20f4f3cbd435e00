"""A take that its mirror has more of: finished from there where every block is proved, else told.

    the other side      a journal with the same begin line, where the take's own says that its mirror lay
    what is taken over  blocks of the newest part, each proved by its digest; what both have is compared
    first               the lines that the library's journal does not have, then the audio

Only audio that is missing behind the end of a file is added. A sealed take is never touched: it is told.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from capture.errors import TakechainError
from capture.journal.appending import is_held
from capture.journal.beside import beside
from capture.journal.errors import JournalError, in_words
from capture.journal.hashing import sha256_range
from capture.journal.lines import Json, read_lines
from capture.journal.numbering import JOURNAL_SUFFIX
from capture.journal.on_disk import OnDisk, look_all
from capture.journal.places import first_line
from capture.journal.record import Block, Part, TakeRecord, load
from capture.journal.writer import JournalWriter
from capture.wav.errors import WavError
from capture.wav.read import read_wav

ROOM_BYTES = 8 << 20
"""Left free on the library's disk, for the end of the take and its hashes."""
PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_PIECE = 1 << 20
_SPOKEN = ("reading", "marker", "change", "note")  # lines of any moment; the others belong to their frame
_OURS = ("seq", "prev", "type", "frame")
_PLACED = ("gap", "signal", "device")


@dataclass(frozen=True)
class _Piece:
    """What one file lacks: `length` bytes from `at` on (in its audio), at `offset` of the mirror's file."""

    file: OnDisk
    source: Path
    offset: int
    at: int
    length: int


def other_side(record: TakeRecord, patience: float = 0.0) -> TakeRecord | None:
    """The same take as its mirror has it; None where that is not there, is being written, or is another.

    `patience` (seconds): so long it may be held, by its own process that ends it or makes its hashes.
    """
    path = Path(record.mirror_journal)
    if record.path is None or not path.is_absolute() or not path.name.endswith(JOURNAL_SUFFIX):
        return None
    with contextlib.suppress(OSError, ValueError, TakechainError):
        if path.is_symlink() or not path.is_file() or path.samefile(record.path):
            return None
        until = time.monotonic() + patience
        while is_held(path):
            if time.monotonic() >= until:
                return None
            time.sleep(_LOOK_SECONDS)
        begin = first_line(record.path)
        if begin is not None and begin == first_line(path):
            return load(path)
    return None


def audio_end(record: TakeRecord) -> int:
    """The frame behind the last block."""
    return max((block.end for block in record.blocks), default=0)


def newer_words(record: TakeRecord) -> str:
    """What a mirror has more of a take that is sealed, and so left as it is; empty for nothing."""
    other = other_side(record)
    more = audio_end(other) - audio_end(record) if other is not None else 0
    if other is None or more <= 0:
        return ""
    return f"its mirror has {more} frames more ({more / record.rate:.1f} s): {other.path}"


def plan_from_mirror(record: TakeRecord) -> list[str]:
    """What `complete_from_mirror` would do, in words, its proofs not made yet."""
    other = other_side(record)
    if other is None:
        return []
    part = record.parts[-1]
    files = look_all(record, part)
    more = other.part_frames(part) - min((file.frames for file in files), default=0)
    if more <= 0:
        return []
    if (words := _obstacle(record, other, files)) is not None:
        return [words]
    return [f"take over {more} frames from the mirror {other.path}, each block proved by its hash"]


def complete_from_mirror(writer: JournalWriter) -> list[str]:
    """Add what the mirror has more of the newest part of a take without an end; what was done, in words."""
    record = writer.record
    other = other_side(record, PATIENCE_SECONDS)
    if other is None:
        return []
    part = record.parts[-1]
    files = look_all(record, part)
    try:
        if (words := _obstacle(record, other, files)) is not None:
            return [words]
        pieces = [piece for file in files if (piece := _lacking(record, other, part, file)) is not None]
        if not pieces:
            return []
        _see_room(pieces)
        _take_lines(writer, other, part.first + min(file.frames for file in files))
        for piece in pieces:
            _append(piece)
    except (WavError, OSError, JournalError) as error:
        words = in_words(error)[0] if isinstance(error, OSError) else error.what
        return [f"the mirror {other.path} was not used: {words}"]
    frames = max(piece.length // piece.file.align for piece in pieces)
    return [f"{frames} frames were taken over from the mirror {other.path}, each block proved by its hash"]


def _obstacle(record: TakeRecord, other: TakeRecord, files: list[OnDisk]) -> str | None:
    """Why nothing can be taken over although the other side has more, in words."""
    part = record.parts[-1]
    mine = [(p.number, p.first, p.files) for p in record.parts]
    if mine != [(p.number, p.first, p.files) for p in other.parts]:
        more = audio_end(other) - audio_end(record)
        return (
            f"its mirror has other parts ({more} frames more), and is left to you: {other.path}"
            if more > 0
            else None
        )
    if len(files) != len(part.files) or any(file.trouble or file.header_lost for file in files):
        return (
            f"nothing was taken over from the mirror {other.path}: a file here cannot be read or is missing"
        )
    return None


def _lacking(record: TakeRecord, other: TakeRecord, part: Part, file: OnDisk) -> _Piece | None:
    """What a file lacks, proved: the mirror's blocks by their digests, and what both have byte for byte."""
    source = beside(other, file.name)
    if source is None:
        raise WavError(f"{file.name} is missing there")
    align, have = file.align, file.size - file.data_offset
    reach = other.part_frames(part) * align
    if reach <= have:
        return None
    info = read_wav(source)
    if info.block_align != align:
        raise WavError(f"{file.name} is of another form there")
    blocks = [b for b in other.blocks if b.first >= part.first and (b.end - part.first) * align > have]
    with source.open("rb") as theirs, file.path.open("rb") as ours:
        for block in blocks:
            _prove(theirs, info.data_offset, part, block, file)
        start = (blocks[0].first - part.first) * align
        if start > have:
            raise WavError(f"the blocks of {file.name} there have a hole")
        _compare(ours, file.data_offset + start, theirs, info.data_offset + start, have - start, file.name)
    return _Piece(file, source, info.data_offset + have, have, reach - have)


def _prove(theirs: BinaryIO, data_offset: int, part: Part, block: Block, file: OnDisk) -> None:
    offset = data_offset + (block.first - part.first) * file.align
    found = sha256_range(theirs, offset, block.frames * file.align)
    if found not in block.sha256[file.index : file.index + 1]:
        raise WavError(f"the block at frame {block.first} of {file.name} is not what its journal says")


def _compare(ours: BinaryIO, at: int, theirs: BinaryIO, there: int, length: int, name: str) -> None:
    while length > 0:
        one, two = (
            os.pread(file.fileno(), min(_PIECE, length), place)
            for file, place in ((ours, at), (theirs, there))
        )
        if one != two or not one:
            raise WavError(f"the end of {name} here is not what it is there")
        at, there, length = at + len(one), there + len(one), length - len(one)


def _see_room(pieces: list[_Piece]) -> None:
    found = os.statvfs(pieces[0].file.path.parent)
    needed = sum(piece.length for piece in pieces)
    if found.f_bavail * found.f_frsize < needed + ROOM_BYTES:
        raise WavError(f"the disk here has no room for {needed / 1e6:.0f} MB more")


def _append(piece: _Piece) -> None:
    with piece.source.open("rb") as theirs, piece.file.path.open("r+b") as ours:
        ours.seek(piece.file.data_offset + piece.at)
        theirs.seek(piece.offset)
        left = piece.length
        while left > 0:
            data = theirs.read(min(_PIECE, left))
            if not data:
                raise WavError(f"{piece.file.name} there ended early")
            ours.write(data)
            left -= len(data)
        ours.flush()
        os.fsync(ours.fileno())


def _take_lines(writer: JournalWriter, other: TakeRecord, frames: int) -> None:
    """Add the lines that only the other side has, those of silence before the audio that holds it."""
    assert other.path is not None
    assert writer.record.path is not None
    known = {_key(line.fields) for line in read_lines(writer.record.path).lines}
    for line in read_lines(other.path).lines:
        fields = line.fields
        kind, frame = str(fields.get("type")), int(fields.get("frame", 0))
        placed = kind in _PLACED and frame >= frames and not _own(fields)
        if (placed or kind in _SPOKEN) and "sig" not in fields and _key(fields) not in known:
            more = {name: value for name, value in fields.items() if name not in _OURS}
            writer.append(kind, frame, **more)
    writer.sync()


def _own(fields: Json) -> bool:
    """Whether a line speaks of the other side's own state, not of the take."""
    return fields.get("device") in ("main", "mirror", "disk") or fields.get("filled") is False


def _key(fields: Json) -> tuple[Any, ...]:
    """A line without what differs from side to side."""
    left = {name: value for name, value in fields.items() if name not in ("seq", "prev", "utc")}
    return tuple(sorted((name, repr(value)) for name, value in left.items()))
