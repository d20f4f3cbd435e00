"""The station and the machine it runs on: what is said when an interface is opened, and how often."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.station import care
from capture.station.notices import Notices
from tests.support.machines import battery, core, machine, memory
from tests.support.poll import until
from tests.support.stations import desk, end_processes

ELSEWHERE = """
import sys
from pathlib import Path
import capture.station.care as care
care.SYSTEM = Path(sys.argv.pop())
from capture.station.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
LOW = "battery at 12 %, not charging: plug it in"


def texts(notices: Notices) -> list[str]:
    return [notice["text"] for notice in notices.as_list()]


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = machine(tmp_path / "laptop", battery("BAT0", "12", "Discharging") | memory(8_000_000))
    monkeypatch.setattr(care, "SYSTEM", root)
    return root


def test_a_trouble_is_said_when_an_interface_is_opened_and_only_once(laptop: Path) -> None:
    notices = Notices()
    watch = care.Care(notices)
    watch.follow(False)
    assert texts(notices) == []
    for is_open in (True, True, False, True):
        watch.follow(is_open)
        machine(laptop, battery("BAT0", "11", "Discharging"))  # the figure falls; it is the same trouble
    assert texts(notices) == [LOW]


def test_a_trouble_that_was_over_is_said_again(laptop: Path) -> None:
    notices = Notices()
    watch = care.Care(notices)
    for percent, status in (("12", "Discharging"), ("50", "Charging"), ("9", "Discharging")):
        machine(laptop, battery("BAT0", percent, status))
        watch.follow(True)
        watch.follow(False)
    assert texts(notices) == [LOW, "battery at 9 %, not charging: plug it in"]


@pytest.fixture
def on_a_weak_machine(tmp_path: Path) -> Iterator[None]:
    files = battery("BAT0", "12", "Discharging") | memory(300_000) | core(0, "powersave")
    root, library = machine(tmp_path / "weak", files), tmp_path / "library"
    command = [sys.executable, "-c", ELSEWHERE, str(library), str(root)]
    process = subprocess.Popen(command, start_new_session=True)
    until(lambda: list(Path(os.environ["TAKECHAIN_RUNTIME"]).glob("*/station.sock")))
    yield
    end_processes(library)
    process.kill()
    process.wait()


def test_a_station_on_a_weak_machine_says_so_and_records(tmp_path: Path, on_a_weak_machine: None) -> None:
    with desk(tmp_path / "library") as studio:
        assert studio.status()["warnings"] == []
        studio.set_up(inputs="1")
        until(lambda: len(studio.status()["warnings"]) == 3)
        said = [warning["text"] for warning in studio.status()["warnings"]]
        assert said[:2] == [LOW, "memory 0.3 GB left: close other programs"]
        assert said[2].startswith("processor held slow to save power (powersave): ")
        assert studio.take()["condition"] == "clean"
        assert len(studio.status()["warnings"]) == 3
