"""The fields of the Set-up page, and the orders that make the station's set-up equal to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from capture.errors import UsageError
from tui.screens.link import Order
from tui.screens.session_orders import parse_people, people_text
from tui.screens.view import Json, View


@dataclass(frozen=True)
class Field:
    """One field of the page: on which line, with which words, and the choices if it has any."""

    id: str
    label: str
    line: int
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    width: str = "wide"
    first: bool = True


FIELDS = (
    Field("rate", "Rate", 1, choices=(("48000", "48k"),), width="short"),
    Field(
        "format",
        "Format",
        1,
        "",
        (("pcm24", "24 bit"), ("float32", "32-bit float")),
        width="medium",
        first=False,
    ),
    Field(
        "layout",
        "Files",
        1,
        "",
        (("track", "one per track"), ("poly", "one poly file")),
        width="medium",
        first=False,
    ),
    Field("inputs", "Inputs", 2, "all, or 1-8,11", width="medium"),
    Field("links", "Pairs", 2, "1-2,3-4: one stereo file each", first=False),
    Field("project", "Project", 3, "Winter Songs"),
    Field("session", "Session", 4, "its date, or a name"),
    Field("slate", "Slate", 5, "song, scene or movement"),
    Field("people", "People", 6, "engineer Kari Moe, artist Anna"),
    Field("sensor", "Sensor", 7, "/dev/ttyACM0, sim, or none"),
    Field("temperature", "Air °C", 8, "typed", width="short"),
    Field("humidity", "%RH", 8, "typed", width="short", first=False),
    Field("pressure", "hPa", 8, "typed", width="short", first=False),
    Field("instrument", "with", 8, "instrument", first=False),
    Field(
        "numbering",
        "Takes count",
        9,
        "",
        (("slate", "per slate"), ("project", "through the project")),
        width="medium",
    ),
    Field("prefix", "Prefix", 9, "room", width="short", first=False),
    Field(
        "stop_guard",
        "Stop",
        9,
        "",
        (("no", "one press"), ("yes", "twice in 1 s")),
        width="medium",
        first=False,
    ),
    Field("split_mb", "Split at", 10, "MB", width="short"),
    Field("pre_roll", "Pre-roll", 10, "s, to 120", width="short", first=False),
    Field("post_roll", "Post-roll", 10, "s, to 30", width="short", first=False),
    Field("mirror", "Mirror", 11, "a second folder, on another disk"),
    Field("lost_grace", "Lost wait s", 12, "how long for a lost interface, 0 to 600"),
)
SECTIONS = (1, 3, 7, 9)  # lines that begin a section
_SETUP = ("format", "layout", "project", "session", "slate", "numbering")
_ROLLS = ("pre_roll", "post_roll")
_AIR = ("temperature", "humidity", "pressure")


def values_of(view: View) -> dict[str, str]:
    """What is set now, as the page's fields hold it; a new library proposes today's session."""
    setup = view.setup
    found = {name: str(setup.get(name) or "") for name in (*_SETUP, "rate", "inputs", "prefix", "mirror")}
    found["interface"] = str((view.interface or {}).get("id") or "")
    found["split_mb"] = str(setup.get("split_mb") or "")
    found |= {name: f"{setup[name]:g}" if setup.get(name) else "" for name in _ROLLS}
    found["lost_grace"] = f"{setup['lost_grace']:g}" if "lost_grace" in setup else ""
    found["links"] = ",".join(f"{a}-{b}" for a, b in setup.get("links") or [])
    found["stop_guard"] = "yes" if setup.get("stop_guard") else "no"
    found["people"] = people_text(view.status.get("people"))
    ports = [str(sensor.get("port", "")) for sensor in view.status.get("sensors") or []]
    found["sensor"] = ", ".join(ports)
    found |= dict.fromkeys((*_AIR, "instrument"), "")
    found["session"] = found["session"] or ("" if found["project"] else date.today().isoformat())
    return found


def orders_for(before: dict[str, str], now: dict[str, str]) -> list[Order]:
    """The orders that bring the station from `before` to `now`; raises UsageError for bad numbers."""
    orders = []
    changed = {name: value for name, value in now.items() if value != before.get(name, "")}
    if setup := _setup(changed, now):
        orders.append(Order("setup", setup))
    if "people" in changed:
        orders.append(Order("people", {"people": parse_people(now["people"])}))
    orders += _sensors(before.get("sensor", ""), now.get("sensor", ""))
    if any(now.get(name) for name in _AIR):
        orders.append(Order("air", _air(now)))
    return orders


def _setup(changed: dict[str, str], now: dict[str, str]) -> Json:
    setup: dict[str, Any] = {name: changed[name] for name in _SETUP if name in changed}
    if "interface" in changed:
        setup["interface"] = changed["interface"]
        setup.setdefault("session", now["session"])
    if "rate" in changed and changed["rate"].isdigit():
        setup["rate"] = int(changed["rate"])
    if "inputs" in changed or "interface" in changed:  # another interface has other inputs: all of them
        text = changed.get("inputs", "")
        setup["inputs"] = "" if text.casefold() == "all" else text
    if "stop_guard" in changed:
        setup["stop_guard"] = changed["stop_guard"] == "yes"
    if "split_mb" in changed:
        setup["split_mb"] = _whole("split at", changed["split_mb"] or "0")
    words = {"pre_roll": "pre-roll", "post_roll": "post-roll"}
    setup |= {name: _number(words[name], changed[name] or "0") for name in _ROLLS if name in changed}
    if "lost_grace" in changed:
        setup["lost_grace"] = _number("wait for a lost interface", changed["lost_grace"])
    setup |= {name: changed[name] for name in ("links", "prefix", "mirror") if name in changed}
    return setup


def _sensors(before: str, now: str) -> list[Order]:
    old, new = _ports(before), _ports(now)
    gone = [Order("unsensor", {"port": port}) for port in old if port not in new]
    come = [Order("sensor", _port_and_driver(port)) for port in new if port not in old]
    return gone + come


def _ports(text: str) -> list[str]:
    return [port for port in (part.strip() for part in text.split(",")) if port and port.casefold() != "none"]


def _port_and_driver(text: str) -> Json:
    port, mark, driver = text.partition("=")
    return {"port": port, "driver": driver} if mark else {"port": port}


def _air(now: dict[str, str]) -> Json:
    air: Json = {name: _number(name, now[name]) for name in _AIR if now.get(name)}
    return {**air, "instrument": now.get("instrument", "")}


def _whole(name: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise UsageError(f"{name}: {text!r} is not a number of MB", "type it like 2000, or nothing")
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        raise UsageError(f"{name}: {text!r} is not a number", "type it like 21.4") from None
