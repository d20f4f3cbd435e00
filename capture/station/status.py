"""The station's state as one object for clients: what a screen needs, asked for a few times a second."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.chain.pairs import partner
from capture.errors import TakechainError
from capture.journal.folding import signal_of
from capture.journal.keys import fingerprint_of
from capture.journal.record import TakeRecord
from capture.journal.signals import signal_words
from capture.station.client import version
from capture.station.core import Core, Rolling
from capture.station.seen import NOTHING
from capture.station.settings import today
from capture.station.since import Changed
from capture.wire import Json

if TYPE_CHECKING:
    from capture.station.service import Station


def status(station: Station) -> Json:
    """Everything a client may want to show; see docs/manual.md for the fields."""
    core, takes = station.core, station.takes
    rolling = core.rolling
    link = takes.supervisor.link
    disks, changed = station.space.as_list(), _changed(station)
    return {
        "version": version(),
        "pid": os.getpid(),
        "library": {"path": str(core.path), "uuid": core.library.uuid},
        "state": core.state.value,
        "setup": _setup(station),
        "tracks": _tracks(station, changed),
        "since": changed.since,
        "next": _next(station),
        "take": None if rolling is None else _take(station, rolling),
        "takes": station.shelf.as_list(),
        "last": takes.last,
        "disk": disks[0],
        "disks": disks,
        "pre_roll": _pre_roll(station),
        "air": station.sensors.air(),
        "sensors": station.sensors.as_list(),
        "page": str(link.info["page"]) if link is not None and link.info.get("page") else None,
        "recorder": takes.supervisor.status(),
        "clients": station.clients(),
        "catalog": station.indexer.as_dict(),
        "behind": station.worker.busy(),
        "warnings": core.notices.as_list(),
        "fingerprint": fingerprint_of(core.keyid),
        "stamps": {
            "server": core.settings.tsa,
            "waiting": station.stamper.waiting,
            "trouble": station.stamper.trouble,
        },
        "key": {"locked": core.signing.key is None, "waiting": station.worker.waiting},
        "offer": _offer(core),
        "people": [{"role": role, "name": name} for role, name in core.patch.patch.people()],
    }


def _setup(station: Station) -> Json:
    settings, supervisor = station.core.settings, station.takes.supervisor
    interface = supervisor.interface
    shown: Json | None = None
    if settings.interface:
        shown = {"id": settings.interface, "name": settings.interface, "host_api": "", "inputs": 0}
        shown |= {"origin": "unknown", "rates": []}
        if interface is not None:
            shown |= {
                name: interface.as_dict()[name]
                for name in ("name", "host_api", "inputs", "origin", "rates", "hardware")
            }
    available = interface.inputs if interface is not None else 0
    return {
        "interface": shown,
        "interface_state": supervisor.interface_state,
        "rate": settings.rate,
        "format": settings.format,
        "layout": settings.layout,
        "inputs": settings.inputs or (f"1-{available}" if available > 1 else "1" if available else ""),
        "project": settings.project,
        "session": settings.session,
        "slate": settings.slate,
        "stop_guard": settings.stop_guard,
        "pre_roll": settings.pre_roll,
        "post_roll": settings.post_roll,
        "lost_grace": settings.lost_grace,
        "split_mb": settings.split_mb,
        "links": settings.links,
        "numbering": settings.numbering,
        "prefix": settings.name_prefix,
        "day": settings.day,
        "mirror": settings.mirror,
    }


def _changed(station: Station) -> Changed:
    takes = station.shelf.as_list()
    newest = Path(str(takes[-1]["journal"])) if takes else None
    return station.core.since.now(station.core.patch.patch, newest)


def _tracks(station: Station, changed: Changed) -> list[Json]:
    core, supervisor, seen = station.core, station.takes.supervisor, station.seen
    available = supervisor.interface.inputs if supervisor.interface else 0
    armed, rolling = set(core.settings.armed(available)), core.rolling
    following = seen.standing.of(core.patch.patch)
    present = seen.rolling.of(rolling.patch) if rolling is not None else following
    patch, interface = core.patch.patch if rolling is None else rolling.patch, supervisor.interface
    named = (interface.hardware or interface.id) if interface else ""
    scales = station.full_scales.of(patch, named)
    cautions = seen.cautions(core.patch.patch, armed)
    tracks = []
    for number in range(1, available + 1):
        after, scale = following.get(number, NOTHING), scales.get(number)
        track: Json = {
            "input": number,
            "name": after.name,
            "armed": number in armed,
            "line": present.get(number, NOTHING).line,
            "next_line": after.line,
            "carried": after.carried,
            "changed": changed.of(number),
            "cautions": [caution.text for caution in cautions if number in caution.inputs],
            "link": core.settings.partner(number) or partner(core.patch.patch, number),
            "linked": partner(core.patch.patch, number),
            "spl_at_0dbfs_db": scale.db if scale else None,
            "spl_words": scale.words if scale else "not known: the chain is not declared",
        }
        tracks.append(track)
    return tracks


def _next(station: Station) -> Json | None:
    if station.takes.supervisor.interface is None:
        return None
    try:
        plan = station.seen.plan(station.takes)
        return {
            "number": plan.number,
            "name": plan.name,
            "folder": str(plan.folder),
            "files": plan.files,
            "slate": plan.slate,
        }
    except TakechainError:
        return None


def _take(station: Station, rolling: Rolling) -> Json:
    record = rolling.refresh()
    look = station.takes.supervisor.last_look.get("take")
    live: dict[str, Any] = (
        look if isinstance(look, dict) and look.get("journal") == str(rolling.journal) else {}
    )
    frames = max(record.frames, int(live.get("frames") or 0))
    rate = record.rate or station.core.settings.rate
    return {
        "uuid": rolling.uuid,
        "name": record.name or rolling.name,
        "slate": record.slate,
        "number": record.number,
        "kind": record.kind.value,
        "origin": record.origin.value if record.begin else None,
        "verdict": record.verdict.value,
        "covers": record.covers,
        "frames": frames,
        "rate": rate,
        "seconds": frames / rate,
        "lost_frames": max(record.lost_frames, int(live.get("lost_frames") or 0)),
        "gaps": [asdict(gap) for gap in record.gaps],
        "signals": _signals(live.get("signals"), record),
        "markers": [{"id": m.id, "frame": m.frame, "text": m.text} for m in record.markers],
        "notes": [{"by": n.by, "text": n.text} for n in record.notes],
        "started": str(record.clock.get("utc", "")),
        "started_boottime_ns": rolling.started_boottime_ns,
        "limit_frames": rolling.limit_frames,
        "pre_roll": record.pre_roll / rate,
        "pre_roll_safe": record.pre_roll_safe >= record.pre_roll,
        "post_roll_left": _post_roll_left(rolling, frames, rate),
        "journal": str(rolling.journal),
        "part": max((part.number for part in record.parts), default=1),
        "files": [str(rolling.journal.parent / name) for _, _, name in record.media],
        "mirror": live.get("mirror"),
        "main_lost": live.get("main_lost"),
    }


def _post_roll_left(rolling: Rolling, frames: int, rate: int) -> float | None:
    end = rolling.post_roll_end
    return None if end is None else max(0.0, (end - frames) / rate)


def _pre_roll(station: Station) -> Json:
    """Seconds before Record: asked for, granted by the memory there is, and held at this moment."""
    settings, state = station.core.settings, station.takes.supervisor.last_look.get("pre_roll") or {}
    seconds = {name: int(state.get(name) or 0) / settings.rate for name in ("granted", "held")}
    return {"asked": settings.pre_roll, **seconds}


def _signals(live: object, record: TakeRecord) -> list[Json]:
    """What was noticed of the inputs, as the recorder knows it now; each with the words for people."""
    if isinstance(live, list):
        signals = [signal_of(entry) for entry in live if isinstance(entry, dict)]
    else:
        signals = record.signals
    return [
        {**signal.as_fields(), "text": signal_words([signal], record.rate, live=True)} for signal in signals
    ]


def _offer(core: Core) -> Json | None:
    """On a new day: go on with the session of before, or begin one like it?"""
    settings = core.settings
    if not settings.session or not settings.day or settings.day == today() or core.is_rolling():
        return None
    return {"kind": "new day", "last_session": settings.session, "last_day": settings.day, "today": today()}
