"""copy: takes and sessions to other disks, every byte read back and compared."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, FAILED, NOT_VERIFIED, AsJson, InLibrary, Json, answer, complain

if TYPE_CHECKING:
    from capture.offload import Outcome, Plan

_WIDTH = 30


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("copy")(copy_)


def copy_(
    what: Annotated[str, typer.Argument(metavar="SESSION|TAKE", help="A session, or one take.")],
    to: Annotated[list[Path], typer.Argument(metavar="DEST...", help="Folders on one or more disks.")],
    rename: Annotated[
        bool, typer.Option("--rename", help="Give the files the names that their takes have now.")
    ] = False,
    bagit: Annotated[bool, typer.Option("--bagit", help="Make each copy a bag (BagIt 1.0).")] = False,
    c2pa: Annotated[
        bool, typer.Option("--c2pa", help="Give what was recorded physically Content Credentials.")
    ] = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Copy a session or a take to one or more disks at once, and verify every byte there."""
    from capture.errors import UsageError
    from capture.offload import copy
    from capture.station.client import version
    from tui.commands.credentials import sign_all, signing_as

    if c2pa and (rename or bagit):
        raise UsageError(
            "credentials go beside files of their recorded names, and a bag is closed",
            "leave --rename and --bagit out, or sign later: takechain c2pa sign",
        )
    signing = signing_as(None, None, None, library) if c2pa else None
    plan = _plan(what, rename, library)
    software = f"Takechain {version()}"
    outcome = copy(plan, to, bagit=bagit, software=software, progress=_bar(as_json))
    signed = sign_all(signing, _unsigned(outcome)) if signing and not outcome.bytes_differ else None
    result = _result(outcome, software) | {"credentials": signed.result if signed else None}
    answer(as_json, result, *_lines(outcome), *(signed.lines if signed else []))
    for words in _wrong(outcome):
        complain(words)
    if signed:
        signed.complain()
    if outcome.bytes_differ:
        return NOT_VERIFIED
    return (signed.code if signed else DONE) if outcome.complete else FAILED


def _unsigned(outcome: Outcome) -> list[Path]:
    """The audio of takes at every destination that has no credentials yet from an earlier copy."""
    from capture.credentials.check import has_embedded, sidecar_of

    landed = [one for done in outcome.transfers for one in done.landings if one.verdict.good]
    audio = sorted(one.path for one in landed if one.path.suffix == ".wav")
    return [path for path in audio if not sidecar_of(path).exists() and not has_embedded(path)]


def _plan(what: str, rename: bool, library: InLibrary) -> Plan:
    """What a person means: a take by any of its names, else a session."""
    from capture.errors import UsageError
    from capture.library import UnknownTake
    from capture.offload import plan_session, plan_take
    from tui.commands.common import open_library
    from tui.commands.sheets import session_folder
    from tui.commands.takes import find_journal

    place = Path(what).expanduser()
    if place.is_dir() and ("/" in what or place.is_absolute()):
        return plan_session(place.absolute(), rename)
    try:
        return plan_session(session_folder(open_library(library), what), rename)
    except UsageError as no_session:
        try:
            return plan_take(find_journal(what, library), rename)
        except UnknownTake:
            raise UsageError(f"there is neither a session nor a take {what!r}", no_session.do) from None


def _bar(as_json: bool) -> Callable[[int, int, str], None] | None:
    """A bar on stderr where that is a terminal."""
    if as_json or not sys.stderr.isatty():
        return None

    def show(done: int, total: int, name: str) -> None:
        part = done / total if total else 1.0
        full = round(_WIDTH * part)
        bar = "█" * full + "·" * (_WIDTH - full)
        size = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        ending = "\n" if done >= total else ""
        print(
            f"\r\x1b[K{bar} {100 * part:3.0f} %  {size}  {name[:40]}", end=ending, file=sys.stderr, flush=True
        )

    return show


def _result(outcome: Outcome, software: str) -> Json:
    from capture.offload.reporting import as_report

    places = []
    for number, place in enumerate(outcome.destinations):
        fields = as_report(outcome, number, software)
        places.append({**fields, "report": str(place.report) if place.report else None})
    return {
        "ok": outcome.complete and not outcome.bytes_differ,
        "source": str(outcome.plan.source),
        "takes": sorted(outcome.plan.takes),
        "files": len(outcome.plan.items),
        "bytes": outcome.plan.bytes,
        "left_out": outcome.plan.left_out,
        "said": outcome.plan.said,
        "faults": outcome.faults,
        "destinations": places,
    }


def _lines(outcome: Outcome) -> list[str]:
    lines = []
    for number, place in enumerate(outcome.destinations):
        landed = [done.landings[number].verdict for done in outcome.transfers]
        good = sum(verdict.good for verdict in landed)
        there = sum(verdict.value == "was there" for verdict in landed)
        already = f", {there} of them were there" if there else ""
        whole = f"{good} of {len(outcome.plan.items)} files verified{already}"
        lines.append(f"{place.bag or place.path}: {whole}, {outcome.plan.bytes / 1e6:.1f} MB")
        lines += [f"report: {place.report}"] if place.report else []
    return lines


def _wrong(outcome: Outcome) -> list[str]:
    """What did not go as it should, in words; of many files of one kind the first ones."""
    words = [*outcome.plan.left_out, *outcome.plan.said]
    words += [f"at the source, {fault}" for fault in outcome.faults]
    for number, place in enumerate(outcome.destinations):
        bad = [done for done in outcome.transfers if not done.landings[number].verdict.good]
        for done in bad[:5]:
            landing = done.landings[number]
            why = landing.why or done.why
            words.append(f"{landing.path}: {landing.verdict.value}{f': {why}' if why else ''}")
        words += [f"{place.path}: and {len(bad) - 5} more files"] if len(bad) > 5 else []
        words += [f"{place.path}: {place.why}"] if place.why else []
    return words
