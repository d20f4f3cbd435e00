"""The simulated interface `sim:N`: any number of inputs, always marked simulated, no PortAudio needed.

It makes the frames that are owed by the clock (rate times elapsed time), so a machine too busy to read in
time gets them later and never loses one. What an input plays depends only on the seed, input and frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from hardware.clock import boottime_ns
from hardware.errors import NotGranted, UnknownInterface
from hardware.interfaces import RATES, Interface, Samples
from hardware.virtual_sources import Sources

MOST_INPUTS = 256
_CHUNK = 0.25  # seconds of one chunk
_LONGEST_READ = 8.0  # seconds handed out at once, as a ring would hold; more that is owed comes with the next
_ID = re.compile(r"sim:([0-9]{1,4})")


def is_simulated(interface_id: str) -> bool:
    """Whether this identity speaks of the simulated interface at all."""
    return interface_id.partition(":")[0] == "sim"


def simulated_interface(interface_id: str = "sim:8") -> Interface:
    """The simulated interface of that many inputs; raises UnknownInterface beyond sim:1 to sim:256."""
    match = _ID.fullmatch(interface_id)
    inputs = int(match[1]) if match else 0
    if not 1 <= inputs <= MOST_INPUTS:
        raise UnknownInterface(
            f"there is no simulated interface {interface_id!r}",
            f"write sim:N with N from 1 to {MOST_INPUTS}, for example sim:8",
        )
    return Interface(
        id=f"sim:{inputs}",
        name=f"Simulated interface, {inputs} inputs",
        host_api="simulated",
        inputs=inputs,
        rates=RATES,
        default_rate=48000,
        origin="simulated",
    )


@lru_cache(maxsize=2)
def _sources(rate: int, channels: int, seed: int) -> Sources:
    return Sources(rate, channels, seed)


class SimulatedStream:
    """A CaptureStream of the simulated interface; raises NotGranted for a rate or channel count it lacks."""

    overrun = False  # there is no ring that could fill: owed frames wait as arithmetic

    def __init__(
        self,
        interface: Interface,
        rate: int,
        channels: int,
        *,
        seed: int = 1,
        clock_ns: Callable[[], int] = boottime_ns,
    ) -> None:
        if rate not in interface.rates:
            raise NotGranted(
                f"{interface.id} does not run at {rate} Hz",
                f"choose one of {', '.join(map(str, interface.rates))}",
            )
        if not 1 <= channels <= interface.inputs:
            raise NotGranted(
                f"{interface.id} has {interface.inputs} inputs, not {channels}",
                f"write sim:{channels} for a simulated interface with that many"
                if 1 <= channels <= MOST_INPUTS
                else f"choose from 1 to {interface.inputs}",
            )
        self.interface = interface
        self.rate = rate
        self.channels = channels
        self.frames = 0
        self.lost_reason: str | None = None
        self._clock_ns = clock_ns
        self._sources = _sources(rate, channels, seed)
        self._started_ns: int | None = None
        self._closed = False
        self._buffer = np.empty((int(rate * _CHUNK), channels), np.float32)

    def start(self) -> None:
        """From now on the clock owes frames; the first one is frame 0 of the sources."""
        self._started_ns = self._clock_ns()

    def read(self) -> list[Samples]:
        """The frames owed by now, in chunks; good until the next read."""
        if self._closed or self._started_ns is None:
            return []
        owed = (self._clock_ns() - self._started_ns) * self.rate // 1_000_000_000 - self.frames
        owed = min(owed, int(self.rate * _LONGEST_READ))
        chunks: list[Samples] = []
        while owed > 0:
            buffer = np.empty_like(self._buffer) if chunks else self._buffer
            chunk = buffer[:owed]
            self._sources.render(self.frames, chunk)
            self.frames += len(chunk)
            owed -= len(chunk)
            chunks.append(chunk)
        return chunks

    def alive(self) -> bool:
        """True from start to close."""
        return self._started_ns is not None and not self._closed

    def close(self, timeout: float = 2.0) -> bool:
        """End the stream; always in time."""
        del timeout
        self._closed = True
        return True
