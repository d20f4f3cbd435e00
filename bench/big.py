"""A real take beyond 4 GiB, from the simulated interface, compared sample by sample with what was played.

    python bench/big.py [--channels 64] [--rate 192000] [--gigabytes 4.6] [--at FOLDER]

A real station and recorder write one file that grows from RIFF into RF64 while it rolls. Then `verify` checks
it, libsndfile and FFmpeg have to read the same number of frames, and every sample is compared with the
simulated sources, which depend on nothing but input and frame. The folder is removed at the end. Exit code 1
when anything is lost or wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hardware.virtual_sources import Sources
from tests.support.cli import Cli
from tests.support.stations import end_processes

SAMPLE_BYTES = 3
PIECE_SECONDS = 0.5
LONGEST_IDLE_SECONDS = 300


def played(sources: Sources, first: int, frames: int, channels: int) -> np.ndarray:
    """What the interface played from a frame on, as 24-bit integers."""
    exact = np.empty((frames, channels), np.float32)
    sources.render(first, exact)
    return np.rint(exact.astype(np.float64) * 2**23).astype(np.int32)


def start_of(path: Path, sources: Sources, rate: int, channels: int) -> int:
    """The interface's frame at which the file begins."""
    with soundfile.SoundFile(path) as file:
        first = file.read(1024, dtype="int32", always_2d=True) >> 8
    for second in range(LONGEST_IDLE_SECONDS):
        there = played(sources, second * rate, rate + len(first), channels)
        for place in np.flatnonzero((there[:rate] == first[0]).all(1)):
            if np.array_equal(there[place : place + len(first)], first):
                return second * rate + int(place)
    raise SystemExit("the first samples of the file were never played")


def wrong_samples(path: Path, start: int, sources: Sources, rate: int, channels: int) -> tuple[int, int]:
    """Frames read, and samples among them that are not those that were played."""
    frames = wrong = 0
    with soundfile.SoundFile(path) as file:
        while len(heard := file.read(round(PIECE_SECONDS * rate), dtype="int32", always_2d=True)):
            wrong += int((played(sources, start + frames, len(heard), channels) != heard >> 8).sum())
            frames += len(heard)
    return frames, wrong


def ffmpeg_frames(path: Path) -> int:
    """How many frames FFmpeg finds."""
    entries = ["-show_entries", "stream=duration_ts", "-of", "csv=p=0"]
    done = subprocess.run(
        ["ffprobe", "-v", "error", *entries, path], capture_output=True, text=True, check=True
    )
    return int(done.stdout.strip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rate", type=int, default=192_000)
    parser.add_argument("--gigabytes", type=float, default=4.6)
    parser.add_argument("--at", type=Path, default=None, help="a folder on the disk to write to")
    args = parser.parse_args()
    seconds = args.gigabytes * 1e9 / (args.channels * args.rate * SAMPLE_BYTES)
    with (
        tempfile.TemporaryDirectory(dir=args.at) as places,
        tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime,
    ):
        os.environ["TAKECHAIN_RUNTIME"] = runtime
        cli = Cli(Path(places), runtime)
        words = ["--interface", f"sim:{args.channels}", "--rate", args.rate, "--layout", "poly"]
        try:
            done = cli.run("record", *map(str, words), "--seconds", f"{seconds:.3f}", "--json")
            take = json.loads(done.out)
            path = Path(take["files"][0]["path"])
            with path.open("rb") as file:
                kind = file.read(4).decode("ascii")
            began = time.monotonic()
            verified = cli.run("verify", path, "--json")
            took = time.monotonic() - began
            sources = Sources(args.rate, args.channels)
            start = start_of(path, sources, args.rate, args.channels)
            frames, wrong = wrong_samples(path, start, sources, args.rate, args.channels)
            others = (soundfile.info(path).frames, ffmpeg_frames(path))
        finally:
            cli.run("stop")
            end_processes(cli.library)
        size = path.stat().st_size
        print(f"{kind}, {size} bytes, {seconds:.1f} s of {args.channels} channels at {args.rate} Hz")
        print(
            f"condition {take['condition']}, lost {take['lost_frames']}, "
            f"wrong samples {wrong} of {frames * args.channels}"
        )
        print(f"frames: take {take['frames']}, libsndfile {others[0]}, FFmpeg {others[1]}")
        print(f"verify: exit {verified.code} in {took:.1f} s")
    clean = (take["condition"], wrong, verified.code) == ("clean", 0, 0)
    return 0 if clean and {take["frames"], frames, *others} == {frames} else 1


if __name__ == "__main__":
    raise SystemExit(main())
