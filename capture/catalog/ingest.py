"""Journals into rows: a take's rows are replaced whole, so reading a journal twice changes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.catalog.equipment import add_equipment
from capture.chain.errors import ChainError
from capture.journal.beside import chain_of
from capture.journal.folding import real
from capture.journal.record import TakeRecord

_TOLD = ("value", "how", "by")  # of a chain field; none of it where a copy leaves the value out
_Named = TypeVar("_Named", bound=m.Row)


def store_take(work: Work, record: TakeRecord, library_folder: Path) -> m.Take:
    """Put one take's present state into the catalogue, replacing what was there of it."""
    work.execute(delete(m.Take).where(m.Take.uuid == record.take))
    take = _take_row(work, record, library_folder)
    work.add(take)
    work.flush()
    for make in (_files, _tracks, _readings, _marks, _notes, _company):
        make(work, record, take.id)
    return take


def _named(work: Work, kind: type[_Named], **key: Any) -> _Named:
    """The row with this key, made when it is not there yet."""
    found = work.scalars(select(kind).filter_by(**key)).one_or_none()
    if found is None:
        found = kind(**key)
        work.add(found)
        work.flush()
    return found


def _take_row(work: Work, record: TakeRecord, library_folder: Path) -> m.Take:
    project = _named(work, m.Project, library=record.library, name=record.project)
    session = _named(work, m.Session, library=record.library, project_id=project.id, name=record.session)
    slate = _named(work, m.Slate, library=record.library, project_id=project.id, name=record.slate)
    chain = _chain(work, record)
    return m.Take(
        library=record.library,
        uuid=record.take,
        counter=record.counter,
        session=session,
        slate=slate,
        chain=chain,
        chain_digest=record.chain_digest,
        number=record.number,
        name=record.name,
        kind=record.kind,
        verdict=record.verdict,
        condition=record.condition,
        covers=record.covers or None,
        origin=record.origin,
        started=record.started,
        utc_offset_minutes=record.utc_offset_minutes,
        rate=record.rate,
        format=record.format,
        layout=record.layout,
        frames=record.frames,
        lost_frames=record.lost_frames,
        time_reference=record.time_reference,
        sealed=record.sealed,
        rate_ppm=record.rate_ppm,
        keyid=record.keyid or None,
        interface_id=str(record.interface.get("id", "")),
        interface_name=str(record.interface.get("name", "")),
        folder=_relative(record.folder, library_folder),
        journal=record.path.name if record.path else "",
        **_air_means(record),
    )


def _relative(folder: Path, library: Path) -> str:
    """The take's folder below the library, or its whole path when it lies elsewhere."""
    real, base = folder.resolve(), library.resolve()
    return real.relative_to(base).as_posix() if real.is_relative_to(base) else str(real)


def _air_means(record: TakeRecord) -> dict[str, float | None]:
    """Means over the good readings of the take, else the last before it; None where nothing was measured."""
    columns = {"temperature": "temperature", "relative_humidity": "humidity", "pressure": "pressure"}
    means: dict[str, float | None] = {}
    for quantity, column in columns.items():
        good = (r for r in record.readings if r.quantity == quantity and r.quality == "ok")
        values = [r.value for r in good if r.value is not None] or _before(record, quantity)
        means[column] = sum(values) / len(values) if values else None
    return means


def _before(record: TakeRecord, quantity: str) -> list[float]:
    told = (r for r in record.air_at_begin if (r.get("quantity"), r.get("quality")) == (quantity, "ok"))
    return [value for r in told if (value := real(r.get("value"))) is not None][:1]


def _chain(work: Work, record: TakeRecord) -> m.ChainSnapshot | None:
    """The chain's content, shared by all takes that had the same one; None when the file is not there."""
    try:
        fields: dict[str, Any] = {
            path: {"value": f.value, "how": f.how, "by": f.by} if (f := kept.field) else dict.fromkeys(_TOLD)
            for path, kept in chain_of(record).fields.items()
        }
    except (OSError, ChainError):
        return None  # verify says what is wrong with it; the catalogue shows the take without a chain
    content = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    found = work.scalars(
        select(m.ChainSnapshot).filter_by(library=record.library, content=content)
    ).one_or_none()
    if found is None:
        found = m.ChainSnapshot(library=record.library, content=content, fields=fields)
        work.add(found)
        work.flush()
        add_equipment(work, found)
    return found


def _files(work: Work, record: TakeRecord, take_id: int) -> None:
    of = {"library": record.library, "take_id": take_id}
    for part in record.parts:
        work.add(m.Part(**of, number=part.number, first=part.first, first_pm=part.first_pm, cause=part.cause))
        for name in part.files:
            line = record.files.get(name)
            sums = (
                {}
                if line is None
                else {
                    "size": line.size,
                    "data_offset": line.data_offset,
                    "header_sha256": line.header_sha256,
                    "data_sha256": line.data_sha256,
                }
            )
            work.add(m.MediaFile(**of, part=part.number, name=name, **sums))


def _tracks(work: Work, record: TakeRecord, take_id: int) -> None:
    levels = {level.track: level for level in record.levels}
    for track in record.tracks:
        level = levels.get(track.number)
        work.add(
            m.Track(
                library=record.library,
                take_id=take_id,
                number=track.number,
                input=track.input,
                name=track.name,
                peak_dbfs=level.peak if level else None,
                rms_dbfs=level.rms if level else None,
                overs=level.overs if level else None,
            )
        )


def _readings(work: Work, record: TakeRecord, take_id: int) -> None:
    work.add_all(
        m.Reading(
            library=record.library,
            take_id=take_id,
            sensor=r.sensor,
            frame=r.frame,
            at=r.utc,
            quantity=r.quantity,
            value=r.value,
            unit=r.unit,
            quality=r.quality,
            typed=r.typed,
            raw=r.raw,
        )
        for r in record.readings
        if r.value is not None
    )


def _marks(work: Work, record: TakeRecord, take_id: int) -> None:
    of = {"library": record.library, "take_id": take_id}
    work.add_all(
        m.Gap(
            **of,
            first=g.first,
            frames=g.frames,
            first_pm=g.first_pm,
            frames_pm=g.frames_pm,
            cause=g.cause,
            filled=g.filled,
        )
        for g in record.gaps
    )
    work.add_all(m.Signal(**of, **signal.as_fields()) for signal in record.signals)
    work.add_all(m.Marker(**of, number=k.id, frame=k.frame, text=k.text) for k in record.markers)
    work.add_all(
        m.Change(**of, frame=c.frame, input=c.input, path=c.path, before=c.before, after=c.after, by=c.by)
        for c in record.changes
    )


def _notes(work: Work, record: TakeRecord, take_id: int) -> None:
    of = {"library": record.library, "take_id": take_id}
    work.add_all(m.Note(**of, at=n.utc, by=n.by, text=n.text, after_end=n.after_end) for n in record.notes)
    work.add_all(
        m.Event(**of, frame=d.frame, at=d.utc, device=d.device, state=d.state, text=d.text)
        for d in record.devices
    )


def _company(work: Work, record: TakeRecord, take_id: int) -> None:
    """The people and sensors of the take."""
    of = {"library": record.library, "take_id": take_id}
    for person in record.people:
        row = _named(work, m.Person, library=record.library, name=str(person.get("name", "")))
        work.add(m.TakePerson(**of, person_id=row.id, role=str(person.get("role", ""))))
    for sensor in record.sensors:
        identity = str(sensor.get("identity") or sensor.get("id") or "")
        found = work.scalars(
            select(m.Sensor).filter_by(library=record.library, identity=identity)
        ).one_or_none()
        if found is None:
            found = m.Sensor(
                library=record.library,
                identity=identity,
                driver=sensor.get("driver"),
                simulated=bool(sensor.get("simulated")),
            )
            work.add(found)
            work.flush()
        work.add(m.TakeSensor(**of, sensor_id=found.id))
