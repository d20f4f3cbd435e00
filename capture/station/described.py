"""What a recorder is started with, and the interface as it was seen then."""

from __future__ import annotations

from capture.station.core import Core
from capture.wire import Json
from hardware.interfaces import Interface

RING_SECONDS = 8


def recorder_config(core: Core, interface: Interface) -> Json:
    """What a recorder on this interface is started with, by the present settings."""
    settings = core.settings
    return {
        "interface": settings.interface,
        "rate": settings.rate,
        "channels": interface.inputs,
        "format": settings.format,
        "runtime": str(core.runtime),
        "config_dir": str(core.config_dir),
        "ring_seconds": RING_SECONDS,
        "lost_grace_s": settings.lost_grace,
        "pre_roll_s": settings.pre_roll,
        "mirror": bool(settings.mirror),
        "described": interface.as_dict(),
    }


def described(config: Json, look: Json) -> Interface:
    """The interface as it was listed when its recorder was started: asking again could take seconds."""
    wanted, described = str(look.get("interface", "")), config.get("described")
    try:
        if isinstance(described, dict) and described.get("id") == wanted:
            return Interface(**{**described, "rates": tuple(described["rates"])})
    except (KeyError, TypeError):
        pass  # written by another version
    return Interface(wanted, wanted, "", int(look.get("channels", 0)), (), 0, "unknown")
