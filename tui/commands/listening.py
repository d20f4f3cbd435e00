"""What `sensors` reports: the ports that were listened to, those that were left alone, and what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.common import Json

if TYPE_CHECKING:
    from hardware.ports import Port
    from hardware.sensors.listening import Heard


def listen_to_ports(named: list[str], seconds: float) -> list[Json]:
    """The named ports, or all; a port that nobody named is opened only where that can do no harm."""
    from hardware.ports import list_ports
    from hardware.sensors.listening import listen_all

    if named:
        wanted: list[tuple[Port | str, str | None]] = [_split(port) for port in named]
        return [_heard(heard) for heard in listen_all(wanted, seconds)]
    ports = list_ports()
    heard = listen_all([(port, None) for port in ports if port.may_listen], seconds if ports else 0.0)
    return [_heard(one) for one in heard] + [_left_alone(port) for port in ports if not port.may_listen]


def _split(named: str) -> tuple[str, str | None]:
    port, _, driver = named.partition("=")
    return port, driver or None


def _heard(heard: Heard) -> Json:
    return {
        "port": heard.port.device or heard.port.identity,
        "identity": heard.port.identity,
        "description": heard.port.description,
        "driver": heard.driver,
        "state": heard.state,
        "text": heard.text,
        "simulated": heard.port.simulated,
        "readings": [
            {
                "quantity": reading.quantity.value,
                "value": reading.value,
                "unit": reading.unit,
                "quality": reading.quality,
                "raw": reading.raw,
            }
            for reading in heard.readings
        ],
        "rejected": [{"raw": rejected.raw, "reason": rejected.reason} for rejected in heard.rejected],
    }


def _left_alone(port: Port) -> Json:
    return {
        "port": port.device,
        "identity": port.identity,
        "description": port.description,
        "driver": None,
        "state": "not opened",
        "text": "it is not a USB device; name it with --port to listen to it",
        "simulated": False,
        "readings": [],
        "rejected": [],
    }
