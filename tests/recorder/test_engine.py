"""The engine on a scripted stream and clock: gaps, a full ring, a slow disk, told to the frame."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from capture.journal.errors import JournalError
from capture.journal.finish import write_file_lines
from capture.journal.keys import Key
from capture.journal.lines import read_lines
from capture.journal.record import TakeRecord, load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from capture.recorder import engine, opening, rolling
from capture.recorder.engine import Engine
from capture.recorder.hold import Chunk
from capture.recorder.page import PageReader, PageWriter
from capture.recorder.rolling import RollingTake
from capture.recorder.writer import SYNC_SECONDS
from hardware.interfaces import Interface
from tests.support.poll import until
from tests.support.recorder import begin_of, part_names
from tests.support.rig import Check, check_signal, integers_of
from tests.support.takes import KEY, chain_text

RATE, CHANNELS, PERIOD = 48000, 4, 1024


class ScriptedStream:
    """Callbacks of PERIOD frames owed by a clock that the test moves; some of them can be lost."""

    rate, channels = RATE, CHANNELS
    interface = Interface("test:4", "Test", "test", CHANNELS, (RATE,), RATE, "unknown")

    def __init__(self) -> None:
        self.now = 1.0
        self.frames = 0
        self.overrun = False
        self.lost_reason: str | None = None
        self.silent = False
        self.closed = False
        self._due = 1
        self._made = 0
        self._random = random.Random(3)

    def start(self) -> None:
        """Nothing to do."""

    def clock(self) -> int:
        return round(self.now * 1e9)

    def advance(self) -> None:
        """Let the time to the engine's next look pass."""
        self.now += self._random.uniform(0.04, 0.06)

    def lose(self, callbacks: int) -> None:
        """The next callbacks never come: the converter goes on, we get nothing of it."""
        self._due += callbacks
        self._made += callbacks * PERIOD

    def read(self) -> list[np.ndarray]:
        chunks = []
        while not self.silent and self.now - 1.0 >= self._due * PERIOD / RATE:
            frame = np.arange(self._made, self._made + PERIOD)
            values = frame[:, None] + 65537 * np.arange(CHANNELS)[None, :]
            wrapped = ((values + (1 << 23)) & 0xFFFFFF) - (1 << 23)
            chunks.append((wrapped / (1 << 23)).astype(np.float32))
            self._made += PERIOD
            self._due += 1
        self.frames += PERIOD * len(chunks)
        return chunks

    def alive(self) -> bool:
        return self.lost_reason is None

    def close(self, timeout: float = 2.0) -> bool:
        self.closed = True
        return timeout > 0


class Bench:
    """An engine turned by hand, with one take in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.stream = ScriptedStream()
        self.engine = Engine(
            self.stream, PageWriter(folder / "levels.page", CHANNELS, RATE), self.stream.clock
        )
        self.turn(3.0)

    def turn(self, seconds: float) -> None:
        end = self.stream.now + seconds
        while self.stream.now < end:
            self.stream.advance()
            self.engine.turn()

    def start(self, layout: str = "poly", limit: int | None = None) -> RollingTake:
        begin = begin_of(range(1, CHANNELS + 1), layout)
        plan = opening.plan_of(begin, RATE, CHANNELS, self.engine.chunk_frames, limit)
        take = self.engine.start_take(plan)
        self.begin = opening.begin_fields(begin, self.engine.timeline.time_of(take.start), RATE, "unknown")
        self.names = part_names("Aurora_T001", range(1, CHANNELS + 1), layout)
        return take

    def open(self, take: RollingTake, key: Key = KEY) -> None:
        self.journal = self.folder / "Aurora_T001.take.jsonl"
        opening.open_take(take, self.journal, self.begin, chain_text()[0], key)

    def stop(self) -> TakeRecord:
        take = self.engine.take
        assert take is not None
        self.engine.stop_take(self.stream.clock())
        while self.engine.take is not None:
            self.stream.advance()
            self.engine.turn()
        assert take.writer.done.wait(10)
        return self.finished()

    def finished(self) -> TakeRecord:
        write_file_lines(self.journal, KEY)
        report = verify_take(self.journal, own_keyid=KEY.keyid)
        assert report.ok, report.findings
        return load(self.journal)

    def integers(self) -> np.ndarray:
        return np.concatenate([integers_of(self.folder / name) for name in self.names], axis=1)

    def check(self) -> Check:
        return check_signal(self.integers(), range(1, CHANNELS + 1))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "take")


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_a_sound_take_is_exact(bench: Bench, layout: str) -> None:
    take = bench.start(layout)
    bench.open(take)
    bench.turn(4)
    record = bench.stop()
    assert record.is_clean
    assert bench.check().exact
    assert bench.check().frames == record.frames


@pytest.mark.parametrize("layout", ["poly", "track"])
@pytest.mark.parametrize("callbacks", [1, 4, 30])
def test_lost_callbacks_become_silence_in_their_place(bench: Bench, layout: str, callbacks: int) -> None:
    take = bench.start(layout)
    bench.open(take)
    bench.turn(2)
    before = bench.engine.timeline.position - take.start
    bench.stream.lose(callbacks)
    bench.turn(3)
    record = bench.stop()
    assert (record.condition.value, record.lost_frames) == ("gap", callbacks * PERIOD)
    gap = record.gaps[0]
    assert (gap.frames, gap.filled, gap.cause) == (callbacks * PERIOD, True, "clock")
    assert abs(gap.first - before) <= gap.first_pm
    integers = bench.integers()
    found = check_signal(integers, range(1, CHANNELS + 1))
    assert (found.silent, found.lost, found.wrong_samples) == (gap.frames, gap.frames, 0)
    assert not integers[gap.first : gap.first + gap.frames].any()
    after = integers[-1, 0] - integers[0, 0]
    assert after == len(integers) - 1  # behind the gap the timeline is the converter's again


def test_what_was_lost_before_the_take_is_not_in_it(bench: Bench) -> None:
    bench.stream.lose(5)
    bench.turn(0.1)
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    record = bench.stop()
    assert record.is_clean
    assert bench.check().exact


def test_marks_and_the_stop_keep_to_the_clock_over_a_gap(bench: Bench) -> None:
    take = bench.start()
    bench.open(take)
    started = bench.stream.now
    bench.turn(1)
    bench.stream.lose(10)
    bench.turn(2)
    frame = take.frame_of(bench.engine.timeline.frame_at(bench.stream.clock()))
    assert frame == pytest.approx((bench.stream.now - started) * RATE, abs=2 * PERIOD)
    record = bench.stop()
    assert record.frames == pytest.approx((bench.stream.now - started) * RATE, abs=4 * PERIOD)


def test_a_full_ring_ends_the_sound_loudly_and_keeps_all_before(bench: Bench) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    came = take.frames
    bench.stream.silent, bench.stream.overrun = True, True
    bench.stream.lost_reason = "the memory ran full"
    bench.turn(0.2)
    assert bench.engine.state == "lost"
    assert bench.stream.closed  # a card that is held open cannot come back
    record = bench.stop()
    assert (record.condition.value, record.reason) == ("lost device", "lost device")
    assert record.frames == came
    assert [(d.device, d.state, d.text) for d in record.devices] == [
        ("interface", "lost", "the memory ran full")
    ]
    assert bench.check().exact


@pytest.mark.parametrize(("standing", "state"), [(0.6, "rolling"), (1.0, "lost")])
def test_a_stream_that_stands_still_is_lost_within_a_second(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, standing: float, state: str
) -> None:
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: bench.stream.now))
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    bench.stream.silent = True
    bench.turn(standing - 0.06)  # a turn may end one look later than asked
    assert bench.engine.state == state
    bench.stop()


def test_without_grace_a_lost_interface_ends_the_take_at_once(bench: Bench) -> None:
    bench.engine = Engine(bench.stream, bench.engine._page, bench.stream.clock, lost_grace=0)
    bench.turn(3)
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    bench.stream.silent, bench.stream.lost_reason = True, "the device is gone"
    bench.turn(0.1)
    assert bench.engine.take is None
    assert take.writer.done.wait(10)
    record = bench.finished()
    assert (record.condition.value, record.reason) == ("lost device", "lost device")


def test_a_machine_that_slept_ends_the_sound_instead_of_filling_the_disk_with_silence(bench: Bench) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    came = take.frames
    bench.stream.lose(8 * 3600 * RATE // PERIOD)
    bench.stream.now += 8 * 3600
    bench.turn(2)
    assert bench.engine.state == "lost"
    assert bench.engine.take is None  # it slept for longer than a lost interface is waited for
    assert take.writer.done.wait(10)
    record = bench.finished()
    assert record.condition.value == "lost device"
    assert came <= record.frames < came + 3 * RATE
    assert "gave no sound for 288" in record.devices[0].text


def test_a_disk_that_is_too_slow_costs_a_gap_that_is_known_to_the_frame(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "MOST_BACKLOG_SECONDS", 1.0)
    take = bench.start()
    bench.turn(4)  # nothing takes the sound away yet
    assert take.lost_frames > RATE
    bench.open(take)
    for _ in range(2):  # first the sound it had, then the silence for what it could not take
        until(lambda: take.writer.backlog < SYNC_SECONDS * RATE)
        bench.turn(0.5)
    record = bench.stop()
    assert record.condition.value == "gap"
    assert [(g.cause, g.first_pm, g.frames_pm, g.filled) for g in record.gaps] == [
        ("the disk was too slow", 0, 0, True)
    ]
    gap, integers = record.gaps[0], bench.integers()
    assert not integers[gap.first : gap.first + gap.frames].any()
    found = check_signal(integers, range(1, CHANNELS + 1))
    assert (found.silent, found.lost, found.wrong_samples) == (gap.frames, gap.frames, 0)


def test_silence_is_never_on_disk_before_its_gap_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "MOST_BACKLOG_SECONDS", 1.0)
    take = bench.start()
    untold: list[int] = []
    synced: list[int] = []

    def watch() -> None:
        files, journal = take.writer.files, take.writer.journal
        append, sync = files.append, journal.sync

        def appending(chunks: Sequence[Chunk]) -> None:
            lines = [line.fields for line in read_lines(bench.journal).lines[: synced[-1]]]
            told = [
                (line["first"], line["first"] + line["frames"]) for line in lines if line["type"] == "gap"
            ]
            silent = [chunk for chunk in chunks if chunk.data is None]
            untold.extend(c.first for c in silent if not any(a <= c.first and c.end <= b for a, b in told))
            append(chunks)

        def syncing() -> None:
            sync()
            synced.append(journal.seq)

        monkeypatch.setattr(files, "append", appending)
        monkeypatch.setattr(journal, "sync", syncing)

    begin = take.writer.begin

    def begun(*args: object, **more: object) -> None:
        synced.append(1)
        take.writer.files, take.writer.journal = args[:2]  # type: ignore[assignment]  # before the thread
        watch()
        begin(*args, **more)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(take.writer, "begin", begun)
    bench.turn(4)
    bench.open(take)
    for _ in range(2):
        until(lambda: take.writer.backlog < SYNC_SECONDS * RATE)
        bench.turn(0.5)
    until(lambda: take.writer.backlog < SYNC_SECONDS * RATE)
    bench.stream.lose(6)
    for _ in range(20):
        bench.turn(0.1)
        until(lambda: take.writer.backlog < SYNC_SECONDS * RATE)
    record = bench.stop()
    assert {gap.cause for gap in record.gaps} == {"the disk was too slow", "clock"}
    assert untold == []


def test_a_limit_is_kept_to_the_frame_over_a_gap(bench: Bench) -> None:
    take = bench.start(limit=3 * RATE + 7)
    bench.open(take)
    bench.turn(1)
    bench.stream.lose(3)
    bench.turn(4)
    assert take.writer.done.wait(10)
    record = bench.finished()
    assert (record.frames, record.reason) == (3 * RATE + 7, "seconds")
    assert record.lost_frames == 3 * PERIOD


@pytest.mark.parametrize("where", ["sync", "digests"])
def test_whatever_the_writer_dies_of_the_take_ends_and_its_lock_is_free(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    monkeypatch.setattr(take.writer.files, where, _out_of_memory)
    until(lambda: bench.turn(0.1) or bench.engine.take is None)
    assert take.writer.done.wait(10)
    assert take.writer.failure is not None
    assert "MemoryError" in take.writer.failure.what
    assert not load(bench.journal).ended
    recover_take(bench.journal, KEY)  # which it could not while the lock is held
    record = bench.finished()
    assert record.condition.value == "recovered"
    assert bench.check().exact


def test_a_line_that_cannot_be_journalled_ends_the_take_loudly(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(2)
    append = take.writer.journal.append

    def refuse(kind: str, *rest: object, **fields: object) -> object:
        if kind == "device":
            raise JournalError("a line was not written")
        return append(kind, *rest, **fields)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(take.writer.journal, "append", refuse)
    take.note_device("the cable")
    until(lambda: bench.turn(0.1) or bench.engine.take is None)
    assert take.writer.done.wait(10)
    record = bench.finished()
    assert (record.condition.value, record.reason) == ("gap", "a line was not written")


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_audio_whose_sync_failed_is_not_told_of(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """After it the system holds for written what never reached the disk, and would sync it without a word."""
    sync, calls = os.fdatasync, [0]
    durable: list[int] = []

    def failing(handle: int) -> None:
        calls[0] += 1
        if calls[0] == 9:
            durable.append(min(file.safe for file in take.writer.files.files))
            raise OSError(errno.EIO, "injected")
        sync(handle)

    take = bench.start(layout)
    bench.open(take)
    monkeypatch.setattr(os, "fdatasync", failing)
    while bench.engine.take is not None:
        bench.turn(0.05)
        until(lambda: take.writer.backlog < SYNC_SECONDS * RATE)
    assert take.writer.done.wait(10)
    monkeypatch.undo()
    record = bench.finished()
    assert (record.condition.value, record.reason) == ("gap", "the disk failed to read or write")
    told = sum(block.frames for block in record.blocks)
    assert durable == [told]
    assert told > 0
    assert bench.check().frames == told
    assert bench.check().exact
    assert [(gap.first, gap.filled) for gap in record.gaps] == [(told, False)]


def _out_of_memory(*_: object) -> None:
    raise MemoryError("injected")


def test_the_page_shows_what_rolls(bench: Bench) -> None:
    with PageReader(bench.folder / "levels.page") as page:
        assert (levels := page.read()) is not None
        assert levels.peaks.max() > 0
        take = bench.start()
        bench.open(take)
        bench.turn(1)
        assert (levels := page.read()) is not None
        assert (levels.state, levels.take_frames) == ("rolling", take.frames)
    bench.stop()
