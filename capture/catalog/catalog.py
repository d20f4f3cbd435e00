"""The catalogue as the rest of the house sees it: read a journal in, ask questions, make it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.catalog import queries
from capture.catalog.engine import database_url, open_engine
from capture.catalog.ingest import store_take
from capture.catalog.migrate import unreachable, upgrade
from capture.errors import TakechainError
from capture.journal.record import TakeRecord, load
from capture.library import Library

RECORD_KINDS = ("gear", "room", "person", "calibration", "position")


class Catalog:
    """One library's index in a database; every method raises CatalogError when the database refuses."""

    def __init__(self, engine: Engine, library: Library) -> None:
        self.engine = engine
        self._library = library

    @staticmethod
    def open(library: Library, url: str | None = None) -> Catalog:
        """Connect and bring the schema up to date; raises CatalogError or SchemaMismatch."""
        engine = open_engine(url or database_url(library.path))
        upgrade(engine)
        return Catalog(engine, library)

    @contextmanager
    def _work(self) -> Iterator[Work]:
        try:
            with Work(self.engine) as work, work.begin():
                yield work
        except SQLAlchemyError as error:
            raise unreachable(self.engine, error) from error

    def ingest(self, journal: Path) -> str:
        """Read one take's journal into rows (again, if it was there); returns the take's UUID."""
        return self.store(load(journal))

    def store(self, record: TakeRecord) -> str:
        """Put a take that is already read into rows; returns its UUID."""
        with self._work() as work:
            store_take(work, record, self._library.path)
        return record.take

    def ingest_records(self) -> int:
        """Index what `library.jsonl` says of gear, rooms and people; returns how many records there are."""
        rows = [
            (kind, key, fields)
            for kind in RECORD_KINDS
            for key, fields in self._library.records(kind).items()
        ]
        with self._work() as work:
            work.execute(delete(m.LibraryRecord).where(m.LibraryRecord.library == self._library.uuid))
            work.add_all(
                m.LibraryRecord(
                    library=self._library.uuid,
                    kind=kind,
                    key=key,
                    seq=int(fields.get("seq", 0)),
                    fields=fields,
                )
                for kind, key, fields in rows
            )
        return len(rows)

    def rebuild(self, progress: Callable[[int, Path], None] | None = None) -> tuple[int, list[str]]:
        """Make the rows again from the folders alone; returns (takes read, what could not be read)."""
        with self._work() as work:
            self._forget(work)
        self.ingest_records()
        problems: list[str] = []
        done = 0
        for journal in self._library.journals():
            try:
                self.ingest(journal)
            except (TakechainError, OSError) as error:
                problems.append(f"{journal}: {error}")
                continue
            done += 1
            if progress:
                progress(done, journal)
        return done, problems

    def _forget(self, work: Work) -> None:
        """Remove every row of this library, children first."""
        for table in reversed(m.Base.metadata.sorted_tables):
            work.execute(table.delete().where(table.c.library == self._library.uuid))

    def missing(self, journals: Iterable[Path]) -> list[Path]:
        """Those of `journals` that the catalogue does not hold."""
        with self._work() as work:
            rows = work.execute(
                select(m.Take.folder, m.Take.journal).where(m.Take.library == self._library.uuid)
            )
            known = {(folder, name) for folder, name in rows}
        root = self._library.path.resolve()
        return [j for j in journals if (j.parent.resolve().relative_to(root).as_posix(), j.name) not in known]

    def takes(self, **wanted: Any) -> list[queries.TakeRow]:
        """The takes of this library that pass the filter (see `queries.TakeFilter`), newest first."""
        with self._work() as work:
            return queries.takes(work, queries.TakeFilter(library=self._library.uuid, **wanted))

    def count(self) -> int:
        """How many takes of this library are indexed."""
        with self._work() as work:
            return queries.count(work, self._library.uuid)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
