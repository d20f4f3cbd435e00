"""Pre-roll and post-roll through real processes, judged by what the simulated interface must have played."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wavinfo

from capture.clock import boottime_ns
from capture.errors import TakechainError
from capture.journal.keys import station_key
from capture.journal.record import load
from capture.journal.verify import verify_take
from hardware.virtual_sources import Sources
from tests.recorder.test_process import verified
from tests.support.faults import disk_is_slow
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names
from tests.support.stations import Desk, assert_whole, kill, lines, samples

RATE = 48000
STRETCH, MOST_FRAMES = 3 * RATE, 120 * RATE  # looked through at a time, and at most


def place_of(heard: np.ndarray, channels: int, column: int = 0) -> int:
    """The frame of the simulated interface at which a recording of one of its inputs begins, or -1.

    The recording must be what it plays from there on, sample by sample.
    """
    sources = Sources(RATE, channels)
    played = np.empty((STRETCH + len(heard), channels), np.float32)
    for first in range(0, MOST_FRAMES, STRETCH):
        sources.render(first, played)
        for at in np.flatnonzero(played[:STRETCH, column] == heard[0]):
            if np.array_equal(played[at : at + len(heard), column], heard):
                return first + int(at)
    return -1


def until_held(studio: Desk, seconds: float) -> None:
    until(lambda: studio.status()["pre_roll"]["held"] >= seconds)


def test_a_take_begins_before_the_key_with_all_tracks_armed_by_then(studio: Desk) -> None:
    studio.set_up(inputs="1", pre_roll=2)
    studio.call("sensor", port="sim")
    until_held(studio, 2)
    studio.call("track", input=3, armed=True)
    assert studio.status()["pre_roll"] == {"asked": 2.0, "granted": 2.0, "held": 2.0}
    pressed = boottime_ns()
    began = studio.call("roll", at_boottime_ns=pressed)
    assert (began["pre_roll"], began["pre_roll_asked"]) == (2.0, 2.0)
    studio.until_rolled(3)
    assert studio.status()["take"]["pre_roll"] == 2.0
    mark = studio.call("mark", text="after the key")
    done = studio.call("stop")
    assert_whole(studio.client, began["journal"])
    assert done["condition"] == "clean"

    record = load(Path(began["journal"]))
    assert record.pre_roll == record.pre_roll_safe == 2 * RATE
    assert record.clock["boottime_ns"] == pytest.approx(pressed - 2e9, abs=100e6)  # within some looks
    assert mark["frame"] > 2 * RATE
    heard = [samples(path)[:, 0] for path in began["files"]]
    places = [place_of(column, 4, n) for column, n in zip(heard, (0, 2), strict=True)]
    assert places[0] == places[1] >= 0

    early = [reading for reading in record.readings if 0 < reading.frame < 2 * RATE - 4800]
    assert early
    for reading in early:
        spoken = (reading.utc - record.started).total_seconds()
        assert spoken == pytest.approx(reading.frame / RATE, abs=0.15)

    header = wavinfo.WavInfoReader(began["files"][0])
    assert header.bext.time_reference == record.time_reference
    record_key = header.ixml.parsed.find("SYNC_POINT_LIST/SYNC_POINT")
    assert record_key.findtext("SYNC_POINT_FUNCTION") == "PRE_RECORD_SAMPLECOUNT"
    assert int(record_key.findtext("SYNC_POINT_LOW")) == 2 * RATE
    local = record.started.timestamp() + 60 * record.utc_offset_minutes
    assert record.time_reference == pytest.approx(local % 86400 * RATE, abs=2)
    stamped = datetime.fromisoformat(f"{header.bext.originator_date}T{header.bext.originator_time}")
    assert abs(stamped.timestamp() - datetime.fromtimestamp(record.started.timestamp()).timestamp()) < 1.5


def test_a_rate_that_memory_bounds_says_what_it_grants(studio: Desk) -> None:
    studio.set_up(interface="sim:16", rate=192_000, pre_roll=120)
    until(lambda: studio.status()["pre_roll"]["granted"])
    granted = studio.status()["pre_roll"]["granted"]
    assert granted == pytest.approx((512 << 20) / (192_000 * 16 * 3) - 1, abs=0.01)
    until_held(studio, 0.5)
    began = studio.call("roll")
    studio.call("stop")
    assert 0.5 <= began["pre_roll"] < granted
    assert began["pre_roll_asked"] == 120
    assert_whole(studio.client, began["journal"])


def test_a_setting_that_cannot_be_is_refused(studio: Desk) -> None:
    with pytest.raises(TakechainError, match="pre_roll"):
        studio.set_up(pre_roll=121)
    with pytest.raises(TakechainError, match="post_roll"):
        studio.set_up(post_roll=-1)


def test_stop_rolls_on_and_record_carries_the_same_take_on(studio: Desk) -> None:
    studio.set_up(inputs="1", post_roll=30)
    began = studio.call("roll")
    studio.until_rolled(0.5)
    stopped = studio.call("stop")
    assert (stopped["take"], stopped["post_roll"]) == (began["take"], 30)
    assert studio.status()["take"]["post_roll_left"] == pytest.approx(30, abs=3)
    on = studio.call("roll")
    assert (on["take"], on["name"], on["carried_on"]) == (began["take"], began["name"], True)
    assert studio.status()["take"]["post_roll_left"] is None
    with pytest.raises(TakechainError, match="is rolling"):
        studio.call("roll")
    studio.until_rolled(1.5)
    studio.call("setup", post_roll=1)
    again = studio.call("stop")
    assert studio.call("wait", timeout=60)["settled"]

    assert_whole(studio.client, began["journal"])
    record = load(Path(began["journal"]))
    assert (record.condition.value, record.reason, record.post_roll) == ("clean", "stop", RATE)
    assert record.frames == again["post_roll_end"]
    assert place_of(samples(began["files"][0])[:, 0], 4) >= 0
    assert [take["name"] for take in studio.status()["takes"]] == [began["name"]]


def test_a_second_stop_ends_the_post_roll_through_another_station_too(studio: Desk) -> None:
    studio.set_up(inputs="1", post_roll=30)
    began = studio.call("roll")
    studio.until_rolled(0.3)
    studio.call("stop")
    kill(studio.station_pid())
    studio.client.close()
    studio.client = studio.another()
    assert studio.status()["take"]["post_roll_left"] > 0
    done = studio.call("stop")
    assert (done["name"], done["condition"]) == (began["name"], "clean")
    assert done["frames"] < 28 * RATE
    assert studio.call("roll")["name"] != began["name"]
    studio.call("setup", post_roll=0)
    studio.call("stop")


def test_a_recorder_that_dies_in_the_post_roll_ends_the_take_and_records_nobody_further(
    studio: Desk,
) -> None:
    studio.set_up(inputs="1", post_roll=30)
    began = studio.call("roll")
    studio.until_rolled(2)
    studio.call("stop")
    kill(studio.recorder_pid())
    until(lambda: studio.status()["take"] is None)
    assert_whole(studio.client, began["journal"])
    record = load(Path(began["journal"]))
    assert (record.condition.value, len(record.parts)) == ("recovered", 1)


def test_a_kill_while_it_comes_to_disk_loses_only_what_has_no_block_and_the_journal_tells(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "PYTHONPATH": disk_is_slow(tmp_path / "fault", 1.0)}
    folder, name = tmp_path / "take", "Aurora_T001.wav"
    with RecorderProcess(tmp_path, environment=environment, pre_roll_s=3) as recorder:
        until(lambda: recorder.call("status")["pre_roll"]["held"] >= 3 * RATE)
        journal = recorder.roll(folder, begin_of([1, 2]))
        until(lambda: lines(journal, "block"))
        told = lines(journal, "block")[-1]["frames"]
        recorder.kill()
        assert not lines(journal, "preroll")
        on_disk = soundfile.info(folder / name).frames
        assert told <= on_disk < 3 * RATE
        recorder.start()
        later = part_names("Aurora_T001", [1, 2], part=2)
        recorder.call("continue", journal=str(journal), files=later, cause="the recorder was killed")
        recorder.call("stop")
    record = load(journal)
    assert (record.pre_roll, record.pre_roll_safe) == (3 * RATE, 0)
    (gap,) = record.gaps
    assert on_disk <= gap.first  # all that had come to the file is kept, told of in its header or not
    assert (gap.first, gap.filled) == (soundfile.info(folder / name).frames, False)
    assert verified(journal, tmp_path / "key") == []
    report = verify_take(journal, own_keyid=station_key(tmp_path / "key").keyid)
    assert any("died before its pre-roll" in finding.what for finding in report.findings)
    assert place_of(samples(folder / name)[:, 0], 8) >= 0


def test_cut_from_the_journal_or_said_too_early_its_line_is_a_fault(tmp_path: Path) -> None:
    with RecorderProcess(tmp_path, pre_roll_s=0.5) as recorder:
        until(lambda: recorder.call("status")["pre_roll"]["held"] >= 0.5 * RATE)
        journal = recorder.roll(tmp_path / "take", begin_of([1]))
        recorder.wait_frames(RATE)
        recorder.call("stop")
    assert verified(journal, tmp_path / "key") == []
    raw = journal.read_bytes()
    line = next(line for line in raw.splitlines() if b'"type":"preroll"' in line)
    journal.write_bytes(raw.replace(line, line.replace(b'"frames":24000', b'"frames":99000')))
    faults = [finding.what for finding in verify_take(journal).faults]
    assert any("said to be on disk" in what for what in faults)
