"""A real audio server without sound hardware: JACK on its dummy driver, and a signal that knows its place.

The machine drops audio periods by itself, so a C probe listens beside every recording. A recording that is
perfect passes; one that is not counts against the engine only when the probe heard no fault of the rig.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

SOURCES = Path(__file__).resolve().parents[1] / "rig"
NAME = "siggen"
# One fixed name: JACK keeps eight of them, and a name whose server was killed stays taken by that name.
SERVER = "takechain-rig"
INTERFACE = f"jack:{NAME}"
CHUNK = 1 << 16


def build(folder: Path) -> Path:
    """Compile siggen and probe into `folder`."""
    for program in ("siggen", "probe"):
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", "-o", folder / program, SOURCES / f"{program}.c", "-ljack"],
            check=True,
        )
    return folder


@dataclass
class Heard:
    """What the probe heard while something recorded."""

    frames: int = 0
    lost: int = 0
    twice: int = 0
    xruns: int = 0

    @property
    def spoiled(self) -> bool:
        """Whether the rig itself dropped or repeated periods."""
        return bool(self.lost or self.twice or self.xruns)


@dataclass(frozen=True)
class Rig:
    """A running server with the signal on `channels` inputs of the interface `jack:siggen`."""

    programs: Path
    env: dict[str, str]
    channels: int
    rate: int

    @contextmanager
    def probe(self) -> Iterator[Heard]:
        """Listen with the C client for as long as the block runs."""
        heard = Heard()
        with _started([self.programs / "probe", f"{NAME}:out_001"], self.env) as process:
            yield heard
            process.terminate()
            assert process.stdout is not None
            vars(heard).update(json.loads(process.stdout.read()))

    def record_unspoiled(self, record: Callable[[], list[str]], tries: int = 6) -> None:
        """Call `record` (it returns what is wrong) until right; only the rig's own faults are excused."""
        for _ in range(tries):
            with self.probe() as heard:
                wrong = record()
            if not wrong:
                return
            assert heard.spoiled, f"the probe heard every frame, the engine did not: {wrong}"
        raise AssertionError(f"this machine spoiled {tries} runs in a row; the last: {heard}, {wrong}")


@contextmanager
def _started(command: Sequence[str | Path], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [str(c) for c in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            _, err = process.communicate(timeout=10)
            raise AssertionError(f"{command[0]} did not start: {err}")
        yield process
    finally:
        process.kill()
        process.communicate()


def _server(rate: int, period: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    realtime = ["-R", "-P", "70"] if os.geteuid() == 0 else ["-r"]
    return subprocess.Popen(
        [
            "jackd",
            *realtime,
            "-p",
            "512",
            "-n",
            env["JACK_DEFAULT_SERVER"],
            "-d",
            "dummy",
            "-r",
            str(rate),
            "-p",
            str(period),
            "-C",
            "2",
            "-P",
            "2",
        ],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def jack(programs: Path, channels: int, rate: int, period: int = 1024) -> Iterator[Rig]:
    """A private server at `rate` with `channels` of signal; `env` leads clients to it."""
    env = {
        **os.environ,
        "JACK_DEFAULT_SERVER": SERVER,
        "JACK_NO_AUDIO_RESERVATION": "1",
    }
    with ExitStack() as stack:
        server = _server(rate, period, env)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        done = subprocess.run(
            ["jack_wait", "-w", "-t", "20", "-s", env["JACK_DEFAULT_SERVER"]],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"jackd did not start: {done.stdout}{done.stderr}"
        stack.enter_context(_started([programs / "siggen", str(channels), NAME], env))
        yield Rig(programs, env, channels, rate)


def wrong_samples(files: Sequence[Path], inputs: Sequence[int], frames: int, subtype: str) -> list[str]:
    """What is wrong with a recording of the signal; `inputs` (from 1) in the order of the files' channels.

    Samples come from libsndfile as they lie in the file (24-bit in the high bytes of int32, or float32).
    """
    columns = list(inputs)
    start: int | None = None
    wrong: list[str] = []
    for file in files:
        with soundfile.SoundFile(file) as opened:
            mine, columns = columns[: opened.channels], columns[opened.channels :]
            if (opened.frames, opened.subtype) != (frames, subtype):
                wrong.append(f"{file.name}: {opened.frames} frames of {opened.subtype}")
            offsets = (np.array(mine, dtype=np.int64) - 1) * 65537
            at = 0
            while (block := _integers(opened)).size:
                if start is None:
                    start = int(block[0, 0] - offsets[0])
                expected = start + at + np.arange(len(block))[:, None] + offsets[None, :]
                differs = ((block - expected) & 0xFFFFFF) != 0
                if differs.any():
                    frame = int(np.flatnonzero(differs.any(axis=1))[0])
                    wrong.append(f"{file.name}: {int(differs.sum())} samples from frame {at + frame} on")
                    break
                at += len(block)
    return wrong + ([f"no file holds inputs {columns}"] if columns else [])


def _integers(opened: soundfile.SoundFile) -> np.ndarray:
    """The next samples as 24-bit integers, shape (frames, channels)."""
    if opened.subtype == "PCM_24":
        return opened.read(CHUNK, dtype="int32", always_2d=True).astype(np.int64) >> 8
    block = opened.read(CHUNK, dtype="float32", always_2d=True).astype(np.float64) * 8388608.0
    whole = block.astype(np.int64)
    assert (whole == block).all(), "a float sample is no 24-bit integer"
    return whole
