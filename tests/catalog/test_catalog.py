"""Journals in, answers out, and the same answers again from the folders alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.catalog.catalog import Catalog
from capture.catalog.errors import CatalogError
from capture.library import Library

IGNORED = {"id", "take_id", "session_id", "slate_id", "chain_id", "project_id", "person_id", "sensor_id"}
CHILDREN = (m.Part, m.MediaFile, m.Track, m.Reading, m.Gap, m.Marker, m.Change, m.Note, m.Event, m.Signal)


def _plain(row: m.Base) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted((c.name, str(getattr(row, c.name))) for c in row.__table__.columns if c.name not in IGNORED)
    )


def dump(catalog: Catalog) -> dict[str, object]:
    """Everything the catalogue says of its takes, without the keys that a database gives out."""
    with Work(catalog.engine) as work:
        return {
            take.uuid: (
                _plain(take),
                take.session.name,
                take.slate.name,
                take.session.project.name,
                take.chain.fields if take.chain else None,
                [
                    sorted(_plain(r) for r in work.scalars(select(kind).where(kind.take_id == take.id)))
                    for kind in CHILDREN
                ],
                sorted(
                    (p.person.name, p.role)
                    for p in work.scalars(select(m.TakePerson).where(m.TakePerson.take_id == take.id))
                ),
            )
            for take in work.scalars(select(m.Take))
        }


def test_reading_a_journal_twice_changes_nothing(
    catalog: Catalog, library: Library, takes: list[Path]
) -> None:
    for journal in takes:
        catalog.ingest(journal)
    once = dump(catalog)
    for journal in takes:
        catalog.ingest(journal)
    assert dump(catalog) == once
    assert catalog.count() == len(takes)


def test_rebuild_gives_the_same_catalogue_from_the_folders_alone(
    catalog: Catalog, library: Library, takes: list[Path]
) -> None:
    for journal in takes:
        catalog.ingest(journal)
    before = dump(catalog)
    assert catalog.rebuild() == (len(takes), [])
    assert dump(catalog) == before


def test_a_library_never_touches_the_rows_of_another(
    catalog: Catalog, url: str, takes: list[Path], tmp_path: Path
) -> None:
    catalog.rebuild()
    before = dump(catalog)
    other = Catalog.open(Library.open(tmp_path / "other", create=True), url)
    assert other.rebuild() == (0, [])
    other.close()
    assert dump(catalog) == before


def test_filters_narrow_the_list(catalog: Catalog, takes: list[Path]) -> None:
    catalog.rebuild()
    everything = catalog.takes()
    assert len(everything) == len(takes)
    assert [t.started for t in everything] == sorted((t.started for t in everything), reverse=True)
    slate = everything[0].slate
    assert {t.uuid for t in catalog.takes(slate=slate)} == {t.uuid for t in everything if t.slate == slate}
    assert catalog.takes(slate="no such slate") == []
    assert catalog.takes(limit=1) == everything[:1]
    assert catalog.takes(text="100%_no_wildcards") == []


def test_a_torn_journal_hides_no_other_take(catalog: Catalog, takes: list[Path]) -> None:
    takes[0].write_bytes(takes[0].read_bytes()[:40])
    done, problems = catalog.rebuild()
    assert done == len(takes) - 1
    assert len(problems) == 1
    assert str(takes[0]) in problems[0]


def test_a_locked_catalogue_is_said_and_can_be_read_in_later(
    library: Library, takes: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import capture.catalog.engine as engine_room

    monkeypatch.setattr(engine_room, "BUSY_MS", 50)
    file = tmp_path / "locked.sqlite"
    catalog = Catalog.open(library, f"sqlite:///{file}")
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CatalogError, match="locked"):
        catalog.ingest(takes[0])
    locker.execute("ROLLBACK")
    locker.close()
    assert catalog.missing(takes) == takes
    catalog.ingest(takes[0])
    assert catalog.missing(takes) == takes[1:]
    catalog.close()


def test_rows_say_what_the_journal_says(catalog: Catalog, takes: list[Path]) -> None:
    catalog.rebuild()
    first, second, *_ = sorted(catalog.takes(), key=lambda t: t.started)
    assert (first.project, first.session, first.slate, first.number) == ("Nordlys", "Monday", "Aurora", 1)
    assert (first.verdict, second.verdict) == ("circled", "no good")
    with Work(catalog.engine) as work:
        take = work.scalars(select(m.Take).where(m.Take.uuid == first.uuid)).one()
        assert take.temperature == pytest.approx(22.0)  # (21.5 + 22.5) / 2: the suspect one does not count
        assert take.humidity == pytest.approx(28.0)
        assert take.pressure is None
        assert [k.text for k in work.scalars(select(m.Marker).where(m.Marker.take_id == take.id))] == [
            "brass enters"
        ]
        assert [(g.first, g.frames) for g in work.scalars(select(m.Gap).where(m.Gap.take_id == take.id))] == [
            (300, 20)
        ]
    assert [t.uuid for t in catalog.takes(humidity_below=30.0)] == [first.uuid]
    assert [t.uuid for t in catalog.takes(text="REVERB")] == [first.uuid]
    assert {t.uuid for t in catalog.takes(person="Anna")} == {t.uuid for t in catalog.takes()}
    assert catalog.takes(person="Nobody") == []


def test_takes_with_the_same_chain_share_its_row(catalog: Catalog, takes: list[Path]) -> None:
    catalog.rebuild()
    with Work(catalog.engine) as work:
        assert len(work.scalars(select(m.ChainSnapshot)).all()) == 1
