"""Audio interfaces: what there is, by identities that survive a re-plug, and how to open one.

Listing runs in a process of its own, because PortAudio's start-up probes every device, can take long or hang,
and freezes its device list. Nothing here imports PortAudio until a real interface is opened, so the
simulated one works on a machine without it.
"""

from __future__ import annotations

import difflib
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from hardware.errors import HardwareError, PortAudioMissing, UnknownInterface

RATES = (44100, 48000, 88200, 96000, 176400, 192000)
"""The rates every interface is asked for, in Hz."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[np.float32]"


@dataclass(frozen=True)
class Interface:
    """One audio interface as the system shows it; `rates` are those granted with all inputs open."""

    id: str
    name: str
    host_api: str
    inputs: int
    rates: tuple[int, ...]
    default_rate: int
    origin: str
    hardware: str = ""  # which device it is, where the system tells: its bus, model, serial number or place
    index: int = -1  # PortAudio's number in the process that listed it: never stored, never an identity

    def as_dict(self) -> dict[str, Any]:
        """The fields that may leave this process."""
        fields = asdict(self)
        del fields["index"]
        return {**fields, "rates": list(self.rates)}


@dataclass(frozen=True)
class Listing:
    """Every interface found, and what kept us from seeing more, if anything did."""

    interfaces: tuple[Interface, ...]
    problem: HardwareError | None = None


class CaptureStream(Protocol):
    """All inputs of one interface, running. One thread reads; `close` may come from any thread."""

    interface: Interface
    rate: int
    channels: int

    @property
    def frames(self) -> int:
        """Frames handed out by `read` since `start`."""

    @property
    def overrun(self) -> bool:
        """Our ring was full and the stream ended there: no frame after `frames` and the rest of the ring."""

    @property
    def lost_reason(self) -> str | None:
        """Why no more frames will come, in words; None while the stream is sound."""

    def start(self) -> None:
        """Begin to take frames; raises NotGranted or InterfaceLost."""

    def read(self) -> list[Samples]:
        """Chunks of shape (frames, channels) that arrived since the last read, in order; maybe none.

        They are views into the ring, good until the next `read` or `close`, and may be changed in place.
        """

    def alive(self) -> bool:
        """Whether frames can still come. An interface that vanished may only show as a lack of them."""

    def close(self, timeout: float = 2.0) -> bool:
        """End the stream; False if the system did not let go of it in time, and it is left to itself.

        May be called again, to wait for longer.
        """


def survey(timeout: float = 10.0) -> Listing:
    """Every interface of this machine and the simulated one, with the problem if PortAudio could not tell."""
    from hardware.virtual import simulated_interface

    simulated = simulated_interface()
    try:
        found = _ask_portaudio(timeout)
    except HardwareError as problem:
        return Listing((simulated,), problem)
    return Listing((*found, simulated))


def list_interfaces(timeout: float = 10.0) -> list[Interface]:
    """Every interface that can be seen; what could not be seen is said by `survey`."""
    return list(survey(timeout).interfaces)


def find(interface_id: str, timeout: float = 10.0) -> Interface:
    """The interface of this identity; raises UnknownInterface, or why PortAudio could not be asked."""
    from hardware.virtual import is_simulated, simulated_interface

    if is_simulated(interface_id):
        return simulated_interface(interface_id)
    listing = survey(timeout)
    if listing.problem is not None:
        raise listing.problem
    return choose(interface_id, listing.interfaces)


def choose(interface_id: str, interfaces: Sequence[Interface]) -> Interface:
    """The one interface with this identity; raises UnknownInterface naming the nearest there are."""
    for interface in interfaces:
        if interface.id == interface_id:
            return interface
    known = [interface.id for interface in interfaces]
    near = difflib.get_close_matches(interface_id, known, n=3, cutoff=0.4) or known[:4]
    raise UnknownInterface(
        f"there is no interface {interface_id!r}",
        f"nearest: {', '.join(near)}; see `takechain devices`" if near else "see `takechain devices`",
    )


def open_capture(interface_id: str, rate: int, channels: int, ring_seconds: float = 8.0) -> CaptureStream:
    """A stream of the first `channels` inputs, not yet started; nothing is ever substituted.

    Raises UnknownInterface, NotGranted (rate or channels) or PortAudioMissing.
    """
    from hardware.virtual import SimulatedStream, is_simulated, simulated_interface

    if is_simulated(interface_id):
        return SimulatedStream(simulated_interface(interface_id), rate, channels)
    from hardware.stream import open_stream

    return open_stream(interface_id, rate, channels, ring_seconds)


def portaudio_version(interface_id: str) -> str:
    """The version text of the PortAudio that an opened interface runs on; "none" for a simulated one."""
    from hardware.virtual import is_simulated

    if is_simulated(interface_id):
        return "none"
    from hardware.portaudio import version

    return version()


def portaudio_missing() -> PortAudioMissing:
    """The error of a machine without PortAudio, with the way to get it."""
    ways = {
        "Linux": "install it with `sudo apt install libportaudio2` (or your system's package of PortAudio)",
        "Darwin": "install it with `brew install portaudio`",
    }
    return PortAudioMissing(
        "PortAudio, which talks to audio interfaces, is not installed",
        ways.get(platform.system(), "install PortAudio") + "; the simulated interface works without it",
    )


def _ask_portaudio(timeout: float) -> list[Interface]:
    command = [sys.executable, "-P", "-m", "hardware.listing"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HardwareError(
            f"the audio system did not list its interfaces within {timeout:g} s",
            "is a device or an audio server stuck? unplug it or restart the server, and try again",
        ) from error
    try:
        answer = json.loads(done.stdout)
        if answer.get("missing"):
            raise portaudio_missing()
        if answer.get("failed"):
            raise HardwareError("PortAudio could not start", str(answer["failed"]))
        return [Interface(**{**fields, "rates": tuple(fields["rates"])}) for fields in answer["interfaces"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise HardwareError(
            f"listing the interfaces ended with status {done.returncode} and without an answer",
            last[0] if last else "try again; if it stays so, restart the audio server",
        ) from error
