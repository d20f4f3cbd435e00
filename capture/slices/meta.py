"""What the header of a slice says: what its take's header says, moved to the slice's first frame."""

from __future__ import annotations

import hashlib
import uuid as uuids
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from capture.chain.snapshot import Snapshot
from capture.journal.folding import text
from capture.journal.meta import file_meta
from capture.journal.record import TakeRecord
from capture.slices.regions import Cut
from capture.wav.meta import FileMeta, GapMeta, MarkerMeta, usid
from capture.wav.text import ascii_text, xml_text

_SHORTEST = 3  # a shorter text stands in any header by chance


def slice_meta(
    record: TakeRecord,
    cut: Cut,
    filename: str,
    chain: Snapshot,
    hidden: frozenset[str],
    ucs: tuple[tuple[str, str], ...] = (),
) -> FileMeta:
    """The header fields of one slice, from what `chain` still has; people who are `hidden` are not in it.

    `ucs` are the fields of its name for the ASWG block.
    """
    known = {path: field.value for path, field in chain.patch().fields.items()}
    people = [person for person in record.people if text(person.get("name")) not in hidden]
    whole = file_meta(replace(record, people=people), cut.part.number, cut.index, known)
    offset = cut.first - cut.part.first
    uid = str(uuids.uuid5(uuids.UUID(whole.file_uid), f"slice {cut.first} {cut.frames}"))
    family = uuids.uuid5(uuids.UUID(record.take), f"slice {cut.first} {cut.frames}")
    originated = whole.originated + timedelta(seconds=offset / record.rate)
    return replace(
        whole,
        file_uid=uid,
        filename=filename,
        parent_filename=cut.file,
        parent_uid=whole.file_uid,
        family_uid=str(family),
        family_name=f"{record.name} {cut.region.text}".strip(),
        originated=originated,
        originator_reference=usid("ZZ", "TKC", record.library.replace("-", ""), originated, uid),
        time_reference=whole.time_reference + offset,
        pre_roll=min(cut.frames, max(0, whole.pre_roll - offset)),
        markers=tuple(
            MarkerMeta(mark.frame - offset, mark.text)
            for mark in whole.markers
            if offset <= mark.frame < offset + cut.frames
        ),
        gaps=_gaps(whole, offset, cut.frames),
        peak_dbfs=None,  # those of the whole file are not those of a slice
        loudness=None,
        ucs=ucs,
        recorder_serial="" if whole.recorder_serial in hidden else whole.recorder_serial,
    )


def _gaps(whole: FileMeta, offset: int, frames: int) -> tuple[GapMeta, ...]:
    """The silent stretches inside the slice; holes beside a part are not of it."""
    return tuple(
        replace(gap, frame=first - offset, frames=end - first)
        for gap in whole.gaps
        if gap.filled
        and (first := max(gap.frame, offset)) < (end := min(gap.frame + gap.frames, offset + frames))
    )


def hidden_texts(
    record: TakeRecord, whole: Snapshot, left_out: Mapping[str, Iterable[str]]
) -> frozenset[str]:
    """The texts that must not stand in a slice: by word that withholds, the paths of the chain it means.

    With `names` the people of the journal go as well: it names those that the chain does not.
    """
    values = whole.values()
    found = {values.get(path) for paths in left_out.values() for path in paths}
    texts = {value for value in found if isinstance(value, str)}
    if "names" in left_out:
        texts |= {text(person.get("name")) for person in record.people}
    return frozenset(texts - {""})


def still_said(hidden: frozenset[str], head: bytes) -> tuple[str, ...]:
    """The hidden texts that stand in a header all the same: in a note, a name, a slate."""
    return tuple(
        sorted(
            value
            for value in hidden
            if len(value) >= _SHORTEST
            and (xml_text(value).encode() in head or ascii_text(value).encode() in head)
        )
    )


def header_digest(head: bytes) -> str:
    """Hex SHA-256 of a header whose size of the whole file (bytes 4 to 7) is taken as zero.

    So a chunk that is put behind the audio later does not count as a change of what the header says.
    """
    return hashlib.sha256(head[:4] + bytes(4) + head[8:]).hexdigest()
