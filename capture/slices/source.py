"""The audio of a take, read as it was sealed: no byte leaves here that its block's digest does not prove."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from capture.journal.beside import is_plain, place_of
from capture.journal.errors import in_words
from capture.journal.lines import read_lines
from capture.journal.record import Part, begun, fold
from capture.journal.report import Report
from capture.journal.verify_lines import check_lines, check_seal, check_timeline
from capture.slices.errors import SliceError, TakeAltered, TakeNotSliceable
from capture.slices.regions import part_blocks
from capture.wav.errors import WavError
from capture.wav.read import parse

_PIECE = 1 << 20


class Source:
    """A sealed take whose journal holds: its record, and its begin, end and seal lines as they stand."""

    def __init__(self, path: Path) -> None:
        """Raises NotATake, TakeNotSliceable while it rolls or without a seal, TakeAltered."""
        found = read_lines(path)
        self.record = begun(fold(found.lines), path)
        if not self.record.sealed:
            raise TakeNotSliceable(
                f"{self.record.name} is not sealed: it rolls, or a crash left it",
                "stop it, or run takechain recover",
            )
        if not is_plain(self.record.recorded_name):
            raise TakeAltered(f"{path.name} names a take {self.record.recorded_name!r}, which no file can be")
        report = Report(path)
        joined = check_lines(report, found)
        check_seal(report, self.record, found.lines, joined=joined)
        check_timeline(report, self.record)
        if report.faults:
            raise TakeAltered(
                f"{self.record.name} is not what was signed: {report.faults[0]}", "see: takechain verify"
            )
        self.begin = found.lines[0].raw
        seal = next(at for at, line in enumerate(found.lines) if line.type == "seal")
        self.end, self.seal = found.lines[seal - 1].raw, found.lines[seal].raw

    @property
    def digests(self) -> bytes:
        """The digests of all blocks in the order of the journal, 32 raw bytes each."""
        return b"".join(bytes.fromhex(digest) for block in self.record.blocks for digest in block.sha256)

    def open(self, name: str) -> BinaryIO:
        """An audio file of the take; raises FileNotFoundError, SliceError."""
        path = place_of(self.record, name)
        if not is_plain(name):
            raise SliceError(f"the journal names a file outside the take's folder ({name!r})")
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise
        except OSError as error:
            what, do = in_words(error)
            raise SliceError(f"{path} cannot be read: {what}", do) from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise SliceError(f"{path} is not an audio file")
        return os.fdopen(fd, "rb")

    def offset(self, file: BinaryIO, name: str) -> int:
        """Where the first sample of an open file lies; raises TakeAltered."""
        line = self.record.files.get(name)
        if line is not None:
            return line.data_offset
        try:
            return parse(file).data_offset
        except WavError as error:
            raise TakeAltered(f"{name}: {error.what}", "run takechain recover") from error

    def proved(self, file: BinaryIO, part: Part, index: int, first: int, frames: int) -> Iterator[bytes]:
        """A stretch in pieces, every block that it touches hashed whole; raises TakeAltered, OSError.

        What was yielded of a block counts only once the next piece, or the end, came without an error.
        """
        align = self.record.file_channels(index) * self.record.sample_bytes
        offset, end = self.offset(file, part.files[index]), first + frames
        for block in part_blocks(self.record, part):
            if block.end <= first or block.first >= end:
                continue
            start, found = offset + (block.first - part.first) * align, hashlib.sha256()
            keep = (
                (max(first, block.first) - block.first) * align,
                (min(end, block.end) - block.first) * align,
            )
            for at, piece in _pieces(file, start, block.frames * align):
                found.update(piece)
                wanted = piece[max(0, keep[0] - at) : max(0, keep[1] - at)]
                if wanted:
                    yield wanted
            if found.hexdigest() not in block.sha256[index : index + 1]:
                where = f"{part.files[index]}, frames {block.first}–{block.end - 1}"
                raise TakeAltered(f"{where}: the audio is not what was sealed", "see: takechain verify")


def _pieces(file: BinaryIO, offset: int, length: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    file.seek(offset)
    while at < length:
        piece = file.read(min(_PIECE, length - at))
        if not piece:
            return
        yield at, piece
        at += len(piece)
