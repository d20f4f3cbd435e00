"""A long take, and what it does to the memory of every process: 64 channels, a mirror, a sensor.

    python bench/soak.py [--minutes 60] [--channels 64] [--rate 48000] [--source jack|sim] [--no-mirror]
                         [--at FOLDER] [--every 5]

A real station, recorder and mirror, one poly file. On `jack` a private audio server plays a signal that says
the place of each of its samples, and a C client beside the recorder says what the server itself lost; on
`sim` the simulated interface plays.

Memory is what a process has for itself (RssAnon of /proc), looked at every few seconds; a line is fitted
through the looks of the second half. It is flat when that line rises by less than 1 MB over the length of the
take (of three minutes at least: before that it is noise). Exit code 1 when memory grows, or anything is lost
or wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from capture.journal.verify import verify_take
from tests.support.poll import until
from tests.support.rig import INTERFACE, Probe, Rig, wrong_samples
from tests.support.stations import Desk, Json, desk, lines

SAMPLE_BYTES = 3
MOST_GROWTH_MB = 1.0
_LEAST_HOURS = 0.05
MB = 1e6


@dataclass
class Memory:
    """What one process had for itself at each look: seconds since the first, and bytes."""

    at: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    @property
    def slope(self) -> float:
        """Bytes per hour over the second half of the looks."""
        half = len(self.at) // 2
        if len(self.at) - half < 3:
            return 0.0
        return float(np.polyfit(self.at[half:], self.own[half:], 1)[0]) * 3600

    def flat(self, hours: float) -> bool:
        """Whether it grows by no more than what is allowed in the take's own length."""
        return self.slope * max(hours, _LEAST_HOURS) <= MOST_GROWTH_MB * MB

    def words(self, who: str, hours: float) -> str:
        """The line of the table."""
        first, last, most = (value / MB for value in (self.own[0], self.own[-1], max(self.own)))
        judged = "flat" if self.flat(hours) else "GROWS"
        return f"{who:9} {first:9.1f} {last:9.1f} {most:9.1f} {self.slope / MB:+12.2f}  {judged}"


def own_bytes(pid: int) -> int | None:
    """The memory of a process that is no file's; None once it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return None


def processes(studio: Desk) -> dict[str, int]:
    """The station's processes by what they do."""
    status = studio.status()
    found = {"station": int(status["pid"])}
    if status["recorder"]:
        found["recorder"] = int(status["recorder"]["pid"])
    mirror = (status["take"] or {}).get("mirror") or {}
    return found | ({"mirror": int(mirror["pid"])} if mirror.get("pid") else {})


def roll(studio: Desk, seconds: float, every: float) -> tuple[Json, dict[str, Memory]]:
    """One take of that length; how it ended, and the memory of each process."""
    studio.call("roll", limit_seconds=seconds)
    memory: dict[str, Memory] = {}
    began = time.monotonic()
    while studio.status()["take"] is not None:
        for name, pid in processes(studio).items():
            own = own_bytes(pid)
            if own is not None:
                found = memory.setdefault(name, Memory())
                found.at.append(time.monotonic() - began)
                found.own.append(own)
        time.sleep(every)
    until(lambda: studio.call("wait", files=True)["settled"], seconds=3600)  # hashing takes its time
    (done,) = studio.status()["takes"]
    return done, memory


def wrong_with(take: Json, mirrored: bool, rig: Rig | None) -> list[str]:
    """What is wrong with a take: every loss, and every byte or sample that is not what it has to be."""
    journals = [Path(take["journal"])]
    found = []
    if take["lost_frames"] or take["condition"] != "clean":
        found.append(f"{take['condition']}, {take['lost_frames']} frames lost")
    if mirrored:
        told = [line for line in lines(journals[0], "device") if line["device"] == "mirror"]
        journals.append(Path(told[0]["text"]))
        found += [f"mirror {line['state']}: {line['text']}" for line in told[1:]]
    for journal in journals:
        found += [str(f.what) for f in verify_take(journal).findings if f.severity == "fault"]
        file = next(journal.parent.glob("*.wav"))
        frames = soundfile.info(file).frames
        if frames != take["frames"]:
            found.append(f"{file}: {frames} frames, not {take['frames']}")
        if rig is not None:
            found += wrong_samples([file], range(1, rig.channels + 1), frames, "PCM_24")
    readings = len(lines(journals[0], "reading"))
    return found if readings else [*found, "not one reading of the sensor"]


@contextlib.contextmanager
def source(args: argparse.Namespace) -> Iterator[tuple[str, Rig | None]]:
    """The interface to record, and its rig."""
    if args.source == "sim":
        yield f"sim:{args.channels}", None
        return
    with Rig(args.channels, args.rate) as rig:
        os.environ |= {
            name: rig.environment[name] for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")
        }
        yield INTERFACE, rig


def soak(args: argparse.Namespace, places: Path) -> int:
    """Set up, roll, judge, print."""
    seconds, mirrored = args.minutes * 60, not args.no_mirror
    needed = seconds * args.rate * args.channels * SAMPLE_BYTES * (2 if mirrored else 1) * 1.02 + 1e9
    if shutil.disk_usage(places).free < needed:
        raise SystemExit(f"this needs {needed / 1e9:.0f} GB at {places}: see --at, --minutes, --no-mirror")
    seen: Probe | None = None
    with source(args) as (interface, rig), desk(places / "library") as studio:
        studio.set_up(interface=interface, inputs=f"1-{args.channels}", rate=args.rate, layout="poly")
        studio.call("sensor", port="sim")
        if mirrored:
            (places / "mirror").mkdir()
            studio.call("setup", mirror=str(places / "mirror"))
        until(lambda: studio.status()["state"] == "armed")
        if rig is not None:
            rig.probe_begin()
        take, memory = roll(studio, seconds, args.every)
        if rig is not None:
            seen = rig.probe_end()
        wrong = wrong_with(take, mirrored, rig)
        readings = len(lines(take["journal"], "reading"))
    hours = seconds / 3600
    print(f"{args.minutes:g} min of {args.channels} channels at {args.rate} Hz from {interface}")
    print(f"{'process':9} {'begin':>9} {'end':>9} {'most':>9} {'MB per hour':>12}  (MB)")
    for name, found in memory.items():
        print(found.words(name, hours))
    print(
        f"take: {take['condition']}, {take['frames']} frames, {take['lost_frames']} lost, {readings} readings"
    )
    if seen is not None:
        print(f"the C client beside it: {seen.lost} lost, {seen.repeated} repeated, {seen.xruns} xruns")
    print("\n".join(wrong) or "every byte and frame is right, in both copies" if mirrored else "all is right")
    excused = seen is not None and seen.spoiled
    return 0 if (not wrong or excused) and all(found.flat(hours) for found in memory.values()) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rate", type=int, default=48000)
    parser.add_argument("--source", choices=("jack", "sim"), default="jack")
    parser.add_argument("--no-mirror", action="store_true")
    parser.add_argument("--at", type=Path, default=None, help="a folder on the disk to write to")
    parser.add_argument("--every", type=float, default=5)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=args.at) as places,
        tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime,
    ):
        os.environ |= {"TAKECHAIN_RUNTIME": runtime, "TAKECHAIN_CONFIG": f"{places}/config"}
        os.environ.pop("TAKECHAIN_DATABASE", None)
        return soak(args, Path(places))


if __name__ == "__main__":
    raise SystemExit(main())
