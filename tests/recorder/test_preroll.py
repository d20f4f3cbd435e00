"""The sound before the Record key and after Stop, told to the frame on a scripted stream and clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capture.journal.lines import read_lines
from capture.journal.record import TakeRecord
from capture.recorder import opening
from capture.recorder.engine import Engine
from capture.recorder.page import PageWriter
from capture.recorder.preroll import PreRoll, picker
from capture.recorder.rolling import RollingTake
from capture.wav.meta import Format
from tests.recorder.test_engine import CHANNELS, PERIOD, RATE, Bench, ScriptedStream
from tests.support.recorder import begin_of, part_names
from tests.support.rig import check_signal, integers_of
from tests.support.takes import KEY, chain_text

SECOND_BYTES = RATE * CHANNELS * 3


class PreRollBench(Bench):
    """The bench of the engine with sound held before Record; `key` presses it at the present moment."""

    def __init__(self, folder: Path, seconds: float, budget: int = 1 << 30, kind: Format = "pcm24") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.stream = ScriptedStream()
        self.engine = Engine(
            self.stream,
            PageWriter(folder / "levels.page", CHANNELS, RATE),
            self.stream.clock,
            pre_roll=PreRoll(RATE, CHANNELS, kind, budget),
        )
        self.kind = kind
        self.engine.pre_roll.ask(seconds)

    def key(
        self,
        inputs: range | list[int] = range(1, CHANNELS + 1),
        layout: str = "poly",
        limit: int | None = None,
        ago: float = 0.0,
    ) -> RollingTake:
        """Press Record, `ago` seconds before it is heard of; `pressed` is the frame of that moment."""
        at = self.stream.clock() - round(ago * 1e9)
        self.pressed = self.engine.timeline.frame_at(at)
        begin = {**begin_of(inputs, layout, self.kind), "expected_frames": limit}
        plan = opening.plan_of(begin, RATE, CHANNELS, self.engine.chunk_frames, limit)
        take = self.engine.start_take(plan, key_ns=at)
        started = self.engine.timeline.time_of(take.start)
        self.begin = opening.begin_fields(begin, started, RATE, "unknown", pre_roll=take.pre_roll)
        self.names, self.inputs = part_names("Aurora_T001", inputs, layout), list(inputs)
        self.open(take)
        return take

    def stop_at_end(self, take: RollingTake) -> TakeRecord:
        while self.engine.take is take:
            self.turn(0.05)
        assert take.writer.done.wait(10)
        return self.finished()

    def first_and_exact(self) -> tuple[int, bool]:
        found = check_signal(self.integers(), self.inputs)
        return found.first, found.exact


def bench(
    tmp_path: Path, seconds: float, held: float, budget: int = 1 << 30, kind: Format = "pcm24"
) -> PreRollBench:
    made = PreRollBench(tmp_path / "take", seconds, budget, kind)
    made.turn(held)
    return made


@pytest.mark.parametrize(
    ("layout", "kind", "seconds"),
    [("poly", "pcm24", 0.02), ("track", "float32", 1.25), ("poly", "float32", 2), ("track", "pcm24", 5)],
)
def test_a_take_begins_so_long_before_the_key_to_the_frame(
    tmp_path: Path, layout: str, kind: Format, seconds: float
) -> None:
    made = bench(tmp_path, seconds, held=6, kind=kind)
    take = made.key(layout=layout)
    made.turn(2)
    assert take.frames - take.pre_roll == pytest.approx(2 * RATE, abs=2 * PERIOD)
    record = made.stop()
    assert record.is_clean
    assert record.pre_roll == record.pre_roll_safe == round(seconds * RATE)
    assert made.first_and_exact() == (made.pressed - round(seconds * RATE), True)


def test_a_key_heard_late_costs_nothing_of_it(tmp_path: Path) -> None:
    made = bench(tmp_path, 3, held=6)
    made.key(ago=0.7)
    made.turn(1)
    assert made.stop().pre_roll == 3 * RATE
    assert made.first_and_exact() == (made.pressed - 3 * RATE, True)


def test_from_cold_it_gives_what_there_is_and_says_so(tmp_path: Path) -> None:
    made = bench(tmp_path, 60, held=1.5)
    made.key()
    made.turn(1)
    record = made.stop()
    assert record.pre_roll == pytest.approx(1.5 * RATE, abs=2 * PERIOD)
    assert made.first_and_exact() == (made.pressed - record.pre_roll, True)
    assert made.pressed == record.pre_roll  # from the very first frame of the stream on


def test_memory_bounds_it_and_the_granted_length_is_said(tmp_path: Path) -> None:
    made = bench(tmp_path, 100, held=12, budget=5 * SECOND_BYTES)
    held = made.engine.pre_roll
    assert (held.asked, held.granted, held.held) == (100 * RATE, 4 * RATE, 4 * RATE)
    kept = sum(len(chunk.data[0]) for chunk in held._hold._chunks if chunk.data)
    assert kept <= 5 * SECOND_BYTES + CHANNELS * 3 * made.engine.chunk_frames
    made.key()
    made.turn(1)
    assert made.stop().pre_roll == 4 * RATE
    assert made.first_and_exact() == (made.pressed - 4 * RATE, True)


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
def test_every_rate_gets_what_the_budget_holds(rate: int) -> None:
    held = PreRoll(rate, 64)
    held.ask(120)
    most = (512 << 20) / (rate * 64 * 3)
    assert held.granted / rate == pytest.approx(min(120, most - 1), abs=0.001)
    few = PreRoll(rate, 4)
    few.ask(120)
    assert few.granted == 120 * rate


def test_which_tracks_are_armed_is_asked_only_at_the_key(tmp_path: Path) -> None:
    made = bench(tmp_path, 2, held=4)
    made.key(inputs=[4, 2], layout="track")
    made.turn(1)
    assert made.stop().pre_roll == 2 * RATE
    assert made.first_and_exact() == (made.pressed - 2 * RATE, True)


def test_another_wish_keeps_what_is_held(tmp_path: Path) -> None:
    made = bench(tmp_path, 2, held=4)
    made.engine.pre_roll.ask(4)
    made.turn(1)
    made.key()
    made.turn(1)
    assert made.stop().pre_roll == pytest.approx(4 * RATE, abs=2 * PERIOD)
    assert made.first_and_exact()[1]


def test_a_length_counts_from_the_key(tmp_path: Path) -> None:
    made = bench(tmp_path, 2, held=4)
    take = made.key(limit=3 * RATE + 7)
    record = made.stop_at_end(take)
    assert (record.frames, record.expected_frames) == (5 * RATE + 7, 5 * RATE + 7)
    assert (record.reason, record.ended_early) == ("seconds", False)
    assert made.first_and_exact() == (made.pressed - 2 * RATE, True)


def test_what_was_lost_while_armed_is_a_gap_of_the_take(tmp_path: Path) -> None:
    made = bench(tmp_path, 6, held=8)
    before = made.engine.timeline.position
    made.stream.lose(5)
    made.turn(3)
    take = made.key()
    made.turn(1)
    record = made.stop()
    assert (record.condition.value, record.lost_frames, len(record.gaps)) == ("gap", 5 * PERIOD, 1)
    gap, integers = record.gaps[0], made.integers()
    assert abs(gap.first + take.start - before) <= gap.first_pm
    assert not integers[gap.first : gap.first + gap.frames].any()
    found = check_signal(integers, made.inputs)
    assert (found.first, found.silent, found.lost, found.wrong_samples) == (
        made.pressed - 6 * RATE,
        5 * PERIOD,
        5 * PERIOD,
        0,
    )


def test_loss_just_before_the_key_that_shows_only_after_it_stands_in_its_place(tmp_path: Path) -> None:
    made = bench(tmp_path, 3, held=8)
    made.stream.lose(4)
    made.turn(0.15)
    made.key()
    made.turn(3)
    record = made.stop()
    assert record.lost_frames == 4 * PERIOD
    assert record.gaps[0].first < record.pre_roll
    found = check_signal(made.integers(), made.inputs)
    assert (found.lost, found.silent, found.wrong_samples) == (4 * PERIOD, 4 * PERIOD, 0)


def test_what_was_lost_before_all_that_is_held_is_not_in_the_take(tmp_path: Path) -> None:
    made = bench(tmp_path, 1, held=4)
    made.stream.lose(5)
    made.turn(6)
    made.key()
    made.turn(1)
    assert made.stop().is_clean
    assert made.first_and_exact() == (made.pressed - RATE, True)


def test_the_clock_of_frame_0_moves_with_it(tmp_path: Path) -> None:
    made = bench(tmp_path, 5, held=7)
    moment = made.stream.clock()
    made.key()
    made.turn(1)
    record = made.stop()
    assert record.clock["boottime_ns"] == pytest.approx(moment - 5e9, abs=2e6)
    midnight = record.started.timestamp() + 60 * record.utc_offset_minutes
    assert record.time_reference == pytest.approx(midnight % 86400 * RATE, abs=2)
    assert record.parts[0].time_reference == record.time_reference


def test_it_begins_anew_at_stop_so_that_nothing_between_two_takes_is_lost(tmp_path: Path) -> None:
    made = bench(tmp_path, 5, held=7)
    take = made.key()
    made.turn(1)
    made.engine.stop_take(made.stream.clock(), post_roll=1)
    record = made.stop_at_end(take)
    made.turn(2)
    held = made.engine.pre_roll.held
    assert held == pytest.approx(3 * RATE, abs=6 * PERIOD)
    (following, *_), _ = made.engine.pre_roll.since(0)
    assert following.first <= take.start + record.frames
    assert following.first + held == made.engine.timeline.position


def test_a_take_that_cannot_begin_takes_nothing_from_the_next(tmp_path: Path) -> None:
    made = bench(tmp_path, 3, held=5)
    at = made.stream.clock()
    plan = opening.plan_of(begin_of([1, 2]), RATE, CHANNELS, made.engine.chunk_frames)
    taken = made.engine.start_take(plan, key_ns=at)
    made.turn(0.4)
    made.engine.abandon_take(taken)
    made.turn(0.1)
    made.key(ago=made.stream.now - at / 1e9)
    made.turn(1)
    record = made.stop()
    assert (record.pre_roll, record.is_clean) == (3 * RATE, True)
    assert made.first_and_exact() == (made.pressed - 3 * RATE, True)


def test_without_pre_roll_a_take_begins_at_the_order_as_ever(tmp_path: Path) -> None:
    made = bench(tmp_path, 0, held=4)
    position = made.engine.timeline.position
    take = made.key(ago=0.3)
    assert (take.start, take.pre_roll, take.frames) == (position, 0, 0)
    made.turn(1)
    record = made.stop()
    assert (record.pre_roll, record.pre_roll_safe, record.post_roll) == (0, 0, 0)
    assert not [line for line in read_lines(made.journal).lines if line.type == "preroll"]


def test_a_take_in_another_format_gets_none_rather_than_worse_samples(tmp_path: Path) -> None:
    made = bench(tmp_path, 2, held=4)
    begin = begin_of(range(1, CHANNELS + 1), format="float32")
    plan = opening.plan_of(begin, RATE, CHANNELS, made.engine.chunk_frames)
    take = made.engine.start_take(plan, key_ns=made.stream.clock())
    assert (take.pre_roll, take.start) == (0, made.engine.timeline.position)


def test_its_line_comes_when_all_of_it_is_in_blocks_on_disk(tmp_path: Path) -> None:
    made = bench(tmp_path, 8, held=10)
    made.key()
    made.turn(2)
    made.stop()
    lines = [line.fields for line in read_lines(made.journal).lines]
    (at,) = [n for n, line in enumerate(lines) if line["type"] == "preroll"]
    assert lines[at]["frames"] == lines[at]["frame"] == 8 * RATE
    told = [line["first"] + line["frames"] for line in lines[:at] if line["type"] == "block"]
    assert max(told) >= 8 * RATE


def test_held_sound_is_no_backlog_that_live_sound_is_dropped_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.recorder.rolling.MOST_BACKLOG_SECONDS", 1.8)
    made = bench(tmp_path, 6, held=7)
    at = made.stream.clock()
    begin = begin_of(range(1, CHANNELS + 1))
    plan = opening.plan_of(begin, RATE, CHANNELS, made.engine.chunk_frames)
    take = made.engine.start_take(plan, key_ns=at)
    made.turn(1)  # nothing is taken away yet
    assert take.lost_frames == 0
    made.begin = opening.begin_fields(begin, 1, RATE, "unknown", pre_roll=take.pre_roll)
    made.names, made.inputs = part_names("Aurora_T001", range(1, CHANNELS + 1)), [1, 2, 3, 4]
    opening.open_take(take, made.folder / "Aurora_T001.take.jsonl", made.begin, chain_text()[0], KEY)
    made.journal = made.folder / "Aurora_T001.take.jsonl"
    made.turn(1)
    assert made.stop().is_clean
    assert made.first_and_exact()[1]


def test_the_levels_of_a_take_are_those_of_its_pre_roll_too(tmp_path: Path) -> None:
    made = bench(tmp_path, 2, held=4)
    made.key()
    made.turn(1)
    record = made.stop()
    heard = made.integers() / (1 << 23)
    for level, column in zip(record.levels, heard.T, strict=True):
        assert level.peak == pytest.approx(20 * np.log10(np.abs(column).max()), abs=0.02)
        assert level.rms == pytest.approx(20 * np.log10(np.sqrt(np.mean(column**2))), abs=0.02)


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_a_part_may_end_within_it(tmp_path: Path, layout: str) -> None:
    made = bench(tmp_path, 3, held=4)
    at = made.stream.clock()
    begin = begin_of(range(1, CHANNELS + 1), layout)
    begin["audio"]["split_bytes"] = 400_000 if layout == "poly" else 150_000
    plan = opening.plan_of(begin, RATE, CHANNELS, made.engine.chunk_frames)
    take = made.engine.start_take(plan, key_ns=at)
    made.begin = opening.begin_fields(begin, 1, RATE, "unknown", pre_roll=take.pre_roll)
    made.open(take)
    made.turn(1)
    record = made.stop()
    assert record.is_clean
    assert len(record.parts) >= 4
    assert record.parts[2].first < record.pre_roll == record.pre_roll_safe
    pieces = [
        np.concatenate([integers_of(made.folder / name) for name in part.files], axis=1)
        for part in record.parts
    ]
    found = check_signal(np.concatenate(pieces), range(1, CHANNELS + 1))
    assert (found.exact, found.frames) == (True, record.frames)


# -- post-roll ------------------------------------------------------------------------------------


def test_a_take_rolls_on_behind_stop_for_so_long_to_the_frame(tmp_path: Path) -> None:
    made = bench(tmp_path, 0, held=3)
    take = made.key()
    made.turn(1)
    pressed = take.frame_of(made.engine.timeline.frame_at(made.stream.clock()))
    made.engine.stop_take(made.stream.clock(), post_roll=2.5)
    record = made.stop_at_end(take)
    assert (record.frames, record.post_roll) == (pressed + round(2.5 * RATE), round(2.5 * RATE))
    assert (record.reason, record.is_clean) == ("stop", True)
    assert made.first_and_exact()[1]


def test_record_within_the_post_roll_carries_on_without_a_lost_frame(tmp_path: Path) -> None:
    made = bench(tmp_path, 0, held=3)
    take = made.key()
    started = made.stream.now
    made.turn(1)
    made.engine.stop_take(made.stream.clock(), post_roll=2)
    made.turn(1.5)
    assert made.engine.carry_on() is take
    made.turn(3)
    rolled = made.stream.now - started
    record = made.stop()
    assert record.frames == pytest.approx(rolled * RATE, abs=2 * PERIOD)
    assert (record.post_roll, record.reason, record.is_clean) == (0, "stop", True)
    assert made.first_and_exact()[1]


def test_carrying_on_keeps_the_length_that_was_asked_for(tmp_path: Path) -> None:
    made = bench(tmp_path, 1, held=3)
    take = made.key(limit=4 * RATE)
    made.turn(1)
    made.engine.stop_take(made.stream.clock(), post_roll=1)
    made.turn(0.5)
    made.engine.carry_on()
    record = made.stop_at_end(take)
    assert (record.frames, record.reason) == (5 * RATE, "seconds")


def test_a_second_stop_ends_the_post_roll_there(tmp_path: Path) -> None:
    made = bench(tmp_path, 0, held=3)
    take = made.key()
    made.turn(1)
    made.engine.stop_take(made.stream.clock(), post_roll=20)
    made.turn(1)
    made.engine.stop_take(made.stream.clock())
    record = made.stop_at_end(take)
    assert record.frames == pytest.approx(2 * RATE, abs=3 * PERIOD)
    assert record.post_roll == pytest.approx(RATE, abs=2 * PERIOD)


# -- picking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("files", [[[0, 1, 2, 3, 4]], [[0], [3], [4]], [[2, 1]], [[1, 2], [4]], [[4, 0, 3]]])
def test_columns_are_picked_to_the_byte(size: int, files: list[list[int]]) -> None:
    raw = np.random.default_rng(1).integers(0, 256, (17, 5, size), np.uint8)
    picked = picker(files, 5, size)(memoryview(raw.tobytes()))
    assert [bytes(view) for view in picked] == [raw[:, file].tobytes() for file in files]
