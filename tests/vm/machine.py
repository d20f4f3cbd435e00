"""The guest from outside: QEMU, the cable of its serial adapter with a sensor on it, and what it tells.

The guest reads this machine's own files, so it runs the project as it lies here. It tells one JSON object a
line in `told.jsonl` of a shared folder; what it asks of the outside (`{"ask": "unplug"}`) is done here.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.vm.image import Image

Json = dict[str, Any]
SERIAL = "TC0001"
ADAPTER = f"usb:0403:6001:{SERIAL}"
BLOCK = (
    "Temperature = {:.2f} *C\r\nPressure = 1009.12 hPa\r\n"
    "Approx. Altitude = 34.43 m\r\nHumidity = 44.81 %\r\n\r\n"
)
"""What Adafruit's example for a BME280 board prints."""
_STEP, _PERIOD = 0.05, 0.5
_READY_SECONDS = 20.0


class Cable:
    """The adapter's far end, where a board says its block twice a second while somebody has the port open.

    QEMU keeps what comes before that, and hangs as soon as the port is opened.
    """

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self.speaking = threading.Event()
        self.sent: list[float] = []  # °C
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True, name="sensor board")
        self._thread.start()

    def close(self) -> None:
        """Fall silent for good."""
        self._ended.set()
        self._thread.join(5)
        self._socket.close()

    def _speak(self) -> None:
        while not self._ended.wait(_PERIOD):
            if self.speaking.is_set():
                self.sent.append(round(21 + len(self.sent) / 100, 2))
                with contextlib.suppress(OSError):  # nobody listens: a board does not wait either
                    self._socket.send(BLOCK.format(self.sent[-1]).encode(), socket.MSG_DONTWAIT)


class Machine:
    """A running guest whose shared folder is `share`; `told` is everything it said so far."""

    def __init__(self, image: Image, share: Path) -> None:
        self.image, self.share = image, share
        self.told: list[Json] = []
        self._console = (share / "console.log").open("wb")

    def __enter__(self) -> Self:
        self._qemu = subprocess.Popen(
            self._command(),
            cwd=self.share,
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=self._console,
        )
        try:
            monitor = self._socket("monitor")
            self._monitor = monitor.makefile("rw")
            monitor.close()  # the file keeps it open
            self._monitor.readline()
            self._do("qmp_capabilities")
            self._cable = Cable(self.share / "cable")
            self._plug()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._qemu.kill()
        self._qemu.wait(10)
        with contextlib.suppress(AttributeError):
            self._cable.close()
        with contextlib.suppress(AttributeError):
            self._monitor.close()
        self._console.close()

    def run(self, seconds: float) -> None:
        """Do what the guest asks until it has ended; raises TimeoutError with the last it said."""
        deadline = time.monotonic() + seconds
        told = self.share / "told.jsonl"
        while True:
            ended = self._qemu.poll() is not None
            lines = told.read_bytes().split(b"\n")[:-1] if told.exists() else []
            for line in lines[len(self.told) :]:
                self._hear(json.loads(line))
            if ended:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the guest was still at it after {seconds:.0f} s: {self.told[-1:]}\n{self.console}"
                )
            time.sleep(_STEP)

    @property
    def sent(self) -> list[float]:
        """Every temperature that the sensor said, in °C."""
        return self._cable.sent

    @property
    def console(self) -> str:
        """The end of what came over the guest's console."""
        return (self.share / "console.log").read_text("utf-8", "replace")[-3000:]

    def _hear(self, line: Json) -> None:
        self.told.append(line)
        print(f"guest: {json.dumps(line)}"[:300], flush=True)
        if line.get("ask") == "unplug":
            self._cable.speaking.clear()
            self._do("device_del", id="adapter")
        elif line.get("ask") == "plug":
            self._plug()
        elif line.get("ask") == "speak":
            self._cable.speaking.set()

    def _plug(self) -> None:
        """Plug the adapter in; one that is still being taken away is in the way for a moment."""
        wanted = {
            "driver": "usb-serial",
            "id": "adapter",
            "serial": SERIAL,
            "chardev": "cable",
            "bus": "usb.0",
        }
        deadline = time.monotonic() + _READY_SECONDS
        while "error" in (answer := self._do("device_add", **wanted, **{"always-plugged": True})):
            if time.monotonic() > deadline:
                raise TimeoutError(str(answer["error"]))
            time.sleep(_STEP)

    def _do(self, command: str, **arguments: object) -> Json:
        self._monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._monitor.flush()
        while True:
            answer: Json = json.loads(self._monitor.readline())
            if "return" in answer or "error" in answer:
                return answer

    def _socket(self, name: str) -> socket.socket:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            made = socket.socket(socket.AF_UNIX)
            try:
                made.connect(str(self.share / name))
            except OSError:
                made.close()
                if self._qemu.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"QEMU did not start: {self.console}") from None
                time.sleep(_STEP)
            else:
                return made

    def _command(self) -> list[str]:
        return list(_words(self.image))


def _words(image: Image) -> Iterator[str]:
    """QEMU's command line: everything is emulated, so that it runs where no /dev/kvm can be used."""
    qemu = shutil.which("qemu-system-x86_64")
    assert qemu is not None
    yield from (qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none")
    yield from ("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "3072")
    yield from ("-kernel", str(image.kernel), "-initrd", str(image.initrd))
    yield from ("-append", "console=ttyS0 quiet panic=-1 mitigations=off", "-serial", "stdio")
    shared = "local,security_model=none"
    yield from ("-virtfs", f"{shared},path=/,mount_tag=host,readonly=on,multidevs=remap")
    yield from ("-virtfs", f"{shared},path=.,mount_tag=exchange")
    yield from ("-qmp", "unix:monitor,server=on,wait=off", "-device", "qemu-xhci,id=usb")
    yield from ("-chardev", "socket,id=cable,path=cable,server=on,wait=off")
