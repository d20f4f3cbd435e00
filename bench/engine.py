"""What recording costs and loses, beside other programs, on the same audio server in the same run.

    python bench/engine.py [--channels 64] [--rates 48000,96000,192000] [--seconds 12] [--stress]

A private JACK server (dummy driver) plays a signal that tells frame and channel in every sample. CPU is
that of the recording process per recorded second: the slope between a short and a long run, so that start-
up does not count. `lost` and `wrong` are frames and samples of the long run; `rig` is what a C client lost
beside it, and a run in which that is not 0 is made again, up to three times. `floor` is no recorder but
what the parts that are given (PortAudio, SHA-256, the disk) cost without one. `takechain+hog` is the whole
of it, with a thread in the station that computes without end; `--stress` keeps cores and disk busy besides.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.faults import station_is_busy
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names
from tests.support.rig import Check, Rig, check_signal
from tests.support.stations import desk

SHORT_SECONDS = 4.0
TRIES = 3
PATIENCE_SECONDS = 60.0  # some programs never end when the server forgot them
PLAIN = """
import queue, sys, time, sounddevice, soundfile
channels, rate, seconds, path = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
waiting = queue.Queue()
def callback(data, frames, moment, status):
    waiting.put(data.copy())
with soundfile.SoundFile(path, "x", rate, channels, "PCM_24") as file:
    with sounddevice.InputStream(rate, device="siggen", channels=channels, callback=callback):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            file.write(waiting.get())
"""

FLOOR = """
import hashlib, os, sys, time, numpy, rtmixer, sounddevice
channels, rate, seconds, path = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
recorder = rtmixer.Recorder(device="siggen", channels=channels, samplerate=rate, latency="high")
memory = numpy.ones(4 * channels * (1 << (8 * rate).bit_length()), numpy.uint8)
ring = rtmixer.RingBuffer(4 * channels, buffer=memory)
recorder.start()
recorder.record_ringbuffer(ring)
file = os.open(path, os.O_WRONLY | os.O_CREAT)
before = time.process_time()
end = time.monotonic() + seconds
while time.monotonic() < end:
    time.sleep(0.25)
    count, *buffers = ring.get_read_buffers(ring.read_available)
    for buffer in buffers:
        part = memoryview(buffer)[: len(buffer) // 4 * 3]
        for first in range(0, len(part), 1 << 20):
            os.write(file, part[first : first + (1 << 20)])
            hashlib.sha256(part[first : first + (1 << 20)]).digest()
    os.fdatasync(file)
    ring.advance_read_index(count)
open(path + ".cpu", "w").write(str(time.process_time() - before))
os._exit(0)
"""


@dataclass(frozen=True)
class Result:
    """One tool's run: processor seconds, and the files it wrote."""

    cpu: float
    seconds: float
    files: list[Path]


Tool = Callable[[Rig, Path, float], Result]


def takechain(layout: str) -> Tool:
    """Our recorder, one process, armed before the clock of the measurement starts."""

    def run(rig: Rig, folder: Path, seconds: float) -> Result:
        inputs = range(1, rig.channels + 1)
        with RecorderProcess(folder, "jack:siggen", rig.channels, rig.rate, rig.environment) as recorder:
            time.sleep(2)
            before = _cpu(recorder.process.pid)
            begin = begin_of(inputs, layout, rate=rig.rate, interface="jack:siggen")
            recorder.roll(folder, begin, limit=round(seconds * rig.rate))
            time.sleep(seconds + 0.2)  # asking all the while would cost more than recording
            last = recorder.wait_ended()
            cpu = _cpu(recorder.process.pid) - before
            assert last["condition"] == "clean" or last["gaps"], last
        return Result(cpu, seconds, [folder / name for name in part_names("Aurora_T001", inputs, layout)])

    return run


def busy_station(rig: Rig, folder: Path, seconds: float) -> Result:
    """The whole of it: station and recorder, with a thread in the station that computes without end."""
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime:
        own = {"TAKECHAIN_RUNTIME": runtime, "TAKECHAIN_CONFIG": str(folder / "config")}
        hog = {"PYTHONPATH": station_is_busy(folder / "hog")}
        with changed_environment({**rig.environment, **own, **hog}), desk(folder / "library") as studio:
            studio.set_up(interface="jack:siggen", rate=rig.rate, layout="poly")
            until(lambda: studio.status()["state"] == "armed")
            pid = studio.recorder_pid()
            time.sleep(2)
            before = _cpu(pid)
            began = studio.call("roll", limit_seconds=seconds)
            time.sleep(seconds + 0.2)
            studio.call("wait", timeout=60)
            cpu = _cpu(pid) - before
    return Result(cpu, seconds, [Path(name) for name in began["files"]])


@contextlib.contextmanager
def changed_environment(wanted: dict[str, str]) -> Iterator[None]:
    """Our own environment, which the station is started with."""
    kept = dict(os.environ)
    os.environ |= wanted
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= kept


def jack_capture(rig: Rig, folder: Path, seconds: float) -> Result:
    """A C program, 24 bit."""
    file = folder / "out.wav"
    words = ["jack_capture", "-b", "24", "-c", str(rig.channels), "-d", str(seconds), "--disable-console"]
    return _child([*words, "-fn", str(file), "-p", "siggen:out_*"], rig, seconds, file)


def ffmpeg(rig: Rig, folder: Path, seconds: float) -> Result:
    """A C program whose ports have to be connected one by one while it runs."""
    file = folder / "out.wav"
    words = [
        "ffmpeg",
        "-nostdin",
        "-f",
        "jack",
        "-channels",
        str(rig.channels),
        "-i",
        "ff",
        "-t",
        str(seconds),
    ]
    return _child([*words, "-c:a", "pcm_s24le", "-rf64", "auto", str(file)], rig, seconds, file, _connect)


def plain(rig: Rig, folder: Path, seconds: float) -> Result:
    """The way of sounddevice's example for long recordings: Python callback, queue, soundfile."""
    file = folder / "out.wav"
    words = [sys.executable, "-c", PLAIN, str(rig.channels), str(rig.rate), str(seconds), str(file)]
    return _child(words, rig, seconds, file)


def floor(rig: Rig, folder: Path, seconds: float) -> Result:
    """No recorder: what PortAudio's callback, a ring, SHA-256 and writing 24 bits cost by themselves.

    Nothing is metered, packed or checked, so nothing made of these parts can cost less.
    """
    file = folder / "out.raw"
    words = [sys.executable, "-c", FLOOR, str(rig.channels), str(rig.rate), str(seconds), str(file)]
    _child(words, rig, seconds, file)
    return Result(float(file.with_name("out.raw.cpu").read_text()), seconds, [])


TOOLS: dict[str, Tool] = {
    "jack_capture": jack_capture,
    "floor": floor,
    "takechain poly": takechain("poly"),
    "takechain track": takechain("track"),
    "takechain+hog": busy_station,
    "ffmpeg -f jack": ffmpeg,
    "sounddevice": plain,
}


def _child(
    command: list[str], rig: Rig, seconds: float, file: Path, then: Callable[[Rig], None] | None = None
) -> Result:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=rig.environment, stdin=quiet, stdout=quiet, stderr=quiet)
    if then is not None:
        then(rig)
    late = threading.Timer(seconds + PATIENCE_SECONDS, process.kill)
    late.start()
    _, _, used = os.wait4(process.pid, 0)
    late.cancel()
    process.returncode = 0
    return Result(used.ru_utime + used.ru_stime, seconds, [file])


def _connect(rig: Rig) -> None:
    for channel in range(1, rig.channels + 1):
        for _ in range(100):
            words = ["jack_connect", f"siggen:out_{channel:03d}", f"ff:input_{channel}"]
            if subprocess.run(words, env=rig.environment, capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.02)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def judge(files: list[Path], channels: int) -> Check:
    """What is lost or wrong in a recording, read in pieces; silence before the first frame is passed over."""
    if not files:
        return Check(0, -1, 0, 0, 0, 0)
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(soundfile.SoundFile(file)) for file in files]
        total, last = Check(0, -1, 0, 0, 0, 0), None
        while len(block := np.concatenate([f.read(32768, "int32", always_2d=True) for f in opened], 1)):
            block >>= 8
            if last is None:
                whole = np.flatnonzero(block.all(axis=1))
                block = block[whole[0] :] if len(whole) else block[:0]
            if not len(block):
                continue
            joined = block if last is None else np.concatenate([last, block])
            last = block[-1:]
            total = _sum(total, check_signal(joined, range(1, channels + 1)), len(block), _lost(joined))
    return total


def _lost(block: np.ndarray) -> int:
    """Frames missing inside a block; a first track that is one off in its last bit is wrong, not lost."""
    jumps = ((np.diff(block[:, 0].astype(np.int64)) - 1 + (1 << 23)) & 0xFFFFFF) - (1 << 23)
    return int(jumps[jumps > 1].sum())


def _sum(one: Check, other: Check, frames: int, lost: int) -> Check:
    return Check(
        one.frames + frames,
        other.first if one.first < 0 else one.first,
        one.lost + lost,
        one.repeated + other.repeated,
        one.silent + other.silent,
        one.wrong_samples + other.wrong_samples,
    )


def measure(tool: Tool, rig: Rig, seconds: float) -> tuple[float, Check, int]:
    """CPU in percent of a core per recorded second, the check of the long run, and what the rig lost."""
    for _ in range(TRIES):
        with folder() as place:
            short = tool(rig, place, SHORT_SECONDS)
        with folder() as place:
            rig.probe_begin()
            long = tool(rig, place, seconds)
            seen = rig.probe_end()
            check = judge(long.files, rig.channels)
        if not seen.spoiled:
            break
    return 100 * (long.cpu - short.cpu) / (long.seconds - short.seconds), check, seen.lost + seen.repeated


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk that is measured, gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="takechain-bench-", dir=os.environ.get("BENCH_DIR")))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def stress(wanted: bool) -> Iterator[None]:
    """A Python hog, both cores and the disk busy."""
    if not wanted:
        yield
        return
    with folder() as place:
        burn = [sys.executable, "-c", "while True: sum(range(100000))"]
        disk = f"while :; do dd if=/dev/zero of={place}/x bs=1M count=800 conv=fsync; done"
        commands = [burn] * (os.cpu_count() or 2) + [["sh", "-c", disk]]
        quiet = subprocess.DEVNULL
        running = [subprocess.Popen(c, stdout=quiet, stderr=quiet, start_new_session=True) for c in commands]
        try:
            yield
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def main() -> None:
    """Measure every tool at every rate and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rates", default="48000,96000,192000")
    parser.add_argument("--seconds", type=float, default=14.0)
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--tools", default=",".join(TOOLS))
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is ended with us
    print(f"{chosen.channels} channels, load average {os.getloadavg()[0]:.1f} at the start")
    print(
        f"{'tool':16} {'rate':>7} {'frames':>9} {'lost':>6} {'wrong':>9} {'rig':>5} {'CPU %':>6} {'ratio':>6}"
    )
    for rate in map(int, chosen.rates.split(",")):
        base = None
        with Rig(chosen.channels, rate, 1024 * max(1, rate // 48000)) as rig, stress(chosen.stress):
            for name in chosen.tools.split(","):
                cost, check, lost = measure(TOOLS[name], rig, chosen.seconds)
                base = cost if name == "jack_capture" else base
                ratio = f"{cost / base:6.2f}" if base else ""
                counts = f"{check.frames:9} {check.lost + check.silent:6} {check.wrong_samples:9} {lost:5}"
                print(f"{name:16} {rate:7} {counts} {cost:6.2f} {ratio}", flush=True)


if __name__ == "__main__":
    main()
