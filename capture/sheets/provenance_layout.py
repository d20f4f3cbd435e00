"""Lays the page for a buyer out: one sheet of paper in plain words, and how to check each of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from capture.sheets import words
from capture.sheets.document import Box, BoxPart, Cell, Column, Document, Facts, Lines, Section, Table
from capture.sheets.model import AirCurve
from capture.sheets.provenance import Provenance
from capture.sheets.take_layout import DASH, DOT, FORMATS

FOOT = "Drawn from the take's folder alone, which was verified while this page was made. Times are local."
PROVED = (
    ("sound", "no sample changed since the seal: a digest every second", ""),
    ("path", "the chain file the take began with: a digest for every field", ""),
    ("record", "readings, marks and gaps as written: each line names the last", ""),
)
STAMPED = "more than that the seal is older than its time stamp"
NOT_PROVED = (
    ("truth", "sound, air and path are the word of those who recorded", ""),
    ("whose key", "compare the fingerprint with one you got by another way", ""),
    ("when", "the time is that of the recording computer", ""),
    ("before the input", "how the sound came to be is not tested", ""),
    ("this page", "is not signed; the journal and the chain file decide", ""),
)


def lay_out(page: Provenance) -> Document:
    """The document of the page."""
    sections = [
        Section("", (_facts(page),)),
        Section("How the sound came in", (_paths(page), *_changed(page))),
        Section("Air during the take", (_air(page),)),
        Section("What was signed", (_signed(page), _files(page))),
        Section("", (_proof(page),)),
        Section("How to check it", (Lines(_how(page)), _commands(page))),
    ]
    return Document(
        title=page.name,
        kicker="Provenance",
        subtitle=DOT.join(part for part in (page.project, page.session, page.slate) if part),
        warnings=page.warnings,
        sections=tuple(sections),
        foot=FOOT,
        dense=True,
    )


def _facts(page: Provenance) -> Facts:
    rate = f"{words.count(page.rate)} Hz, {FORMATS.get(page.format, page.format)}"
    lost = f", {words.count(page.lost_frames)} frames lost" if page.lost_frames else ""
    items = [
        ("Recorded", words.stamp(page.started)),
        ("Length", f"{words.exact_length(page.frames, page.rate)}{lost}"),
        ("Format", rate),
        ("Condition", DOT.join((page.kind, page.condition))),
        ("Origin of the sound", page.origin),
        ("Interface", page.interface or "not named"),
        ("Rooms", ", ".join(page.rooms) or "not declared"),
        ("Recorded by", page.by or "not declared"),
        *((person.role or "person", person.name) for person in page.people),
    ]
    if page.recorded_as != page.name:
        items.append(("Recorded as", page.recorded_as))
    return Facts(tuple(items))


def _paths(page: Provenance) -> Table:
    rows = tuple(
        (Cell(str(track.number), style="quiet"), Cell(track.name, style="strong"), Cell(track.path))
        for track in page.tracks
    )
    return Table(
        (Column("No", "right"), Column("Track"), Column("Path from the source to the file", width="1fr")),
        rows,
        _known(page),
    )


def _known(page: Provenance) -> str:
    """How much is known of the chain, and what this page leaves out."""
    how = ", ".join(f"{words.count(number)} {kind}" for kind, number in page.known)
    said = [f"{words.plural(page.fields, 'field')} in {page.chain_file or 'no chain file'}: {how or 'none'}"]
    if page.carried_over:
        said.append(f"{words.count(page.carried_over)} carried over from an earlier session, not confirmed")
    gone = [(entry.word, len(entry.paths)) for entry in page.withheld if entry.paths]
    left = [f"{word} ({words.plural(number, 'field')})" for word, number in gone]
    if left:
        said.append(f"withheld by those who give this page: {', '.join(left)}")
    if page.left_out_before:
        said.append(f"{words.plural(page.left_out_before, 'field')} left out of the chain file before")
    return "; ".join(said) + "."


def _changed(page: Provenance) -> tuple[Lines, ...]:
    said = [f"{facts}." for facts in page.room_facts]
    said += [f"Changed while recording: {'; '.join(page.changes)}."] if page.changes else []
    said += [f"Corrected by signed notes since: {'; '.join(page.corrected)}."] if page.corrected else []
    return (Lines(tuple(said)),) if said else ()


def _air(page: Provenance) -> Lines:
    """One line for each instrument or person that told something."""
    if not page.air:
        return Lines(("Not measured: no sensor, and nobody typed it.",))
    told: dict[str, list[AirCurve]] = {}
    for curve in page.air:
        told.setdefault(curve.source + (" \N{EN DASH} SIMULATED" if curve.simulated else ""), []).append(
            curve
        )
    return Lines(tuple(_told(source, curves) for source, curves in told.items()))


def _told(source: str, curves: list[AirCurve]) -> str:
    said = ", ".join(f"{words.quantity(curve.quantity)} {_range(curve)}" for curve in curves)
    return f"{said} ({source}, {words.plural(sum(len(curve.points) for curve in curves), 'reading')})"


def _range(curve: AirCurve) -> str:
    low, high = (words.figure(value, curve.quantity) for value in (curve.low, curve.high))
    return f"{low if low == high else f'{low} to {high}'} {curve.unit}"


def _signed(page: Provenance) -> Table:
    key = f"{page.signer}  ({words.fingerprint(page.signer)})" if page.signer else "NOT SEALED"
    rows = [
        ("Take", page.take),
        ("Chain snapshot", page.chain_digest or "none was kept"),
        ("All audio blocks", page.audio_digest or DASH),
        ("End of the journal", page.end_digest or DASH),
        ("Signer", page.signer_name or "a key without a name"),
        ("Key, fingerprint", key),
        ("Sealed", page.sealed or "NOT SEALED"),
        *(("Time stamp", stamp) for stamp in page.stamped),
    ]
    cells = tuple((Cell(name), Cell(value, style="" if name == "Signer" else "mono")) for name, value in rows)
    checked = (Cell("Verified just now"), Cell(page.state, style="strong"))
    return Table((Column("", width="28mm"), Column("", width="1fr")), (*cells, checked), bare=True)


def _files(page: Provenance) -> Table:
    rows = tuple((Cell(row.name), Cell(row.sha256 or row.state, style="mono")) for row in page.files)
    return Table(
        (Column("Audio file", width="1fr"), Column("SHA-256 of the whole file", width="92mm")),
        rows,
        "A later note changes a file's header, and so its SHA-256; the digest of all audio blocks stays.",
    )


def _proof(page: Provenance) -> Box:
    proved = PROVED if page.signer else (("nothing", "the take has no seal", ""),)
    return Box(
        (
            BoxPart("Proved", "by the signature, as long as the check below succeeds", proved),
            BoxPart("Not proved", "by any signature", tuple(_not_proved(page))),
        )
    )


def _not_proved(page: Provenance) -> Iterator[tuple[str, str, str]]:
    for what, words_of, source in NOT_PROVED:
        stamped = what == "when" and page.stamped
        yield (what, STAMPED if stamped else words_of, source)


def _how(page: Provenance) -> tuple[str, ...]:
    chain = page.chain_file or "the chain file"
    said = (
        f"Put the audio files, {page.journal} and {chain} into one folder. Takechain tells in one command; "
        "docs/verify.md does the same with sha256sum, jq and openssl alone."
    )
    left = (
        f"What is withheld stands in {chain} as digests: its digest is still the one that was signed. The "
        f"journal cannot be shortened: {page.journal} names people, user and computer in its lines."
    )
    return (said, left) if page.withheld or page.left_out_before else (said,)


def _commands(page: Provenance) -> Table:
    chain = page.chain_file or "….chain.json"
    digests = '[.fields | to_entries | sort_by(.key)[].value.digest] | join("\\n")'
    rows = (
        ("everything", f"takechain verify {_quoted(page.journal)}"),
        ("a file", f"sha256sum {_quoted(page.files[0].name if page.files else '….wav')}"),
        ("the chain", f"jq -j '{digests}' {_quoted(chain)} | sha256sum"),
    )
    cells = tuple((Cell(what), Cell(command, style="mono")) for what, command in rows)
    return Table((Column("", width="20mm"), Column("", width="1fr")), cells, bare=True)


def _quoted(name: str) -> str:
    return shlex.quote(name)
