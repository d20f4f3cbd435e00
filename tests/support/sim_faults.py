"""A simulated interface that fails on request, in the station and the recorder that a test starts.

The processes load a `sitecustomize` that asks a file, at each look, what is wrong now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

_CODE = """
import sys

if any(argument in ("capture.station", "capture.recorder") for argument in sys.orig_argv):
    import json
    import os
    import time
    from dataclasses import replace

    import hardware.virtual as virtual
    from hardware.errors import NotGranted, UnknownInterface

    awake_ns = time.monotonic_ns  # as a converter, it stands still while the machine sleeps

    def told():
        try:
            return json.loads(open({file!r}).read())
        except (OSError, ValueError):
            return dict()

    Stream, listed = virtual.SimulatedStream, virtual.simulated_interface
    first_read, first_close, first_alive = Stream.read, Stream.close, Stream.alive

    def simulated_interface(interface_id="sim:8"):
        now = told()
        if now.get("absent"):
            raise UnknownInterface("there is no interface " + interface_id)
        return replace(listed(interface_id), **now.get("shown", dict()))

    class Faulty(Stream):
        def __init__(self, interface, rate, channels, **how):
            now = told()
            if now.get("dies"):
                os._exit(1)
            time.sleep(now.get("opens_after", 0))
            if now.get("refused"):
                raise NotGranted(interface.id + " is used by another program")
            ppm = round(now.get("ppm", 0))
            super().__init__(
                interface, rate, channels, clock_ns=lambda: awake_ns() + awake_ns() * ppm // 10**6
            )

        def read(self):
            return [] if told().get("silent") or told().get("lost") else super().read()

        def alive(self):
            if told().get("lost"):
                self.lost_reason = "the device is gone"
            return super().alive() and self.lost_reason is None

        def close(self, timeout=2.0):
            if told().get("close_hangs"):
                time.sleep(timeout)
                return False
            return super().close(timeout)

    virtual.simulated_interface, virtual.SimulatedStream = simulated_interface, Faulty
"""


class SimFaults:
    """What is wrong with the simulated interface; nothing at first.

    `now(absent=True)`: not listed; `lost`: the stream ended; `silent`: no frames come; `refused`: it does not
    open; `opens_after`: seconds that opening takes; `dies`: the recorder ends while it opens; `close_hangs`;
    `ppm`: how much faster than nominal it runs; `shown`: fields of the interface that are other ones now.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "wrong.json"
        (folder / "sitecustomize.py").write_text(_CODE.replace("{file!r}", repr(str(self._file))))
        self.python_path = str(folder)

    def now(self, **wrong: Any) -> None:
        """From now on this is wrong, and nothing else."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(wrong))
        fresh.replace(self._file)


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimFaults:
    """Use it before the fixture that starts a station."""
    found = SimFaults(tmp_path / "faults")
    monkeypatch.setenv("PYTHONPATH", found.python_path)
    return found
