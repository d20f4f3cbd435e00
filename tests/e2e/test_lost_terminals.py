"""What terminals do to a screen while a take rolls: Ctrl-Z, a hang-up, a line that stalls, a tiny window."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.poll import until
from tests.support.raw_terminal import raw_terminal
from tests.support.stations import Desk, Json, assert_whole, desk, running
from tests.support.terminal import TAKECHAIN, Terminal, terminal

pytestmark = pytest.mark.timeout(240)

SHELL = "bash --norc -i"


@pytest.fixture
def studio() -> Iterator[Desk]:
    with desk(Path(os.environ["TAKECHAIN_LIBRARY"])) as found:
        found.set_up(inputs="1-2")
        until(lambda: found.status()["state"] == "armed")
        yield found


def stopped_whole(studio: Desk) -> None:
    """Stop the take: not a frame of it is lost."""
    whole(studio, studio.call("stop"))


def whole(studio: Desk, done: Json) -> None:
    assert (done["condition"], done["lost_frames"]) == ("clean", 0)
    assert_whole(studio.client, done["journal"])


def roll_on(studio: Desk, seconds: float = 1.0) -> None:
    """Wait until the take has gone on for so long."""
    studio.until_rolled(studio.status()["take"]["seconds"] + seconds)


def in_a_shell(screen: Terminal, command: str) -> None:
    screen.run(SHELL)
    screen.see(r"[$#]")
    screen.type(command)
    screen.keys("Enter")


def test_ctrl_z_leaves_the_take_rolling_and_fg_shows_it_again(studio: Desk) -> None:
    with terminal("aside") as screen:
        in_a_shell(screen, TAKECHAIN)
        screen.see("ARMED")
        screen.keys("r")
        screen.see(r"ROLLING +00:00:0")
        screen.keys("C-z")
        screen.see("Stopped")
        roll_on(studio)
        screen.type("fg")
        screen.keys("Enter")
        screen.see(r"ROLLING +00:00:0[1-9](.|\n)*s Stop")
        screen.keys("S")
        screen.see("Use this")
        screen.keys("C-z")  # another page gives the terminal back as well
        screen.see("Stopped")
        roll_on(studio)
        stopped_whole(studio)
        screen.type("fg")
        screen.keys("Enter")
        screen.see("Use this")
        screen.keys("Escape")
        screen.see("ARMED")


def test_ctrl_z_without_a_shell_behind_stops_nothing(studio: Desk) -> None:
    with raw_terminal([sys.executable, "-m", "tui.cli"]) as line:
        until(lambda: "ARMED" in line.heard)
        line.press("\x1a")
        until(lambda: "no shell waits" in line.heard)
        line.press("r")
        until(lambda: studio.status()["take"])
        stopped_whole(studio)


def test_a_command_that_is_stopped_finds_its_take_done(studio: Desk) -> None:
    with terminal("stopped") as screen:
        in_a_shell(screen, f"{TAKECHAIN} record --seconds 2")
        screen.see("rolling Aurora_T001")
        screen.keys("C-z")
        screen.see("Stopped")
        until(lambda: studio.call("wait", files=True)["settled"])
        (done,) = studio.status()["takes"]
        assert (done["condition"], done["frames"]) == ("clean", 96_000)
        screen.type("fg; echo then $?")
        screen.keys("Enter")
        screen.see(r"Aurora_T001: 00:00:02.0, 2 tracks, clean(.|\n)*then 0")


def test_a_terminal_that_hangs_up_ends_the_screen_and_nothing_else(studio: Desk) -> None:
    with raw_terminal([sys.executable, "-m", "tui.cli"]) as line:
        until(lambda: "ARMED" in line.heard)
        line.press("r")
        until(lambda: studio.status()["take"])
        line.hang_up()
        until(lambda: not running(line.process.pid))
        roll_on(studio)
        stopped_whole(studio)


def test_a_terminal_that_stalls_stops_the_picture_and_not_the_take(studio: Desk) -> None:
    with raw_terminal([sys.executable, "-m", "tui.cli"]) as line:
        until(lambda: "ARMED" in line.heard)
        line.press("r")
        until(lambda: studio.status()["take"])
        line.stall()
        until(line.is_full)
        roll_on(studio)
        assert studio.status()["take"]["lost_frames"] == 0
        line.go_on()
        line.press("s")  # the screen has come back to life
        until(lambda: studio.status()["take"] is None)
        (done,) = studio.status()["takes"]
        whole(studio, done)
        until(lambda: "ARMED" in line.heard)


def test_a_window_of_20_by_5_shows_state_and_time_and_how_to_stop(
    studio: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("COLUMNS", "80"), ("LINES", "24")):  # as some shells export them: no longer true
        monkeypatch.setenv(name, value)
    with terminal("tiny") as screen:
        screen.run(TAKECHAIN)
        screen.see("ARMED")
        screen.keys("r")
        screen.see(r"ROLLING +00:00:0")
        for columns, rows in ((1, 1), (20, 5)):
            screen.resize(columns, rows)
        screen.see(r"ROLLING 00:00:\d\d\.\d\ns stops")
        screen.keys("q")
        screen.see(
            r"ROLLING 00:00:\d\d\.\d\nA take is rolling. …\nc cancel, stay here\nl leave it rolling\ns stop"
        )
        screen.keys("c", "s")
        screen.see("ARMED")
        (done,) = studio.status()["takes"]
        whole(studio, done)
        screen.resize(80, 24)
        screen.see(r"r Roll")
