"""kill -9 of the station or of the recorder in the middle of a take: the take goes on and can be verified."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from capture.clock import boottime_ns
from capture.library import Library
from tests.support.faults import memory_fails
from tests.support.poll import until
from tests.support.stations import Desk, Json, assert_whole, desk, kill, lines, running, samples
from tests.support.takes import build_take


def test_a_killed_station_leaves_the_take_rolling_and_a_new_one_adopts_it(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    studio.call("chain", line="SM57 > Neve 1073 ch 2 +42 > in 1")
    began = studio.call("roll")
    studio.call("mark", text="before")
    recorder, station = studio.recorder_pid(), studio.station_pid()
    kill(station)
    studio.client.close()
    assert running(recorder)

    with studio.another() as again:
        status = again.call("status")
        assert status["pid"] != station
        assert status["state"] == "rolling"
        assert status["take"]["uuid"] == began["take"]
        assert status["recorder"]["pid"] == recorder
        assert status["tracks"][0]["line"] == "SM57 > Neve 1073 ch 2 +42 dB > in 1"
        assert again.call("mark", text="after")["id"] == 2
        done = again.call("stop")
        assert_whole(again, began["journal"])

    assert (done["condition"], done["lost_frames"]) == ("clean", 0)
    assert [line["text"] for line in lines(began["journal"], "marker")] == ["before", "after"]
    assert {soundfile.info(name).frames for name in began["files"]} == {done["frames"]}


def test_a_killed_recorder_is_replaced_and_the_take_goes_on_as_its_second_part(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    began = studio.call("roll")
    studio.until_rolled(1.5)
    kill(studio.recorder_pid())
    until(lambda: (studio.status()["take"] or {}).get("part") == 2)
    until(lambda: studio.status()["state"] == "rolling")
    status = studio.status()
    assert any("goes on as part 2" in warning["text"] for warning in status["warnings"])
    studio.until_rolled(status["take"]["seconds"] + 0.5)
    done = studio.call("stop")
    assert_whole(studio.client, began["journal"])

    journal = Path(began["journal"])
    (part,) = lines(journal, "part")
    assert part["files"] == ["Aurora_T001-2_01_Input 1.wav", "Aurora_T001-2_02_Input 2.wav"]
    assert done["condition"] in ("gap", "recovered")
    assert done["lost_frames"] > 0
    first = {soundfile.info(name).frames for name in began["files"]}
    second = {soundfile.info(str(journal.parent / name)).frames for name in part["files"]}
    assert len(first) == len(second) == 1
    # what lies on disk and what is said to be lost make up the timeline
    assert first.pop() + done["lost_frames"] + second.pop() == done["frames"]
    assert part["first"] > 1.5 * 48000
    assert samples(began["files"][0]).any()
    (take,) = studio.status()["takes"]
    assert take["condition"] == done["condition"]


def test_a_mark_while_the_recorder_is_replaced_stands_where_it_was_pressed(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.2)
    kill(studio.recorder_pid())
    before = boottime_ns()
    mark = studio.call("mark", text="in the hole")  # answered when the take goes on, stamped on arrival
    studio.call("mark", text="later")
    studio.call("stop")
    assert_whole(studio.client, began["journal"])
    zero = lines(began["journal"], "begin")[0]["clock"]["boottime_ns"]
    (part,) = lines(began["journal"], "part")
    # ± a look of the simulated interface, and what the order takes to arrive
    assert -240 < mark["frame"] - (before - zero) / 1e9 * 48000 < 4800
    assert mark["frame"] < part["first"]
    assert [(m["id"], m["text"]) for m in lines(began["journal"], "marker")] == [
        (1, "in the hole"),
        (2, "later"),
    ]


def test_recover_leaves_a_take_alone_whose_recorder_was_just_killed(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.2)
    kill(studio.recorder_pid())
    command = [str(Path(sys.executable).with_name("takechain")), "recover", "--json"]
    environment = {**os.environ, "TAKECHAIN_LIBRARY": str(studio.library)}
    while not lines(began["journal"], "part"):
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told = json.loads(said.stdout)
        assert told["recovered"] == told["problems"] == []
        assert [entry["journal"] for entry in told["locked"]] == [began["journal"]]
    until(lambda: studio.status()["state"] == "rolling")
    done = studio.call("stop")
    assert (done["condition"], done["gaps"]) == ("gap", 1)
    assert_whole(studio.client, began["journal"])


def test_a_stop_while_the_recorder_is_replaced_ends_where_it_was_pressed(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.2)
    kill(studio.recorder_pid())
    until(lambda: studio.status()["state"] == "lost")
    pressed = boottime_ns()
    done = studio.call("stop")
    assert_whole(studio.client, began["journal"])
    zero = lines(began["journal"], "begin")[0]["clock"]["boottime_ns"]
    assert done["frames"] <= (pressed - zero) / 1e9 * 48000 + 4800
    assert done["condition"] in ("gap", "recovered")


def test_station_and_recorder_killed_together_leave_a_take_that_is_mended(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.5)
    recorder = studio.recorder_pid()
    kill(studio.station_pid())
    kill(recorder)
    studio.client.close()

    with studio.another() as again:

        def mended() -> list[Json]:
            return [take for take in again.call("status")["takes"] if take["sealed"]]

        until(mended)
        assert mended()[0]["condition"] == "recovered"
        assert_whole(again, began["journal"])
        assert soundfile.info(began["files"][0]).frames >= 0.5 * 48000  # at most a second is lost
        assert again.call("roll")["number"] == 2
        again.call("stop")


def test_sigterm_leaves_a_rolling_recorder_and_takes_an_idle_one_along(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.call("roll")
    recorder, station = studio.recorder_pid(), studio.station_pid()
    os.kill(station, signal.SIGHUP)  # a lost terminal changes nothing
    os.kill(station, signal.SIGTERM)
    until(lambda: not running(station))
    assert running(recorder)
    studio.client.close()
    with studio.another() as again:
        assert again.call("stop")["condition"] == "clean"
        station = again.call("status")["pid"]
        os.kill(station, signal.SIGTERM)
        until(lambda: not running(station))
        assert not running(recorder)


def test_a_hung_recorder_is_ended_and_replaced(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.2)
    hung = studio.recorder_pid()
    os.kill(hung, signal.SIGSTOP)
    until(lambda: (studio.status()["take"] or {}).get("part") == 2, seconds=40)
    assert not running(hung)
    until(lambda: studio.status()["state"] == "rolling")
    assert studio.call("stop")["condition"] in ("gap", "recovered")
    assert_whole(studio.client, began["journal"])


def test_stop_does_not_wait_for_a_recorder_that_hangs(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(1.2)
    hung = studio.recorder_pid()
    os.kill(hung, signal.SIGSTOP)
    done = studio.call("stop")
    assert not running(hung)
    assert done["condition"] == "recovered"
    assert_whole(studio.client, began["journal"])
    until(lambda: studio.status()["state"] == "armed")
    assert studio.take()["condition"] == "clean"


@pytest.mark.parametrize("stopped", [True, False], ids=["stop", "by itself"])
def test_a_writer_that_dies_leaves_a_take_that_is_salvaged_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", memory_fails(tmp_path / "fault", sync=1 if stopped else 4))
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1-2")
        began = studio.call("roll")
        if stopped:
            studio.until_rolled(0.05)  # nothing is written before Stop
            assert studio.call("stop")["condition"] == "recovered"
        until(lambda: studio.status()["state"] == "armed")
        assert_whole(studio.client, began["journal"])
        (end,) = lines(began["journal"], "end")
        assert end["condition"] == "recovered"
        (take,) = studio.status()["takes"]
        assert take["condition"] == "recovered"
        texts = [warning["text"] for warning in studio.status()["warnings"]]
        assert stopped or any("ended by itself: recovered" in text for text in texts)


def test_a_recorder_that_is_told_to_leave_ends_the_take_with_a_warning(studio: Desk) -> None:
    studio.set_up(inputs="1")
    began = studio.call("roll", limit_seconds=60.0)
    studio.until_rolled(0.5)
    os.kill(studio.recorder_pid(), signal.SIGTERM)
    until(lambda: studio.status()["state"] == "armed" and studio.status()["take"] is None)
    texts = [warning["text"] for warning in studio.status()["warnings"]]
    assert any("Aurora_T001 ended early" in text for text in texts), texts
    (end,) = lines(began["journal"], "end")
    assert (end["reason"], end["condition"]) == ("signal", "clean")
    assert end["frames"] < 60 * 48000


def test_an_idle_recorder_that_dies_is_replaced(studio: Desk) -> None:
    studio.set_up(inputs="1")
    dead = studio.recorder_pid()
    kill(dead)
    until(lambda: studio.status()["warnings"])
    until(lambda: studio.status()["state"] == "armed")
    assert studio.recorder_pid() != dead
    assert studio.take()["condition"] == "clean"
    (warning,) = studio.status()["warnings"]
    studio.call("ack", id=warning["id"])
    assert studio.status()["warnings"] == []


def test_what_a_crash_left_before_a_take_began_is_set_aside_and_what_is_damaged_is_said(
    tmp_path: Path,
) -> None:
    library = Library.open(tmp_path / "library")
    damaged = build_take(library.path)
    raw = damaged.read_bytes()
    damaged.write_bytes(raw.replace(b'"type":"seal"', b'"type":"sea!"'))
    never = damaged.with_name("Aurora_T009.take.jsonl")
    never.touch()
    with desk(library.path) as found:
        until(lambda: never.with_name(f"{never.name}.never-begun").exists())
        until(lambda: any(damaged.name in notice["text"] for notice in found.status()["warnings"]))
        assert damaged.read_bytes() != raw  # left as it is
        told = [notice["text"] for notice in found.status()["warnings"]]
        assert any(text.startswith(f"{never.name}: no take was ever begun here") for text in told), told
        assert len(told) == 2, told
