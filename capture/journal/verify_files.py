"""Checks of a take's audio files against what was sealed (audio) and signed (headers)."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from capture.journal.beside import is_plain, place_of
from capture.journal.discarding import discard_of
from capture.journal.errors import JournalError, in_words
from capture.journal.file_line import FileLine
from capture.journal.hashing import PIECE, Digests, sha256_blocks, sha256_stretches
from capture.journal.meta import file_meta
from capture.journal.record import Block, Part, TakeRecord
from capture.journal.report import Report
from capture.wav.errors import WavError
from capture.wav.header import header
from capture.wav.read import parse, read_wav
from capture.wav.sizes import tail

_LARGEST = 2**62
_LARGEST_HEADER = 64 * 1024 * 1024


@dataclass(frozen=True)
class _File:
    part: Part
    index: int
    name: str
    path: Path
    align: int
    blocks: list[Block]
    line: FileLine | None

    @property
    def told(self) -> int:
        """Frames that the journal's blocks tell of."""
        return sum(block.frames for block in self.blocks)


def check_files(report: Report, record: TakeRecord) -> None:
    """Every audio file of the take: there, its header, each block, its whole audio, nothing behind."""
    named = [name for _, _, name in record.media]
    if len(set(named)) != len(named):
        report.fault("two files of the take have the same name", report.path.name)
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="hash") as pool:
        for file in _files(record):
            _check_file(report, record, file, pool)
    _check_discard(report, record)


def _check_discard(report: Report, record: TakeRecord) -> None:
    """Say that audio was thrown away on purpose, and what of it is here all the same."""
    found = discard_of(record)
    if found is None:
        return
    why = f": {found.reason}" if found.reason else ""
    by = found.by or "somebody"
    many = f"{len(report.gone)} files" if len(report.gone) != 1 else "1 file"
    report.info(
        f"its audio was discarded on purpose by {by} on {found.at:%Y-%m-%d %H:%M} UTC{why} ({many} not here)"
    )
    here = len(record.media) - len(report.gone)
    if here and not found.done:
        report.warn("discarding it was begun and not finished: run takechain recover", record.recorded_name)
    elif here:
        report.warn(f"{here} of its files are here again, and were checked", record.recorded_name)


def _files(record: TakeRecord) -> Iterator[_File]:
    for part, index, name in record.media:
        following = min((p.first for p in record.parts if p.number > part.number), default=None)
        blocks = [
            b for b in record.blocks if b.first >= part.first and (following is None or b.first < following)
        ]
        align = record.file_channels(index) * record.sample_bytes
        yield _File(part, index, name, place_of(record, name), align, blocks, record.files.get(name))


def _check_file(report: Report, record: TakeRecord, file: _File, pool: ThreadPoolExecutor) -> None:
    if not is_plain(file.name):
        report.fault(f"the journal names a file outside the take's folder ({file.name!r})", report.path.name)
        return
    try:
        fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        _not_there(report, record, file, error)
        return
    if not stat.S_ISREG(os.fstat(fd).st_mode) or not file.align:
        os.close(fd)
        report.fault("this is not an audio file", file.name)
        return
    with os.fdopen(fd, "rb") as stream:
        try:
            _check_open(report, record, file, stream, pool)
        except OSError as error:
            report.fault(f"it cannot be read: {in_words(error)[0]}", file.name)
        except WavError as error:
            report.fault(f"the header was altered: {error.what}", file.name)


def _not_there(report: Report, record: TakeRecord, file: _File, error: OSError) -> None:
    if isinstance(error, FileNotFoundError) and discard_of(record) is not None:
        report.gone.append(file.name)
    elif isinstance(error, FileNotFoundError) and not file.told and file.line is None:
        report.warn("the file was never made: the take stopped before its first block", file.name)
    else:
        report.fault(f"the file is missing ({in_words(error)[0]})", file.name, incomplete=True)


def _check_open(
    report: Report, record: TakeRecord, file: _File, stream: BinaryIO, pool: ThreadPoolExecutor
) -> None:
    size = os.fstat(stream.fileno()).st_size
    if file.line is None:
        words = "its header is not signed yet (no file line): run takechain recover"
        if record.sealed:
            words = "its file lines are still to be written: "
            words += "the station does it by itself, or run takechain recover"
        report.fault(words, file.name, incomplete=True, waits=record.waits_for_key)
        info = parse(stream)
        offset, frames, rest = info.data_offset, file.told, None
    else:
        offset, frames, rest = file.line.data_offset, file.line.frames, file.line.rest
        _check_header(report, record, file, stream)
    length = frames * file.align
    if min(offset, frames) < 0 or offset + length > _LARGEST or any(b.frames < 0 for b in file.blocks):
        report.fault("its lines tell of impossible numbers", file.name)
        return
    _check_length(report, file, stream, size, offset + length, rest)
    stretches = [b.frames * file.align for b in file.blocks]
    if _proved_by_blocks(record, file):
        found = Digests(stretches=sha256_blocks(stream, offset, stretches, pool))
    else:
        at_once = pool if length > PIECE else None
        found = sha256_stretches(stream, offset, stretches, length, at_once)
    damaged = _check_blocks(report, record, file, found, offset, size)
    if file.line is not None:
        _check_line(report, file, file.line, found, offset, damaged)


def _proved_by_blocks(record: TakeRecord, file: _File) -> bool:
    """Whether the blocks of the seal reach to the last frame, and the seal's own key signed the file's line.

    Then the hash of the whole data proves the same bytes a second time, for twice the work.
    """
    line = file.line
    return line is not None and line.frames == file.told and line.keyid == record.keyid


def _check_line(
    report: Report, file: _File, line: FileLine, found: Digests, offset: int, damaged: bool
) -> None:
    if line.frames < file.told:
        report.fault(f"its file line tells of {line.frames} frames, its blocks of {file.told}", file.name)
    elif line.frames > file.told:
        extra = f"{line.frames - file.told} frames lie past the last block (the recorder died while writing)"
        report.warn(extra, file.name)
    if line.size != offset + line.frames * file.align + len(line.rest):
        report.fault("the size in its file line does not add up", file.name)
    if found.whole and found.whole != line.data_sha256 and not damaged:
        first, last = offset + file.told * file.align, offset + line.frames * file.align - 1
        report.fault("the audio is not that of its file line", f"{file.name}, bytes {first}–{last}")


def _check_length(
    report: Report, file: _File, stream: BinaryIO, size: int, end: int, rest: bytes | None
) -> None:
    """Nothing is missing, and behind the last frame stands only what the file line says."""
    if size < end:
        missing = -(-(end - size) // file.align)
        first = file.part.first + file.told - missing
        report.fault(f"{end - size} bytes are missing at the end (frames from {first} on)", file.name)
        return
    stream.seek(end)
    known = rest if rest is not None else tail(_Odd(file.align), file.told)
    behind = stream.read(len(known))
    if rest is None:
        if size > end and (size > end + len(known) or behind != known):
            words = f"{size - end} bytes lie past the last frame that the journal tells of"
            report.fault(words, f"{file.name}, from byte {end}", incomplete=True)
        return
    if behind != known and size >= end + len(known):
        report.fault("the bytes behind the last frame were altered", f"{file.name}, byte {end}")
    if size > end + len(known):
        appended = f"{size - end - len(known)} bytes were appended"
        report.fault(appended, f"{file.name}, from byte {end + len(known)}")
    elif size < end + len(known):
        report.fault("bytes behind the last frame are missing", f"{file.name}, byte {size}")


@dataclass(frozen=True)
class _Odd:
    """What `tail` wants to know of a file."""

    block_align: int
    data_offset: int = 0
    fact_offset: int | None = None


def _check_header(report: Report, record: TakeRecord, file: _File, stream: BinaryIO) -> None:
    line = file.line
    assert line is not None
    stream.seek(0)
    head = stream.read(max(0, min(line.data_offset, _LARGEST_HEADER)))
    found = hashlib.sha256(head).hexdigest()
    pending = record.rewrites.get(file.name)
    if found == line.header_sha256:
        if pending is not None:
            report.warn("an edit has not reached its header yet: run takechain recover", file.name)
    elif found == pending:
        report.warn("its new header is not confirmed yet: run takechain recover", file.name)
    elif pending is not None:
        words = "its header was being rewritten when the machine stopped: run takechain recover"
        report.fault(words, f"{file.name}, bytes 0–{line.data_offset - 1}", incomplete=True)
    else:
        report.fault("the header was altered", _where_in_header(record, file, head))


def _where_in_header(record: TakeRecord, file: _File, head: bytes) -> str:
    """The bytes that differ from the header that was signed, where that can be made again."""
    assert file.line is not None
    try:
        wanted = header(file_meta(record, file.part.number, file.index), file.line.frames)
    except (WavError, JournalError, struct.error):  # the line may tell of frames that no header can hold
        wanted = b""
    differ = [at for at, (a, b) in enumerate(zip(head, wanted, strict=False)) if a != b]
    if hashlib.sha256(wanted).hexdigest() != file.line.header_sha256 or not differ:
        return f"{file.name}, somewhere in bytes 0–{max(0, len(head) - 1)}"
    return f"{file.name}, bytes {differ[0]}–{differ[-1]}{_chunk_at(file.path, differ[0])}"


def _chunk_at(path: Path, byte: int) -> str:
    try:
        chunks = read_wav(path).chunks
    except WavError:
        return ""
    names = [chunk.name for chunk in chunks if chunk.offset - 8 <= byte < chunk.offset + chunk.size]
    return f" ({names[0].strip()} chunk)" if names else ""


def _check_blocks(
    report: Report, record: TakeRecord, file: _File, found: Digests, offset: int, size: int
) -> bool:
    """Report each run of blocks whose audio is not what was sealed; whether there was one."""
    runs: list[list[Block]] = []
    for block, digest in zip(file.blocks, found.stretches, strict=True):
        wanted = block.sha256[file.index] if file.index < len(block.sha256) else ""
        if digest == wanted:
            continue
        if runs and runs[-1][-1].end == block.first:
            runs[-1].append(block)
        else:
            runs.append([block])
    for run in runs:
        first, end = run[0].first, run[-1].end
        start = offset + (first - file.part.first) * file.align
        stop = offset + (end - file.part.first) * file.align
        if start >= size:
            continue  # said already: the file is too short
        where = f"{file.name}, frames {first}–{end - 1} (bytes {start}–{stop - 1})"
        report.fault(f"the audio was altered{_time(record, first)}", where)
    return bool(runs)


def _time(record: TakeRecord, frame: int) -> str:
    if not record.rate:
        return ""
    seconds = frame / record.rate
    return f" at {int(seconds // 60)}:{seconds % 60:06.3f}"
