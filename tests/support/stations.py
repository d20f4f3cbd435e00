"""Real station and recorder processes for tests, ended by their own ids."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from capture.journal.verify import verify_take
from capture.station.client import StationClient, connect
from tests.support.poll import until

Json = dict[str, Any]


class Desk:
    """A library with a client of its station; short words for what tests do all the time."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self.project = "Winter"
        self.client = connect(library)

    def call(self, do: str, **args: Any) -> Json:
        """Give one order."""
        return self.client.call(do, **args)

    def status(self) -> Json:
        """The station's status."""
        return self.client.call("status")

    def set_up(self, **wanted: Any) -> Json:
        """Choose the simulated interface and names, then whatever else is wanted."""
        usual = {
            "interface": "sim:4",
            "rate": 48000,
            "project": self.project,
            "session": "First",
            "slate": "Aurora",
        }
        return self.client.call("setup", **{**usual, **wanted})

    def until_rolled(self, seconds: float) -> None:
        """Wait until the rolling take is that long."""
        until(lambda: (self.status()["take"] or {}).get("seconds", 0) >= seconds)

    def take(self, seconds: float = 0.3, **how: Any) -> Json:
        """Make a take of about that length."""
        self.call("roll", **how)
        self.until_rolled(seconds)
        return self.call("stop")

    def another(self) -> StationClient:
        """A second client; close it."""
        return connect(self.library)

    def station_pid(self) -> int:
        """The pid of the station that answers."""
        return int(self.status()["pid"])

    def recorder_pid(self) -> int:
        """The pid of its recorder."""
        return int(self.status()["recorder"]["pid"])


def lines(journal: str | Path, kind: str | None = None) -> list[Json]:
    """The whole lines of a journal, all or of one type."""
    raw = Path(journal).read_bytes()
    found = [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]
    return [line for line in found if kind is None or line["type"] == kind]


def assert_whole(client: StationClient, journal: str | Path) -> None:
    """Verify a take from its folder, once the hashes of its files are written."""
    assert client.call("wait", files=True)["settled"]
    report = verify_take(Path(journal))
    assert report.ok, report.findings


def kill(pid: int) -> None:
    """End one process at once and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not running(pid))


def running(pid: int) -> bool:
    """Whether a process runs (one that ended and was not collected yet does not)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def samples(path: str | Path) -> NDArray[np.float64]:
    """The samples of a file as libsndfile reads them, frames × channels."""
    found: NDArray[np.float64] = soundfile.read(str(path), always_2d=True)[0]
    return found


@contextlib.contextmanager
def desk(library: Path) -> Iterator[Desk]:
    """A desk whose processes are gone afterwards, whatever happened."""
    found = Desk(library)
    try:
        yield found
    finally:
        found.client.close()
        end_processes(library)


def end_processes(library: Path) -> None:
    """End the station and the recorder of a test's library, by the ids they wrote down."""
    for path in (library / ".station.lock", *Path(os.environ["TAKECHAIN_RUNTIME"]).glob("*/recorder.json")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            pid = int(json.loads(path.read_text())["pid"])
            if b"capture." in Path(f"/proc/{pid}/cmdline").read_bytes():
                kill(pid)
