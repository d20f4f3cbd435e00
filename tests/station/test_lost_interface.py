"""An interface that goes away under a take: the take waits for it, and for nothing else, and not for ever."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from capture.clock import parse_utc
from capture.station.grace import AnotherInterface, refuse_another
from hardware.virtual import simulated_interface
from tests.support.poll import until
from tests.support.sim_faults import SimFaults, faults
from tests.support.stations import Desk, Json, assert_whole, desk, kill, lines, running

__all__ = ["faults"]


@pytest.fixture
def studio(faults: SimFaults, tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "library") as found:
        yield found


def rolling(studio: Desk, grace: float, **set_up: object) -> Json:
    """A take that has rolled a while, with this grace."""
    studio.set_up(inputs="1-2", **set_up)
    studio.call("setup", lost_grace=grace)
    began = studio.call("roll")
    studio.until_rolled(0.5)
    return began


def lose(studio: Desk, faults: SimFaults, **wrong: object) -> None:
    """The interface fails, and the station has said so."""
    faults.now(lost=True, **wrong)
    until(lambda: studio.status()["state"] == "lost")


def ended(studio: Desk) -> bool:
    status = studio.status()
    return status["take"] is None and status["takes"] and status["takes"][0]["sealed"]


def assert_lost(studio: Desk, began: Json) -> None:
    """The take ended as lost device, is whole, says why, and nothing rolls."""
    assert_whole(studio.client, began["journal"])
    (end,) = lines(began["journal"], "end")
    assert (end["condition"], end["reason"]) == ("lost device", "lost device")
    assert [(d["device"], d["state"]) for d in lines(began["journal"], "device")] == [("interface", "lost")]
    assert [take["condition"] for take in studio.status()["takes"]] == ["lost device"]
    assert any("ended by itself: lost device" in w["text"] for w in studio.status()["warnings"])


@pytest.mark.parametrize(
    "wrong",
    [{"opens_after": 60}, {"dies": True}],
    ids=["hangs while it opens", "ends every recorder"],
)
def test_a_take_ends_at_its_deadline_though_its_recorder_was_killed(
    faults: SimFaults, studio: Desk, wrong: Json
) -> None:
    began = rolling(studio, 2)
    lose(studio, faults, absent=True)
    kill(studio.recorder_pid())
    faults.now(**wrong)
    until(lambda: ended(studio), seconds=25)  # two seconds of grace, and what a loaded machine takes
    assert_lost(studio, began)
    faults.now()
    until(lambda: studio.status()["state"] == "armed")
    assert len(studio.status()["takes"]) == 1
    assert studio.take()["condition"] == "clean"


def test_a_take_ends_at_its_deadline_though_its_recorder_hangs(faults: SimFaults, studio: Desk) -> None:
    began = rolling(studio, 4)
    lose(studio, faults, absent=True)
    hung = studio.recorder_pid()
    os.kill(hung, signal.SIGSTOP)
    until(lambda: ended(studio), seconds=25)
    assert not running(hung)
    assert_lost(studio, began)


def test_without_grace_it_ends_at_once_whether_its_recorder_lives_or_not(
    faults: SimFaults, studio: Desk
) -> None:
    began = rolling(studio, 0)
    faults.now(lost=True, absent=True)
    until(lambda: ended(studio))
    assert_lost(studio, began)
    faults.now()
    until(lambda: studio.status()["state"] == "armed")
    studio.call("ack")
    again = studio.call("roll")
    studio.until_rolled(0.5)
    faults.now(absent=True)
    kill(studio.recorder_pid())
    until(lambda: ended(studio))
    assert lines(again["journal"], "end")[0]["condition"] == "lost device"


def test_without_grace_a_killed_recorder_alone_is_still_replaced(faults: SimFaults, studio: Desk) -> None:
    rolling(studio, 0)
    kill(studio.recorder_pid())
    until(lambda: (studio.status()["take"] or {}).get("part") == 2)
    until(lambda: studio.status()["state"] == "rolling")
    assert studio.call("stop")["condition"] == "gap"


def test_stop_does_not_wait_for_an_interface_that_hangs_while_it_opens(
    faults: SimFaults, studio: Desk
) -> None:
    began = rolling(studio, 120)
    faults.now(lost=True, opens_after=60)  # seen, so that another recorder is started on it
    until(lambda: studio.status()["setup"]["interface_state"] == "opening")
    asked = time.monotonic()
    assert studio.call("stop")["condition"] == "lost device"
    assert time.monotonic() - asked < 8  # opening is given up after 20 s
    assert_whole(studio.client, began["journal"])


def test_the_same_interface_goes_on_with_the_take_and_the_wait_starts_anew(
    faults: SimFaults, studio: Desk
) -> None:
    began = rolling(studio, 60)
    for part in (2, 3):
        lose(studio, faults, absent=True)
        assert studio.status()["setup"]["interface_state"] in ("lost", "absent")
        until(lambda: studio.status()["setup"]["interface_state"] == "absent")
        faults.now()
        until(lambda part=part: (studio.status()["take"] or {}).get("part") == part)
        until(lambda: studio.status()["state"] == "rolling")
        studio.until_rolled(studio.status()["take"]["seconds"] + 0.3)
    done = studio.call("stop")
    assert (done["condition"], done["gaps"]) == ("gap", 2)
    assert_whole(studio.client, began["journal"])
    zero = parse_utc(lines(began["journal"], "begin")[0]["clock"]["utc"])
    for part in lines(began["journal"], "part"):
        # its line is written once its first frame has come
        at = (parse_utc(part["utc"]) - zero).total_seconds() * 48000
        assert -part["first_pm"] <= at - part["first"] <= 5 * 48000
        assert 0 < part["first_pm"] < 0.1 * 48000


def test_another_interface_under_the_same_identity_ends_the_take(faults: SimFaults, studio: Desk) -> None:
    faults.now(shown={"hardware": "usb 1234:5678 serial #01010101"})
    began = rolling(studio, 120)
    lose(studio, faults, absent=True)
    faults.now(shown={"hardware": "usb 1234:5678 serial #9a9a9a9a"})
    until(lambda: ended(studio))
    assert_lost(studio, began)
    until(lambda: studio.status()["state"] == "armed")
    assert len(studio.status()["takes"]) == 1  # nobody is recorded unasked


@pytest.mark.parametrize("other", [{"inputs": 6}, {"hardware": "usb 1:2 at 1-3"}, {"host_api": "JACK"}])
def test_what_makes_it_another_interface(other: Json) -> None:
    seen = simulated_interface("sim:4")
    began_on = {**seen.as_dict(), "hardware": "usb 1:2 at 1-2"}
    refuse_another(began_on, replace(seen, hardware="usb 1:2 at 1-2", name="UFX (hw:3,0)"))
    refuse_another(began_on, seen)  # which device it is may not be known any more
    with pytest.raises(AnotherInterface):
        refuse_another(began_on, replace(seen, **other))


def test_an_interface_that_lets_go_of_nothing_is_left_behind(faults: SimFaults, studio: Desk) -> None:
    studio.set_up(inputs="1")
    faults.now(close_hangs=True)
    asked = time.monotonic()
    studio.call("setup", rate=44100)
    assert time.monotonic() - asked < 15
    assert studio.take()["condition"] == "clean"


def test_a_lost_interface_is_said_within_a_second(faults: SimFaults, studio: Desk) -> None:
    rolling(studio, 60)
    took = []
    for _ in range(5):  # a busy machine may hold some of them up
        asked = time.monotonic()
        faults.now(silent=True)
        until(lambda: studio.status()["state"] == "lost")
        took.append(time.monotonic() - asked)
        faults.now()
        until(lambda: studio.status()["state"] == "rolling")
        if took[-1] < 1:
            return
    raise AssertionError(took)
