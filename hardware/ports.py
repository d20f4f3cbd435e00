"""Serial ports: what there is, by identities that survive a re-plug, and how to open one for ourselves alone.

Listing never opens a port. Opening keeps DTR asserted (native USB boards say nothing without it), never uses
1200 baud (it sends many boards into their bootloader), and takes the port exclusively.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import select
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import serial
from serial.tools import list_ports as pyserial_ports

from hardware.errors import PortError

if platform.system() != "Windows":
    import fcntl
    import grp
    import termios

    LINE_ERRORS: tuple[type[BaseException], ...] = (serial.SerialException, OSError, termios.error)
else:
    LINE_ERRORS = (serial.SerialException, OSError)

READ_ERRORS: tuple[type[BaseException], ...] = (PortError, *LINE_ERRORS)
"""Everything that reading an open port may raise once its device is in trouble."""

BOOTLOADER_BAUD = 1200
DEFAULT_BAUD = 115200
_ENUMERATION_ERRORS = (TypeError, ValueError, AttributeError, OSError)  # a device that is just leaving
_BRIDGE_VENDORS = {0x1A86, 0x10C4, 0x0403, 0x067B}  # WCH, Silicon Labs, FTDI, Prolific


@dataclass(frozen=True)
class Port:
    """A serial port. `identity` names the device, or the socket it is in if it has no number of its own."""

    device: str
    identity: str
    description: str = ""
    vid: int | None = None
    pid: int | None = None
    serial: str = ""
    simulated: bool = False

    @property
    def is_bridge(self) -> bool:
        """A UART behind a USB converter: its speed is not known, and the ids say nothing of the sensor."""
        return self.vid in _BRIDGE_VENDORS

    @property
    def may_listen(self) -> bool:
        """Whether it may be opened without being named: USB devices only, nothing on Bluetooth."""
        return self.vid is not None and "bluetooth" not in self.description.lower()


class Line(Protocol):
    """An open port, or what plays one."""

    def read(self, timeout: float) -> bytes:
        """What has arrived, waiting for at most `timeout` seconds; raises one of LINE_ERRORS or PortError."""

    def set_baud(self, baud: int) -> None:
        """Another speed, without closing the port."""

    def close(self) -> None:
        """Let go of it; never raises."""


def list_ports() -> list[Port]:
    """Every port the system shows, each once; a device that misbehaves does not hide the others."""
    found = [info for info in _enumerate() if info.device]
    times = Counter((info.vid, info.pid, info.serial_number) for info in found)
    ports = {}
    for info in found:
        unique = times[(info.vid, info.pid, info.serial_number)] == 1
        ports[info.device] = Port(
            device=info.device,
            identity=_identity(info, unique=unique),
            description=str(info.description or info.device),
            vid=info.vid,
            pid=info.pid,
            serial=str(info.serial_number or ""),
        )
    return sorted(ports.values(), key=lambda port: port.device)


def find_port(named: str) -> Port:
    """The port of a path or an identity. A path need be neither listed (ptys are not) nor there yet."""
    from hardware.virtual_sensor import is_simulated_sensor, simulated_port

    if is_simulated_sensor(named):
        return simulated_port()
    if named.startswith("path:"):
        named = named.removeprefix("path:")
    real = os.path.realpath(named)
    for port in list_ports():
        if named in (port.identity, port.device) or real == port.device:
            return port
    if named.startswith("usb:"):
        return Port("", named, "not plugged in")
    return Port(named, f"path:{named}")


def device_of(port: Port) -> str | None:
    """Where the device of this identity is now; None while it is not there."""
    if port.simulated:
        return port.device
    if port.identity.startswith("path:"):
        return port.device if Path(port.device).exists() else None
    return next((found.device for found in list_ports() if found.identity == port.identity), None)


def open_port(device: str, baud: int = DEFAULT_BAUD) -> Line:
    """The port, held exclusively; raises PortError saying whether it is missing, busy or not permitted."""
    if baud == BOOTLOADER_BAUD:
        raise PortError(
            f"{device} is not opened at 1200 baud", "that speed restarts many boards; choose another"
        )
    from hardware.virtual_sensor import SimulatedLine, is_simulated_sensor

    if is_simulated_sensor(device):
        return SimulatedLine()
    port = _QuietSerial()
    port.port = device
    port.baudrate = baud
    port.timeout = 0
    port.write_timeout = 1.0
    port.exclusive = True
    try:
        port.open()
        return SerialLine(port)
    except LINE_ERRORS as error:
        with contextlib.suppress(*LINE_ERRORS):
            port.close()
        raise _in_words(device, error) from error


class _QuietSerial(serial.Serial):
    """Opens without emptying the input, where a board's banner and header may already lie."""

    def _reset_input_buffer(self) -> None:
        """Keep what has arrived: pyserial's `open` calls this."""


class SerialLine:
    """A Line on a real port. It polls by itself: pyserial's select fails beyond 1023 open files."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._posix = hasattr(port, "fd")
        if self._posix:
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
            self._poll = select.poll()
            self._poll.register(port.fileno(), select.POLLIN)

    def read(self, timeout: float) -> bytes:
        """What has arrived within `timeout` seconds; raises PortError when the device is gone."""
        if not self._posix:
            self._port.timeout = timeout
            first = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        for _, event in self._poll.poll(timeout * 1000):
            if event & select.POLLIN:
                data = os.read(self._port.fileno(), 4096)
                if data:
                    return data
            raise PortError(f"{self._port.port} is gone", "plug it in again")
        return b""

    def set_baud(self, baud: int) -> None:
        """Another speed, without closing the port; never 1200."""
        if baud != BOOTLOADER_BAUD:
            self._port.baudrate = baud

    def close(self) -> None:
        """Let go of the port; a device that is gone may refuse even that."""
        if self._posix and self._port.is_open:
            with contextlib.suppress(*LINE_ERRORS):
                fcntl.ioctl(self._port.fileno(), termios.TIOCNXCL)
        with contextlib.suppress(*LINE_ERRORS):
            self._port.close()


def _enumerate() -> list[Any]:
    for _ in range(3):
        try:
            return list(pyserial_ports.comports())
        except _ENUMERATION_ERRORS:
            time.sleep(0.02)
    return list(_one_by_one())


def _one_by_one() -> Iterable[Any]:
    """The ports of Linux again, leaving out the one that cannot be described."""
    if platform.system() != "Linux":
        return
    from serial.tools.list_ports_linux import SysFS

    for pattern in ("ttyUSB*", "ttyACM*"):
        for path in sorted(Path("/dev").glob(pattern)):
            with contextlib.suppress(*_ENUMERATION_ERRORS):
                yield SysFS(str(path))


def _identity(info: Any, *, unique: bool) -> str:
    if info.vid is None or info.pid is None:
        return f"path:{info.device}"
    model = f"usb:{info.vid:04X}:{info.pid:04X}"
    location = str(info.location or "")
    if info.serial_number and unique:
        return f"{model}:{info.serial_number}"
    if info.serial_number and ":" in location:  # one device with several ports, told apart by interface
        return f"{model}:{info.serial_number}@{location}"
    return f"{model}@{location}" if location else f"{model}@{info.device}"


def _in_words(device: str, error: BaseException) -> PortError:
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT or (number is None and not Path(device).exists()):
        return PortError(f"there is no port {device}", "plug it in; `takechain sensors` lists what there is")
    if number in (errno.EACCES, errno.EPERM):
        group = _group_of(device)
        return PortError(
            f"you may not open {device}" + (f": it belongs to the group {group}" if group else ""),
            f"`sudo usermod -aG {group} $USER`, then log in again" if group else "ask who keeps this machine",
        )
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in text:
        holder = _holder_of(device)
        return PortError(
            f"{device} is busy: {holder or 'another program'} has it open", "close that program and try again"
        )
    if number == errno.ENOTTY or "(25," in text:
        return PortError(f"{device} is not a serial port", "`takechain sensors` lists what there is")
    return PortError(
        f"{device} could not be opened: {text}", "unplug it, plug it in again, and try once more"
    )


def _group_of(device: str) -> str:
    try:
        return grp.getgrgid(Path(device).stat().st_gid).gr_name
    except (OSError, KeyError, NameError):
        return ""


def _holder_of(device: str) -> str:
    """The name and pid of a process that has the port open, as far as we may look (Linux)."""
    real = os.path.realpath(device)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            pid = link.parts[2]
            if int(pid) != os.getpid() and os.readlink(link) == real:  # noqa: PTH115  cheaper than Path here
                return f"{(Path('/proc') / pid / 'comm').read_text().strip()} (pid {pid})"
    return ""
