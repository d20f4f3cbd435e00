"""Which driver reads which port: by name when a person says so, by USB identity where that is certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hardware.errors import HardwareError
from hardware.ports import DEFAULT_BAUD, Port
from hardware.sensors.claims import Event
from hardware.sensors.text_lines import TextLines

_TRINKEY = (0x239A, 0x8153)
_BRIDGE_BAUDS = (9600, 115200, 19200, 57600, 38400, 4800)


class Driver(Protocol):
    """A wire protocol, sans I/O: bytes in, readings and rejections out."""

    name: str

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete; never raises."""

    def idle(self) -> list[Event]:
        """The port has been quiet for a while."""

    def reopened(self) -> None:
        """The port was opened anew: the next bytes may be the rest of something."""


class UnknownDriver(HardwareError):
    """No driver has this name."""

    exit_code = 2
    code = "unknown driver"


_DRIVERS: dict[str, Callable[[], Driver]] = {
    "text": TextLines,
    "trinkey": lambda: TextLines(trinkey=True),
    "sim": TextLines,
}


def make_driver(name: str | None, port: Port) -> Driver:
    """The driver of this name, or the one for this port if none is named; raises UnknownDriver."""
    if name is not None and name not in _DRIVERS:
        raise UnknownDriver(f"there is no sensor driver {name!r}", f"known: {', '.join(_DRIVERS)}")
    if name in (None, "text") and (port.vid, port.pid) == _TRINKEY:
        name = "trinkey"
    return _DRIVERS[name or "text"]()


def bauds_of(port: Port) -> tuple[int, ...]:
    """The speeds to listen at: one where USB makes it meaningless, the usual ones behind a converter."""
    return _BRIDGE_BAUDS if port.is_bridge else (DEFAULT_BAUD,)
