"""What every command shares: its two options, its way to the library, and how it answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from capture.library import Library
    from capture.station.client import StationClient

Json = dict[str, Any]
DONE, USAGE, NOT_CLEAN, NOTHING_RECORDED, NOT_VERIFIED, LACKING, FAILED = 0, 2, 3, 4, 5, 6, 1

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on stdout.")]
InLibrary = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="DIR",
        envvar="TAKECHAIN_LIBRARY",
        help="The library's folder.",
        show_default="the user's music folder",
    ),
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; else the user at the keyboard.")]


def new_group(help_text: str) -> typer.Typer:
    """A group of commands; called alone it shows its help."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def library_path(named: Path | None) -> Path:
    """The library's folder as named, else the default one."""
    from capture.library import default_library

    return Path(os.path.abspath((named or default_library()).expanduser()))  # noqa: PTH100 - keeps the user's links


def open_library(named: Path | None, create: bool = False) -> Library:
    """The library; raises NotALibrary where there is none and `create` is not set."""
    from capture.library import Library

    return Library.open(library_path(named), create=create)


def station(named: Path | None, create: bool = False, start: bool = True) -> StationClient:
    """A client of the library's station, which is started if need be."""
    from capture.station.client import connect
    from tui.commands.passphrase import unlock_station

    client = connect(open_library(named, create).path, start=start)
    unlock_station(client)
    return client


def answer(as_json: bool, result: Json, *lines: str) -> None:
    """Print the result: as one JSON object, or as the lines for people."""
    if as_json:
        say(as_text(result))
    else:
        for line in lines:
            say(line)


def as_text(result: Json) -> str:
    """The object on one line, in the letters themselves where the terminal or file can hold them."""
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(result, allow_nan=False, default=str)
    return text


def say(line: str) -> None:
    """One line on stdout, at once."""
    print(line, flush=True)


def complain(what: str, do: str = "") -> None:
    """What is wrong and what to do, on stderr."""
    print(f"takechain: {what}", file=sys.stderr)
    if do:
        print(f"takechain: {do}", file=sys.stderr, flush=True)


def pre_roll_words(began: Json) -> str:
    """How much of the pre-roll that was asked for a take got, in words; nothing where none was asked for."""
    asked, got = began.get("pre_roll_asked") or 0, began.get("pre_roll") or 0
    return (
        f"pre-roll: {got:.1f} s" + (f" of the {asked:g} s asked for" if got < asked else "") if asked else ""
    )


def duration(seconds: float) -> str:
    """Hours, minutes and seconds with tenths: `00:03:12.4`."""
    tenths = int(seconds * 10 + 0.5)
    return f"{tenths // 36000:02}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"


def table(rows: list[list[str]], head: list[str]) -> list[str]:
    """Lines with columns as wide as they need to be; the last is not padded."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in [head, *rows]
    ]
    return [line.rstrip() for line in lines]


def user_name() -> str:
    """Who is at the keyboard, as the system knows them."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
