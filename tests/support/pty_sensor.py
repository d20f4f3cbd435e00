"""A sensor on a real pseudo-terminal that writes the lines of an Adafruit SHT4x Trinkey."""

from __future__ import annotations

import os
import termios
import threading
import tty
from pathlib import Path

HEADER = b"# Serial number, Temperature in *C, Relative Humidity %, Touch\r\n"


class PtySensor:
    """Speaks as long as it is plugged in; `link` is the port's path, the same after every re-plug."""

    def __init__(self, link: Path, period: float = 0.25) -> None:
        self.link = link
        self.sent: list[tuple[float, float]] = []  # (°C, %RH) of every line written
        self._period = period
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._master = -1
        self._slave = -1

    def plug(self) -> None:
        """Make the port appear and begin to speak."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.link.symlink_to(os.ttyname(self._slave))
        self._stop.clear()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Pull it: the reader sees an error, the port is gone."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        self.link.unlink()
        os.close(self._master)
        os.close(self._slave)

    def _speak(self) -> None:
        self._write(HEADER)
        while not self._stop.wait(self._period):
            step = len(self.sent)
            celsius, humidity = round(21.0 + 0.01 * step, 2), round(44.0 - 0.01 * step, 2)
            if self._write(f"272109480, {celsius:.2f}, {humidity:.2f}, 352\r\n".encode()):
                self.sent.append((celsius, humidity))

    def _write(self, line: bytes) -> bool:
        try:
            return os.write(self._master, line) == len(line)
        except (OSError, termios.error):
            return False  # nobody reads: a real sensor does not wait either
