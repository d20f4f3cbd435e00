"""slice: bit-exact cuts of a take between its markers, each with its chain and a signed statement."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, AsJson, InLibrary, Json, answer, complain, duration, table

if TYPE_CHECKING:
    from capture.credentials import Signing
    from capture.journal.record import TakeRecord
    from capture.slices import Order, Sliced


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("slice")(slice_)


def slice_(
    take: Annotated[str, typer.Argument(help="A name (Aurora_T003), slate/3, a UUID, or a path.")],
    cut_by: Annotated[str, typer.Option("--by", metavar="markers", help="What to cut by.")] = "markers",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder; else one beside the take.")
    ] = None,
    template: Annotated[
        str, typer.Option("--template", metavar="TEXT", help="The names: {take}_{n}_{marker}_{track}")
    ] = "",
    handles: Annotated[
        str, typer.Option("--handles", metavar="S|blocks", help="What to keep on both sides.")
    ] = "0",
    tracks: Annotated[str, typer.Option("--tracks", metavar="1-4,7", help="Only the files of these.")] = "",
    withhold: Annotated[
        str, typer.Option("--withhold", metavar="serial,names,…", help="Leave these fields of the chain out.")
    ] = "",
    ucs: Annotated[str, typer.Option("--ucs", metavar="CATID", help="Names of the UCS: its CatID.")] = "",
    creator: Annotated[str, typer.Option("--creator", metavar="ID", help="The CreatorID of UCS names.")] = "",
    source: Annotated[str, typer.Option("--source", metavar="ID", help="The SourceID of UCS names.")] = "",
    user_category: Annotated[str, typer.Option("--user-category", metavar="TEXT", help="Of UCS names.")] = "",
    vendor_category: Annotated[
        str, typer.Option("--vendor-category", metavar="TEXT", help="Of UCS names.")
    ] = "",
    c2pa: Annotated[bool, typer.Option("--c2pa", help="Give the slices Content Credentials.")] = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Cut a take between its markers into files that are proved against it."""
    from capture.chain.withholding import wanted_words
    from capture.errors import UsageError
    from capture.journal.record import load
    from capture.names import portable
    from capture.slices import Handles, Order, Ucs, slice_take
    from capture.station.client import version
    from capture.take import parse_inputs
    from tui.commands.credentials import sign_all
    from tui.commands.passphrase import own_key
    from tui.commands.takes import find_journal

    if cut_by != "markers":
        raise UsageError(f"a take cannot be cut by {cut_by!r}", "write: --by markers")
    if not ucs and (creator or source or user_category or vendor_category):
        raise UsageError("these are parts of a UCS name, and it has no CatID", "add: --ucs CATID")
    record = load(find_journal(take, library))
    order = Order(
        out=(
            out.expanduser() if out else record.folder / f"{portable(record.recorded_name)} slices"
        ).absolute(),
        template=template,
        ucs=Ucs(ucs, creator, source, user_category, vendor_category) if ucs else None,
        handles=Handles.parse(handles, record.rate),
        tracks=tuple(parse_inputs(tracks)) if tracks else (),
        withhold=wanted_words(withhold),
        software=f"Takechain {version()}",
    )
    signing = _signing(record, library) if c2pa else None
    assert record.path is not None
    written = slice_take(record.path, own_key(), order, _progress(as_json))
    signed = sign_all(signing, [one.wav for one in written]) if signing else None
    result = _result(record, order, written) | {"credentials": signed.result if signed else None}
    answer(as_json, result, *_lines(record, order, written), *(signed.lines if signed else []))
    for text in sorted({text for one in written for text in one.still_said}):
        complain(
            f"{text!r} is withheld, and still stands in a header",
            "it is part of the slate, a note, a marker or a name of the take",
        )
    if signed is None:
        return DONE
    signed.complain()
    return signed.code


def _signing(record: TakeRecord, library: Path | None) -> Signing:
    """Who gives the slices their credentials; refused before anything is cut."""
    from capture.credentials import must_be_physical
    from tui.commands.credentials import signing_as

    must_be_physical(record.origin.value, record.name)
    return signing_as(None, None, None, library)


def _progress(as_json: bool) -> Callable[[int, int], None] | None:
    if as_json or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        ending = "\n" if done == total else ""
        print(f"\r{100 * done // max(1, total):3} %", end=ending, file=sys.stderr, flush=True)

    return show


def _result(record: TakeRecord, order: Order, written: list[Sliced]) -> Json:
    return {
        "take": record.take,
        "name": record.name,
        "out": str(order.out),
        "slices": [
            {
                "path": str(one.wav),
                "statement": str(one.statement_path),
                "chain": str(one.chain),
                "marker": one.cut.region.text,
                "tracks": [track.name for track in one.cut.tracks],
                "part": one.cut.part.number,
                "first": one.cut.first,
                "frames": one.cut.frames,
                "handles": one.statement["handles"],
                "blocks": len(one.statement["blocks"]),
                "gaps": one.statement["gaps"],
                "sha256": one.statement["data"]["sha256"],
                "still_said": list(one.still_said),
            }
            for one in written
        ],
    }


def _lines(record: TakeRecord, order: Order, written: list[Sliced]) -> list[str]:
    rows = [
        [
            one.wav.name,
            duration(one.cut.first / record.rate),
            duration(one.cut.frames / record.rate),
            str(len(one.statement["blocks"])),
            "has a gap" if one.statement["gaps"] else "",
        ]
        for one in written
    ]
    many = f"{len(written)} slices" if len(written) != 1 else "1 slice"
    origin = [record.origin.said] if record.origin.mark else []
    listed = table(rows, ["file", "from", "length", "whole blocks", ""])
    return [*listed, f"{many} of {record.name} in {order.out}", *origin]
