"""The air of the session: one reader per serial port, typed values, and where each reading is written down.

While a take rolls, readings and what becomes of a sensor go into its journal through the recorder; at other
times into the room log, thinned out, since the air of a night needs no line per second.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from capture.clock import boottime_ns, utc_text
from capture.errors import TakechainError, UsageError
from capture.rooms.accuracy import with_accuracy
from capture.station.core import Core, user_name
from capture.wire import Json
from hardware.reading import UNITS, Quantity, Reading
from hardware.sensors.reader import SensorReader, SensorState

ROOM_LOG_SECONDS = 10.0
_RANGES = {"temperature": (-90.0, 90.0), "humidity": (0.0, 100.0), "pressure": (300.0, 1200.0)}
_QUANTITIES = {
    "temperature": Quantity.TEMPERATURE,
    "humidity": Quantity.RELATIVE_HUMIDITY,
    "pressure": Quantity.PRESSURE,
}
_GATHER_SECONDS = 0.05
KEPT_SECONDS = 125.0  # of what was written down outside a take: the longest pre-roll, and a little


@dataclass
class _Latest:
    """The newest value of one quantity, from a sensor or typed by a person."""

    fields: Json
    at_ns: int


class SensorDesk:
    """All sensors of the station; `to_recorder` hands journal lines to the take that rolls."""

    def __init__(self, core: Core, to_recorder: Callable[[list[dict[str, object]]], None]) -> None:
        self._core = core
        self._to_recorder = to_recorder
        self._readers: dict[str, SensorReader] = {}
        self._drivers: dict[str, str] = {}
        self._lock = threading.Lock()
        self._latest: dict[tuple[str, str], _Latest] = {}
        self._logged: dict[tuple[str, str], float] = {}
        self._down: set[str] = set()
        self._writing = threading.Lock()  # a line goes into the take or is kept for the next, never neither
        self._before: deque[Json] = deque()
        self._events: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sensors")

    def start(self) -> None:
        """Open the remembered sensors and begin to write down what they say."""
        self._thread.start()
        for sensor in self._core.settings.sensors:
            try:
                self.open(sensor["port"], sensor.get("driver"))
            except Exception as error:  # a sensor never keeps a station from starting
                self._core.notices.warn("sensor", f"{sensor['port']}: {getattr(error, 'what', error)}")

    def stop(self) -> None:
        """Close every port."""
        with self._lock:
            readers = list(self._readers.values())
            self._readers.clear()
        for reader in readers:
            reader.stop()
        self._events.put(None)
        self._thread.join(2.0)

    def open(self, port: str, driver: str | None = None) -> None:
        """Listen on a port ("sim": the simulated sensor); raises PortError, or UsageError for no driver."""
        self.close(port)
        reader = SensorReader(port, driver or None, self._on_reading, partial(self._on_state, port))
        with self._lock:
            self._readers[port] = reader
            self._drivers[port] = driver or ""
        reader.start()

    def close(self, port: str) -> None:
        """Stop listening on a port; one that is not listened on is passed over."""
        with self._lock:
            reader = self._readers.pop(port, None)
            gone = reader.name if reader is not None else ""
            self._latest = {key: kept for key, kept in self._latest.items() if key[0] != gone}
            self._down.discard(port)
        if reader is not None:
            reader.stop()

    def remembered(self) -> list[Json]:
        """The open sensors as the settings keep them."""
        with self._lock:
            return [{"port": port, "driver": self._drivers[port]} for port in self._readers]

    def typed(
        self,
        temperature: float | None = None,
        humidity: float | None = None,
        pressure: float | None = None,
        by: str = "",
        instrument: str = "",
    ) -> Json:
        """Air a person read off an instrument: °C, %RH, hPa; raises UsageError for what no air has."""
        given = {"temperature": temperature, "humidity": humidity, "pressure": pressure}
        given = {name: value for name, value in given.items() if value is not None}
        if not given:
            raise UsageError("no value was given", "give a temperature, a humidity or a pressure")
        for name, value in given.items():
            low, high = _RANGES[name]
            if not isinstance(value, (int, float)) or not low <= value <= high:
                raise UsageError(f"a {name} of {value} cannot be", f"it lies between {low:g} and {high:g}")
        now, who = boottime_ns(), by or user_name()
        lines = []
        for name, value in given.items():
            quantity = _QUANTITIES[name]
            fields = {"sensor": "typed", "quantity": quantity.value, "value": value, "unit": UNITS[quantity]}
            fields |= {"quality": "ok", "raw": "", "typed": True, "by": who, "instrument": instrument}
            lines.append(self._keep({**fields, "simulated": False}, now))
        self._write(lines)  # at once: the take may end before the gathering thread looks
        return {"air": self.air()}

    def air(self) -> list[Json]:
        """The newest value of each quantity and source, with its age in seconds."""
        now = boottime_ns()
        with self._lock:
            kept = list(self._latest.values())
        return [{**latest.fields, "age_s": max(0.0, (now - latest.at_ns) / 1e9)} for latest in kept]

    def as_list(self) -> list[Json]:
        """Every sensor with its port, driver and state."""
        with self._lock:
            readers = list(self._readers.items())
        return [self._about(port, reader) for port, reader in readers]

    def begin_sensors(self) -> list[Json]:
        """The sensors as a begin line names them."""
        kept = ("id", "port", "driver", "identity", "simulated")
        sensors = [{name: sensor[name] for name in kept} for sensor in self.as_list()]
        try:
            return with_accuracy(sensors, self._core.library.records("gear") if sensors else {})
        except TakechainError:  # a locker that cannot be read keeps no take from beginning
            return sensors

    def hand_over(self, since_ns: int) -> None:
        """A take has begun with a frame of that moment: what was said from then on is part of it."""
        with self._writing:
            lines = [line for line in self._before if line["at_boottime_ns"] >= since_ns]
            self._before.clear()
            if lines:
                with contextlib.suppress(TakechainError):  # its recorder died: the room log has them
                    self._to_recorder(lines)

    def _about(self, port: str, reader: SensorReader) -> Json:
        return {
            "id": reader.name,
            "port": port,
            "driver": reader.driver_name,
            "state": reader.state.value,
            "identity": reader.port.identity,
            "simulated": reader.simulated,
            "text": reader.text,
        }

    def _on_reading(self, reading: Reading) -> None:
        fields = {"sensor": reading.sensor, "quantity": reading.quantity.value, "value": reading.value}
        fields |= {"unit": reading.unit, "quality": reading.quality, "raw": reading.raw, "typed": False}
        fields |= {"by": "", "instrument": "", "simulated": self._is_simulated(reading.sensor)}
        stamp = {"utc": utc_text(reading.utc)} if reading.utc is not None else {}
        self._events.put(self._keep({**fields, **stamp}, reading.at_boottime_ns or boottime_ns()))

    def _is_simulated(self, name: str) -> bool:
        with self._lock:
            return any(reader.simulated for reader in self._readers.values() if reader.name == name)

    def _on_state(self, port: str, state: SensorState, text: str) -> None:
        """Say what became of a sensor; a first `live` is no news, one after a loss is."""
        if state in (SensorState.LOST, SensorState.STALE):
            self._core.notices.warn(
                "sensor", f"{port}: {state.value}, {text}" if text else f"{port}: {state.value}"
            )
            self._down.add(port)
            said = state.value
        elif state is SensorState.LIVE and port in self._down:
            self._down.discard(port)
            said = "back"
        else:
            return
        with self._lock:
            reader = self._readers.get(port)
        name = reader.name if reader is not None else port
        line = {"type": "device", "device": f"sensor:{name}", "state": said, "text": text}
        self._events.put({**line, "at_boottime_ns": boottime_ns()})

    def _keep(self, fields: Json, at_ns: int) -> Json:
        """Make this the newest value of its quantity; returns the line to be written."""
        shown = {name: value for name, value in fields.items() if name not in ("raw", "utc")}
        key = (str(fields["sensor"]), str(fields["quantity"]))
        with self._lock:
            self._latest[key] = _Latest(shown, at_ns)
        return {"type": "reading", "at_boottime_ns": at_ns, **fields}

    def _run(self) -> None:
        while (first := self._events.get()) is not None:
            lines = [first]
            deadline = time.monotonic() + _GATHER_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                try:
                    more = self._events.get(timeout=left)
                except queue.Empty:
                    break
                if more is None:
                    self._write(lines)
                    return
                lines.append(more)
            self._write(lines)

    def _write(self, lines: list[Json]) -> None:
        with self._writing:
            self._write_one_way(lines)

    def _write_one_way(self, lines: list[Json]) -> None:
        if self._core.rolling is not None:
            try:
                self._to_recorder(lines)
            except TakechainError:
                pass  # the take ended in this moment, or its recorder is being replaced
            else:
                return
        self._keep_for_pre_roll(lines)
        try:
            for line in lines:
                self._to_room_log(line)
        except (TakechainError, OSError) as error:
            self._core.notices.warn(
                "room log", f"the room log cannot be written: {getattr(error, 'what', error)}"
            )

    def _keep_for_pre_roll(self, lines: list[Json]) -> None:
        now = boottime_ns()
        for line in lines:
            spoken = datetime.now(UTC) - timedelta(microseconds=(now - line["at_boottime_ns"]) // 1000)
            self._before.append({**line, "at": utc_text(spoken)})
        while self._before and self._before[0]["at_boottime_ns"] < now - KEPT_SECONDS * 1e9:
            self._before.popleft()

    def _to_room_log(self, line: Json) -> None:
        fields = {
            name: value for name, value in line.items() if name not in ("type", "at_boottime_ns", "utc")
        }
        if line["type"] == "reading" and not line["typed"]:
            key, now = (str(line["sensor"]), str(line["quantity"])), time.monotonic()
            if now - self._logged.get(key, -ROOM_LOG_SECONDS) < ROOM_LOG_SECONDS:
                return
            self._logged[key] = now
        self._core.library.room_log(str(line["type"]), **fields)
