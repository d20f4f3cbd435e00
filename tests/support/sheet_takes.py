"""A session on disk as a sheet has to print it: chains, people, air, a gap, notes, room tone, many takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from capture.clock import utc_text
from tests.support.takes import STARTED, build_take

TRACKS = ("Kick", "Snare", "OH left", "OH right", "Bass DI", "Vox Åse", "Ρυθμός", "Гитара")
SENSOR = {
    "id": "sht4x",
    "port": "/dev/ttyACM0",
    "driver": "text lines",
    "identity": "239A:8153 DF6099",
    "simulated": False,
}
PEOPLE = (
    {"role": "artist", "name": "Blåbær & Sønner"},
    {"role": "engineer", "name": "Anna Ødegård"},
    {"role": "producer", "name": "Μαρία Παππά"},
    {"role": "assistant", "name": "Юрий Чернов"},
)


def chain_of(inputs: Sequence[int], gain: int = 42, **more: Any) -> dict[str, Any]:
    """A chain for these inputs: microphones, distances, one preamp counting up."""
    fields: dict[str, Any] = {"session.studio": "Studio Bryggen", "session.client": "Nordlys AS"}
    for number in inputs:
        at = f"input.{number}."
        fields |= {
            at + "source.name": f"Source {number}",
            at + "place.room": "Live Room" if number < 6 else "Booth",
            at + "microphone.make": "Shure",
            at + "microphone.model": "SM57",
            at + "microphone.serial": f"A11{number:02}",
            at + "distance_m": 0.04,
            at + "distance_text": "4 cm",
            at + "preamp.make": "Neve",
            at + "preamp.model": "1073",
            at + "preamp.channel": number,
            at + "preamp.gain_db": gain,
            at + "preamp.phantom": False,
        }
    return fields | more


def readings(
    frames: int, rate: int, started: datetime, warm: float = 21.4
) -> list[tuple[str, int, dict[str, Any]]]:
    """A reading of temperature, humidity and pressure every two seconds of the take."""
    lines = []
    for step in range(0, max(1, frames), rate * 2):
        for quantity, value, unit in (
            ("temperature", warm + step / rate / 400, "°C"),
            ("relative_humidity", 38.2 + step / rate / 120, "%RH"),
            ("pressure", 1006.4, "hPa"),
        ):
            fields = {
                "sensor": "sht4x",
                "quantity": quantity,
                "value": round(value, 3),
                "unit": unit,
                "quality": "ok",
                "raw": "1,2,3",
                "typed": False,
                "by": "",
                "instrument": "",
                "simulated": False,
                "utc": utc_text(started + timedelta(seconds=step / rate)),
            }
            lines.append(("reading", step, fields))
    return lines


def one_take(library: Path, **more: Any) -> Path:
    """A take with everything on it: air, markers, a gap, a change, notes before the end."""
    rate, frames = 8000, 80_000
    lines = [
        *readings(frames, rate, more.get("started", STARTED)),
        ("marker", 16_000, {"id": 1, "text": "verse 2"}),
        (
            "gap",
            24_000,
            {
                "first": 24_000,
                "frames": 480,
                "first_pm": 64,
                "frames_pm": 2,
                "cause": "ring full",
                "filled": True,
            },
        ),
        (
            "signal",
            30_000,
            {"input": 3, "kind": "zeros", "first": 30_000, "frames": 9_000, "value": None, "inputs": []},
        ),
        (
            "signal",
            31_000,
            {"input": 5, "kind": "clipping", "first": 31_000, "frames": 200, "value": 2, "inputs": []},
        ),
        (
            "change",
            32_000,
            {"input": 2, "path": "input.2.preamp.gain_db", "from": 42, "to": 45, "by": "anna"},
        ),
        ("device", 40_000, {"device": "sensor:sht4x", "state": "stale", "text": "no line for 5 s"}),
        ("note", 41_000, {"field": "note", "value": "bow noise in bar 50", "by": "anna"}),
        ("note", 42_000, {"field": "verdict", "value": "circled", "by": "anna"}),
    ]
    settings: dict[str, Any] = {
        "tracks": TRACKS,
        "rate": rate,
        "frames": frames,
        "block": rate,
        "covers": "bars 45–78",
        "sensors": [SENSOR],
        "people": PEOPLE,
        "chain": chain_of(range(1, 8)),
        "lines": lines,
    }
    return build_take(library, **{**settings, **more})


def session(library: Path, takes: int = 6, **more: Any) -> Path:
    """A session folder of short takes: room tone first, gains changed half way, one gap, verdicts in turn."""
    rate, frames = 8000, 32_000
    started = STARTED
    path = build_take(
        library,
        slate="Room tone",
        kind="room tone",
        tracks=TRACKS,
        rate=rate,
        frames=frames,
        block=rate,
        people=PEOPLE,
        sensors=[SENSOR],
        chain=chain_of(range(1, 9)),
        lines=readings(frames, rate, started),
        **more,
    )
    for number in range(1, takes):
        started += timedelta(minutes=7)
        verdict = ("none", "hold", "no good", "circled")[number % 4]
        lines = [
            *readings(frames, rate, started, 21.4 + number / 5),
            ("note", 100, {"field": "verdict", "value": verdict, "by": "anna"}),
        ]
        if number % 3 == 0:
            lines.append(
                (
                    "note",
                    200,
                    {
                        "field": "note",
                        "value": "early entry of the second violin, else very good",
                        "by": "anna",
                    },
                )
            )
        if number == 2:
            lost = {
                "first": 9_000,
                "frames": 120,
                "first_pm": 64,
                "frames_pm": 2,
                "cause": "ring full",
                "filled": True,
            }
            lines.append(("gap", 9_000, lost))
        build_take(
            library,
            number=number,
            counter=number + 1,
            covers=f"bars {number * 8}–{number * 8 + 12}" if number % 2 else None,
            tracks=TRACKS,
            rate=rate,
            frames=frames,
            block=rate,
            people=PEOPLE,
            sensors=[SENSOR],
            started=started,
            seed=number,
            chain=chain_of(range(1, 9), 42 if number < takes / 2 else 45),
            lines=lines,
            **more,
        )
    return path.parent.parent
