"""A JACK server of our own with the self-locating signal, and a C client that says what the rig itself lost.

`Rig(channels=16)` starts a private `jackd -d dummy`, siggen and, between `probe_begin` and `probe_end`, the
probe. Nothing is shared with another JACK server of the machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Self, TypeVar

import numpy as np
import pytest

T = TypeVar("T")

SOURCES = Path(__file__).resolve().parent.parent / "rig"
TOOLS = ("jackd", "cc")
MOST_RUNS = 5
# JACK keeps eight names of servers, and a killed server's stays taken until it is used again: few and fixed.
SERVERS = tuple(f"takechain-rig-{n}" for n in range(3))
INTERFACE = "jack:siggen"
READY_SECONDS = 15.0
PIECE = 1 << 16


def require() -> None:
    """Skip where the machine has no JACK server or C compiler."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (apt-get install jackd2 libjack-jackd2-dev build-essential)")


@cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="takechain-rig-"))
    import atexit

    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def program(name: str) -> Path:
    """One of our C programs, built once per test run."""
    built = _folder() / name
    command = ["cc", "-O2", "-Wall", "-o", str(built), str(SOURCES / f"{name}.c"), "-ljack"]
    subprocess.run(command, check=True, capture_output=True)
    return built


def _free_name() -> tuple[str, IO[str]]:
    """A name that no other test run of this machine uses, and the lock that holds it."""
    for name in SERVERS:
        held = (Path(tempfile.gettempdir()) / f"{name}.lock").open("a")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
        else:
            return name, held
    pytest.fail(f"{len(SERVERS)} other rigs run on this machine")


@dataclass(frozen=True)
class Probe:
    """What the C client beside the recorder saw."""

    frames: int
    lost: int
    repeated: int
    xruns: int

    @property
    def spoiled(self) -> bool:
        """Whether the rig itself lost something, or could not keep time."""
        return bool(self.lost or self.repeated or self.xruns)


class Rig:
    """A private server with a signal on it; `environment` makes other programs find it."""

    def __init__(self, channels: int, rate: int = 48000, period: int = 1024) -> None:
        require()
        self.channels, self.rate, self.period = channels, rate, period
        self.server, self._held = _free_name()
        self.environment = {**os.environ, "JACK_DEFAULT_SERVER": self.server, "JACK_NO_START_SERVER": "1"}
        self.environment.pop("JACK_PROMISCUOUS_SERVER", None)
        self.log = _folder() / f"{self.server}.log"
        self._running: list[subprocess.Popen[str]] = []
        self._probe: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.jackd = self._start_server()
            self.siggen = self._start([str(program("siggen")), str(self.channels)])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            _end(process)
        self._held.close()

    def probe_begin(self) -> None:
        """Let the C client listen from now on."""
        self._probe = self._start([str(program("probe"))])

    def probe_end(self) -> Probe:
        """What the C client saw."""
        assert self._probe is not None
        self._probe.send_signal(signal.SIGTERM)
        words = self._probe.communicate(timeout=10)[0].split()
        self._running.remove(self._probe)
        numbers = dict(zip(words[-8::2], words[-7::2], strict=True))
        return Probe(*(int(numbers[name]) for name in ("frames", "lost", "repeated", "xruns")))

    def fair(self, run: Callable[[], T]) -> T:
        """The result of a run in which the rig itself lost nothing; fails after `MOST_RUNS` spoiled ones."""
        for _ in range(MOST_RUNS):
            self.probe_begin()
            result = run()
            seen = self.probe_end()
            if not seen.spoiled:
                return result
        pytest.fail(f"the rig lost something itself in {MOST_RUNS} runs: {seen}")

    def judge(self, record: Callable[[], list[str]]) -> None:
        """Call `record` (it returns what is wrong) until right; only the rig's own faults are excused."""
        for _ in range(MOST_RUNS):
            self.probe_begin()
            wrong = record()
            seen = self.probe_end()
            if not wrong:
                return
            assert seen.spoiled, f"the C client heard every frame, the engine did not: {wrong}"
        pytest.fail(f"the rig spoiled {MOST_RUNS} runs in a row: {seen}, {wrong}")

    def kill_server(self) -> None:
        """End the server under everybody, as a crash does."""
        self.jackd.kill()
        self.jackd.wait(10)

    def _start_server(self) -> subprocess.Popen[str]:
        """With real time where it is granted, else without."""
        for way in (["-R", "-P", "70"], ["-r"], ["-r"]):
            command = ["jackd", *way, "-d", "dummy", "-r", str(self.rate), "-p", str(self.period)]
            with self.log.open("w") as log:
                process = subprocess.Popen(
                    [*command, "-C", "2", "-P", "2"],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    text=True,
                    pass_fds=[self._held.fileno()],  # the name stays taken as long as the server lives
                )
            self._running.append(process)
            if self._answers(process):
                return process
            _end(process)
            self._running.remove(process)
            if "Too many servers" in self.log.read_text():
                _forget_dead_servers()
        pytest.fail(f"jackd did not start: {self.log.read_text()[-500:]}")

    def _answers(self, process: subprocess.Popen[str]) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            asked = subprocess.run(
                ["jack_lsp"], env=self.environment, capture_output=True, text=True, check=False
            )
            if asked.returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def _start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._running.append(process)
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            pytest.fail(f"{command[0]} did not start on {self.server}")
        return process


def _forget_dead_servers() -> None:
    """Empty JACK's table of eight servers where it is full of dead ones; with a living one it stays."""
    alive = subprocess.run(["pgrep", "-x", "jackd|jackdbus"], capture_output=True, check=False)
    if alive.returncode == 1:
        Path("/dev/shm/jack-shm-registry").unlink(missing_ok=True)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
    if process.poll() is None:
        process.kill()
        process.wait(5)
    if process.stdout is not None:
        process.stdout.close()


@dataclass(frozen=True)
class Check:
    """What a recording of the signal holds: `silent` frames are zeros on every channel."""

    frames: int
    first: int
    lost: int
    repeated: int
    silent: int
    wrong_samples: int

    @property
    def exact(self) -> bool:
        """Every sample of every channel is the one that follows."""
        return not (self.lost or self.repeated or self.silent or self.wrong_samples)


def check_signal(integers: np.ndarray, inputs: Sequence[int]) -> Check:
    """Judge a recording: 24-bit integers of shape (frames, tracks), recorded from those inputs (from 1).

    The frame numbers are read from the first track; every other must fit it to the last bit.
    """
    numbers = integers.astype(np.int64)
    silent = ~numbers.any(axis=1)
    heard = numbers[~silent]
    frame = (heard[:, 0] - 65537 * (inputs[0] - 1)) & 0xFFFFFF
    jumps = ((np.diff(frame) - 1 + (1 << 23)) & 0xFFFFFF) - (1 << 23)
    offsets = 65537 * (np.array(inputs, np.int64) - 1)
    wanted = _wrap(frame[:, None] + offsets[None, :])
    return Check(
        frames=len(numbers),
        first=int(frame[0]) if len(frame) else -1,
        lost=int(jumps[jumps > 0].sum()),
        repeated=int(-jumps[jumps < 0].sum()),
        silent=int(silent.sum()),
        wrong_samples=int((wanted != heard).sum()),
    )


def _wrap(values: np.ndarray) -> np.ndarray:
    return ((values + (1 << 23)) & 0xFFFFFF) - (1 << 23)


def integers_of(path: Path) -> np.ndarray:
    """The samples of a WAV file as 24-bit integers, read by libsndfile; fails where one is not an integer."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        if file.subtype == "PCM_24":
            return file.read(dtype="int32", always_2d=True) >> 8
        scaled = file.read(dtype="float32", always_2d=True).astype(np.float64) * (1 << 23)
    whole = np.rint(scaled).astype(np.int64)
    assert (whole == scaled).all()
    return whole


def wrong_samples(files: Sequence[Path], inputs: Sequence[int], frames: int, subtype: str) -> list[str]:
    """What is wrong with a long recording of the signal, read by libsndfile in pieces.

    `inputs` (from 1) stand in the order of the files' channels; every file must hold `frames` frames.
    """
    import soundfile

    columns, wrong, start = list(inputs), [], None
    for path in files:
        with soundfile.SoundFile(path) as file:
            mine, columns = columns[: file.channels], columns[file.channels :]
            if (file.frames, file.subtype) != (frames, subtype):
                wrong.append(f"{path.name}: {file.frames} frames of {file.subtype}")
            offsets = 65537 * (np.array(mine, np.int64) - 1)
            at = 0
            while (piece := _piece(file)).size:
                start = int(piece[0, 0] - offsets[0]) if start is None else start
                wanted = start + at + np.arange(len(piece))[:, None] + offsets[None, :]
                differs = ((piece - wanted) & 0xFFFFFF) != 0
                if differs.any():
                    frame = at + int(np.flatnonzero(differs.any(axis=1))[0])
                    wrong.append(f"{path.name}: {int(differs.sum())} wrong samples from frame {frame} on")
                    break
                at += len(piece)
    return wrong + ([f"no file holds inputs {columns}"] if columns else [])


def _piece(file: Any) -> np.ndarray:
    if file.subtype == "PCM_24":
        return file.read(PIECE, dtype="int32", always_2d=True).astype(np.int64) >> 8
    scaled = file.read(PIECE, dtype="float32", always_2d=True).astype(np.float64) * (1 << 23)
    whole = scaled.astype(np.int64)
    assert (whole == scaled).all(), "a float sample is no 24-bit integer"
    return whole
