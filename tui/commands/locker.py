"""room: what the library knows of places."""

from __future__ import annotations

from typing import Annotated

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
    table,
    user_name,
)

room = new_group("Rooms and other places where sources stand.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(room, name="room")


@room.command("list")
def room_list(as_json: AsJson = False, library: InLibrary = None) -> int:
    """All rooms."""
    records = list(open_library(library).records("room").values())
    rows = [
        [r["id"], " × ".join(f"{v:g}" for v in r.get("size_m") or []), str(r.get("note") or "")]
        for r in records
    ]
    lines = table(rows, ["room", "size (m)", "note"])
    answer(as_json, {"rooms": [_shown(r) for r in records]}, *(lines or ["no room is known"]))
    return DONE


@room.command("add")
def room_add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    size: Annotated[
        str, typer.Option("--size", metavar="LxWxH", help="As 8.2x5x3.4 (metres), or 27ftx16ftx11ft.")
    ] = "",
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add a room, or say anew what it is."""
    return _put("room", name, {"size_m": _size(size), "size_text": size, "note": note}, by, as_json, library)


@room.command("remove")
def room_remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Forget a room; takes keep what they say of it."""
    return _remove("room", name, by, as_json, library)


def _put(kind: str, name: str, fields: Json, by: str, as_json: bool, library: InLibrary) -> int:
    from capture.chain.fields import clean_text
    from capture.errors import UsageError

    clean = clean_text(name)
    if not clean:
        raise UsageError(f"a {kind} needs a name", "type one")
    kept = {key: clean_text(value) if isinstance(value, str) else value for key, value in fields.items()}
    line = open_library(library, create=True).put(
        kind, clean, {k: v for k, v in kept.items() if v}, by or user_name()
    )
    answer(as_json, _shown(line), f"{clean} is in the library")
    return DONE


def _remove(kind: str, name: str, by: str, as_json: bool, library: InLibrary) -> int:
    from capture.errors import UsageError

    home = open_library(library)
    if name not in home.records(kind):
        raise UsageError(f"the library knows no {kind} {name!r}", f"see: takechain {kind} list")
    home.remove(kind, name, by or user_name())
    answer(as_json, {"id": name, "removed": True}, f"{name} is forgotten")
    return DONE


def _size(text: str) -> list[float] | None:
    """Length, width and height in metres; raises UsageError."""
    from capture.chain.fields import parse_distance
    from capture.errors import UsageError

    if not text:
        return None
    parts = [part.strip() for part in text.lower().replace("×", "x").split("x")]
    found = [parse_distance(part if part[-1:].isalpha() else f"{part} m") for part in parts]
    if len(found) not in (2, 3) or not all(found):
        raise UsageError(f"--size {text!r} is not a size", "write it like 8.2x5x3.4, in metres")
    return [distance[0] for distance in found if distance]


def _shown(line: Json) -> Json:
    return {key: value for key, value in line.items() if key not in {"seq", "prev", "type"}}
