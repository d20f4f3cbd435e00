"""Names for interfaces that outlive a re-plug, and where their samples come from, if the system tells.

PortAudio's numbers change with every device that comes or goes, ALSA's card numbers with the order of
plugging in; neither is ever part of an identity. What the system does not tell is unknown, never guessed
from a name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

_ALSA_ADDRESS = re.compile(r"\(hw:(\d+),(\d+)\)\s*$")
_SHORT = {
    "jackaudioconnectionkit": "jack",
    "windowswasapi": "wasapi",
    "windowsdirectsound": "directsound",
    "windowswdmks": "wdmks",
}
_KERNEL_LOOPBACK = "snd_aloop"
_NO_HARDWARE = {"snd_aloop", "snd_dummy"}


def base_id(host_api: str, name: str, root: Path = Path("/")) -> str:
    """The identity of a device by its host API's own lasting name: `alsa:hw:PCH,0`, `jack:siggen`."""
    api = _slug(host_api)
    address = _ALSA_ADDRESS.search(name) if api == "alsa" else None
    if address is None:
        return f"{api}:{name.strip()}"
    card = _card_id(int(address[1]), root) or name[: address.start()].strip(" :")
    return f"{api}:hw:{card},{address[2]}"


def unique_ids(bases: Sequence[str]) -> list[str]:
    """The same identities with `#2`, `#3` … on repeats, in the order the system lists them."""
    seen: dict[str, int] = {}
    unique = []
    for base in bases:
        seen[base] = seen.get(base, 0) + 1
        unique.append(base if seen[base] == 1 else f"{base}#{seen[base]}")
    return unique


def hardware_of(host_api: str, name: str, root: Path = Path("/")) -> str:
    """Which device an ALSA card is: bus, model, and serial number or place; empty where that is not known.

    A card's id is given in the order of plugging in, so a second device of a kind may answer under the
    first one's. The serial number itself stays here: eight digits of its hash tell devices apart as well.
    """
    address = _ALSA_ADDRESS.search(name) if _slug(host_api) == "alsa" else None
    if address is None:
        return ""
    try:
        device = (root / f"sys/class/sound/card{address[1]}/device").resolve(strict=True)
    except OSError:
        return ""
    for place in (device, *device.parents):
        if (place / "idVendor").is_file():
            return _usb_words(place)
    return f"{(device / 'subsystem').resolve().name} {device.name}"


def _usb_words(place: Path) -> str:
    vendor, product, serial = (_said(place / file) for file in ("idVendor", "idProduct", "serial"))
    which = f"serial #{hashlib.sha256(serial.encode()).hexdigest()[:8]}" if serial else f"at {place.name}"
    return f"usb {vendor}:{product} {which}"


def _said(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def origin_of(host_api: str, name: str, *, jack_is_pipewire: bool = False, root: Path = Path("/")) -> str:
    """physical, software, loopback, monitor or unknown, from host API and system.

    A JACK client other than `system` is a program's ports, unless PipeWire stands behind JACK: there, real
    devices are clients like any other. `system` may be any driver, the dummy one included: unknown.
    """
    api = _slug(host_api)
    if api == "alsa":
        return _alsa_origin(name, root)
    if api == "jack":
        return "unknown" if jack_is_pipewire or name == "system" else "software"
    if api == "pulseaudio" and name.startswith("Monitor of "):
        return "monitor"  # the server's own wording for what a sink plays
    return "unknown"


def _alsa_origin(name: str, root: Path) -> str:
    address = _ALSA_ADDRESS.search(name)
    if address is None:
        return "unknown"  # a plugin: it may lead anywhere
    try:
        driver = (root / f"sys/class/sound/card{address[1]}/device/driver").resolve(strict=True).name
    except OSError:
        return "unknown"
    if driver == _KERNEL_LOOPBACK:
        return "loopback"
    return "unknown" if driver in _NO_HARDWARE else "physical"


def _card_id(card: int, root: Path) -> str:
    return _said(root / f"proc/asound/card{card}/id")


def _slug(host_api: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "", host_api.lower())
    return _SHORT.get(plain, plain)
