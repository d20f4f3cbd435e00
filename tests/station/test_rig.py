"""The station on a real audio server that dies under a take and comes back, or does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from capture.errors import TakechainError
from tests.support.poll import until
from tests.support.rig import Rig, check_signal, integers_of, program
from tests.support.stations import Desk, assert_whole, desk, lines

pytestmark = pytest.mark.rig


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with Rig(4) as running:
        for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
            monkeypatch.setenv(name, running.environment[name])
        yield running


@pytest.fixture
def studio(rig: Rig, tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "library") as found:
        yield found


def test_a_take_goes_on_when_the_audio_server_comes_back(rig: Rig, studio: Desk) -> None:
    studio.set_up(interface="jack:siggen", layout="poly")
    began = studio.call("roll")
    studio.until_rolled(1.5)
    rig.kill_server()
    until(lambda: studio.status()["state"] == "lost")
    status = studio.status()
    assert status["setup"]["interface_state"] == "lost"
    assert any("Aurora_T001" in warning["text"] for warning in status["warnings"])
    rig.jackd, rig.siggen = rig._start_server(), rig._start([str(program("siggen")), "4"])
    until(lambda: studio.status()["state"] == "rolling", seconds=60)
    studio.until_rolled(studio.status()["take"]["seconds"] + 1)
    done = studio.call("stop")
    assert done["condition"] != "clean"
    assert_whole(studio.client, began["journal"])
    (part,) = lines(began["journal"], "part")
    folder = Path(began["journal"]).parent
    first, second = (integers_of(folder / name) for name in ("Aurora_T001.wav", part["files"][0]))
    assert check_signal(first, [1, 2, 3, 4]).exact
    filled = sum(gap["frames"] for gap in lines(began["journal"], "gap") if gap["filled"])
    found = check_signal(second, [1, 2, 3, 4])  # a server that has just started may stand still once more
    assert (found.wrong_samples, found.silent) == (0, filled)
    assert len(first) + len(second) + done["lost_frames"] - filled == done["frames"]


def test_a_take_goes_on_when_the_client_that_plays_comes_back(rig: Rig, studio: Desk) -> None:
    """The server lives on, and would give zeros for ever."""
    studio.set_up(interface="jack:siggen", layout="poly")
    began = studio.call("roll")
    studio.until_rolled(1.5)
    rig.siggen.kill()
    gone = time.monotonic()
    until(lambda: studio.status()["state"] == "lost")
    noticed = time.monotonic() - gone
    rig.siggen = rig._start([str(program("siggen")), "4"])
    until(lambda: studio.status()["state"] == "rolling", seconds=60)
    studio.until_rolled(studio.status()["take"]["seconds"] + 1)
    done = studio.call("stop")
    assert noticed < 1, f"noticed after {noticed:.2f} s"
    assert (done["condition"], done["gaps"]) == ("gap", 1)
    assert_whole(studio.client, began["journal"])
    (part,) = lines(began["journal"], "part")
    folder = Path(began["journal"]).parent
    first, second = (integers_of(folder / name) for name in ("Aurora_T001.wav", part["files"][0]))
    heard = check_signal(first, [1, 2, 3, 4])
    assert (heard.lost, heard.repeated, heard.wrong_samples) == (0, 0, 0)
    assert heard.silent == len(first) - np.flatnonzero(first.any(axis=1))[-1] - 1  # at the end alone
    assert heard.silent < 0.3 * rig.rate
    assert check_signal(second, [1, 2, 3, 4]).exact


def test_stop_while_the_audio_server_is_away_keeps_the_take(rig: Rig, studio: Desk) -> None:
    studio.set_up(interface="jack:siggen", layout="poly")
    began = studio.call("roll")
    studio.until_rolled(1.5)
    rig.kill_server()
    until(lambda: studio.status()["state"] == "lost")
    done = studio.call("stop")
    assert done["condition"] == "lost device"
    assert_whole(studio.client, began["journal"])
    assert check_signal(integers_of(Path(began["files"][0])), [1, 2, 3, 4]).exact
    with pytest.raises(TakechainError):
        studio.call("roll")
    assert studio.status()["takes"][0]["condition"] == "lost device"


def test_an_interface_that_stays_away_too_long_ends_the_take_by_itself(rig: Rig, studio: Desk) -> None:
    assert studio.set_up(interface="jack:siggen", layout="poly")["setup"]["lost_grace"] == 120
    studio.call("setup", lost_grace=1)
    began = studio.call("roll")
    studio.until_rolled(1.5)
    rig.kill_server()
    until(lambda: [take["condition"] for take in studio.status()["takes"]] == ["lost device"])
    assert studio.status()["take"] is None
    assert_whole(studio.client, began["journal"])
    assert check_signal(integers_of(Path(began["files"][0])), [1, 2, 3, 4]).exact
    rig.jackd, rig.siggen = rig._start_server(), rig._start([str(program("siggen")), "4"])
    until(lambda: studio.status()["state"] == "armed", seconds=60)
    assert len(studio.status()["takes"]) == 1  # nobody is recorded unasked


def test_a_rate_that_is_not_granted_leaves_what_worked(rig: Rig, studio: Desk) -> None:
    studio.set_up(interface="jack:siggen")
    with pytest.raises(TakechainError, match="96000"):
        studio.call("setup", rate=96000)
    status = studio.status()
    assert (status["state"], status["setup"]["rate"]) == ("armed", 48000)
    assert studio.take()["condition"] == "clean"
