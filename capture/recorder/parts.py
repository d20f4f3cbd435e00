"""Parts that follow each other without a hole: a take that is split goes on in new files at an exact frame.

    the last block of the part, fsync     its audio is proved
    the files of the next part            none may exist; numbers whose names are taken are passed over
    the `part` line, fsync                from here on the take is known to go on there
    their first headers                   on disk, as the folder's entries, before any block line of theirs
    the final headers of the part before  behind it all, in a thread of their own

Killed between any two of these, the take is whole up to there, and what was made has no frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from capture.journal.errors import NameTaken
from capture.journal.meta import file_meta
from capture.journal.numbering import next_part, part_files
from capture.journal.record import TakeRecord
from capture.journal.writer import JournalWriter
from capture.recorder.files import PartFiles
from capture.recorder.hold import Chunk, PackerPool
from capture.take import Gap, cut_gaps
from capture.wav.meta import FileMeta

ENDLESS = 1 << 62
_TRIES = 100


def next_files(
    folder: Path, record: TakeRecord, pool: PackerPool, beside: PartFiles | None = None
) -> tuple[int, PartFiles]:
    """The number and the empty files of the next part; raises NameTaken or CannotWrite, nothing left behind.

    A number whose names are taken is passed over: a recorder that died while it made some leaves them.
    """
    channels = [len(columns) for columns in pool.files]
    number = next_part(record)
    for free in range(number, number + _TRIES):
        try:
            files = PartFiles(folder, part_files(record, free), channels, pool.format, beside)
        except NameTaken as error:
            taken = error
            continue
        files.refuse_without_room()
        return free, files
    raise taken


def begin_part(
    journal: JournalWriter, files: PartFiles, number: int, first: int, cause: str, **more: Any
) -> None:
    """The `part` line and the first headers of files just made, these not yet durable.

    Raises JournalError, CannotWrite.
    """
    record = journal.record
    names = [path.name for path in files.paths]
    reference = record.time_reference + first
    fields = {"first_pm": 0, **more, "part": number, "first": first, "files": names, "cause": cause}
    journal.append("part", first, sync=True, time_reference=reference, **fields)
    files.start([file_meta(record, number, index) for index in range(len(names))])


def part_frames(files: PartFiles, split_bytes: int) -> int:
    """How many frames a part of a take that is split holds; endless where `split_bytes` is 0."""
    return max(1, files.frames_within(split_bytes)) if split_bytes else ENDLESS


class Behind:
    """Finishes full parts while the next one is written."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "finish")
        self._at_work: list[Future[None]] = []

    def finish(self, files: PartFiles, metas: Sequence[FileMeta]) -> None:
        """Write the final headers of a full part, and close it, soon."""

        def work() -> None:
            try:
                files.finish(metas)
            finally:
                files.close()

        self._at_work.append(self._pool.submit(work))

    def check(self, *, wait: bool = False) -> None:
        """Raise WriteFailed where headers could not be written; `wait` until all are, or have failed."""
        for one in list(self._at_work):
            if wait or one.done():
                self._at_work.remove(one)
                one.result()
        if wait:
            self._pool.shutdown(wait=False)


def taken(waiting: deque[Chunk], frames: int) -> list[Chunk]:
    """Take the chunks of the next `frames` frames, or of all there are; one across the border is split."""
    chunks: list[Chunk] = []
    while waiting and frames > 0:
        chunk = waiting.popleft()
        if chunk.frames > frames:
            chunk, rest = chunk.split(chunk.first + frames)
            waiting.appendleft(rest)
        chunks.append(chunk)
        frames -= chunk.frames
    return chunks


def gap_split(gap: Gap, frame: int) -> tuple[Gap, list[Gap]]:
    """A filled gap up to a frame, and what lies behind: silence is told of in the part that holds it."""
    behind = gap.first + gap.frames - frame
    if behind <= 0:
        return gap, []
    (head,) = cut_gaps([gap], frame)
    return head, [replace(gap, first=frame, frames=behind, first_pm=0, frames_pm=0)]
