"""The station's manners: versions, linger, disks that are full, libraries that may not be written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.errors import TakechainError
from capture.station.disk import Disk, take_bytes_per_second
from tests.support.poll import until
from tests.support.stations import Desk, desk, end_processes, running

OLD = """
import sys
import capture.station.client as client
client.version = lambda: "0.0.1"
from capture.station.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def old_station(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A station of an older version, on a library that exists."""
    library = tmp_path / "library"
    process = subprocess.Popen([sys.executable, "-c", OLD, str(library)], start_new_session=True)
    until(lambda: list(Path(os.environ["TAKECHAIN_RUNTIME"]).glob("*/station.sock")))
    yield process
    end_processes(library)
    if process.poll() is None:
        process.kill()
    process.wait()


def test_a_newer_client_replaces_an_idle_old_station(
    tmp_path: Path, old_station: subprocess.Popen[bytes]
) -> None:
    with desk(tmp_path / "library") as studio:
        assert studio.station_pid() != old_station.pid
        until(lambda: old_station.poll() == 0)


def test_a_newer_client_only_watches_an_old_station_that_rolls(
    tmp_path: Path, old_station: subprocess.Popen[bytes]
) -> None:
    from capture.station.client import socket_path
    from capture.wire import Client

    with Client(socket_path(tmp_path / "library")) as old:
        old.call("setup", timeout=20, interface="sim:1", slate="Aurora")
        old.call("roll", timeout=20)
    with desk(tmp_path / "library") as studio:
        status = studio.status()
        assert (status["pid"], status["version"], status["state"]) == (old_station.pid, "0.0.1", "rolling")
        studio.call("stop")


def test_it_stays_while_a_take_rolls_and_leaves_after_its_end(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.call("roll", limit_seconds=1.0)
    station, recorder = studio.station_pid(), studio.recorder_pid()
    studio.client.close()
    assert running(station)
    until(lambda: not running(station))
    assert not running(recorder)
    with studio.another() as again:
        (take,) = again.call("status")["takes"]
        assert (take["frames"], take["sealed"]) == (48_000, True)  # it ran to its end with nobody there


def test_a_small_disk_takes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a tmpfs here")
    try:
        with desk(folder / "library") as studio:
            studio.set_up(inputs="1-2")
            with pytest.raises(TakechainError, match="disk") as refused:
                studio.call("roll")
            assert refused.value.exit_code == 4
            assert list((folder / "library").rglob("*.wav")) == []
            assert studio.status()["disk"]["seconds_left"] == 0
            pid = studio.station_pid()
            studio.client.close()
            until(lambda: not running(pid))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_time_left_is_arithmetic(tmp_path: Path) -> None:
    # 24 tracks of 24 bit at 96 kHz need 24 * 96000 * 3 bytes each second
    pace = take_bytes_per_second(24, 96_000, "pcm24")
    assert pace == 6_912_000
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize
    left = Disk(tmp_path).seconds_left(pace)
    assert left == pytest.approx(free / pace, rel=0.01, abs=2.0)
    assert Disk(tmp_path / "gone").seconds_left(pace) is None


def test_the_disk_lasts_by_what_is_needed_until_minutes_say_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 MB/s of take on a disk that in truth loses 4 MB/s, its free space told in bursts of 10 s."""
    now = [0.0]
    disk = Disk(tmp_path, clock=lambda: now[0])
    start = 10_000_000_000
    monkeypatch.setattr(disk, "ask", lambda: start - int(now[0]) // 10 * 40_000_000)
    for second in range(121):
        now[0] = float(second)
        disk.watch(rolling=True)
        if second == 15:  # a burst has passed, but too little time to believe it
            assert disk.seconds_left(1e6) == pytest.approx((start - 40_000_000) / 1e6, rel=0.01)
    assert disk.seconds_left(1e6) == pytest.approx((start - 480_000_000) / 4e6, rel=0.1)
    disk.watch(rolling=False)
    assert disk.seconds_left(1e6) == pytest.approx((start - 480_000_000) / 1e6, rel=0.01)
