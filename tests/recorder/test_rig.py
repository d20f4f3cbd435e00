"""The recorder against a real audio server: every sample, told by a signal that knows its own place."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sounddevice
import soundfile

from capture.errors import TakechainError
from capture.journal.finish import write_file_lines
from capture.journal.keys import station_key
from capture.journal.record import load
from capture.journal.verify import verify_take
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names
from tests.support.rig import Rig, check_signal, integers_of

pytestmark = pytest.mark.rig

CHANNELS = 16
SECONDS = 5


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig(CHANNELS) as running:
        yield running


def recorder_on(rig: Rig, folder: Path, **config: object) -> RecorderProcess:
    return RecorderProcess(folder, "jack:siggen", rig.channels, rig.rate, rig.environment, **config)


def recorded(folder: Path, number: int, inputs: Sequence[int], layout: str) -> np.ndarray:
    names = part_names(f"Aurora_T{number:03d}", inputs, layout)
    return np.concatenate([integers_of(folder / name) for name in names], axis=1)


@pytest.mark.parametrize("kind", ["pcm24", "float32"])
@pytest.mark.parametrize("layout", ["poly", "track"])
@pytest.mark.parametrize("inputs", [range(1, CHANNELS + 1), [3, 5, 16]], ids=["all", "some"])
def test_every_sample_is_the_one_that_was_played(
    rig: Rig, tmp_path: Path, inputs: Sequence[int], layout: str, kind: str
) -> None:
    numbers = iter(range(1, 10))
    with recorder_on(rig, tmp_path) as recorder:

        def run() -> tuple[int, dict]:
            number = next(numbers)
            begin = begin_of(inputs, layout, kind, number=number, interface="jack:siggen")
            recorder.roll(tmp_path / "take", begin, limit=SECONDS * rig.rate)
            return number, recorder.wait_ended()

        number, last = rig.fair(run)
    assert (last["frames"], last["lost_frames"], last["condition"]) == (SECONDS * rig.rate, 0, "clean")
    assert load(Path(last["journal"])).software["portaudio"] == sounddevice.get_portaudio_version()[1]
    found = check_signal(recorded(tmp_path / "take", number, inputs, layout), inputs)
    assert found.frames == SECONDS * rig.rate
    assert found.exact, found


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_joined_parts_are_every_sample_that_was_played(rig: Rig, tmp_path: Path, layout: str) -> None:
    numbers = iter(range(1, 10))
    inputs = range(1, CHANNELS + 1)
    with recorder_on(rig, tmp_path) as recorder:

        def run() -> tuple[int, dict]:
            number = next(numbers)
            begin = begin_of(inputs, layout, number=number, interface="jack:siggen")
            begin["audio"]["split_bytes"] = 1_000_000 if layout == "poly" else 100_000
            recorder.roll(tmp_path / "take", begin, limit=2 * rig.rate)
            return number, recorder.wait_ended()

        number, last = rig.fair(run)
    assert (last["frames"], last["lost_frames"], last["condition"]) == (2 * rig.rate, 0, "clean")
    record = load(tmp_path / "take" / f"Aurora_T{number:03d}.take.jsonl")
    assert len(record.parts) >= 4
    pieces = [
        np.concatenate([integers_of(tmp_path / "take" / n) for n in part.files], axis=1)
        for part in record.parts
    ]
    found = check_signal(np.concatenate(pieces), inputs)
    assert (found.exact, found.frames) == (True, 2 * rig.rate)


def test_pre_roll_take_and_a_withdrawn_stop_are_one_signal_without_a_joint(rig: Rig, tmp_path: Path) -> None:
    inputs, numbers = [3, 5, 16], iter(range(1, 10))
    with recorder_on(rig, tmp_path, pre_roll_s=1.5) as recorder:

        def run() -> tuple[int, dict]:
            number = next(numbers)
            until(lambda: recorder.call("status")["pre_roll"]["held"] == 1.5 * rig.rate)
            begin = begin_of(inputs, "track", number=number, interface="jack:siggen")
            recorder.roll(tmp_path / "take", begin)
            recorder.wait_frames(2 * rig.rate)
            end = recorder.call("stop", post_roll_s=2)["post_roll_end"]
            recorder.wait_frames(end - rig.rate)
            recorder.call("carry-on")
            recorder.wait_frames(end + rig.rate)
            return number, recorder.call("stop")

        number, last = rig.fair(run)
    record = load(Path(last["journal"]))
    assert (last["condition"], record.pre_roll) == ("clean", round(1.5 * rig.rate))
    found = check_signal(recorded(tmp_path / "take", number, inputs, "track"), inputs)
    assert (found.exact, found.frames) == (True, last["frames"])


def test_killed_mid_take_it_goes_on_where_the_clock_stands(rig: Rig, tmp_path: Path) -> None:
    inputs, folder = range(1, CHANNELS + 1), tmp_path / "take"
    with recorder_on(rig, tmp_path) as recorder:
        journal = recorder.roll(folder, begin_of(inputs, interface="jack:siggen"))
        recorder.wait_frames(2 * rig.rate)
        came = recorder.call("status")["take"]["frames"]
        recorder.kill()
        assert came - soundfile.info(folder / "Aurora_T001.wav").frames <= rig.rate
        recorder.start()
        recorder.call("continue", journal=str(journal), files=["Aurora_T001-2.wav"], cause="killed")
        recorder.wait_frames(came + 3 * rig.rate)
        recorder.call("stop")
    record = load(journal)
    second = record.parts[1]
    before, after = integers_of(folder / "Aurora_T001.wav"), integers_of(folder / "Aurora_T001-2.wav")
    true_hole = (int(after[0, 0]) - int(before[-1, 0]) - 1) & 0xFFFFFF
    assert record.gaps[0].frames == second.first - len(before)
    assert abs(record.gaps[0].frames - true_hole) <= second.first_pm + rig.period
    key = station_key(tmp_path / "key")
    write_file_lines(journal, key)
    assert verify_take(journal, own_keyid=key.keyid).ok


def test_a_server_that_dies_ends_the_take_as_a_lost_device(tmp_path: Path) -> None:
    with Rig(4) as rig, recorder_on(rig, tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin_of([1, 2, 3, 4], interface="jack:siggen"))
        recorder.wait_frames(2 * rig.rate)
        rig.kill_server()
        until(lambda: recorder.call("status")["state"] == "lost")
        status = recorder.call("status")
        assert status["error"]
        with pytest.raises(TakechainError):
            recorder.roll(tmp_path / "take", begin_of([1], number=2))
        end = recorder.call("stop")
        assert end["condition"] == "lost device"
        recorder.call("quit")
        assert recorder.process.wait(10) == 0
    record = load(journal)
    assert record.sealed
    assert [(d.device, d.state) for d in record.devices] == [("interface", "lost")]
    assert check_signal(integers_of(tmp_path / "take" / "Aurora_T001.wav"), [1, 2, 3, 4]).exact


def test_a_stopped_server_is_noticed_and_the_take_kept(tmp_path: Path) -> None:
    with Rig(2) as rig, recorder_on(rig, tmp_path) as recorder:
        recorder.roll(tmp_path / "take", begin_of([1, 2], interface="jack:siggen"))
        recorder.wait_frames(rig.rate)
        rig.jackd.send_signal(signal.SIGSTOP)
        try:
            until(lambda: recorder.call("status")["state"] == "lost")
            end = recorder.call("stop")
        finally:
            rig.jackd.send_signal(signal.SIGCONT)
    assert end["condition"] == "lost device"
    assert end["frames"] >= rig.rate
