"""Reads one sensor for as long as it is wanted: a thread that opens, listens, loses and finds its port again.

It only listens: nothing is ever written to a device. A device is followed by its identity, so one that comes
back under another name is found; silence makes it stale, an error lost, and neither ends the thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from hardware.clock import boottime_ns
from hardware.errors import HardwareError
from hardware.ports import LINE_ERRORS, READ_ERRORS, Line, Port, device_of, find_port, open_port
from hardware.reading import Reading, Rejected
from hardware.sensors.claims import Event
from hardware.sensors.judgement import Decimator, LeapGate
from hardware.sensors.registry import bauds_of, make_driver

_FIRST_RETRY, _LAST_RETRY = 0.25, 5.0  # seconds between attempts
_TICK = 0.25  # seconds a read waits, so how late `stop` and staleness are noticed at most
_QUIET = 0.5  # seconds after which a device without line ends has finished its line
_SHORTEST_STALE = 5.0
_UNKNOWN_PERIOD = 10.0
_DWELL = {9600: 12.0}  # seconds at a speed; slow devices speak every ten
_OTHER_DWELL = 3.0


class SensorState(StrEnum):
    """Where a sensor stands."""

    ABSENT = "absent"
    OPENING = "opening"
    WAITING = "waiting"
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"


OnReading = Callable[[Reading], None]
OnState = Callable[[SensorState, str], None]


class SensorReader:
    """One port and its driver; callbacks run on the reader's thread and must be quick.

    Raises UnknownDriver. `name` goes into every reading as its sensor. `every_line` passes on all that the
    driver believes, instead of one reading of a kind per second without leaps.
    """

    def __init__(
        self,
        port: Port | str,
        driver: str | None,
        on_reading: OnReading,
        on_state: OnState = lambda state, text: None,
        *,
        name: str = "",
        every_line: bool = False,
    ) -> None:
        self.port = find_port(port) if isinstance(port, str) else port
        self.driver = make_driver(driver, self.port)
        self.name = name or self.port.identity
        self.state = SensorState.ABSENT
        self.text = ""
        self.rejected: deque[Rejected] = deque(maxlen=50)
        self.rejected_count = 0
        self._on_reading, self._on_state = on_reading, on_state
        self._every_line = every_line
        self._leaps, self._decimator = LeapGate(), Decimator()
        self._bauds = bauds_of(self.port)
        self._baud_known = len(self._bauds) == 1
        self._period = _UNKNOWN_PERIOD
        self._last_ns: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"sensor {self.name}")

    @property
    def simulated(self) -> bool:
        """Whether this is no real sensor."""
        return self.port.simulated

    @property
    def driver_name(self) -> str:
        """The driver as people name it."""
        return "sim" if self.port.simulated else self.driver.name

    def start(self) -> None:
        """Begin to look for the port."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> bool:
        """End the thread; False if the system holds it up, which harms nobody."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = _FIRST_RETRY
        while not self._stopping.is_set():
            line = self._attach()
            if line is not None and self._listen(line):
                pause = _FIRST_RETRY
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LAST_RETRY)

    def _attach(self) -> Line | None:
        gone = (
            SensorState.ABSENT
            if self.state in (SensorState.ABSENT, SensorState.OPENING)
            else SensorState.LOST
        )
        try:
            device = device_of(self.port)
            if device is None:
                self._become(gone, f"{self.port.device or self.port.identity} is not there")
                return None
            line = open_port(device, self._bauds[0])
        except HardwareError as error:
            self._become(gone, error.what)
            return None
        self._become(SensorState.OPENING, f"{device} is open")
        return line

    def _listen(self, line: Line) -> bool:
        """Read until the port fails or we stop; whether it ever delivered a byte."""
        self.driver.reopened()
        self._become(SensorState.WAITING, "no reading yet")
        self._last_ns = None
        heard = False
        opened_ns = heard_ns = boottime_ns()
        try:
            while not self._stopping.is_set():
                data = line.read(_TICK)
                now = boottime_ns()
                if data:
                    heard, heard_ns = True, now
                    self._take(self.driver.feed(data), now)
                elif now - heard_ns > _QUIET * 1e9:
                    self._take(self.driver.idle(), now)
                self._notice_silence(now)
                opened_ns = self._try_other_speed(line, now, opened_ns)
        except READ_ERRORS as error:
            line.close()  # before anything else: a held port comes back under another name
            self._become(SensorState.LOST, str(error))
        finally:
            with contextlib.suppress(*LINE_ERRORS):
                line.close()
        return heard

    def _take(self, events: list[Event], now: int) -> None:
        """Hand on what may be believed, after the state it shows: a sensor is back before it is read."""
        utc = datetime.now(UTC)
        believed = []
        for event in events:
            if isinstance(event, Rejected):
                self._reject(event)
                continue
            reading = replace(event, at_boottime_ns=now, utc=utc, sensor=self.name)
            reason = None if self._every_line else self._leaps.why_not(reading)
            if reason is None:
                believed.append(reading)
            else:
                self._reject(Rejected(reading.raw, reason))
        if believed:
            self._alive(now)
        for reading in believed:
            if self._every_line or self._decimator.passes(reading):
                self._on_reading(reading)

    def _reject(self, rejected: Rejected) -> None:
        self.rejected_count += 1
        self.rejected.append(rejected)

    def _alive(self, now: int) -> None:
        self._baud_known = True
        if self._last_ns is not None:
            gap = (now - self._last_ns) / 1e9
            self._period = gap if self._period == _UNKNOWN_PERIOD else 0.8 * self._period + 0.2 * gap
        self._last_ns = now
        self._become(SensorState.LIVE, "")

    def _notice_silence(self, now: int) -> None:
        if self._last_ns is None or self.state is not SensorState.LIVE:
            return
        silent = (now - self._last_ns) / 1e9
        if silent > max(3 * self._period, _SHORTEST_STALE):
            self._become(SensorState.STALE, f"no reading for {silent:.0f} s")

    def _try_other_speed(self, line: Line, now: int, since: int) -> int:
        """Behind a converter, listen at the next speed when this one gave nothing; when it was begun."""
        if self._baud_known or (now - since) / 1e9 < _DWELL.get(self._bauds[0], _OTHER_DWELL):
            return since
        self._bauds = (*self._bauds[1:], self._bauds[0])
        line.set_baud(self._bauds[0])
        self.driver.reopened()
        return now

    def _become(self, state: SensorState, text: str) -> None:
        if (state, text) == (self.state, self.text):
            return
        changed, self.state, self.text = state is not self.state, state, text
        if changed:
            self._on_state(state, text)
