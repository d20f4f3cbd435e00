"""Between two recorders of one take: its length, a Stop and a mark that fall into the hole."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from capture.clock import boottime_ns
from capture.journal.finish import write_file_lines
from capture.journal.folding import apply
from capture.journal.keys import station_key
from capture.journal.record import TakeRecord, load
from capture.journal.verify import verify_take
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names

RATE = 48_000
CAUSE = "the recorder was killed"


def whole(journal: Path, key_folder: Path) -> TakeRecord:
    """The take as it lies there, once its files are hashed and it was verified."""
    key = station_key(key_folder)
    write_file_lines(journal, key)
    report = verify_take(journal, own_keyid=key.keyid)
    assert report.ok, report.findings
    return load(journal)


def killed(recorder: RecorderProcess, folder: Path, limit: int | None = None) -> tuple[Path, int]:
    """A take whose recorder was killed; its journal and the boottime of its frame 0."""
    begin = {**begin_of([1, 2]), "expected_frames": limit}
    journal = recorder.roll(folder, begin, limit=limit)
    started = int(recorder.call("status")["take"]["started_boottime_ns"])
    recorder.wait_frames(20_000, written=True)
    recorder.kill()
    return journal, started


def go_on(recorder: RecorderProcess, journal: Path) -> dict[str, object]:
    recorder.start()
    until(lambda: recorder.call("status")["stream_frames"] > 0)
    names = part_names("Aurora_T001", [1, 2], part=2)
    return recorder.call("continue", journal=str(journal), files=names, cause=CAUSE)


def test_a_length_reached_in_the_hole_ends_the_take_there_without_a_part(tmp_path: Path) -> None:
    limit = 140_000
    recorder = RecorderProcess(tmp_path)
    with recorder:
        journal, started = killed(recorder, tmp_path / "take", limit)
        until(lambda: (boottime_ns() - started) / 1e9 * RATE > limit)
        ended = go_on(recorder, journal)["ended"]
        assert isinstance(ended, dict)
        assert (ended["frames"], ended["condition"], ended["sealed"]) == (limit, "recovered", True)
        assert recorder.call("status")["last"] == ended
        assert recorder.call("status")["state"] == "armed"
    record = whole(journal, tmp_path / "key")
    there = soundfile.info(tmp_path / "take" / "Aurora_T001.wav").frames
    assert (record.frames, len(record.parts)) == (limit, 1)
    assert [(g.first, g.frames, g.filled, g.cause) for g in record.gaps] == [
        (there, limit - there, False, CAUSE)
    ]
    assert sorted(p.name for p in (tmp_path / "take").glob("*.wav")) == ["Aurora_T001.wav"]


def test_a_stop_in_the_hole_claims_no_frame_behind_it(tmp_path: Path) -> None:
    recorder = RecorderProcess(tmp_path)
    with recorder:
        journal, started = killed(recorder, tmp_path / "take")
        stop_at = boottime_ns()
        until(lambda: boottime_ns() - stop_at > 300_000_000)
        go_on(recorder, journal)
        end = recorder.call("stop", at_boottime_ns=stop_at)
    # the clock of the simulated interface is ours; its looks are 50 ms apart at most
    assert end["frames"] == pytest.approx((stop_at - started) / 1e9 * RATE, abs=240)
    record = whole(journal, tmp_path / "key")
    there = soundfile.info(tmp_path / "take" / "Aurora_T001.wav").frames
    assert record.frames == end["frames"]
    assert record.condition.value == "gap"
    assert [(g.first, g.frames) for g in record.gaps] == [(there, record.frames - there)]
    assert record.lost_frames == record.frames - there
    assert soundfile.info(tmp_path / "take" / "Aurora_T001-2.wav").frames == 0


def test_a_stop_before_the_recorder_died_keeps_what_came(tmp_path: Path) -> None:
    recorder = RecorderProcess(tmp_path)
    with recorder:
        journal, started = killed(recorder, tmp_path / "take")
        go_on(recorder, journal)
        recorder.call("stop", at_boottime_ns=started + 100_000_000)
    record = whole(journal, tmp_path / "key")
    assert record.frames == soundfile.info(tmp_path / "take" / "Aurora_T001.wav").frames >= 20_000
    assert record.gaps == []


def test_a_mark_in_the_hole_stands_at_its_true_frame(tmp_path: Path) -> None:
    recorder = RecorderProcess(tmp_path)
    with recorder:
        journal, started = killed(recorder, tmp_path / "take")
        pressed = boottime_ns()
        until(lambda: boottime_ns() - pressed > 200_000_000)  # so long the hole is at least
        first = go_on(recorder, journal)["frames"]
        assert isinstance(first, int)
        mark = {"type": "marker", "text": "in the hole", "at_boottime_ns": pressed}
        (line,) = recorder.call("append", lines=[mark])["lines"]
        recorder.call("stop")
    true = (pressed - started) / 1e9 * RATE
    assert line["frame"] == pytest.approx(true, abs=240)
    assert line["frame"] < first
    assert whole(journal, tmp_path / "key").markers[0].frame == line["frame"]


def gap(
    first: int, frames: int, *, filled: bool = True, cause: str = "slow", pm: int = 0
) -> dict[str, object]:
    numbers = {"first": first, "frames": frames, "first_pm": pm, "frames_pm": pm}
    return {"type": "gap", "frame": first, "cause": cause, "filled": filled, **numbers}


def folded(*lines: dict[str, object]) -> tuple[list[tuple[int, int]], int]:
    record = TakeRecord()
    for line in ({"type": "begin"}, *lines):
        apply(record, line)
    return [(g.first, g.frames) for g in record.gaps], record.lost_frames


def test_silence_that_was_told_of_but_never_written_is_no_gap() -> None:
    told = gap(1000, 500)
    assert folded(told) == ([(1000, 500)], 500)
    assert folded(told, gap(1200, 900, filled=False, cause="killed")) == ([(1000, 200), (1200, 900)], 1100)
    assert folded(told, gap(900, 900, filled=False, cause="killed")) == ([(900, 900)], 900)
    assert folded(told, {"type": "part", "part": 2, "first": 1100}) == ([(1000, 100)], 100)
    assert folded(told, {"type": "end", "frames": 1300, "lost_frames": 300}) == ([(1000, 300)], 300)
    assert folded(told, {"type": "end", "frames": 1000, "lost_frames": 0}) == ([], 0)


def test_silence_that_goes_straight_on_is_one_gap() -> None:
    assert folded(gap(1000, 500), gap(1500, 20)) == ([(1000, 520)], 520)
    assert folded(gap(1000, 500), gap(1501, 20)) == ([(1000, 500), (1501, 20)], 520)
    assert folded(gap(1000, 500), gap(1500, 20, cause="clock", pm=3)) == ([(1000, 500), (1500, 20)], 520)
