"""A stream of a real interface through PortAudio, whose C callback never waits for Python.

PortAudio's faults that shaped this file: blocking read is broken on JACK beyond two channels, so only the
callback way is used; `stop` can hang for good when a server died, so it runs beside; a full ring ends
rtmixer's action silently, so the action is watched; its "high" latency on ALSA is 35 ms, which a busy machine
misses, so a longer buffer is asked for.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from typing import Any

import numpy as np

from hardware.errors import HardwareError, InterfaceLost, NotGranted
from hardware.interfaces import Interface, Samples, choose, portaudio_missing
from hardware.jack_ports import PortWatch
from hardware.portaudio import enumerate_inputs, granted_rates

try:
    import rtmixer
    import sounddevice
except OSError as error:
    raise portaudio_missing() from error

BUFFER_SECONDS = 0.2  # asked of the driver; JACK and others with a buffer of their own keep theirs


def open_stream(interface_id: str, rate: int, channels: int, ring_seconds: float) -> PortAudioStream:
    """A stream of the interface with this identity; raises UnknownInterface or NotGranted."""
    interface = choose(interface_id, enumerate_inputs(with_rates=False))
    if not 1 <= channels <= interface.inputs:
        raise NotGranted(
            f"{interface.id} has {interface.inputs} inputs, not {channels}",
            f"choose inputs from 1 to {interface.inputs}",
        )
    return PortAudioStream(interface, rate, channels, ring_seconds)


class PortAudioStream:
    """A CaptureStream on a ring of at least `ring_seconds` that PortAudio's own thread fills."""

    def __init__(self, interface: Interface, rate: int, channels: int, ring_seconds: float) -> None:
        self.interface = interface
        self.rate = rate
        self.channels = channels
        self.frames = 0
        self.lost_reason: str | None = None
        self.overrun = False
        self._taken = 0  # frames of the last read, still in the ring
        self._action: Any = None
        self._closing: threading.Thread | None = None
        try:
            self._recorder = rtmixer.Recorder(
                device=interface.index, channels=channels, samplerate=rate, latency=BUFFER_SECONDS
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise _not_granted(interface, rate, channels, error) from error
        granted = round(self._recorder.samplerate)
        if granted != rate:
            self._recorder.close()
            raise _not_granted(interface, rate, channels, f"it would run at {granted} Hz")
        self._ports = PortWatch(interface.name, channels) if interface.id.startswith("jack:") else None
        memory = np.empty(4 * channels * _power_of_two(rate * ring_seconds), np.uint8)
        memory.fill(0)  # every page is there before sound comes: none is asked for in PortAudio's thread
        self._ring = rtmixer.RingBuffer(4 * channels, buffer=memory)

    def start(self) -> None:
        """Begin to fill the ring; raises InterfaceLost when the system refuses to start."""
        try:
            self._recorder.start()
        except sounddevice.PortAudioError as error:
            raise InterfaceLost(
                f"{self.interface.id} did not start: {error}", "is another program using it?"
            ) from error
        self._action = self._recorder.record_ringbuffer(self._ring)
        if self._ports is not None:
            self._ports.start()

    def read(self) -> list[Samples]:
        """What arrived since the last read, as one or two views into the ring, good until the next read."""
        if self._action is None or self._closing is not None or self._ports_gone:
            return []
        if self._taken:
            self._ring.advance_read_index(self._taken)
        count, *buffers = self._ring.get_read_buffers(self._ring.read_available)
        self._taken = count
        self.frames += count
        return [
            np.frombuffer(buffer, np.float32).reshape(-1, self.channels) for buffer in buffers if len(buffer)
        ]

    @property
    def _ports_gone(self) -> bool:
        return self._ports is not None and self._ports.gone

    def alive(self) -> bool:
        """Whether the stream is active and its action still fills the ring; says why if not."""
        if self._action is None or self._closing is not None or self.lost_reason is not None:
            return False
        if not self._recorder.active:
            self.lost_reason = f"{self.interface.id} stopped: the audio server or the device is gone"
        elif self._ports_gone:
            self.lost_reason = f"{self.interface.id} is gone: the audio server no longer has its ports"
        elif self._action not in self._recorder.actions:
            self.overrun = True
            self.lost_reason = f"the memory for {self.interface.id} ran full: nothing took the sound out"
        return self.lost_reason is None

    def close(self, timeout: float = 2.0) -> bool:
        """Let go of the interface in a thread of its own; False if that hangs (then end this process)."""
        if self._ports is not None:
            self._ports.close()
        if self._closing is None:
            self._closing = threading.Thread(target=self._let_go, daemon=True, name="close interface")
            self._closing.start()
        self._closing.join(timeout)
        if self._closing.is_alive():
            # PortAudio's own clean-up at exit would wait for the same dead server, for ever
            atexit.unregister(sounddevice._exit_handler)  # noqa: SLF001
            return False
        return True

    def _let_go(self) -> None:
        with contextlib.suppress(sounddevice.PortAudioError):
            self._recorder.abort(ignore_errors=True)
            self._recorder.close(ignore_errors=True)


def _not_granted(interface: Interface, rate: int, channels: int, why: object) -> HardwareError:
    rates = granted_rates(interface.index, channels)
    return NotGranted(
        f"{interface.id} refuses {channels} inputs at {rate} Hz: {why}",
        f"it grants {', '.join(map(str, rates))} Hz"
        if rates
        else "it grants no rate now: is another program using it?",
    )


def _power_of_two(frames: float) -> int:
    return int(1 << (int(np.ceil(frames)) - 1).bit_length())
