"""How long a person waits after Stop: until the take is sealed and the next one can roll.

    python bench/stop.py [--tracks 64] [--rate 48000] [--short 60] [--long 3600] [--runs 5] [--fast 1]

A real station and recorder on the simulated interface, in a library of its own. `ready` is from the order to
the moment at which the station has answered it (end and seal are on disk) and says that it is armed; `roll`
is how long the next take then takes to begin. Takes of both lengths are made in turns, in the same run, so
that a busy machine is as busy for both. Judged is the middle of the runs, against 150 ms.

With `--fast 20` the clock by which the simulated interface plays runs twenty times faster for station and
recorder: an hour of takes in three minutes, with as many blocks in journal and memory as any other hour, and
twenty times the work meanwhile (so take fewer tracks). What a person waits is still measured by our clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.clocks import Clocks
from tests.support.poll import until
from tests.support.stations import Desk, desk

LIMIT_SECONDS = 0.150


@dataclass
class Times:
    """Seconds of each run."""

    ready: list[float] = field(default_factory=list)
    roll: list[float] = field(default_factory=list)


def measure(studio: Desk, seconds: float, times: Times, fast: int) -> None:
    """One take of that length; then the next one is begun, and ended at once."""
    studio.call("roll")
    time.sleep(seconds / fast)  # asking all the while would keep the station from its work
    start = time.perf_counter()
    done = studio.call("stop")
    state = studio.status()["state"]
    ready = time.perf_counter()
    if (state, done["condition"]) != ("armed", "clean"):
        raise SystemExit(f"after Stop the station is {state}, the take {done['condition']}")
    studio.call("roll")
    times.roll.append(time.perf_counter() - ready)
    times.ready.append(ready - start)
    studio.call("stop")
    if done["frames"] < 0.98 * seconds * studio.status()["setup"]["rate"]:
        raise SystemExit(f"the take has {done['frames']} frames: this machine does not keep up, lower --fast")
    until(lambda: studio.call("wait", files=True)["settled"], seconds=600)


def table(lengths: dict[float, Times]) -> bool:
    """Print what was measured; whether every middle is within the limit."""
    ok = True
    for seconds, times in lengths.items():
        middle = median(times.ready)
        ok &= middle <= LIMIT_SECONDS
        judged = "ok" if middle <= LIMIT_SECONDS else "MISSED"
        ms = " ".join(f"{value * 1000:6.0f}" for value in (min(times.ready), middle, max(times.ready)))
        print(
            f"after {seconds:6g} s: ready (ms) best, middle, worst {ms}  limit {LIMIT_SECONDS * 1000:.0f}  "
            f"{judged}   roll, middle {median(times.roll) * 1000:.0f} ms  ({len(times.ready)} runs)"
        )
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracks", type=int, default=64)
    parser.add_argument("--rate", type=int, default=48000)
    parser.add_argument("--short", type=float, default=60)
    parser.add_argument("--long", type=float, default=3600)
    parser.add_argument("--fast", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as places,
        tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as run,
    ):
        os.environ |= {"TAKECHAIN_RUNTIME": run, "TAKECHAIN_CONFIG": f"{places}/config"}
        os.environ.pop("TAKECHAIN_DATABASE", None)
        if args.fast > 1:
            clock = Clocks(Path(places) / "clock")
            os.environ |= clock.environment
            clock.run_fast(args.fast)
        lengths = {args.short: Times(), args.long: Times()}
        with desk(Path(places) / "library") as studio:
            studio.set_up(interface=f"sim:{args.tracks}", inputs=f"1-{args.tracks}", rate=args.rate)
            until(lambda: studio.status()["state"] == "armed")
            for _ in range(args.runs):
                for seconds, times in lengths.items():
                    measure(studio, seconds, times, args.fast)
    return 0 if table(lengths) else 1


if __name__ == "__main__":
    raise SystemExit(main())
