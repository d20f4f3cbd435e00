"""Builds the page a buyer gets of one take: where the sound came from, and how to check that.

Made from the take's folder alone, verified while it is made. What is withheld is left out of the page and,
where it is asked for, out of a copy of the chain snapshot that still has the digest the journal names.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from capture.chain import ChainError, Patch, Snapshot
from capture.chain.fields import path_words
from capture.chain.withholding import paths_of
from capture.journal.beside import chain_of
from capture.journal.corrections import corrections
from capture.journal.errors import in_words
from capture.journal.keyring import Keyring
from capture.journal.keys import decoded
from capture.journal.lines import digest, read_lines
from capture.journal.places import library_of
from capture.journal.record import TakeRecord
from capture.journal.stamps import BadStamp
from capture.journal.stamps import read as read_stamp
from capture.journal.verify import verify_take
from capture.sheets import air, chains, words
from capture.sheets.model import AirCurve, FileRow, Person
from capture.sheets.spoken_path import room_words, speak
from capture.sheets.take_sheet import audio_digest, condition, file_rows, open_take, take_warnings

WITHHELD = "withheld"
_PERSON = re.compile(r"people\.\d+\.name|.*\.player")
_SHORT = 2  # signs that say nothing of whom or what they are a part


@dataclass(frozen=True)
class TrackPath:
    """One recorded track and the path of its sound in plain words."""

    number: int
    input: int
    name: str
    path: str


@dataclass(frozen=True)
class Withheld:
    """What one word left out: how many fields of the chain, and their paths."""

    word: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """The page: what was recorded, how it came in, what was signed, by which key, what was left out."""

    take: str
    name: str
    recorded_as: str
    project: str
    session: str
    slate: str
    kind: str
    condition: str
    started: datetime
    seconds: float
    frames: int
    lost_frames: int
    rate: int
    format: str
    layout: str
    origin: str
    simulated: bool
    interface: str
    rooms: tuple[str, ...]
    people: tuple[Person, ...]
    by: str
    warnings: tuple[str, ...]
    tracks: tuple[TrackPath, ...]
    changes: tuple[str, ...]
    corrected: tuple[str, ...]  # what signed notes say of the chain since
    room_facts: tuple[str, ...]
    fields: int
    known: tuple[tuple[str, int], ...]  # how many of them are declared, measured, read or typed
    carried_over: int
    air: tuple[AirCurve, ...]
    signer_name: str  # as this user knows it, or the library claims it
    signer: str  # hex SHA-256 of the key of the seal, or nothing
    sealed: str  # when, as the seal says; empty without one
    stamped: tuple[str, ...]  # when, by whom: time stamps of the seal, as far as they can be read
    end_digest: str
    chain_file: str
    chain_digest: str
    audio_digest: str
    files: tuple[FileRow, ...]
    journal: str
    state: str  # the one word of verify, found while the page was made
    withheld: tuple[Withheld, ...]
    left_out_before: int  # fields that the take's own chain file held no more


@dataclass(frozen=True)
class Made:
    """The page, the chain snapshot that goes with it (None where there is none), what still stands on it."""

    page: Provenance
    chain: Snapshot | None
    still_said: tuple[str, ...]


def build_provenance(journal: Path, withhold: Sequence[str] = ()) -> Made:
    """The page of the take whose journal this is, without the fields these words mean; raises NoSuchTake.

    `withhold` are words of `capture.chain.withholding`.
    """
    record = open_take(journal)
    whole, why = _snapshot(record)
    left_out = tuple(Withheld(word, paths_of(word, whole.fields if whole else ())) for word in withhold)
    paths = {path for entry in left_out for path in entry.paths}
    reduced = whole.without(paths) if whole else None
    hidden = _hidden_texts(record, whole, paths, withhold)
    page = _page(record, reduced, left_out, hidden, (why,) if why else ())
    return Made(page, reduced, _still_said(page, hidden | _names_in_parts(record, whole, paths, withhold)))


def _snapshot(record: TakeRecord) -> tuple[Snapshot | None, str]:
    try:
        return chain_of(record), ""
    except ChainError as error:
        return None, f"NO CHAIN \N{EN DASH} {error.what}"
    except OSError as error:
        return None, f"NO CHAIN \N{EN DASH} {record.chain_file} cannot be read: {in_words(error)[0]}"


def _hidden_texts(
    record: TakeRecord, whole: Snapshot | None, paths: set[str], withhold: Sequence[str]
) -> frozenset[str]:
    """The texts that must not stand on the page: values left out, and with names those of the journal."""
    values = whole.values() if whole else {}
    texts = {str(values[path]) for path in paths if isinstance(values.get(path), str)}
    for one in corrections(record, whole.patch() if whole else Patch()):
        if any(paths_of(word, [one.path]) for word in withhold):
            texts |= {value for value in (one.before, one.after) if isinstance(value, str)}
    if "names" in withhold:
        texts |= {str(person.get("name") or "") for person in record.people}
        texts |= {record.by, *(reading.by for reading in record.readings)}
        texts |= {str(reading.get("by") or "") for reading in record.air_at_begin}
        texts |= {_signer(record), *(edit.by for edit in record.edits)}
        fields = whole.fields.values() if whole else ()
        texts |= {kept.field.by for kept in fields if kept.field is not None}
    return frozenset(texts - {""})


def _names_in_parts(
    record: TakeRecord, whole: Snapshot | None, paths: set[str], withhold: Sequence[str]
) -> frozenset[str]:
    """First and last names of the people who are withheld: a track called `Vox Åse` tells of Åse Lind."""
    values = whole.values() if whole else {}
    people = {str(values[path]) for path in paths & values.keys() if _PERSON.fullmatch(path)}
    people |= {str(person.get("name") or "") for person in record.people} if "names" in withhold else set()
    parts = {part for name in people for part in name.split()}
    return frozenset(part for part in parts if len(part) > _SHORT and not part[0].islower())


def _page(
    record: TakeRecord,
    chain: Snapshot | None,
    left_out: tuple[Withheld, ...],
    hidden: frozenset[str],
    warnings: tuple[str, ...],
) -> Provenance:
    report = verify_take(record.path or Path())
    faults = tuple(f"NOT WHOLE \N{EN DASH} {fault}" for fault in report.faults[:3])
    known = [kept.field for kept in chain.fields.values() if kept.field] if chain else []
    end, sealed = _end_and_seal(record)
    gone = {path for entry in left_out for path in entry.paths}

    def shown(text: str) -> str:
        return WITHHELD if text in hidden else text

    return Provenance(
        take=record.take,
        name=record.name,
        recorded_as=record.recorded_name,
        project=record.project,
        session=record.session,
        slate=record.slate,
        kind=record.kind.value,
        condition=condition(record),
        started=words.local(record.started, record.utc_offset_minutes),
        seconds=record.seconds,
        frames=record.frames,
        lost_frames=record.lost_frames,
        rate=record.rate,
        format=record.format,
        layout=record.layout,
        origin=record.origin.value,
        simulated=record.simulated,
        interface=str(record.interface.get("name") or ""),
        rooms=_rooms(record, chain),
        people=_people(record, chain, shown),
        by=shown(record.by),
        warnings=(*take_warnings(record), *faults, *warnings),
        tracks=tuple(_track(record, chain, place) for place in range(len(record.tracks))),
        changes=_changes(record, gone),
        corrected=_corrected(record, chain, left_out),
        room_facts=_room_facts(record, chain),
        fields=len(known),
        known=tuple(sorted(Counter(field.how for field in known).items())),
        carried_over=sum(1 for field in known if field.carried_from),
        air=tuple(_air(record, hidden)),
        signer_name=shown(_signer(record)),
        signer=record.keyid if record.sealed else "",
        sealed=sealed,
        stamped=_stamps(record),
        end_digest=end,
        chain_file=record.chain_file,
        chain_digest=record.chain_digest,
        audio_digest=audio_digest(record),
        files=file_rows(record, hash_files=True),
        journal=record.path.name if record.path else "",
        state=report.state.value,
        withheld=left_out,
        left_out_before=len(set(chain.withheld() if chain else ()) - gone),
    )


def _end_and_seal(record: TakeRecord) -> tuple[str, str]:
    """Hex SHA-256 of the end line and the time of the seal line, empty where there is none."""
    lines = read_lines(record.path).lines if record.path else []
    end = next((digest(line.raw) for line in lines if line.type == "end"), "")
    sealed = next((str(line.fields.get("utc") or "") for line in lines if line.type == "seal"), "")
    return end, sealed


def _stamps(record: TakeRecord) -> tuple[str, ...]:
    """The moments that time stamp servers give the seal; one that cannot be read is a fault of the take."""
    lines, said = read_lines(record.path).lines if record.path else [], []
    seal = next((line.raw for line in lines if line.type == "seal"), b"")
    for line in lines:
        if line.type == "stamp":
            with contextlib.suppress(BadStamp):
                stamp = read_stamp(decoded(line.fields.get("response")), seal)
                said.append(f"{stamp.utc} by {stamp.authority or line.fields.get('server')}")
    return tuple(said)


def _track(record: TakeRecord, chain: Snapshot | None, place: int) -> TrackPath:
    track = record.tracks[place]
    prefix = f"input.{track.input}."
    fields = chain.fields if chain else {}
    mine = {path.removeprefix(prefix): kept for path, kept in fields.items() if path.startswith(prefix)}
    values = {suffix: kept.field.value for suffix, kept in mine.items() if kept.field is not None}
    closed = [suffix for suffix, kept in mine.items() if kept.field is None]
    path = (
        speak(values, closed, track.input)
        if mine
        else f"not declared \N{RIGHTWARDS ARROW} input {track.input}"
    )
    return TrackPath(track.number, track.input, track.name, path)


def _rooms(record: TakeRecord, chain: Snapshot | None) -> tuple[str, ...]:
    fields = chain.fields if chain else {}
    paths = ["session.studio", "session.place"]
    paths += [f"input.{track.input}.place.room" for track in record.tracks]
    found = [fields[path].field for path in paths if path in fields]
    return tuple(dict.fromkeys(WITHHELD if field is None else str(field.value) for field in found))


def _people(record: TakeRecord, chain: Snapshot | None, shown: Callable[[str], str]) -> tuple[Person, ...]:
    named = [Person(str(p.get("role") or ""), shown(str(p.get("name") or ""))) for p in record.people]
    for role in ("artist", "client"):
        kept = chain.fields.get(f"session.{role}") if chain else None
        if kept is not None:
            named.append(Person(role, WITHHELD if kept.field is None else str(kept.field.value)))
    return tuple(person for person in dict.fromkeys(named) if person.name)


def _changes(record: TakeRecord, paths: set[str]) -> tuple[str, ...]:
    said = []
    for change in record.changes:
        sides = (chains.as_text(change.path, value) for value in (change.before, change.after))
        between = WITHHELD if change.path in paths else " \N{RIGHTWARDS ARROW} ".join(sides)
        at = words.exact_length(change.frame, record.rate)
        said.append(f"at {at} {path_words(change.path)}: {between}")
    return tuple(said)


def _corrected(record: TakeRecord, chain: Snapshot | None, left_out: tuple[Withheld, ...]) -> tuple[str, ...]:
    """Corrections made after the end, beside what was recorded; withheld are those of withheld fields."""
    said = []
    for one in corrections(record, chain.patch() if chain else Patch()):
        sides = " \N{RIGHTWARDS ARROW} ".join(chains.as_text(one.path, v) for v in (one.before, one.after))
        closed = any(one.path in entry.paths or paths_of(entry.word, [one.path]) for entry in left_out)
        said.append(f"{path_words(one.path)}: {WITHHELD if closed else sides}")
    return tuple(said)


def _room_facts(record: TakeRecord, chain: Snapshot | None) -> tuple[str, ...]:
    """What is declared of each room that recorded inputs stand in, once for each."""
    values, said = chain.values() if chain else {}, []
    for track in record.tracks:
        prefix = f"input.{track.input}."
        mine = {path.removeprefix(prefix): v for path, v in values.items() if path.startswith(prefix)}
        if words_of := room_words(mine):
            said.append(f"{mine.get('place.room', 'the room')}: {words_of}")
    return tuple(dict.fromkeys(said))


def _signer(record: TakeRecord) -> str:
    if not record.sealed or record.path is None:
        return ""
    return Keyring().signers().with_library(library_of(record.path)).of(record.keyid).name


def _air(record: TakeRecord, hidden: frozenset[str]) -> list[AirCurve]:
    """The curves with the sensor's own name: its port and serial number are nobody's business here."""
    found = []
    for curve in air.take_air(record):
        source = curve.source.split(" \N{MIDDLE DOT} ")[0]
        for text in hidden:
            if curve.typed and source.startswith(f"typed by {text}"):
                source = source.replace(f"typed by {text}", f"typed by somebody ({WITHHELD})", 1)
        found.append(replace(curve, source=source))
    return found


def _still_said(page: Provenance, hidden: frozenset[str]) -> tuple[str, ...]:
    """The texts of the page in which something withheld can still be read, as part of a name or a note."""
    texts = [page.name, page.recorded_as, page.project, page.session, page.slate, page.interface]
    texts += [text for track in page.tracks for text in (track.name, track.path)]
    texts += [row.name for row in page.files] + list(page.changes) + [page.chain_file, page.journal]
    texts += [*page.rooms, *page.corrected, *page.room_facts]
    found = [text for text in texts if any(_holds(text, part) for part in hidden if len(part) > _SHORT)]
    return tuple(dict.fromkeys(found))


def _holds(text: str, part: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text.replace("_", " "), re.IGNORECASE) is not None
