"""How long a person waits: `takechain --help` until it has ended, and the screen until its first paint.

    python bench/start.py [--runs N]

Both run as the installed command would, in a fresh process each time; the screen in a pseudo terminal of
80 × 24 on a library of its own. The first paint is the first frame that holds the state's word.
Targets: 0.25 s and 1 s (the best of the runs, since a busy machine only adds).
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HELP_SECONDS, PAINT_SECONDS = 0.25, 1.0
WORDS = (b"CONNECTING", b"READY", b"ARMED")


def help_seconds() -> float:
    """One run of `--help`."""
    start = time.perf_counter()
    command = [sys.executable, "-c", "from tui.cli import main; main()", "--help"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def paint_seconds(folder: Path) -> float:
    """One start of the screen, until its first frame has come through the terminal."""
    env = os.environ | {
        "TAKECHAIN_LIBRARY": str(folder / "library"),
        "TAKECHAIN_RUNTIME": str(folder / "run"),
        "TAKECHAIN_CONFIG": str(folder / "config"),
        "TAKECHAIN_STATION_LINGER": "0",
        "TERM": "xterm-256color",
    }
    pid, terminal = _in_terminal([sys.executable, "-c", "from tui.cli import main; main()"], env)
    start = time.perf_counter()
    seen = b""
    try:
        while not any(word in seen for word in WORDS):
            ready, _, _ = select.select([terminal], [], [], 20)
            if not ready:
                raise SystemExit(f"nothing was painted within 20 s: {seen[-500:]!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - start
    finally:
        os.kill(pid, signal.SIGTERM)
        _drain(terminal)
        os.waitpid(pid, 0)
        os.close(terminal)


def _in_terminal(command: list[str], env: dict[str, str]) -> tuple[int, int]:
    """The process and our end of its terminal of 80 × 24."""
    import fcntl
    import pty
    import struct
    import termios

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return pid, terminal


def _drain(terminal: int) -> None:
    try:
        while select.select([terminal], [], [], 2)[0] and os.read(terminal, 65536):
            pass
    except OSError:
        return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as folder:
        help_times = [help_seconds() for _ in range(runs)]
        paint_times = [paint_seconds(Path(folder)) for _ in range(runs)]
    ok = True
    for name, times, limit in (
        ("--help", help_times, HELP_SECONDS),
        ("first paint", paint_times, PAINT_SECONDS),
    ):
        best, middle = min(times), sorted(times)[len(times) // 2]
        ok &= best <= limit
        judged = "ok" if best <= limit else "MISSED"
        print(f"{name:12} best {best:.3f} s  median {middle:.3f} s  target {limit} s  {judged}")
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
