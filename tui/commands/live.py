"""roll, stop, mark, note, circle, slate: act on the running station, from a footswitch or a script."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    NOT_CLEAN,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    duration,
    pre_roll_words,
    station,
)

if TYPE_CHECKING:
    from capture.station.client import StationClient

_START_FIELD = 19  # proc(5): starttime is the 22nd field, the 20th after the name; in ticks since boot
_LOOK_SECONDS = 1.0
_LONGEST_START_NS = 10_000_000_000


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (roll, stop, mark, note, circle, slate):
        app.command()(command)


def roll(
    kind: Annotated[
        str, typer.Option("--kind", help="take, pick-up, wild, room tone, rehearsal, …")
    ] = "take",
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", metavar="S", help="End by itself after S seconds of timeline."),
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Begin a take with the remembered set-up, or carry on one in its post-roll; return while it rolls."""
    moment = started_ns()
    with station(library) as client:
        began = client.call("roll", kind=kind, limit_seconds=seconds, at_boottime_ns=moment)
    said = "carrying on with" if began.get("carried_on") else "rolling"
    words = pre_roll_words(began)
    answer(as_json, began, f"{said} {began['name']}", *([words] if words else []))
    return DONE


def stop(as_json: AsJson = False, library: InLibrary = None) -> int:
    """End the rolling take; its end and seal are on disk when this returns, after its post-roll."""
    moment = started_ns()
    with station(library) as client:
        ended = client.call("stop", at_boottime_ns=moment)
        if "post_roll_end" in ended:
            ended = _after_post_roll(client, ended)
            if not ended["ended"]:
                answer(as_json, ended, f"{ended['name']} was carried on")
                return DONE
    answer(as_json, ended, *_ended(ended))
    return DONE if ended["condition"] == "clean" and not ended["mirror_lost"] else NOT_CLEAN


def _after_post_roll(client: StationClient, stopped: Json) -> Json:
    """The take once its post-roll is over; `ended` is false where Record was pressed before."""
    from capture.journal.record import summary

    while not client.call("wait", timeout=_LOOK_SECONDS)["settled"]:
        take = client.call("status")["take"]
        if take is not None and (take["uuid"] != stopped["take"] or take["post_roll_left"] is None):
            break
    record = summary(Path(stopped["journal"]))
    facts: Json = {"frames": record.frames, "lost_frames": record.lost_frames, "gaps": len(record.gaps)}
    facts |= {"condition": record.condition.value, "reason": record.reason, "ended": record.ended}
    facts |= {"mirror_lost": record.mirror_lost, "origin": record.origin.value}
    return {**stopped, **facts}


def _ended(ended: Json) -> list[str]:
    from capture.take import Origin

    lost = f", {ended['lost_frames']} frames lost" if ended["lost_frames"] else ""
    mirror = f", mirror lost: {ended['mirror_lost']}" if ended["mirror_lost"] else ""
    mark = Origin(ended["origin"]).mark
    origin = f" ({mark})" if mark else ""
    return [f"stopped {ended['name']}: {ended['frames']} frames, {ended['condition']}{origin}{lost}{mirror}"]


def mark(
    text: Annotated[str, typer.Argument(help="What is heard there.")] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Mark the rolling take, at the moment this command was started."""
    moment = started_ns()
    with station(library) as client:
        made = client.call("mark", text=text, at_boottime_ns=moment)
    answer(as_json, made, f"mark {made['id']} at frame {made['frame']}")
    return DONE


def note(
    text: Annotated[str, typer.Argument(help="The note.")],
    take: Annotated[
        str | None, typer.Option("--take", help="Another take than the rolling or last one.")
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add a note to the rolling take, else to the last one."""
    return _edit("note", text, take, by, as_json, library, "noted")


def circle(
    take: Annotated[
        str | None, typer.Option("--take", help="Another take than the rolling or last one.")
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Circle the rolling take, else the last one."""
    return _edit("verdict", "circled", take, by, as_json, library, "circled")


def slate(
    name: Annotated[str, typer.Argument(help="The slate; an existing one goes on with its count.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Begin a slate, or go on with one."""
    with station(library) as client:
        turned = client.call("slate", name=name)
    answer(as_json, turned, f"slate {turned['slate']}, next take {turned['next']}")
    return DONE


def _edit(
    field: str, value: str, take: str | None, by: str, as_json: bool, library: InLibrary, said: str
) -> int:
    with station(library) as client:
        edited = client.call("edit", field=field, value=value, take=take, by=by)
    answer(as_json, edited, f"{said} {edited['name']} ({duration(edited['seconds'])})")
    return DONE


def started_ns() -> int:
    """When this command was started, on the boottime clock: the key press, not Python's readiness."""
    from capture.clock import boottime_ns

    now = boottime_ns()
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(fields[_START_FIELD]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return now
    return started if 0 <= now - started < _LONGEST_START_NS else now
