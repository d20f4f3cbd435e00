"""takes and show: what has been recorded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.common import DONE, AsJson, InLibrary, Json, answer, complain, duration, open_library, table
from tui.commands.distances import distances

if TYPE_CHECKING:
    from capture.chain import Patch
    from capture.journal.record import TakeRecord
    from capture.journal.signers import Signer
    from capture.library import Library


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(takes)
    app.command()(show)


def takes(
    project: Annotated[str | None, typer.Option("--project", metavar="P")] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="S")] = None,
    slate: Annotated[str | None, typer.Option("--slate", metavar="N")] = None,
    verdict: Annotated[str | None, typer.Option("--verdict", help="none, hold, circled or no good")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="take, pick-up, wild, room tone, …")] = None,
    microphone: Annotated[
        str | None, typer.Option("--microphone", metavar="WORDS", help="Words of its make and model.")
    ] = None,
    serial: Annotated[
        str | None,
        typer.Option("--serial", metavar="NO", help="Of any device, or of the microphone that is named."),
    ] = None,
    humidity_below: Annotated[
        float | None, typer.Option("--humidity-below", metavar="RH", help="Per cent, over the take.")
    ] = None,
    person: Annotated[str | None, typer.Option("--person", metavar="NAME")] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="T", help="In names, notes and what takes cover.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """The takes of the library, oldest first: read from its folders, or found by the catalogue."""
    from capture.errors import TakechainError
    from capture.journal.record import summary
    from capture.take import Kind, Verdict

    _known("--verdict", verdict, [v.value for v in Verdict])
    _known("--kind", kind, [k.value for k in Kind])
    home = open_library(library)
    named = {"project": project, "session": session, "slate": slate}
    asked = {
        "microphone": microphone,
        "serial": serial,
        "humidity_below": humidity_below,
        "person": person,
        "text": text,
    }
    by_catalogue = any(value is not None for value in asked.values())
    journals, behind = _ask(home, {**named, **asked}) if by_catalogue else (home.journals(**named), None)
    found, unreadable = [], []
    for journal in journals:
        try:
            take = summary(journal)
        except TakechainError as error:
            unreadable.append({"journal": str(journal), "what": error.what})
            continue
        if verdict in (None, take.verdict.value) and kind in (None, take.kind.value):
            found.append(take)
    found.sort(key=lambda take: (take.started, take.counter))
    _list(found, unreadable, behind, as_json)
    return DONE


def _ask(home: Library, asked: dict[str, Any]) -> tuple[Iterable[Path], int]:
    """The journals that the catalogue finds, and how many takes it does not know yet."""
    from capture.catalog.catalog import Catalog

    catalog = Catalog.open(home)
    try:
        rows = catalog.takes(**asked, limit=None)
        behind = len(catalog.missing(home.journals()))
    finally:
        catalog.close()
    return [home.path / row.folder / row.journal for row in rows], behind


def _known(option: str, value: str | None, allowed: list[str]) -> None:
    from capture.errors import UsageError

    if value is not None and value not in allowed:
        raise UsageError(f"{option} {value!r} does not exist", f"choose one of: {', '.join(allowed)}")


def _list(found: list[TakeRecord], unreadable: list[Json], behind: int | None, as_json: bool) -> None:
    from tui.commands.facts import TAKE_HEAD, take_facts, take_line

    lines = table([take_line(take) for take in found], TAKE_HEAD) or ["no take was found"]
    facts = [{**take_facts(take, hashed=False), "readings": None} for take in found] if as_json else []
    answer(as_json, {"takes": facts, "unreadable": unreadable, "behind": behind}, *lines)
    if behind:
        takes_ = "1 take" if behind == 1 else f"{behind} takes"
        complain(f"the catalogue is behind: it does not know {takes_} yet", "try: takechain rebuild")
    for broken in unreadable:
        complain(f"{broken['journal']} cannot be read: {broken['what']}", "try: takechain recover")


def show(
    take: Annotated[str, typer.Argument(help="A name (Aurora_T003), slate/3, a UUID, or a path.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """One take with its chain, air, gaps and files."""
    from capture.journal.record import load
    from tui.commands.facts import signal_lines, take_facts

    record = load(find_journal(take, library))
    facts = {**take_facts(record, hashed=False), **_more(record)}
    answer(as_json, facts, *_lines(record, facts, signal_lines(record)))
    return DONE


def find_journal(take: str, library: InLibrary) -> Path:
    """The journal of the take a person means; raises UnknownTake or AmbiguousTake."""
    from capture.journal.numbering import JOURNAL_SUFFIX

    path = Path(take).expanduser()
    if path.name.endswith(JOURNAL_SUFFIX) and path.is_file():
        return path.absolute()  # a take alone is whole, and needs no library
    return open_library(library).find_take(take)


def _more(record: TakeRecord) -> Json:
    from capture.rooms.air import of_take

    chain = chain_of(record)
    return {
        "signer": signer_of(record).as_fields() if record.sealed else None,
        "stamps": record.stamps,
        "people": record.people,
        "interface": record.interface,
        "sensors": record.sensors,
        "tracks": [
            {"number": t.number, "input": t.input, "name": t.name, "line": chain.line(t.input)}
            for t in record.tracks
        ],
        "chain": chain.to_fields(),
        "corrections": corrections_of(record, chain),
        "air": _air(record),
        "distances": distances(chain, [t.input for t in record.tracks], of_take(record)),
        "markers": [{"id": m.id, "frame": m.frame, "text": m.text} for m in record.markers],
        "changes": [
            {"frame": c.frame, "path": c.path, "from": c.before, "to": c.after, "by": c.by}
            for c in record.changes
        ],
        "notes": [{"by": n.by, "text": n.text, "after_end": n.after_end} for n in record.notes],
        "levels": [{"track": v.track, "peak": v.peak, "rms": v.rms, "overs": v.overs} for v in record.levels],
        "sealed": record.sealed,
        "keyid": record.keyid,
        "by": record.by,
    }


def corrections_of(record: TakeRecord, chain: Patch) -> list[Json]:
    """What was said of a take's chain after its end, beside what was recorded."""
    from capture.chain import Change, words
    from capture.clock import utc_text
    from capture.journal.corrections import corrections

    return [
        {
            "path": c.path,
            "from": c.before,
            "to": c.after,
            "by": c.by,
            "at": utc_text(c.utc),
            "words": words(Change(c.path, c.before, c.after)),
        }
        for c in corrections(record, chain)
    ]


def _air(record: TakeRecord) -> list[Json]:
    latest: dict[tuple[str, str], Json] = {}
    for r in record.readings:
        fields = {
            "sensor": r.sensor,
            "quantity": r.quantity,
            "value": r.value,
            "unit": r.unit,
            "quality": r.quality,
        }
        seen = latest.setdefault((r.sensor, r.quantity), {**fields, "first": r.value, "readings": 0})
        seen |= {**fields, "frame": r.frame, "typed": r.typed, "simulated": r.simulated}
        seen["readings"] += 1
    return list(latest.values()) or record.air_at_begin


def _lines(record: TakeRecord, facts: Json, noticed: list[str]) -> list[str]:
    frames = f"{record.frames} frames at {record.rate} Hz, {record.format}"
    lines = [
        f"{record.name}  {record.kind.value}, verdict {record.verdict.value}, {facts['condition']}",
        f"  {record.project} / {record.session} / {record.slate}, take {record.number}",
        f"  {duration(record.seconds)}  {frames}, {record.channels} tracks",
        f"  {record.interface.get('name', 'unknown interface')} ({record.origin.value})",
        f"  recorded by {record.by or 'nobody named'}",
    ]
    lines += [f"  {record.origin.said}"] if record.origin.mark else []
    for rolled, where in ((record.pre_roll, "before Record"), (record.post_roll, "behind Stop")):
        lines += [f"  {duration(rolled / record.rate)} of it {where}"] if rolled and record.rate else []
    if record.moved:
        lines.append(f"  recorded as {record.recorded_name}")
    if facts["mirror"] is not None:
        lost = f"  LOST: {record.mirror_lost}" if record.mirror_lost else ""
        lines.append(f"  mirror {record.mirror_journal}{lost}")
    lines += [f"  library's side lost: {record.main_lost}"] if record.main_lost else []
    lines += [f"  covers {record.covers}"] if record.covers else []
    lines += [f"  {p.get('role', '')}: {p.get('name', '')}" for p in record.people]
    for track in facts["tracks"]:
        lines.append(f"  track {track['number']}  {track['line'] or track['name'] or 'chain not declared'}")
    for air in facts["air"]:
        source = "typed" if air.get("typed") else air.get("sensor", "")
        lines.append(f"  air  {air.get('quantity')} {air.get('value')} {air.get('unit')}  ({source})")
    lines += [f"  {text}" for text in facts["distances"]["words"]]
    lines += [
        f"  gap  at frame {g['first']} ±{g['first_pm']}: {g['frames']} ±{g['frames_pm']} frames, {g['cause']}"
        for g in facts["gaps"]
    ]
    lines += [f"  noticed {text}" for text in noticed]
    lines += [f"  mark {m['id']} at frame {m['frame']} {m['text']}".rstrip() for m in facts["markers"]]
    lines += [
        f"  change at frame {c['frame']}: {c['path']} {c['from']} → {c['to']}" for c in facts["changes"]
    ]
    lines += [f"  corrected by {c['by'] or 'nobody named'}: {c['words']}" for c in facts["corrections"]]
    lines += [f"  note {n['text']} ({n['by']})" for n in facts["notes"]]
    if (thrown := facts["discarded"]) is not None:
        why = f": {thrown['reason']}" if thrown["reason"] else ""
        lines.append(f"  audio discarded on purpose by {thrown['by'] or 'somebody'}, {thrown['utc']}{why}")
    for file in facts["files"]:
        lines.append(f"  file {file['path']}{'' if file['here'] else '  NOT HERE'}")
        loud = _loudness(file["loudness"] or {})
        lines += [f"       {loud}"] if loud else []
    return [*lines, *_sealed(record)]


def _sealed(record: TakeRecord) -> list[str]:
    """Who sealed it, as far as known here, and whether others stamped that; `verify` proves both."""
    if not record.sealed:
        return ["  closed, waiting for the key" if record.waits_for_key else "  not sealed"]
    signer = signer_of(record)
    known = "" if signer.known else " (signer unknown)"
    return [f"  sealed by {signer.words}{known}", *(f"  time stamp by {server}" for server in record.stamps)]


def signer_of(record: TakeRecord) -> Signer:
    """What is known here of the key that sealed a take."""
    from capture.journal.keyring import Keyring
    from capture.journal.places import library_of

    library = library_of(record.path) if record.path is not None else None
    return Keyring().signers().with_library(library).of(record.keyid)


def _loudness(known: Json) -> str:
    """What was measured of a file, in words; empty where nothing was."""
    words = {
        "integrated": "{:.1f} LUFS",
        "range": "range {:.1f} LU",
        "true_peak": "true peak {:.1f} dBTP",
        "momentary": "momentary to {:.1f} LUFS",
        "short_term": "short-term to {:.1f} LUFS",
    }
    return ", ".join(said.format(known[name]) for name, said in words.items() if known.get(name) is not None)


def chain_of(record: TakeRecord) -> Patch:
    """The chain a take was recorded with; empty where its file is not here or cannot be read."""
    from capture.chain import ChainError, Patch
    from capture.journal import beside

    try:
        return beside.chain_of(record).patch()
    except (OSError, ChainError):
        return Patch()
