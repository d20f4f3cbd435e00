"""What is on the ports right now: listen to each for a while, write to none."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hardware.ports import Port, find_port
from hardware.reading import Reading, Rejected
from hardware.sensors.reader import SensorReader

_ENOUGH = 2  # readings of one quantity before a port nobody named is said to carry a sensor


@dataclass(frozen=True)
class Heard:
    """What one port said: the driver that could read it (None: none could), its state, each line's fate."""

    port: Port
    driver: str | None
    state: str
    text: str
    readings: list[Reading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def listen(port: Port | str, seconds: float, driver: str | None = None) -> Heard:
    """Listen to one port for so long; raises UnknownDriver. Why a port did not open is said in `text`."""
    return listen_all([(port, driver)], seconds)[0]


def listen_all(ports: Sequence[tuple[Port | str, str | None]], seconds: float) -> list[Heard]:
    """Listen to several ports at once, in the order given."""
    heard: list[tuple[SensorReader, str | None, list[Reading]]] = []
    for port, driver in ports:
        readings: list[Reading] = []
        found = find_port(port) if isinstance(port, str) else port
        reader = SensorReader(found, driver, readings.append, every_line=True)
        heard.append((reader, driver, readings))
    for reader, _, _ in heard:
        reader.start()
    threading.Event().wait(seconds)
    for reader, _, _ in heard:
        reader.stop()
    return [_result(reader, named, readings) for reader, named, readings in heard]


def _result(reader: SensorReader, named: str | None, readings: list[Reading]) -> Heard:
    counts = Counter(reading.quantity for reading in readings)
    sure = named is not None or reader.simulated or any(count >= _ENOUGH for count in counts.values())
    return Heard(
        reader.port,
        reader.driver_name if sure else None,
        str(reader.state),
        reader.text,
        readings,
        list(reader.rejected),
    )
