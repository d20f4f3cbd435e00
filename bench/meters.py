"""What the screen costs while 64 meters move: processor time of its process, bytes to the terminal.

    python bench/meters.py [--channels N] [--seconds S] [--columns C] [--rows R]

A real station and recorder run on the simulated interface; the screen runs in a pseudo terminal that is read
all the time, with every input moving. Process time (user + system) of the screen alone, as a share of one
core; the rate at which the meters are drawn is counted from what arrives. Then keys are pressed while it
rolls, and the time is taken until their effect has come through the terminal.
Targets: 10 % of a core at 64 inputs and 20 fps; 50 ms from key to screen, 95 of 100 times.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARE = 0.10
KEY_MS, KEYS = 50, 60
PRESSED = {"mark": (b"m", b"mark at"), "note": (b"t", b"note on")}
WARM_UP = 4.0


def places(folder: Path) -> dict[str, str]:
    return {
        "TAKECHAIN_LIBRARY": str(folder / "library"),
        "TAKECHAIN_RUNTIME": str(folder / "run"),
        "TAKECHAIN_CONFIG": str(folder / "config"),
    }


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Screen:
    """The screen in a terminal of its own."""

    def __init__(self, columns: int, rows: int) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            env.pop("SSH_CONNECTION", None)
            os.execvpe(sys.executable, [sys.executable, "-c", "from tui.cli import main; main()"], env)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What arrives within that time."""
        seen, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                seen.append(os.read(self.terminal, 65536))
        return b"".join(seen)

    def read_some(self) -> bytes:
        """The next that arrives."""
        select.select([self.terminal], [], [], 5)
        return os.read(self.terminal, 65536)

    def type(self, keys: bytes) -> None:
        os.write(self.terminal, keys)

    def end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        try:
            while select.select([self.terminal], [], [], 2)[0] and os.read(self.terminal, 65536):
                pass
        except OSError:
            pass
        os.waitpid(self.pid, 0)


def measure(screen: Screen, seconds: float) -> tuple[float, float, float]:
    """Share of a core, kB/s and drawn frames per second."""
    before, start = cpu_seconds(screen.pid), time.monotonic()
    seen = screen.read(seconds)
    took = time.monotonic() - start
    frames = max(len(re.findall(rb"\x1b\[%d;1H" % row, seen)) for row in range(7, 15))  # rows of bars
    return (cpu_seconds(screen.pid) - before) / took, len(seen) / took / 1000, frames / took


def key_times(screen: Screen, key: bytes, effect: bytes) -> list[float]:
    """Seconds from a key to its effect, many times, in order of length; Esc takes it back."""
    times = []
    for _ in range(KEYS):
        screen.read(0.11)
        start, seen = time.monotonic(), b""
        screen.type(key)
        while effect not in seen:
            seen += screen.read_some()
        times.append(time.monotonic() - start)
        screen.type(b"\x1b")
        screen.read(0.25)
    return sorted(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--rows", type=int, default=24)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as name:
        os.environ.update(places(Path(name)))
        from capture.station.client import connect

        library = Path(name) / "library"
        with connect(library) as station:
            station.call("setup", interface=f"sim:{args.channels}", project="Bench", session="1", slate="M")
            screen = Screen(args.columns, args.rows)
            try:
                screen.read(WARM_UP)
                armed = measure(screen, args.seconds)
                screen.type(b"r")
                screen.read(1.0)
                rolling = measure(screen, args.seconds)
                keys = {name: key_times(screen, *pair) for name, pair in PRESSED.items()}
                screen.type(b"s")
                screen.read(1.0)
            finally:
                screen.end()
            station.call("quit")
    for state, (share, kilobytes, frames) in (("armed", armed), ("rolling", rolling)):
        print(
            f"{args.channels} meters, {args.columns}×{args.rows}, {state}: {share:.1%} of a core, "
            f"{kilobytes:.0f} kB/s, about {frames:.0f} frames/s"
        )
    late = {name: times[int(len(times) * 0.95)] * 1000 for name, times in keys.items()}
    for name, times in keys.items():
        print(
            f"{name}: key to screen, median {times[len(times) // 2] * 1000:.0f} ms, p95 {late[name]:.0f} ms"
        )
    return 0 if max(armed[0], rolling[0]) <= SHARE and max(late.values()) <= KEY_MS else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
