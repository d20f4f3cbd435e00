"""What PortAudio lists. Importing this module starts PortAudio.

No array is made here: while an interface is away, a list is asked for again and again, each time by
a process of its own, and numpy would be most of what that costs.
"""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

from hardware.identity import base_id, hardware_of, origin_of, unique_ids
from hardware.interfaces import RATES, Interface, portaudio_missing

with contextlib.suppress(OSError, AttributeError):
    # PortAudio opens every ALSA device while it starts and asks a second long for one that is in use: while
    # some program played, that added up to more than a listing may take.
    ctypes.CDLL("libportaudio.so.2").PaAlsa_SetRetriesBusy(0)

try:
    import sounddevice
except OSError as error:
    raise portaudio_missing() from error


def enumerate_inputs(*, with_rates: bool = True) -> list[Interface]:
    """Every PortAudio device with inputs; rates are those granted for float32 with all inputs open."""
    apis = sounddevice.query_hostapis()
    devices = [
        (device, str(apis[device["hostapi"]]["name"]))
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0
    ]
    ids = unique_ids([base_id(api, device["name"]) for device, api in devices])
    pipewire = _jack_is_pipewire()
    return [
        Interface(
            id=interface_id,
            name=device["name"],
            host_api=api,
            inputs=device["max_input_channels"],
            rates=granted_rates(device["index"], device["max_input_channels"]) if with_rates else (),
            default_rate=round(device["default_samplerate"]),
            origin=origin_of(api, device["name"], jack_is_pipewire=pipewire),
            hardware=hardware_of(api, device["name"]),
            index=device["index"],
        )
        for (device, api), interface_id in zip(devices, ids, strict=True)
    ]


def version() -> str:
    """PortAudio's own words for the version in use."""
    return str(sounddevice.get_portaudio_version()[1])


def granted_rates(device: int, channels: int) -> tuple[int, ...]:
    """The rates at which a device of this process opens with that many inputs, in Hz."""
    granted = []
    for rate in RATES:
        with contextlib.suppress(sounddevice.PortAudioError, ValueError):
            sounddevice.check_input_settings(device, channels, "float32", None, rate)
            granted.append(rate)
    return tuple(granted)


def _jack_is_pipewire() -> bool:
    """Whether the JACK library loaded into this process is PipeWire's stand-in for it (Linux)."""
    try:
        return any("pipewire" in line and "libjack" in line for line in Path("/proc/self/maps").open())
    except OSError:
        return False
