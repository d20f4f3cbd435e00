"""How fast a long take is verified, against `openssl dgst -sha256` on the same files in the same run.

    python bench/verify.py [--seconds 3600] [--tracks 1] [--rate 48000] [--format pcm24] [--runs 7]

Verifying hashes every block on as many cores as are free, and reads and checks thousands of lines; `openssl`
hashes each file once, on one core. The take is made first, sealed and signed as any other; its files are read
once, so that both find them in memory. Then both run in turns. Judged is the middle of the ratios, against
0.8: what verify gets through in the time in which openssl gets through the files.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from capture.journal.finish import write_file_lines
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from tests.support.takes import KEY, STARTED, Clock, build_take

LEAST_RATIO = 0.8
_POOL_BYTES = 64 << 20


def made(folder: Path, seconds: int, tracks: int, rate: int, fmt: str) -> Path:
    """A take of so many seconds, a block in each: the journal."""
    names = [f"Track {number}" for number in range(1, tracks + 1)]
    path = build_take(folder, tracks=names, frames=rate, block=rate, rate=rate, format=fmt, ended=False)
    clock, pool = Clock(STARTED), os.urandom(_POOL_BYTES)
    with JournalWriter.reopen(path) as writer:
        record = writer.record
        second = rate * record.sample_bytes
        files = [(path.parent / name).open("ab") for name in record.parts[0].files]
        for index in range(1, seconds):
            digests = []
            for number, file in enumerate(files):
                at = (index * 7919 + number * 104_729) * 64 % (_POOL_BYTES - second)
                piece = pool[at : at + second]
                file.write(piece)
                digests.append(hashlib.sha256(piece).hexdigest())
            first = index * rate
            writer.append("block", first, first=first, frames=rate, sha256=digests, utc=clock())
        for file in files:
            file.close()
        said = {"condition": "clean", "reason": "stop", "rate_ppm": None, "levels": []}
        frames = record.frames
        writer.append("end", frames, frames=frames, lost_frames=0, blocks=writer.blocks_sha256, **said)
        writer.seal(KEY)
    outcome = write_file_lines(path, KEY)
    if outcome.problems:
        raise SystemExit(f"the take could not be made: {outcome.problems}")
    return path


def timed_verify(path: Path) -> float:
    start = time.perf_counter()
    report = verify_take(path)
    seconds = time.perf_counter() - start
    if not report.ok:
        raise SystemExit(f"the take is not whole: {report.words}")
    return seconds


def timed_openssl(files: list[Path]) -> float:
    start = time.perf_counter()
    subprocess.run(["openssl", "dgst", "-sha256", *map(str, files)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--tracks", type=int, default=1)
    parser.add_argument("--rate", type=int, default=48000)
    parser.add_argument("--format", choices=("pcm24", "float32"), default="pcm24")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the take is made; else the temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = made(Path(folder), given.seconds, given.tracks, given.rate, given.format)
        files = sorted(path.parent.glob("*.wav"))
        size = sum(file.stat().st_size for file in files)
        timed_openssl(files)
        runs = [(timed_openssl(files), timed_verify(path)) for _ in range(given.runs)]
    ratio = median(openssl / verify for openssl, verify in runs)
    openssl, verify = (median(column) for column in zip(*runs, strict=True))
    judged = "ok" if ratio >= LEAST_RATIO else "MISSED"
    print(
        f"{given.tracks} x {given.seconds} s, {size / 1e6:.0f} MB: verify {size / verify / 1e6:.0f} MB/s, "
        f"openssl {size / openssl / 1e6:.0f} MB/s, ratio {ratio:.2f}  least {LEAST_RATIO}  {judged}  "
        f"({given.runs} runs, {os.cpu_count()} cores)"
    )
    return 0 if judged == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())
