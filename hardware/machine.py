"""The machine a recording depends on: battery, memory left, how the processor is set.

All is read from /sys and /proc, which needs no rights and changes nothing. What the system does not tell
(macOS, a container, a driver without that file) is said as not known, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LOW_PERCENT = 20
LOW_MEMORY_BYTES = 500_000_000  # the ring of 64 tracks at 192 kHz alone takes 400 MB

_NOT_KNOWN = "not known"
# With these drivers "powersave" follows the load like any other setting; the preference beside it decides.
_PREFERENCE_DECIDES = {"intel_pstate", "amd-pstate-epp", "amd_pstate_epp"}
_ADAPTERS = {"Mains", "USB", "Wireless"}


@dataclass(frozen=True)
class Condition:
    """How one thing (`about`) is, in words; `do` says what would help "" where nothing need be done."""

    about: str
    what: str
    do: str = ""

    @property
    def text(self) -> str:
        """The whole as one sentence: "battery at 12 %, not charging: plug it in"."""
        return f"{self.about} {self.what}" + (f": {self.do}" if self.do else "")


@dataclass(frozen=True)
class Power:
    """The batteries of the machine itself: percent of each (None: not told), and whether it is plugged in.

    `charging` and `draining` are what the batteries say themselves; `plugged` is None where no adapter tells.
    """

    percents: tuple[int | None, ...]
    charging: bool
    draining: bool
    plugged: bool | None


@dataclass(frozen=True)
class Processor:
    """The governor of each core that tells one, and how many of them are held slow to save power."""

    governors: tuple[str, ...]
    slow: int


def conditions(root: Path = Path("/")) -> list[Condition]:
    """Battery, memory and processor of the machine whose /sys and /proc lie under `root`; never raises."""
    return [
        _battery_words(power(root)),
        _memory_words(memory_available(root)),
        _processor_words(processor(root)),
    ]


def power(root: Path = Path("/")) -> Power | None:
    """The state of the batteries; None where the system does not tell whether there are any."""
    try:
        supplies = sorted((root / "sys/class/power_supply").iterdir())
    except OSError:
        return None
    mains = [_read(s / "online") for s in supplies if _read(s / "type") in _ADAPTERS]
    told = [online for online in mains if online]
    batteries = [s for s in supplies if _drives_the_machine(s)]
    states = {_read(battery / "status") for battery in batteries}
    return Power(
        percents=tuple(_percent(_read(battery / "capacity")) for battery in batteries),
        charging="Charging" in states,
        draining="Discharging" in states,
        plugged=any(online != "0" for online in told) if told else None,
    )


def memory_available(root: Path = Path("/")) -> int | None:
    """Bytes that programs can still take without swapping; None where the system does not tell."""
    found = re.search(r"^MemAvailable:\s+(\d{1,15}) kB$", _read(root / "proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def processor(root: Path = Path("/")) -> Processor | None:
    """How the cores are set; None where the system does not tell."""
    policies = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq"))
    governors = {policy: _read(policy / "scaling_governor") for policy in policies}
    known = {policy: governor for policy, governor in governors.items() if governor}
    if not known:
        return None
    return Processor(tuple(known.values()), sum(_is_slow(policy, known[policy]) for policy in known))


def _battery_words(found: Power | None) -> Condition:
    if found is None:
        return Condition("battery", _NOT_KNOWN)
    if not found.percents:
        return Condition("battery", "none is here")
    levels = " and ".join(f"{p} %" if p is not None else "a level not known" for p in found.percents)
    known = [p for p in found.percents if p is not None]
    low = bool(known) and max(known) <= LOW_PERCENT
    if found.charging:
        return Condition("battery", f"at {levels}, charging")
    if found.draining and found.plugged:
        help_ = "use a stronger power supply" if low else ""
        return Condition("battery", f"at {levels}, going down although plugged in", help_)
    if found.draining or found.plugged is False:
        return Condition("battery", f"at {levels}, not charging", "plug it in" if low else "")
    if found.plugged:
        return Condition("battery", f"at {levels}, on mains")
    help_ = "see that it is plugged in" if low else ""
    return Condition("battery", f"at {levels}, whether it charges is {_NOT_KNOWN}", help_)


def _memory_words(available: int | None) -> Condition:
    if available is None:
        return Condition("memory", _NOT_KNOWN)
    low = available < LOW_MEMORY_BYTES
    return Condition("memory", f"{available / 1e9:.1f} GB left", "close other programs" if low else "")


def _processor_words(found: Processor | None) -> Condition:
    if found is None:
        return Condition("processor", f"how it is set is {_NOT_KNOWN}")
    names = " and ".join(sorted(set(found.governors)))
    if not found.slow:
        return Condition("processor", f"set to {names}")
    cores = f" on {found.slow} of {len(found.governors)} cores" if found.slow < len(found.governors) else ""
    return Condition(
        "processor",
        f"held slow{cores} to save power ({names})",
        "choose performance in the system's power settings, or `sudo cpupower frequency-set -g performance`",
    )


def _is_slow(policy: Path, governor: str) -> bool:
    if governor == "powersave" and _read(policy / "scaling_driver") in _PREFERENCE_DECIDES:
        return _read(policy / "energy_performance_preference") == "power"
    return governor == "powersave"


def _drives_the_machine(supply: Path) -> bool:
    """A mouse or headset has a battery too (scope Device), and an empty bay is listed as not present."""
    return (
        _read(supply / "type") == "Battery"
        and _read(supply / "scope") != "Device"
        and _read(supply / "present") != "0"
    )


def _percent(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) and int(text) <= 100 else None


def _read(path: Path) -> str:
    """The text of one small file of the system; "" where it is missing, unreadable or refuses."""
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
