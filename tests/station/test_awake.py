"""Sleep held off while an interface is open, by a stand-in for the tool that writes down its life."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from capture.station import awake
from capture.station.awake import Awake, trial
from capture.station.notices import Notices
from tests.support.cli import Cli
from tests.support.poll import until
from tests.support.stations import Desk, desk, kill, running

# The documented manner of systemd-inhibit: a child runs the command, and the lock lives as long as that.
HOLDS = """#!/bin/sh
{ echo "began $$"; printf 'option %s\\n' "$@"; } >> "$0.log"
while [ "${1#--}" != "$1" ]; do shift; done
exec 3<&0
"$@" <&3 &
echo "command $!" >> "$0.log"
wait $!
echo "ended $$" >> "$0.log"
"""
REFUSES = "#!/bin/sh\necho 'Failed to inhibit: Access denied' >&2\nexit 1\n"
NO_BUS = "#!/bin/sh\necho 'Failed to connect to bus: No such file or directory' >&2\nexit 1\n"
STAYS = "#!/bin/sh\nexec sleep 600\n"  # never looks at the pipe
OPTIONS = [
    "--what=sleep:idle",
    "--who=Takechain",
    "--why=an interface is open for recording",
    "--mode=block",
    "cat",
]
REFUSED = (
    "this machine may fall asleep: systemd-inhibit did not hold it off (Failed to inhibit: Access denied); "
    "switch sleep off in the system's settings"
)


class Tool:
    """A stand-in on PATH."""

    def __init__(self, folder: Path, script: str) -> None:
        folder.mkdir()
        self.path = folder / "systemd-inhibit"
        self.path.write_text(script)
        self.path.chmod(0o755)

    def said(self, word: str) -> list[str]:
        """What it wrote down under one word, oldest first."""
        log = Path(f"{self.path}.log")
        pairs = [line.partition(" ") for line in log.read_text().splitlines()] if log.exists() else []
        return [text for found, _, text in pairs if found == word]

    def pids(self) -> list[int]:
        """The tool and the command under it, of the latest run."""
        return [int(self.said("began")[-1]), int(self.said("command")[-1])]


@pytest.fixture
def tool(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    made = Tool(tmp_path / "bin", getattr(request, "param", HOLDS))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setenv("PATH", f"{made.path.parent}{os.pathsep}{os.environ['PATH']}")
    return made


def texts(notices: Notices) -> list[str]:
    return [notice["text"] for notice in notices.as_list()]


def test_sleep_is_held_off_from_arming_until_the_interface_is_let_go(tool: Tool, studio: Desk) -> None:
    assert studio.status()["state"] == "idle"
    assert tool.said("began") == []
    studio.set_up(inputs="1")
    until(lambda: tool.said("command"))
    assert tool.said("option") == OPTIONS
    held = tool.pids()
    assert {os.getpgid(pid) for pid in held} == {os.getpgid(studio.station_pid())}
    assert studio.take()["condition"] == "clean"
    assert (tool.pids(), all(map(running, held))) == (held, True)  # one and the same all the time
    studio.call("setup", interface="")
    until(lambda: tool.said("ended"))
    until(lambda: not any(map(running, held)))
    assert studio.status()["warnings"] == []


def test_it_ends_with_a_station_that_leaves(tool: Tool, studio: Desk) -> None:
    studio.set_up(inputs="1")
    until(lambda: tool.said("command"))
    studio.call("quit")
    until(lambda: tool.said("ended"))
    until(lambda: not any(map(running, tool.pids())))


def test_a_killed_station_leaves_nothing_behind_and_the_next_holds_again(tool: Tool, tmp_path: Path) -> None:
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1")
        studio.call("roll")
        until(lambda: tool.said("command"))
        held = tool.pids()
        kill(studio.station_pid())
        until(lambda: not any(map(running, held)))
        studio.client.close()
        with studio.another() as again:
            until(lambda: len(tool.said("command")) == 2)
            assert all(map(running, tool.pids()))
            assert again.call("stop")["condition"] == "clean"


@pytest.mark.parametrize("tool", [REFUSES], indirect=True)
def test_a_refusal_is_said_once_and_the_take_is_made(tool: Tool, studio: Desk) -> None:
    studio.set_up(inputs="1")
    until(lambda: studio.status()["warnings"])
    assert studio.take()["condition"] == "clean"
    (warning,) = studio.status()["warnings"]
    assert warning["text"] == REFUSED


def test_where_the_tool_is_absent_the_take_is_made_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1")
        assert studio.take()["condition"] == "clean"
        assert studio.status()["warnings"] == []


@pytest.mark.parametrize("tool", [STAYS], indirect=True)
def test_a_tool_that_does_not_end_by_itself_is_ended(tool: Tool) -> None:
    awake = Awake(Notices())
    awake.follow(True)
    assert awake._child is not None
    pid = awake._child.pid
    assert running(pid)
    awake.follow(False)
    assert not running(pid)


def test_a_tool_that_was_ended_by_somebody_is_said_once(tool: Tool) -> None:
    notices = Notices()
    awake = Awake(notices)

    def noticed() -> bool:
        awake.follow(True)
        return awake._child is None

    for count, said in ((1, 1), (2, 0)):
        awake.follow(True)
        until(lambda count=count: len(tool.said("command")) == count)
        os.kill(tool.pids()[0], signal.SIGKILL)
        until(noticed)
        until(lambda: not any(map(running, tool.pids())))
        assert len(texts(notices)) == said
        notices.seen(None)
        awake.follow(False)


@pytest.mark.parametrize("tool", [HOLDS, REFUSES], indirect=True)
def test_the_trial_says_whether_it_works(tool: Tool) -> None:
    found = trial()
    if tool.path.read_text() == HOLDS:
        assert (found.what, found.do) == ("held off by systemd-inhibit while an interface is open", "")
        assert tool.said("option") == [*OPTIONS[:-1], "true"]
    else:
        why = "systemd-inhibit did not do it (Failed to inhibit: Access denied)"
        assert (found.what, found.do) == (
            f"cannot be held off: {why}",
            "switch sleep off in the system's settings",
        )


def test_doctor_advises_where_sleep_cannot_be_held_off(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    cli = Cli(tmp_path, os.environ["TAKECHAIN_RUNTIME"])
    told = cli.run("doctor", PATH=str(tmp_path / "none"))
    (line,) = [line for line in told.out.splitlines() if " sleep " in line]
    what = "cannot be held off: systemd-inhibit is not here: switch sleep off in the system's settings"
    assert " ".join(line.split()) == f"advice sleep {what}"
    assert not any("sleep" in line for line in told.said)  # advice is no complaint, and no exit code


@pytest.mark.parametrize("tool", [NO_BUS], indirect=True)
def test_where_no_systemd_runs_nobody_is_warned_of_it(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del tool
    monkeypatch.setattr(awake, "_SYSTEMD_RUNS", tmp_path / "none")
    notices = Notices()
    holding = Awake(notices)
    holding.follow(True)
    assert holding._child is not None
    holding._child.wait(30)
    holding.follow(True)
    assert texts(notices) == []
    monkeypatch.setattr(awake, "_SYSTEMD_RUNS", tmp_path)
    holding.follow(False)
    holding.follow(True)
    assert holding._child is not None
    holding._child.wait(30)
    holding.follow(True)
    assert "Failed to connect to bus" in texts(notices)[0]
