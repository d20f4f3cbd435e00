"""Questions to the catalogue. Every list is newest first and limited; filters narrow it in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.catalog.equipment import search_key

_NEWEST_FIRST = (m.Take.started.desc(), m.Take.counter.desc())


@dataclass(frozen=True)
class TakeFilter:
    """What to look for; None means any. Humidity in %RH, `text` searches names, covers and notes."""

    library: str | None = None
    project: str | None = None
    session: str | None = None
    slate: str | None = None
    kind: str | None = None
    verdict: str | None = None
    condition: str | None = None
    person: str | None = None
    text: str | None = None
    microphone: str | None = None  # words of its make and model
    serial: str | None = None  # of any device of the chain; of the microphone where one is named
    humidity_below: float | None = None
    since: datetime | None = None
    limit: int | None = 500


@dataclass(frozen=True)
class TakeRow:
    """One line of a list of takes; seconds of timeline, frames at `rate`."""

    uuid: str
    library: str
    project: str
    session: str
    slate: str
    number: int
    name: str
    kind: str
    verdict: str
    condition: str
    covers: str | None
    started: datetime
    frames: int
    lost_frames: int
    rate: int
    origin: str
    folder: str
    journal: str

    @property
    def seconds(self) -> float:
        """Length of the timeline in seconds."""
        return self.frames / self.rate


def takes(work: Work, wanted: TakeFilter) -> list[TakeRow]:
    """The takes that pass the filter, newest first, at most `limit`."""
    columns: tuple[Any, ...] = (
        m.Take.uuid,
        m.Take.library,
        m.Project.name,
        m.Session.name,
        m.Slate.name,
        m.Take.number,
        m.Take.name,
        m.Take.kind,
        m.Take.verdict,
        m.Take.condition,
        m.Take.covers,
        m.Take.started,
        m.Take.frames,
        m.Take.lost_frames,
        m.Take.rate,
        m.Take.origin,
        m.Take.folder,
        m.Take.journal,
    )
    query = (
        select(*columns)
        .join(m.Session, m.Take.session_id == m.Session.id)
        .join(m.Slate, m.Take.slate_id == m.Slate.id)
        .join(m.Project, m.Session.project_id == m.Project.id)
        .order_by(*_NEWEST_FIRST)
    )
    # the newest are found among keys, and only they are read whole
    short = _narrow(query, wanted) if wanted.limit is None else query.where(m.Take.id.in_(_keys(wanted)))
    return [TakeRow(*row) for row in work.execute(short)]


def _keys(wanted: TakeFilter) -> Select[Any]:
    query = select(m.Take.id).order_by(*_NEWEST_FIRST).limit(wanted.limit)
    if wanted.session is not None or wanted.project is not None:
        query = query.join(m.Session, m.Take.session_id == m.Session.id)
    if wanted.slate is not None:
        query = query.join(m.Slate, m.Take.slate_id == m.Slate.id)
    if wanted.project is not None:
        query = query.join(m.Project, m.Session.project_id == m.Project.id)
    return _narrow(query, wanted)


def _narrow(query: Select[Any], wanted: TakeFilter) -> Select[Any]:
    by_chain = wanted.microphone is not None or wanted.serial is not None
    equal = (
        # chains are of one library: with them named, SQLite begins with the few takes that have one of them
        (m.Take.library, None if by_chain else wanted.library),
        (m.Project.name, wanted.project),
        (m.Session.name, wanted.session),
        (m.Slate.name, wanted.slate),
        (m.Take.kind, wanted.kind),
        (m.Take.verdict, wanted.verdict),
        (m.Take.condition, wanted.condition),
    )
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(m.Take.started >= wanted.since)
    if wanted.humidity_below is not None:
        query = query.where(m.Take.humidity < wanted.humidity_below)
    if by_chain:
        query = query.where(m.Take.chain_id.in_(_chains_with(wanted)))
    if wanted.person is not None:
        query = query.where(
            exists().where(
                m.TakePerson.take_id == m.Take.id,
                m.TakePerson.person_id == m.Person.id,
                m.Person.name == wanted.person,
            )
        )
    if wanted.text is not None:
        query = query.where(_mentions(wanted.text))
    return query


def _chains_with(wanted: TakeFilter) -> Select[Any]:
    """The chains in which such a device stands: devices are few, and found by serial or by words first."""
    query = select(m.ChainEquipment.chain_id).join(
        m.Equipment, m.ChainEquipment.equipment_id == m.Equipment.id
    )
    if wanted.library is not None:
        query = query.where(m.Equipment.library == wanted.library)
    if wanted.serial is not None:
        query = query.where(m.Equipment.serial_key == search_key(wanted.serial))
    if wanted.microphone is not None:
        query = query.where(m.Equipment.part == "microphone")
        for word in search_key(wanted.microphone).split():
            query = query.where(m.Equipment.name_key.contains(word, autoescape=True))
    return query


def _mentions(text: str) -> ColumnElement[bool]:
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = f"%{plain}%"
    noted = exists().where(m.Note.take_id == m.Take.id, m.Note.text.ilike(like, escape="\\"))
    return or_(m.Take.name.ilike(like, escape="\\"), m.Take.covers.ilike(like, escape="\\"), noted)


def count(work: Work, library: str) -> int:
    """How many takes of this library the catalogue holds."""
    return work.scalar(select(func.count()).select_from(m.Take).where(m.Take.library == library)) or 0
