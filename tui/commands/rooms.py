"""room: what the library knows of rooms, how they are now, and what was measured in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    new_group,
    open_library,
    station,
    table,
    user_name,
)

if TYPE_CHECKING:
    from capture.library import Library
    from capture.rooms.record import Room

room = new_group("Rooms where sources stand: size, surfaces, doors and curtains, measurements.")

Name = Annotated[str, typer.Argument(metavar="NAME")]
Now = Annotated[bool, typer.Option("--now", help="Also in the rolling take, from this moment on.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(room, name="room")


@room.command("list")
def room_list(as_json: AsJson = False, library: InLibrary = None) -> int:
    """All rooms, each with its size and the state it is in."""
    from capture.rooms.record import from_line

    records = list(open_library(library).records("room").values())
    known = [from_line(record) for record in records]
    rows = [[r.id, " × ".join(f"{v:g}" for v in r.size_m), r.state, r.note] for r in known]
    lines = table(rows, ["room", "size (m)", "state", "note"])
    answer(as_json, {"rooms": [_shown(r) for r in records]}, *(lines or ["no room is known"]))
    return DONE


@room.command("show")
def room_show(name: Name, as_json: AsJson = False, library: InLibrary = None) -> int:
    """One room, whole."""
    from capture.rooms.keeping import known_room

    home = open_library(library)
    known = known_room(home, name)
    volume = f"{known.volume:g} m³" if known.volume is not None else ""
    lines = [known.id]
    box = " = ".join(part for part in (known.size_words, volume) if part)
    lines += [f"  {box}"] if box else []
    lines += [f"  {where}: {what}" for where, what in known.surfaces.items()]
    for state in known.states:
        here = "  (now)" if state.name == known.state else ""
        lines.append(f"  state {state.name}: {state.words}{here}")
    if known.state and all(state.name != known.state for state in known.states):
        lines.append(f"  state {known.state}  (now)")
    lines += [
        f"  {m.quantity}{f' ({m.state})' if m.state else ''}: {m.words}{f'  {m.note}' if m.note else ''}"
        for m in known.measured
    ]
    lines += [f"  {known.note}"] if known.note else []
    record = {**_shown(home.records("room")[known.id]), "volume_m3": known.volume}
    answer(as_json, record, *lines)
    return DONE


@room.command("add")
def room_add(
    name: Name,
    size: Annotated[
        str | None, typer.Option("--size", metavar="LxWxH", help="As 8.2x5x3.4 (metres), or 27ftx16ftx11ft.")
    ] = None,
    volume: Annotated[
        str | None,
        typer.Option("--volume", metavar="M3", help="Of a room that is no box: 140 m3."),
    ] = None,
    surfaces: Annotated[
        list[str] | None,
        typer.Option("--surface", metavar="WHERE=WHAT", help="As floor=oak; repeated."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note")] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add a room, or say more of it; what is not said stays as it is, '' takes it back."""
    from capture.chain.fields import clean_text
    from capture.errors import UsageError
    from capture.rooms.record import parse_pairs, parse_size, parse_volume

    clean = clean_text(name)
    if not clean:
        raise UsageError("a room needs a name", "type one")
    said: Json = {}
    if size is not None:
        said |= {"size_m": parse_size(size) if size else (), "size_text": clean_text(size)}
    if volume is not None:
        said["volume_m3"] = parse_volume(volume) if volume else None
    if surfaces is not None:
        said["surfaces"] = parse_pairs([text for text in surfaces if text], "surface")
    if note is not None:
        said["note"] = clean_text(note)
    home = open_library(library, create=True)
    line = _keep(home, clean, lambda known: replace(known, **said), by, library, make=True)
    answer(as_json, line, f"{line['id']} is in the library")
    return DONE


@room.command("state")
def room_state(
    name: Name,
    state: Annotated[str, typer.Argument(metavar="[STATE]", help="Such as dry.")] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="WHAT=HOW", help="What it means, as curtain=drawn; repeated."),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget the state; without STATE: that it is in one.")
    ] = False,
    inputs: Annotated[
        str, typer.Option("--inputs", metavar="1-8,11", help="Put the sources of these inputs into the room.")
    ] = "",
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """How doors and curtains stand: with --set what a state means, without it that the room is in it."""
    from capture.chain.fields import clean_text
    from capture.rooms.keeping import known_room
    from capture.rooms.record import State, parse_pairs

    home = open_library(library)
    if settings:
        made = State(clean_text(state) or _needs_name(), parse_pairs(settings, "setting"))
        change, words = (lambda known: known.with_state(made)), f"{made.name}: {made.words}"
    elif forget:
        change, words = (lambda known: known.without_state(state)), f"{state or 'its state'} is forgotten"
    elif state:
        change, words = (
            (lambda known: known.in_state(state)),
            f"now {known_room(home, name).find_state(state).name}",
        )
    elif inputs:
        change, words = (lambda known: known), "has these inputs"
    else:
        return room_show(name, as_json, library)
    line = _keep(home, name, change, by, library, now=now, inputs=inputs)
    answer(as_json, line, f"{line['id']}, {words}", *_inputs_line(line))
    return DONE


@room.command("measure")
def room_measure(
    name: Name,
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="rt60 (seconds) or noise (dB SPL).")],
    values: Annotated[str, typer.Argument(metavar="VALUES", help='As "125=0.61 1k=0.44", or "A=23.5".')],
    instrument: Annotated[str, typer.Option("--instrument", help="What it was measured with.")],
    method: Annotated[str, typer.Option("--method", help="Of a decay: EDT, T10, T20, T30, T60.")] = "",
    state: Annotated[
        str | None, typer.Option("--state", help="The state the room was in; else the one it is in now.")
    ] = None,
    date: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Else today.")] = "",
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Keep what was measured in a room: reverberation time by octave, or the noise in it."""
    from datetime import date as days

    from capture.chain.fields import clean_text
    from capture.errors import UsageError
    from capture.rooms.keeping import known_room
    from capture.rooms.measured import Measurement, parse_date, parse_method, parse_values

    if not clean_text(instrument):
        raise UsageError("a measurement needs its instrument", "name it with --instrument")
    home = open_library(library)
    known = known_room(home, name)
    made = Measurement(
        quantity,
        parse_values(quantity, values),
        clean_text(instrument),
        parse_date(date) if date else days.today().isoformat(),
        parse_method(method) if method else "",
        known.state if state is None else known.find_state(state).name if state else "",
        clean_text(by or user_name()),
        clean_text(note),
    )
    line = _keep(home, name, lambda room: replace(room, measured=(*room.measured, made)), by, library)
    answer(as_json, line, f"{known.id}: {made.words}", *_inputs_line(line))
    return DONE


@room.command("remove")
def room_remove(name: Name, by: By = "", as_json: AsJson = False, library: InLibrary = None) -> int:
    """Forget a room; takes keep what they say of it."""
    from capture.rooms.keeping import known_room

    home = open_library(library)
    known = known_room(home, name)
    home.remove("room", known.id, by or user_name())
    answer(as_json, {"id": known.id, "removed": True}, f"{known.id} is forgotten")
    return DONE


def _needs_name() -> str:
    from capture.errors import UsageError

    raise UsageError("a state needs a name", "write it before --set, like dry")


def _keep(
    home: Library,
    name: str,
    change: Callable[[Room], Room],
    by: str,
    library: InLibrary,
    *,
    make: bool = False,
    now: bool = False,
    inputs: str = "",
) -> Json:
    """Write the changed room down, and say it anew at the inputs whose source stands in it (`inputs`)."""
    from capture.rooms.keeping import keep_room
    from capture.take import parse_inputs

    numbers = parse_inputs(inputs) if inputs else []
    line = keep_room(home, name, change, by or user_name(), make=make)
    with station(library) as client:
        when = "now" if now else "next"
        done = client.call("room", name=line["id"], inputs=numbers, when=when, by=by)
    return {**_shown(line), "inputs": done["inputs"]}


def _inputs_line(line: Json) -> list[str]:
    numbers = ", ".join(str(number) for number in line["inputs"])
    return [f"said of input{'' if len(line['inputs']) == 1 else 's'} {numbers}"] if numbers else []


def _shown(line: Json) -> Json:
    return {key: value for key, value in line.items() if key not in {"seq", "prev", "type"}}
