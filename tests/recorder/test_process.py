"""The recorder as a process, on the simulated interface: orders, endings, deaths."""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import soundfile

from capture.clock import boottime_ns
from capture.errors import TakechainError
from capture.journal.appending import is_held
from capture.journal.finish import write_file_lines
from capture.journal.keys import station_key
from capture.journal.lines import read_lines
from capture.journal.record import load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from capture.recorder.page import PageReader
from tests.support.faults import memory_fails
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names


def verified(journal: Path, key_folder: Path) -> list[str]:
    """Finish a take as the station does, and what verify holds against it."""
    key = station_key(key_folder)
    write_file_lines(journal, key)
    report = verify_take(journal, own_keyid=key.keyid)
    return [finding.what for finding in report.findings if finding.severity == "fault"]


@pytest.mark.parametrize("layout", ["poly", "track"])
@pytest.mark.parametrize("kind", ["pcm24", "float32"])
def test_a_take_of_so_many_frames(tmp_path: Path, layout: str, kind: str) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1, 2, 5, 8], layout, kind), limit=70_001)
        last = recorder.wait_ended()
    assert (last["frames"], last["lost_frames"], last["condition"]) == (70_001, 0, "clean")
    names = part_names("Aurora_T001", [1, 2, 5, 8], layout)
    infos = [soundfile.info(journal.parent / name) for name in names]
    assert {info.frames for info in infos} == {70_001}
    assert sum(info.channels for info in infos) == 4
    assert {info.subtype for info in infos} == {"PCM_24" if kind == "pcm24" else "FLOAT"}
    assert verified(journal, tmp_path / "key") == []
    record = load(journal)
    assert (record.reason, record.sealed, record.origin.value) == ("seconds", True, "simulated")
    audio = [soundfile.read(journal.parent / name, always_2d=True)[0] for name in names]
    peaks = [abs(column).max() for file in audio for column in file.T]
    assert [level.peak for level in record.levels] == pytest.approx(
        [20 * math.log10(peak) for peak in peaks], abs=0.01
    )


def test_nobody_else_makes_a_take_a_physical_one(tmp_path: Path) -> None:
    """The order says physical; what is written and sealed is what the open interface is."""
    begin = begin_of([1])
    begin |= {"origin": "physical", "interface": {**begin["interface"], "origin": "physical"}}
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin, limit=4_800)
        recorder.wait_ended()
    record = load(journal)
    assert record.sealed
    assert (record.begin["origin"], record.begin["interface"]["origin"]) == ("simulated", "simulated")
    assert verified(journal, tmp_path / "key") == []


def test_orders_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        with pytest.raises(TakechainError, match="nothing is rolling"):
            recorder.call("stop")
        with pytest.raises(TakechainError, match="knows no order"):
            recorder.call("dance")
        for wrong in (begin_of([9]), begin_of([1], rate=96000), {**begin_of([1]), "files": []}):
            with pytest.raises(TakechainError) as refused:
                recorder.roll(tmp_path / "take", wrong)
            assert refused.value.exit_code == 2
        recorder.roll(tmp_path / "take", begin_of([1]))
        with pytest.raises(TakechainError, match="rolling already"):
            recorder.roll(tmp_path / "take", begin_of([2], number=2))
        with pytest.raises(TakechainError, match="rolling"):
            recorder.call("quit")
        recorder.call("stop")
        assert sorted(p.name for p in (tmp_path / "take").iterdir()) == [
            "Aurora_T001.chain.json",
            "Aurora_T001.take.jsonl",
            "Aurora_T001.wav",
        ]


@pytest.mark.parametrize(
    "taken", ["Aurora_T001.take.jsonl", "Aurora_T001.chain.json", "Aurora_T001_02_Input 2.wav"]
)
def test_a_name_that_exists_is_never_overwritten(tmp_path: Path, taken: str) -> None:
    folder = tmp_path / "take"
    folder.mkdir()
    (folder / taken).write_bytes(b"mine")
    with RecorderProcess(tmp_path) as recorder:
        with pytest.raises(TakechainError) as refused:
            recorder.roll(folder, begin_of([1, 2], "track"))
        assert (refused.value.code, refused.value.exit_code) == ("name taken", 4)
        assert recorder.call("status")["state"] == "armed"
        assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [(taken, b"mine")]
        recorder.roll(folder, begin_of([1, 2], "track", number=2))
        assert recorder.call("stop")["condition"] == "clean"


def test_lines_land_at_the_frame_of_their_moment(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        started = recorder.call("status")["take"]["started_boottime_ns"]
        recorder.wait_frames(24_000)
        reading = {"type": "reading", "sensor": "s", "quantity": "temperature", "value": 21.5, "unit": "°C"}
        answer = recorder.call(
            "append",
            lines=[
                {"type": "marker", "text": "bar 5", "at_boottime_ns": started + 250_000_000},
                {**reading, "at_boottime_ns": started + 500_000_000},
                {"type": "marker", "text": "now"},
            ],
        )
        lines = answer["lines"]
        assert [line["frame"] for line in lines[:2]] == pytest.approx([12_000, 24_000], abs=30)
        assert [line.get("id") for line in lines] == [1, None, 2]
        with pytest.raises(TakechainError, match="can be appended"):
            recorder.call("append", lines=[{"type": "end"}])
        stop_at = boottime_ns()
        end = recorder.call("stop", at_boottime_ns=stop_at)
        assert end["frames"] == pytest.approx((stop_at - started) / 1e9 * 48000, abs=48)
    record = load(journal)
    assert [(m.id, m.text) for m in record.markers] == [(1, "bar 5"), (2, "now")]
    assert [r.value for r in record.readings] == [21.5]
    assert verified(journal, tmp_path / "key") == []


def test_a_stop_in_the_past_cuts_what_came_since(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        recorder.roll(tmp_path / "take", begin_of([1, 2]))
        recorder.wait_frames(40_000)
        moment = boottime_ns() - 300_000_000
        before = recorder.call("status")["take"]["started_boottime_ns"]
        end = recorder.call("stop", at_boottime_ns=moment)
    assert end["frames"] == pytest.approx((moment - before) / 1e9 * 48000, abs=48)
    assert soundfile.info(tmp_path / "take" / "Aurora_T001.wav").frames == end["frames"]


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_killed_at_any_moment_it_leaves_files_and_goes_on(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "take"
    names = part_names("Aurora_T001", [1, 2, 3], layout)
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(folder, begin_of([1, 2, 3], layout))
        recorder.wait_frames(150_000)
        came = recorder.call("status")["take"]["frames"]
        recorder.kill()
        for name in names:  # as it lies, before anything mends it
            info = soundfile.info(folder / name)
            assert came - info.frames <= 48_000
            probe = ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", name]
            shown = subprocess.run(probe, cwd=folder, capture_output=True, text=True, check=True)
            assert int(shown.stdout.split()[0]) == info.frames
        assert not load(journal).ended

        recorder.start()
        later = part_names("Aurora_T001", [1, 2, 3], layout, part=2)
        taken = recorder.call("continue", journal=str(journal), files=later, cause="the recorder was killed")
        assert taken["part"] == 2
        recorder.wait_frames(taken["frames"] + 60_000)
        end = recorder.call("stop")
    assert end["condition"] == "gap"
    record = load(journal)
    first = soundfile.info(folder / names[0]).frames
    second = soundfile.info(folder / later[0]).frames
    assert [(gap.first, gap.frames, gap.filled) for gap in record.gaps] == [
        (first, record.parts[1].first - first, False)
    ]
    assert end["frames"] == record.parts[1].first + second
    assert end["lost_frames"] == record.gaps[0].frames
    assert came - first <= 48_000
    assert verified(journal, tmp_path / "key") == []
    heard = [
        abs(soundfile.read(folder / name, always_2d=True)[0][:, -1]).max() for name in (names[-1], later[-1])
    ]
    assert record.levels[2].peak == pytest.approx(20 * math.log10(max(heard)), abs=0.01)


def test_sigterm_ends_the_take_and_sighup_does_nothing(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        os.kill(recorder.process.pid, signal.SIGHUP)
        recorder.wait_frames(10_000)
        os.kill(recorder.process.pid, signal.SIGTERM)
        assert recorder.process.wait(10) == 0
        assert not (recorder.runtime / "recorder.json").exists()
    record = load(journal)
    assert (record.ended, record.sealed, record.reason) == (True, True, "signal")
    assert verified(journal, tmp_path / "key") == []


def test_a_disk_that_refuses_ends_the_take_with_what_it_took(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1, 2], "track"))
        recorder.wait_frames(60_000, written=True)
        resource.prlimit(recorder.process.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))
        last = recorder.wait_ended()
        assert recorder.call("status")["state"] == "armed"
    assert (last["condition"], last["sealed"]) == ("gap", True)
    assert last["error"]["exit"] == 3
    record = load(journal)
    frames = {soundfile.info(p).frames for p in journal.parent.glob("*.wav")}
    assert len(frames) == 1
    written = frames.pop()
    assert 60_000 <= written < 400_000 / 3
    assert [(gap.first, gap.filled) for gap in record.gaps] == [(written, False)]
    assert record.frames == written + record.gaps[0].frames
    assert record.reason == record.gaps[0].cause == last["error"]["what"]
    assert verified(journal, tmp_path / "key") == []


def test_a_writer_that_dies_ends_the_take_and_is_never_called_clean(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": memory_fails(tmp_path / "fault")}
    with RecorderProcess(tmp_path, environment=environment) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1, 2]))
        last = recorder.wait_ended()
        assert recorder.call("status")["state"] == "armed"
        with pytest.raises(TakechainError, match="nothing is rolling"):
            recorder.call("stop")
        assert last["condition"] is None
        assert last["error"]["exit"] == 3
        assert "MemoryError" in last["error"]["what"]
        assert not is_held(journal)
        recover_take(journal, station_key(tmp_path / "key"))
    record = load(journal)
    assert (record.ended, record.sealed, record.condition.value) == (True, True, "recovered")
    # three syncs of 0.3 s and the audio that the fourth did not make durable, which no power cut took
    assert record.frames >= 3 * 0.3 * 48000
    assert soundfile.info(journal.parent / "Aurora_T001.wav").frames == record.frames
    assert verified(journal, tmp_path / "key") == []


def test_it_leaves_when_nobody_is_there(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path, idle_exit_s=0.1) as recorder:
        recorder.client.close()
        assert recorder.process.wait(10) == 0
    assert not list(recorder.runtime.glob("*.page"))
    assert not list(recorder.runtime.glob("recorder.json"))


def test_it_ends_a_take_whose_folder_was_deleted_and_leaves(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path, idle_exit_s=0.1) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        recorder.wait_frames(20_000, written=True)
        shutil.rmtree(journal.parent)
        last = recorder.wait_ended()
        assert last["error"]["exit"] == 3
        assert "was deleted" in last["error"]["what"]
        recorder.client.close()
        assert recorder.process.wait(10) == 0


def test_it_goes_on_in_a_folder_that_was_renamed(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        recorder.wait_frames(20_000, written=True)
        journal.parent.rename(tmp_path / "renamed")
        recorder.wait_frames(270_000, written=True)  # past the look at the heartbeat
        assert recorder.call("stop")["condition"] == "clean"
    assert verified(tmp_path / "renamed" / journal.name, tmp_path / "key") == []


def test_the_begin_line_names_no_portaudio_where_none_is_used(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        recorder.call("stop")
    assert load(journal).software == {"takechain": "test", "portaudio": "none"}


@pytest.mark.parametrize(
    ("interface", "channels", "rate", "code"),
    [
        ("sim:999", 8, 48000, "unknown interface"),
        ("sim:8", 9, 48000, "not granted"),
        ("sim:8", 8, 12345, "not granted"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(
    tmp_path: Path, interface: str, channels: int, rate: int, code: str
) -> None:
    recorder = RecorderProcess(tmp_path, interface, channels, rate)
    with pytest.raises(AssertionError):
        recorder.start()
    assert recorder.process.wait(10) == 4
    said = recorder.said().strip()
    recorder.log.close()
    assert json.loads(said)["error"]["code"] == code
    assert "Traceback" not in said


def test_levels_are_there_before_anything_rolls(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder, PageReader(Path(recorder.info["page"])) as page:
        until(lambda: (seen := page.read()) and seen.fresh and seen.peaks.max() > 0)
        seen = page.read()
        assert seen is not None
        assert (seen.channels, seen.rate, seen.state, seen.take_frames) == (8, 48000, "armed", -1)
        assert not seen.stale
        recorder.roll(tmp_path / "take", begin_of([1]))
        until(lambda: (now := page.read()) and now.state == "rolling" and now.take_frames > 0)
        recorder.call("stop")


def test_the_journal_tells_of_the_take_as_it_grows(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        recorder.wait_frames(290_000, written=True)
        lines = [line.fields for line in read_lines(journal).lines]
        blocks = [line for line in lines if line["type"] == "block"]
        assert all(0.8 <= block["frames"] / 48000 <= 1.6 for block in blocks)
        assert any(line["type"] == "heartbeat" for line in lines)
        size = soundfile.info(journal.parent / "Aurora_T001.wav").frames
        assert size >= sum(block["frames"] for block in blocks)
        recorder.call("stop")
