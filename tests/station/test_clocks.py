"""The computer's clocks under a take: set, past midnight, into summer time, and asleep."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.clocks import Clocks, clocks
from tests.support.poll import until
from tests.support.sim_faults import SimFaults, faults
from tests.support.stations import Desk, Json, assert_whole, desk, kill, lines

__all__ = ["clocks", "faults"]
RATE = 48000


@pytest.fixture
def studio(faults: SimFaults, clocks: Clocks, tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "library") as found:
        yield found


def rolling(studio: Desk) -> Json:
    studio.set_up(inputs="1")
    began = studio.call("roll")
    studio.until_rolled(0.5)
    return began


def told(began: Json, device: str) -> list[Json]:
    return [line for line in lines(began["journal"], "device") if line["device"] == device]


def go_on(studio: Desk, seconds: float = 1.2) -> None:
    studio.until_rolled(studio.status()["take"]["seconds"] + seconds)


def test_a_clock_that_is_set_is_told_and_changes_no_length(studio: Desk, clocks: Clocks) -> None:
    started = time.monotonic()
    began = rolling(studio)
    clocks.set_by(3600)
    go_on(studio)
    marked = studio.call("mark", text="in the future")
    clocks.set_by(-86_400)
    go_on(studio)
    done = studio.call("stop")
    passed = time.monotonic() - started
    assert (done["condition"], done["lost_frames"]) == ("clean", 0)
    assert 2.9 * RATE <= done["frames"] <= passed * RATE
    assert_whole(studio.client, began["journal"])
    assert 0.5 * RATE <= marked["frame"] < done["frames"]
    forward, back = told(began, "clock")
    assert (forward["state"], back["state"]) == ("set", "set")
    assert forward["by_s"] == pytest.approx(3600, abs=0.1)
    assert back["by_s"] == pytest.approx(-86_400, abs=0.1)
    assert forward["text"] == "the computer's clock was set forward by 1 h"
    assert back["text"] == "the computer's clock was set back by 1 d"


def test_midnight_and_the_beginning_of_summer_time_do_no_harm(
    faults: SimFaults, clocks: Clocks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where summer time begins at midnight, 23:59:59 is followed by 01:00:00."""
    monkeypatch.setenv("TZ", "XST-1XDT,M3.5.0/0,M10.5.0/1")
    begin = datetime(2026, 3, 28, 22, 59, 57, tzinfo=UTC)
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1")
        clocks.set_by(begin.timestamp() - time.time())
        began = studio.call("roll")
        until(lambda: told(began, "clock"))
        kill(studio.recorder_pid())
        until(lambda: (studio.status()["take"] or {}).get("part") == 2)
        until(lambda: studio.status()["state"] == "rolling")
        go_on(studio, 0.3)
        done = studio.call("stop")
        assert_whole(studio.client, began["journal"])
        assert studio.take()["condition"] == "clean"
    (first,) = lines(began["journal"], "begin")
    assert first["clock"]["utc_offset_minutes"] == 60
    assert 86_397 * RATE <= first["time_reference"] < 86_400 * RATE
    (part,) = lines(began["journal"], "part")
    assert part["time_reference"] == first["time_reference"] + part["first"]
    assert (done["condition"], done["gaps"]) == ("gap", 1)  # that of the killed recorder
    assert 0 < lines(began["journal"], "gap")[0]["frames"] < 60 * RATE
    (change,) = told(began, "clock")
    assert (change["state"], change["text"]) == ("local time", "local time went from UTC+1 to UTC+2")


def test_a_machine_that_slept_longer_than_the_grace_ends_the_take(studio: Desk, clocks: Clocks) -> None:
    began = rolling(studio)
    studio.until_rolled(3)  # losses are looked for once the stream is known
    clocks.sleep_for(3600)
    until(lambda: studio.status()["take"] is None)
    until(lambda: studio.status()["state"] == "armed")
    assert_whole(studio.client, began["journal"])
    (end,) = lines(began["journal"], "end")
    assert (end["condition"], end["lost_frames"]) == ("lost device", 0)
    assert end["frames"] < 60 * RATE  # no hour of silence
    assert told(began, "clock") == []  # both clocks went on
    assert [take["condition"] for take in studio.status()["takes"]] == ["lost device"]


def test_a_machine_that_slept_less_goes_on_with_the_take(studio: Desk, clocks: Clocks) -> None:
    began = rolling(studio)
    studio.until_rolled(3)
    clocks.sleep_for(20)
    until(lambda: (studio.status()["take"] or {}).get("lost_frames", 0) > 0)
    clocks.sleep_for(90)
    until(lambda: (studio.status()["take"] or {}).get("part") == 2)
    until(lambda: studio.status()["state"] == "rolling")
    done = studio.call("stop")
    assert_whole(studio.client, began["journal"])
    assert done["condition"] == "gap"
    short, long = lines(began["journal"], "gap")
    assert (short["filled"], long["filled"]) == (True, False)
    assert abs(short["frames"] - 20 * RATE) <= short["frames_pm"] + 0.1 * RATE
    assert 90 * RATE - long["frames_pm"] <= long["frames"] <= 120 * RATE  # and what a new recorder takes
