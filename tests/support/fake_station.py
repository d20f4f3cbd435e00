"""A station with the real one's face, whose facts a test sets by hand."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import Any

import numpy as np

from capture.errors import NothingRecorded, TakechainError, UsageError
from capture.recorder.page import PageWriter
from capture.take import Kind, Verdict
from capture.wire import WireError

NAMES = ("Kick", "Snare T", "Snare B", "Hat", "Tom 1", "Tom 2", "OH L", "OH R")
LINE = "Snare (Anna) @ Live Room: SM57 #A1142 cardioid 4 cm > Neve 1073 #55 ch 2 +42 dB 48V off > in 2"


def track(number: int, *, armed: bool = True, line: str = "", carried: bool = False) -> dict[str, Any]:
    name = NAMES[number - 1] if number <= len(NAMES) else ""
    return {"input": number, "name": name, "armed": armed, "line": line, "carried": carried, "link": None}


def take(number: int, **more: Any) -> dict[str, Any]:
    fields = {
        "uuid": f"uuid-{number}",
        "number": number,
        "slate": "Aurora",
        "name": f"Aurora_T{number:03d}",
        "kind": "take",
        "verdict": "none",
        "condition": "clean",
        "seconds": 131.0,
        "frames": 131 * 48000,
        "lost_frames": 0,
        "covers": None,
        "note": "",
        "markers": 0,
        "gaps": 0,
        "signals": "",
        "started": "2026-11-25T13:00:00Z",
        "journal": f"/music/Winter Songs/2026-11-25/Aurora/Aurora_T{number:03d}.take.jsonl",
        "sealed": True,
        "origin": "simulated",
    }
    return {**fields, **more}


def setup(channels: int) -> dict[str, Any]:
    return {
        "interface": {
            "id": f"sim:{channels}",
            "name": f"Simulated interface, {channels} inputs",
            "host_api": "",
            "inputs": channels,
            "origin": "simulated",
            "rates": [48000, 96000],
        },
        "interface_state": "open",
        "rate": 48000,
        "format": "pcm24",
        "layout": "track",
        "inputs": f"1-{channels}",
        "project": "Winter Songs",
        "session": "2026-11-25",
        "slate": "Aurora",
        "stop_guard": False,
        "links": [],
        "numbering": "slate",
        "prefix": "",
        "day": "2026-11-25",
    }


class FakeStation:
    """Answers `call` from `facts`, keeps its `orders`, and can be told to refuse or to die."""

    def __init__(self, channels: int = 8) -> None:
        self.lock = threading.Lock()
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.refusal: TakechainError | None = None
        self.dead = False
        self.statuses = 0
        self.cautions: list[dict[str, Any]] = []
        self.rooms: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {
            "version": "0",
            "state": "armed",
            "setup": setup(channels),
            "tracks": [track(n) for n in range(1, channels + 1)],
            "next": {"number": 1, "name": "Aurora_T001", "folder": "/music/Winter Songs/2026-11-25/Aurora"},
            "take": None,
            "takes": [],
            "last": None,
            "disk": {"free_bytes": 10**12, "seconds_left": 18720.0},
            "pre_roll": {"asked": 0.0, "granted": 0.0, "held": 0.0},
            "air": [],
            "sensors": [],
            "page": None,
            "recorder": {"pid": 1, "state": "armed"},
            "clients": 1,
            "catalog": {"state": "ok", "pending": 0, "text": ""},
            "warnings": [],
            "people": [],
            "offer": None,
        }
        self._plan(1)

    # -- the face ---------------------------------------------------------------------------------

    def connect(self) -> FakeStation:
        if self.dead:
            raise WireError("nobody answers at the fake socket")
        return self

    def close(self) -> None:
        pass

    def call(self, do: str, timeout: float = 5.0, **args: Any) -> dict[str, Any]:
        with self.lock:
            if self.dead:
                raise WireError("the connection ended")
            if do == "status":
                self.statuses += 1
                return {**copy.deepcopy(self.facts), "serial": self.statuses}
            if do == "slates":
                return {"slates": ["Aurora", "Borealis"]}
            if do == "rooms":
                return {"rooms": self.rooms, "here": "Live Room" if self.rooms else ""}
            self.orders.append((do, args))
            if self.refusal is not None:
                refusal, self.refusal = self.refusal, None
                raise refusal
            handler = getattr(self, f"_{do}", None)
            return handler(**args) if handler else {}

    # -- what the real one would do ---------------------------------------------------------------

    def _roll(self, at_boottime_ns: int | None = None, kind: str = "take") -> dict[str, Any]:
        if (self.facts["take"] or {}).get("post_roll_left") is not None:
            self.facts["take"]["post_roll_left"] = None
            return {"carried_on": True}
        if self.facts["state"] != "armed":
            raise NothingRecorded(f"cannot roll while {self.facts['state']}")
        number = self.facts["next"]["number"]
        self.facts["state"] = "rolling"
        self.facts["take"] = take(number, kind=kind, seconds=0.0, frames=0, rate=48000)
        self.facts["take"] |= {"markers": [], "notes": [], "gaps": [], "part": 1}
        for later in ("condition", "note", "sealed"):
            del self.facts["take"][later]
        folder = self.facts["next"]["folder"]
        self.facts["take"]["files"] = [f"{folder}/{name}" for name in self.facts["next"]["files"]]
        self._plan(number + 1)
        return {}

    def _roomtone(self, at_boottime_ns: int | None = None) -> dict[str, Any]:
        return self._roll(at_boottime_ns, "room tone")

    def _stop(self, at_boottime_ns: int | None = None) -> dict[str, Any]:
        rolled = self.facts["take"]
        done = {**take(rolled["number"]), **{name: rolled[name] for name in ("kind", "verdict", "seconds")}}
        done |= {"markers": len(rolled["markers"]), "gaps": len(rolled["gaps"])}
        self.facts |= {"state": "armed", "take": None, "last": done["uuid"]}
        self.facts["takes"].append(done)
        return {}

    def _mark(self, text: str, at_boottime_ns: int) -> dict[str, Any]:
        marks = self.facts["take"]["markers"]
        marks.append({"id": len(marks) + 1, "frame": 4800, "text": text})
        return {"id": len(marks), "frame": 4800}

    def _unmark(self) -> dict[str, Any]:
        self.facts["take"]["markers"].pop()
        return {}

    def _marktext(self, id: int, text: str) -> dict[str, Any]:  # noqa: A002
        self.facts["take"]["markers"][id - 1]["text"] = text
        return {}

    def _edit(self, take: str, field: str, value: Any) -> dict[str, Any]:
        allowed = {"verdict": list(Verdict), "kind": list(Kind)}.get(field)
        if allowed and value not in allowed:
            raise UsageError(f"there is no {field} {value!r}")
        found = next(t for t in [self.facts["take"], *self.facts["takes"]] if t and t["uuid"] == take)
        found[field] = value
        return {}

    def _slate(self, name: str) -> dict[str, Any]:
        self.facts["setup"]["slate"] = name
        self.facts["takes"] = []
        self.facts["next"]["number"] = 1
        self._plan(1)
        return {}

    def _track(
        self,
        input: int,  # noqa: A002
        armed: bool | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        entry = self.facts["tracks"][input - 1]
        if armed is not None:
            entry["armed"] = armed
        if name is not None:
            entry["name"] = name
        return {"cautions": self.cautions if armed else []}

    def _ack(self, id: int) -> dict[str, Any]:  # noqa: A002
        self.facts["warnings"] = [w for w in self.facts["warnings"] if w["id"] != id]
        return {}

    def _plan(self, number: int) -> None:
        slate = self.facts["setup"]["slate"]
        armed = [t for t in self.facts["tracks"] if t["armed"]]
        files = [
            f"{slate}_T{number:03d}_{n:02d}_{t['name'] or t['input']}.wav" for n, t in enumerate(armed, 1)
        ]
        self.facts["next"] |= {"number": number, "name": f"{slate}_T{number:03d}", "files": files}


class HandPage:
    """A real levels page that a test writes block by block."""

    def __init__(self, path: Path, channels: int, rate: int = 48000) -> None:
        self.path = path
        self.channels = channels
        self._writer = PageWriter(path, channels, rate)
        self.frames = 0

    def write(
        self,
        db: list[float],
        overs: list[int] | None = None,
        zero_run: list[int] | None = None,
        take: int = -1,
    ) -> None:
        """One block with these peaks in dBFS; `take` is the frame count of the rolling take."""
        self.frames += 2400
        peaks = np.array([0.0 if level <= -200 else 10 ** (level / 20) for level in db], np.float32)
        self._writer.write(
            "rolling" if take >= 0 else "armed",
            self.frames,
            take,
            0,
            peaks,
            peaks**2 / 2,
            np.array(overs or [0] * self.channels, np.int64),
            np.array(zero_run or [0] * self.channels, np.int64),
        )
