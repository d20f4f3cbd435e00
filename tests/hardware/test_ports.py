"""Serial ports: identities, a system that misbehaves while listing, and errors in words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import termios
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hardware import ports
from hardware.errors import PortError
from hardware.ports import Port, device_of, find_port, list_ports, open_port
from hardware.sensors.registry import bauds_of, make_driver
from hardware.sensors.text_lines import TextLines
from tests.support.ptys import Device


def info(device: str, vid: int | None, pid: int | None, number: str | None, location: str | None) -> Any:
    return SimpleNamespace(
        device=device, vid=vid, pid=pid, serial_number=number, location=location, description="d"
    )


def listed(monkeypatch: pytest.MonkeyPatch, *found: Any) -> list[Port]:
    monkeypatch.setattr(ports.pyserial_ports, "comports", lambda: list(found))
    return list_ports()


def test_a_device_keeps_its_identity_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = listed(monkeypatch, info("/dev/ttyACM0", 0x239A, 0x8153, "50395A4B", "1-1:1.0"))
    assert before.identity == "usb:239A:8153:50395A4B"
    listed(monkeypatch, info("/dev/ttyACM3", 0x239A, 0x8153, "50395A4B", "1-2:1.0"))
    assert device_of(before) == "/dev/ttyACM3"
    listed(monkeypatch)
    assert device_of(before) is None


def test_twins_without_or_with_equal_numbers_are_known_by_their_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twins = listed(
        monkeypatch,
        info("/dev/ttyUSB0", 0x1A86, 0x7523, None, "1-1"),
        info("/dev/ttyUSB1", 0x1A86, 0x7523, None, "1-2"),
        info("/dev/ttyUSB2", 0x0403, 0x6001, "A1", "1-3"),
        info("/dev/ttyUSB3", 0x0403, 0x6001, "A1", "1-4"),
    )
    assert [port.identity for port in twins] == [
        "usb:1A86:7523@1-1",
        "usb:1A86:7523@1-2",
        "usb:0403:6001@1-3",
        "usb:0403:6001@1-4",
    ]


def test_listing_survives_a_device_that_is_just_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [
        TypeError("int() argument must not be None"),
        ValueError("no idVendor"),
        [info("/dev/ttyACM0", 1, 2, "x", None)],
    ]

    def comports() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(ports.pyserial_ports, "comports", comports)
    assert [port.device for port in list_ports()] == ["/dev/ttyACM0"]


def test_a_path_may_be_a_pty_or_not_there_yet(tmp_path: Path) -> None:
    path = str(tmp_path / "tty")
    port = find_port(path)
    assert (port.device, port.identity) == (path, f"path:{path}")
    assert device_of(port) is None
    device = Device(Path(path))
    assert device_of(port) == path
    assert find_port(port.identity) == port
    device.unplug()


def test_a_missing_port_a_file_and_a_forbidden_speed_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="there is no port"):
        open_port(str(tmp_path / "nothing"))
    plain = tmp_path / "file"
    plain.write_text("")
    with pytest.raises(PortError, match="is not a serial port"):
        open_port(str(plain))
    with pytest.raises(PortError, match="1200 baud"):
        open_port(str(plain), 1200)


def test_a_port_is_ours_alone_and_free_again_after_closing(tmp_path: Path) -> None:
    device = Device(tmp_path / "tty")
    line = open_port(device.path)
    with pytest.raises(PortError, match="is busy"):
        open_port(device.path)
    if os.geteuid() == 0:  # the kernel lets root in; anybody else finds the device busy
        assert subprocess.run([sys.executable, "-c", _OPEN_AS_NOBODY, device.path]).returncode == errno.EBUSY
    line.close()
    again = open_port(device.path)
    again.close()
    device.unplug()


_OPEN_AS_NOBODY = """
import os, sys
os.chmod(os.path.realpath(sys.argv[1]), 0o666)
path = os.path.realpath(sys.argv[1])
os.setuid(65534)
try:
    os.open(path, os.O_RDWR | os.O_NOCTTY)
except OSError as error:
    sys.exit(error.errno)
"""


def test_a_busy_port_names_the_program_that_holds_it(tmp_path: Path) -> None:
    device = Device(tmp_path / "tty")
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, device.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(PortError, match=f"pid {holder.pid}"):
            open_port(device.path)
        holder.stdin.close()
    device.unplug()


_HOLD = """
import sys
from hardware.ports import open_port
line = open_port(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not open the port")
def test_a_port_we_may_not_open_names_its_group(tmp_path: Path) -> None:
    device = Device(tmp_path / "tty")
    real = Path(device.path).resolve()
    real.chmod(0o600)
    said = subprocess.run([sys.executable, "-c", _TRY_AS_NOBODY, str(real)], capture_output=True, text=True)
    group = subprocess.run(["stat", "-c", "%G", str(real)], capture_output=True, text=True).stdout.strip()
    what, do = said.stdout.splitlines()
    assert what == f"you may not open {real}: it belongs to the group {group}"
    assert f"usermod -aG {group}" in do
    device.unplug()


_TRY_AS_NOBODY = """
import os, sys
from hardware import ports, virtual_sensor
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    ports.open_port(sys.argv[1])
except ports.PortError as error:
    print(error.what, error.do, sep="\\n")
"""


def test_opening_makes_the_line_raw(tmp_path: Path) -> None:
    device = Device(tmp_path / "tty")
    line = open_port(device.path)
    device.say(b"\x03\x04\r\n\xff")
    assert line.read(1.0) == b"\x03\x04\r\n\xff"
    attributes = termios.tcgetattr(line._port.fileno())  # type: ignore[attr-defined]
    assert not attributes[3] & termios.ECHO
    line.close()
    device.unplug()


def test_a_port_that_vanishes_says_so(tmp_path: Path) -> None:
    device = Device(tmp_path / "tty")
    line = open_port(device.path)
    device.unplug()
    with pytest.raises(ports.READ_ERRORS):
        line.read(1.0)
    line.close()


def test_a_trinkey_is_known_by_its_usb_id_and_a_bridge_by_nothing() -> None:
    trinkey = Port("/dev/ttyACM0", "usb:239A:8153:X", vid=0x239A, pid=0x8153)
    bridge = Port("/dev/ttyUSB0", "usb:1A86:7523@1-1", vid=0x1A86, pid=0x7523)
    row = b"\r\n272109480, 22.73, 44.52, 352\r\n"
    assert len(make_driver(None, trinkey).feed(row)) == 2
    assert isinstance(make_driver(None, bridge), TextLines)
    assert all(type(event).__name__ == "Rejected" for event in make_driver(None, bridge).feed(row))
    assert bauds_of(trinkey) == (115200,)
    assert bauds_of(bridge)[0] == 9600
    assert 1200 not in bauds_of(bridge)
