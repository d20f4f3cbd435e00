"""The catalogue's tables: an index of the library's folders, never the truth itself.

Times are UTC; levels dB, lengths m, temperatures °C, pressures hPa. Every row belongs to a library (UUID),
so several libraries can share one server. Rows of a take are replaced whole when its journal is read again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Frames = BigInteger().with_variant(
    Integer, "sqlite"
)  # SQLite counts in 64 bits in INTEGER, and only there as a key


class Utc(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets zones: they go off on the way in and on again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In: as UTC, without a zone where the database has none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out: always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one declarative base; names of constraints are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=_NAMING)


class Row(Base):
    """What every row has: a key of its own, and the library it comes from."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(Frames, primary_key=True)
    library: Mapped[str] = mapped_column(String(36))


class Project(Row):
    """A production; its name is the true text, not the folder's."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("library", "name"),)
    name: Mapped[str] = mapped_column(Text)


class Session(Row):
    """One sitting of a project."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(Text)
    project: Mapped[Project] = relationship()


class Slate(Row):
    """What is being recorded (a song, a scene, an instrument); counts its takes over all sessions."""

    __tablename__ = "slate"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(Text)
    project: Mapped[Project] = relationship()


class ChainSnapshot(Row):
    """A transduction chain as it was at Record; one row per content, however many takes share it."""

    __tablename__ = "chain_snapshot"
    __table_args__ = (UniqueConstraint("library", "content"),)
    content: Mapped[str] = mapped_column(String(64))  # SHA-256 over the values without salts
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)


class Equipment(Row):
    """A device as chains name it: one row for each microphone, preamp, … that differs in name or serial."""

    __tablename__ = "equipment"
    __table_args__ = (
        UniqueConstraint("library", "identity"),
        Index("ix_equipment_library_serial_key", "library", "serial_key"),
    )
    part: Mapped[str] = mapped_column(Text)  # microphone, preamp, converter, cable, …
    make: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[str | None] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)  # make and model as they are looked for: case-folded
    serial_key: Mapped[str | None] = mapped_column(Text)
    identity: Mapped[str] = mapped_column(String(64))  # SHA-256 over the four


class ChainEquipment(Row):
    """Which devices stand in a chain, and in the path of which input."""

    __tablename__ = "chain_equipment"
    __table_args__ = (Index("ix_chain_equipment_equipment_id_chain_id", "equipment_id", "chain_id"),)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain_snapshot.id", ondelete="CASCADE"), index=True)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    input: Mapped[int]


class Take(Row):
    """A take: what it is, what people think of it, what became of its samples."""

    __tablename__ = "take"
    __table_args__ = (
        Index("ix_take_library_started", "library", "started"),
        Index("ix_take_slate_id_number", "slate_id", "number"),
        Index("ix_take_session_id_started", "session_id", "started"),
        Index("ix_take_library_humidity", "library", "humidity"),
    )
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    counter: Mapped[int] = mapped_column(Frames)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    slate_id: Mapped[int] = mapped_column(ForeignKey("slate.id"))
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain_snapshot.id"), index=True)
    chain_digest: Mapped[str | None] = mapped_column(String(64))  # of this take's own, salted snapshot
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16), index=True)
    condition: Mapped[str] = mapped_column(String(16), index=True)
    covers: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(16))
    started: Mapped[datetime] = mapped_column(Utc)
    utc_offset_minutes: Mapped[int]
    rate: Mapped[int]
    format: Mapped[str] = mapped_column(String(8))
    layout: Mapped[str] = mapped_column(String(8))
    frames: Mapped[int] = mapped_column(Frames)
    lost_frames: Mapped[int] = mapped_column(Frames)
    time_reference: Mapped[int] = mapped_column(Frames)
    rate_ppm: Mapped[float | None]  # how much faster than nominal the interface ran
    sealed: Mapped[bool]
    keyid: Mapped[str | None] = mapped_column(String(64))
    interface_id: Mapped[str] = mapped_column(Text)
    interface_name: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text)  # relative to the library
    journal: Mapped[str] = mapped_column(Text)  # file name inside `folder`
    temperature: Mapped[float | None]  # mean over the take, °C
    humidity: Mapped[float | None]  # %RH
    pressure: Mapped[float | None]  # hPa
    session: Mapped[Session] = relationship()
    slate: Mapped[Slate] = relationship()
    chain: Mapped[ChainSnapshot | None] = relationship()


class OfTake(Row):
    """A row that goes when its take's journal is read again."""

    __abstract__ = True
    take_id: Mapped[int] = mapped_column(ForeignKey("take.id", ondelete="CASCADE"), index=True)


class Part(OfTake):
    """A stretch of files; more than one where a take went on in a new recorder."""

    __tablename__ = "part"
    number: Mapped[int]
    first: Mapped[int] = mapped_column(Frames)
    first_pm: Mapped[int] = mapped_column(Frames)
    cause: Mapped[str | None] = mapped_column(Text)


class MediaFile(OfTake):
    """A WAV of a part, with the sums of its newest `file` line."""

    __tablename__ = "media_file"
    part: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(Frames)
    data_offset: Mapped[int | None] = mapped_column(Frames)
    header_sha256: Mapped[str | None] = mapped_column(String(64))
    data_sha256: Mapped[str | None] = mapped_column(String(64), index=True)


class Track(OfTake):
    """One recorded input of a take, with what was measured on it."""

    __tablename__ = "track"
    number: Mapped[int]
    input: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    peak_dbfs: Mapped[float | None]
    rms_dbfs: Mapped[float | None]
    overs: Mapped[int | None]


class Reading(OfTake):
    """A value of the air (or another quantity) at a frame of a take."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_take_id_quantity", "take_id", "quantity"),)
    sensor: Mapped[str] = mapped_column(Text)
    frame: Mapped[int] = mapped_column(Frames)
    at: Mapped[datetime] = mapped_column(Utc)
    quantity: Mapped[str] = mapped_column(String(32))
    value: Mapped[float]
    unit: Mapped[str] = mapped_column(String(16))
    quality: Mapped[str] = mapped_column(String(16))
    typed: Mapped[bool]
    raw: Mapped[str | None] = mapped_column(Text)


class Gap(OfTake):
    """A lost stretch, in frames of the take's timeline."""

    __tablename__ = "gap"
    first: Mapped[int] = mapped_column(Frames)
    frames: Mapped[int] = mapped_column(Frames)
    first_pm: Mapped[int] = mapped_column(Frames)
    frames_pm: Mapped[int] = mapped_column(Frames)
    cause: Mapped[str] = mapped_column(Text)
    filled: Mapped[bool]


class Marker(OfTake):
    """A mark that still stands."""

    __tablename__ = "marker"
    number: Mapped[int]
    frame: Mapped[int] = mapped_column(Frames)
    text: Mapped[str] = mapped_column(Text)


class Change(OfTake):
    """A value of the chain that changed while rolling."""

    __tablename__ = "change"
    frame: Mapped[int] = mapped_column(Frames)
    input: Mapped[int | None]
    path: Mapped[str] = mapped_column(Text)
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)
    by: Mapped[str | None] = mapped_column(Text)


class Note(OfTake):
    """A text note on a take."""

    __tablename__ = "note"
    at: Mapped[datetime] = mapped_column(Utc)
    by: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    after_end: Mapped[bool]


class Event(OfTake):
    """Something a device did during a take."""

    __tablename__ = "event"
    frame: Mapped[int] = mapped_column(Frames)
    at: Mapped[datetime] = mapped_column(Utc)
    device: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)


class Signal(OfTake):
    """What was noticed of an input; `value` and `inputs` as docs/format.md has them for the kind."""

    __tablename__ = "signal"
    input: Mapped[int] = mapped_column(Frames)
    kind: Mapped[str] = mapped_column(Text)
    first: Mapped[int] = mapped_column(Frames)
    frames: Mapped[int] = mapped_column(Frames)
    value: Mapped[float | None]
    inputs: Mapped[list[int]] = mapped_column(JSON)
    open: Mapped[bool]
    stretches: Mapped[int] = mapped_column(Frames)


class TakePerson(OfTake):
    """Who had which role when the take began."""

    __tablename__ = "take_person"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    person: Mapped[Person] = relationship()


class TakeSensor(OfTake):
    """A sensor that was attached when the take began."""

    __tablename__ = "take_sensor"
    sensor_id: Mapped[int] = mapped_column(ForeignKey("sensor.id"), index=True)
    sensor: Mapped[Sensor] = relationship()


class Person(Row):
    """A name that took part."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("library", "name"),)
    name: Mapped[str] = mapped_column(Text)


class Sensor(Row):
    """A sensor by its stable identity."""

    __tablename__ = "sensor"
    __table_args__ = (UniqueConstraint("library", "identity"),)
    identity: Mapped[str] = mapped_column(Text)
    driver: Mapped[str | None] = mapped_column(Text)
    simulated: Mapped[bool]


class LibraryRecord(Row):
    """Gear, rooms, calibrations and positions as `library.jsonl` last told them; `kind` says which."""

    __tablename__ = "library_record"
    __table_args__ = (UniqueConstraint("library", "kind", "key"),)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(Frames)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
