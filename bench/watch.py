"""What watching the inputs costs beside metering them, look by look, on one thread's own clock.

    python bench/watch.py [--channels 64] [--rate 48000] [--seconds 60]

`band` is sound as it is; the others are inputs that are all bad in one way, the worst a take can bring.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from capture.recorder.engine import LOOK_SECONDS
from capture.recorder.meter import Meter
from capture.recorder.watch import Watch
from hardware.virtual_sources import Sources

KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "band": lambda samples: samples,
    "16 bits": lambda samples: np.rint(samples * np.float32(2**15)) / np.float32(2**15),
    "identical": lambda samples: np.repeat(samples[:, :1], samples.shape[1], axis=1),
    "clipped": lambda samples: np.clip(samples * 20, -1, 1),
    "stuck": lambda samples: np.full_like(samples, 0.25),
    "zeros": np.zeros_like,
}


def measure(kind: str, channels: int, rate: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds of each look: metering, and watching."""
    sources, meter = Sources(rate, channels), Meter(channels)
    watch = Watch(range(1, channels + 1), rate, 0, lambda _: None)
    frames = round(rate * LOOK_SECONDS)
    chunk = np.empty((frames, channels), np.float32)
    spent = []
    for first in range(0, round(seconds * rate), frames):
        sources.render(first, chunk)
        samples = np.ascontiguousarray(KINDS[kind](chunk), np.float32)
        begun = time.thread_time_ns()
        levels = meter.measure(samples)
        metered = time.thread_time_ns()
        watch.look(first, samples, levels)
        spent.append((metered - begun, time.thread_time_ns() - metered))
    both = np.array(spent) / 1e3
    return both[:, 0], both[:, 1]


def main() -> None:
    """Measure every kind of input and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--rate", type=int, default=48000)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    print(
        f"{chosen.channels} channels at {chosen.rate} Hz, load average {os.getloadavg()[0]:.1f}; µs per look"
    )
    print(f"{'inputs':10} {'meter':>7} {'watch':>7} {'median':>7} {'p99':>7}")
    for kind in KINDS:
        meter, watch = measure(kind, chosen.channels, chosen.rate, chosen.seconds)
        row = (meter.mean(), watch.mean(), np.median(watch), np.percentile(watch, 99))
        print(f"{kind:10} " + " ".join(f"{value:7.1f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
