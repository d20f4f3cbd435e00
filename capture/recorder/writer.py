"""The thread that carries a take to the disk: audio, sizes, then the journal line that speaks of them.

    before silence          the line of its gap, fsync of the journal
    every 0.3 s of audio    write, fdatasync, sizes in the headers
    where a file is full    block and `part` line, the take goes on in new files (see parts.py)
    about every second      the `block` line with its hashes, fsync of the journal
    at the end              the rest, `end` and `seal`, then the final headers

Nothing here can hold up the thread that empties the ring: it only leaves chunks in a queue.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from capture.clock import ClockPair, boot_id
from capture.errors import TakechainError
from capture.journal.errors import in_words
from capture.journal.keys import Key
from capture.journal.meta import file_meta
from capture.journal.record import SPLIT, Block, Signal
from capture.journal.writer import JournalWriter
from capture.recorder import parts
from capture.recorder.errors import WriteFailed
from capture.recorder.files import PartFiles
from capture.recorder.hold import Chunk, PackerPool
from capture.recorder.levels import TakeLevels
from capture.recorder.noticed import cut, shifted
from capture.recorder.wall_clock import WallClock
from capture.take import Condition, Gap, cut_gaps

SYNC_SECONDS = 0.3
BLOCK_SECONDS = 0.88
HEARTBEAT_SECONDS = 5.0
_MOST_AT_ONCE_SECONDS = 2.0


@dataclass
class Ending:
    """How a take ends, as the side that fed it knows."""

    reason: str
    frames: int  # the timeline's length had everything been written
    rate_ppm: float | None = None
    lost_device: bool = False
    post_roll: int = 0  # frames behind the moment of Stop


class TakeWriter(threading.Thread):
    """Writes one take from a frame of its timeline on: in one part, or as many as `split_bytes` asks for."""

    def __init__(self, pool: PackerPool, rate: int, levels: TakeLevels, split_bytes: int = 0) -> None:
        super().__init__(name="writer", daemon=True)
        self.rate, self.levels = rate, levels
        self.begun = False
        self.failure: TakechainError | None = None
        self.given_up: TakechainError | None = None
        self.rate_ppm: float | None = None  # of the interface, as far as known
        self.done = threading.Event()
        self.frames = 0  # on the take's timeline, durable or not
        self.condition: Condition | None = None
        self.pre_roll = 0  # frames held before Record, until the journal says that they are on disk
        self.files: PartFiles
        self.journal: JournalWriter
        self._pool = pool
        self.key: Key | None = None  # it may come while the take rolls
        self._part, self._first = 1, 0
        self._split_bytes, self._part_end = split_bytes, parts.ENDLESS
        self._behind: parts.Behind | None = None  # where full parts are finished
        self._ready = threading.Condition()
        self._queue: deque[Chunk] = deque()
        self._queued = self._queued_before = 0  # frames; and those of them that were held before Record
        self._ending: Ending | None = None
        self._hurry = self._leaving = False
        self._lines: list[tuple[str, int, dict[str, Any]]] = []
        self._gaps: list[Gap] = []
        self._signals: list[Signal] = []
        self._block_first = 0
        self._beat = 0
        self._wall = WallClock()

    @property
    def backlog(self) -> int:
        """Frames that wait to be written, those left out that were in memory before the take began."""
        return self._queued - self._queued_before

    @property
    def waiting(self) -> list[Chunk]:
        """The chunks that wait to be written."""
        with self._ready:
            return list(self._queue)

    def begin(self, files: PartFiles, journal: JournalWriter, key: Key | None, part: int, first: int) -> None:
        """Start to write into files that lie ready; until then chunks only queue up."""
        self.files, self.journal, self.key = files, journal, key
        self._part, self._first = part, first
        self.frames = self._block_first = first
        self._part_end = first + parts.part_frames(files, self._split_bytes)
        self._beat = first if part == 1 else 0  # a later part says at once what it took over
        self._wall.remember(journal.record)
        self.begun = True
        self.start()

    def put(self, chunk: Chunk) -> None:
        """Leave one chunk to be written."""
        with self._ready:
            kept = self.given_up is None
            if kept:
                self._queue.append(chunk)
                self._queued += chunk.frames
                self._queued_before += chunk.frames if chunk.pick else 0
                if self._queued >= SYNC_SECONDS * self.rate:
                    self._ready.notify()
        if not kept:
            self._pool.free(chunk)

    def put_gap(self, gap: Gap) -> None:
        """Leave a gap, before its silence is put: its line has to be on disk first."""
        with self._ready:
            self._gaps.append(gap)

    def cut_gaps(self, end: int) -> None:
        """Leave out what of the gaps not journalled yet lies behind the take's end."""
        with self._ready:
            self._gaps = cut_gaps(self._gaps, end)

    def put_signal(self, signal: Signal) -> None:
        """Leave what was noticed of an input: its line follows the block that holds its last frame."""
        with self._ready:
            self._signals.append(signal)

    def shift_signals(self, place: int, frames: int) -> None:
        """Silence was put in at a frame that is not written yet."""
        with self._ready:
            self._signals = [shifted(signal, place, frames) for signal in self._signals]

    def put_line(self, kind: str, frame: int, **fields: Any) -> None:
        """Leave a line to be journalled at the next turn."""
        with self._ready:
            self._lines.append((kind, frame, fields))
            self._hurry = True
            self._ready.notify()

    def flush(self) -> None:
        """Write what is queued now, whatever its length: the interface is gone."""
        with self._ready:
            self._hurry = True
            self._ready.notify()

    def end(self, ending: Ending) -> None:
        """Write what is queued, then end the take; `done` is set when everything lies on disk."""
        with self._ready:
            self._ending = ending
            self._ready.notify()

    def give_up(self, why: TakechainError) -> None:
        """Take nothing more: the disk stands still, and the other side goes on. What is queued is written."""
        with self._ready:
            self.given_up = why

    def leave(self) -> None:
        """Write what is queued, then let go without an end: another process will go on with the take."""
        with self._ready:
            self._leaving = self._hurry = True
            self._ready.notify()

    def run(self) -> None:
        """The thread's life; whatever ends it, journal and files are let go of, and `failure` says why."""
        try:
            if self._part > 1:
                self.levels.resume(self.journal.record)
            while self._turn():
                pass
        except Exception as error:  # what is in memory cannot be trusted now: the take is closed from disk
            self.failure = self.failure or _stumbled(error)
        finally:
            self._let_go()
            self.done.set()

    def _let_go(self) -> None:
        for held in (self.files, self.journal):
            try:
                held.close()
            except Exception as error:  # a descriptor that is bad already must not keep the lock held
                self.failure = self.failure or _stumbled(error)

    def _turn(self) -> bool:
        chunks, ending, hurry = self._next()
        if self.failure is None:
            try:
                if chunks:
                    self._write(chunks, whole=hurry and ending is None)
                if hurry:
                    self._journal_lines()
            except TakechainError as error:
                self._fail(error)
        for chunk in chunks:
            self._pool.free(chunk)
        if ending is not None and not self._queue:
            self._finish(ending)
            return False
        return not self._leaving or bool(self._queue)

    def _next(self) -> tuple[list[Chunk], Ending | None, bool]:
        enough, most = SYNC_SECONDS * self.rate, _MOST_AT_ONCE_SECONDS * self.rate
        with self._ready:
            while self._queued < enough and self._ending is None and not self._hurry:
                self._ready.wait()
            hurry, self._hurry = self._hurry, self._leaving
            chunks: list[Chunk] = []
            frames = 0
            while self._queue and frames < most:
                chunks.append(self._queue.popleft())
                frames += chunks[-1].frames
            self._queued -= frames
            self._queued_before -= sum(chunk.frames for chunk in chunks if chunk.pick)
            return chunks, self._ending, hurry

    def _write(self, chunks: list[Chunk], whole: bool) -> None:
        if self._behind is not None:
            self._behind.check()
        waiting = deque(chunks)
        while waiting:
            if self.frames >= self._part_end:
                self._next_part()
            self._write_in_part(parts.taken(waiting, self._part_end - self.frames), whole)

    def _write_in_part(self, chunks: list[Chunk], whole: bool) -> None:
        self._journal_gaps(self.frames + sum(chunk.frames for chunk in chunks))
        for chunk in chunks:
            chunk.data, chunk.pick = chunk.picked(), None
        self.files.append(chunks)
        for chunk in chunks:
            self.levels.add(chunk.frames, chunk.levels)
        self.files.sync()
        self.frames = self._first + self.files.frames
        full, flushed = self.frames >= self._part_end, 0 < self.pre_roll <= self.frames
        if whole or full or flushed or self.frames - self._block_first >= BLOCK_SECONDS * self.rate:
            self._journal_block(sync=True)
        if flushed:
            self._journal_pre_roll()

    def _next_part(self) -> None:
        """Go on in new files; where none can be made the present ones grow on: no frame is lost for that."""
        try:
            record, folder = self.journal.record, self.files.folder
            number, files = parts.next_files(folder, record, self._pool, beside=self.files)
        except TakechainError as error:
            text = f"{error.what}: part {self._part} goes on"
            self.journal.append("device", self.frames, device="disk", state="not split", text=text)
            self._part_end = self.frames + parts.part_frames(self.files, self._split_bytes)
            return
        try:
            parts.begin_part(self.journal, files, number, self.frames, SPLIT)
        except BaseException:
            files.discard()
            raise
        full, self.files = self.files, files
        done, self._part, self._first = self._part, number, self.frames
        self._part_end = self.frames + parts.part_frames(files, self._split_bytes)
        self._behind = self._behind or parts.Behind()
        self._behind.finish(full, [file_meta(record, done, index) for index in range(self._count)])

    def _journal_block(self, *, sync: bool) -> None:
        frames = self.frames - self._block_first
        if frames:
            digests = self.files.digests()
            self.journal.append(
                "block", self._block_first, first=self._block_first, frames=frames, sha256=digests
            )
            blocks = self.journal.record.blocks  # a night's hashes need not stay in memory
            blocks[-1] = Block(self._block_first, frames, ())
            self._block_first = self.frames
        self._journal_signals()
        pair = ClockPair.now()
        changes = self._wall.look(pair)
        for change in changes:
            self.journal.append("device", self.frames, device="clock", **change)
        if changes or self.frames - self._beat >= HEARTBEAT_SECONDS * self.rate:
            if self.journal.vanished:
                raise WriteFailed(f"{self.journal.path.parent} was deleted while the take rolled")
            self._beat = self.frames
            clock = {**asdict(pair), "boot_id": boot_id()}
            self.journal.append(
                "heartbeat",
                self.frames,
                frames=self.frames,
                lengths=self.files.lengths,
                clock=clock,
                levels=self.levels.as_fields(),
                rate_ppm=self.rate_ppm,
            )
        if sync:
            self.journal.sync()

    def _journal_pre_roll(self) -> None:
        frames, self.pre_roll = min(self.pre_roll, self.frames), 0
        self.journal.append("preroll", frames, sync=True, frames=frames)

    def _journal_lines(self) -> None:
        with self._ready:
            lines, self._lines = self._lines, []
        for kind, frame, fields in lines:
            self.journal.append(kind, frame, sync=True, **fields)

    def _journal_signals(self, *, ending: bool = False) -> None:
        """A line never speaks of audio that is not on disk; at the end it is cut to what is."""
        with self._ready:
            due = [signal for signal in self._signals if ending or signal.end <= self.frames]
            self._signals = [] if ending else [s for s in self._signals if s.end > self.frames]
        for signal in cut(due, self.frames):
            self.journal.append("signal", signal.first, **signal.as_fields())

    def _journal_gaps(self, before: int) -> None:
        """The lines of silence before this frame, durable: without its line it would pass for sound."""
        with self._ready:
            due = [parts.gap_split(gap, self._part_end) for gap in self._gaps if gap.first < before]
            later = [gap for gap in self._gaps if gap.first >= before]
            self._gaps = [*(gap for _, behind in due for gap in behind), *later]
        for gap, _ in due:
            self._journal_gap(gap)
        if due:
            self.journal.sync()

    def _journal_gap(self, gap: Gap) -> None:
        self.journal.append("gap", gap.first, **asdict(gap))

    def _fail(self, error: TakechainError) -> None:
        """What was written stays; the files are made equally long again, and the rest of the take is lost."""
        self.failure = error
        try:
            self.files.cut(self._block_first - self._first)
            self.files.sync()
        except WriteFailed as worse:
            self.failure = worse
        self.frames = self._first + self.files.frames

    def _finish(self, ending: Ending) -> None:
        self.failure = self.failure or self.given_up
        try:
            self._journal_end(ending)
            self.files.finish(file_meta(self.journal.record, self._part, i) for i in range(self._count))
            if self._behind is not None:
                self._behind.check(wait=True)
        except TakechainError as error:
            self.failure = self.failure or error

    @property
    def _count(self) -> int:
        return len(self.files.files)

    def _journal_end(self, ending: Ending) -> None:
        self._journal_block(sync=False)
        if self.pre_roll and self.failure is None:  # it ended before the moment of Record itself had come
            self._journal_pre_roll()
        self._journal_signals(ending=True)
        reason, frames = ending.reason, self.frames
        if ending.frames < self._first and not self.files.frames:
            frames = ending.frames  # Stop was pressed in the hole before this part
        if self.failure is not None:
            reason, frames = self.failure.what, max(ending.frames, self.frames)
            if frames > self.frames:
                self._journal_gap(Gap(self.frames, frames - self.frames, 0, 0, reason, filled=False))
        record = self.journal.record
        holes = any(part.cause != SPLIT for part in record.parts[1:])
        self.condition = _condition(ending, damaged=bool(record.gaps or self.failure or holes))
        self.journal.append(
            "end",
            frames,
            frames=frames,
            lost_frames=sum(gap.frames for gap in cut_gaps(record.gaps, frames)),
            blocks=self.journal.blocks_sha256,
            levels=self.levels.as_fields(),
            condition=self.condition.value,
            reason=reason,
            rate_ppm=ending.rate_ppm,
            post_roll=ending.post_roll,
        )
        if self.key is not None:  # else it waits for it
            self.journal.seal(self.key)


def _stumbled(error: Exception) -> WriteFailed:
    if isinstance(error, OSError):
        return WriteFailed(*in_words(error))
    words = f"the recorder could not write: {type(error).__name__} {error}".rstrip()
    return WriteFailed(words, "what lies on disk is kept")


def _condition(ending: Ending, *, damaged: bool) -> Condition:
    if ending.lost_device:
        return Condition.LOST_DEVICE
    return Condition.GAP if damaged else Condition.CLEAN
