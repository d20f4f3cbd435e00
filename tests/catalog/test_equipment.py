"""Takes are found by the devices of their chains and by their air, through indices and not by reading all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session as Work

from capture.catalog import migrate
from capture.catalog import models as m
from capture.catalog.catalog import Catalog
from capture.catalog.engine import open_engine
from capture.library import Library
from tests.support.takes import STARTED, build_take

PAIR = {
    "input.1.microphone.make": "Neumann",
    "input.1.microphone.model": "KM 184",
    "input.1.microphone.serial": "A-17 Ø",
    "input.1.preamp.model": "100%_mic",
    "input.1.preamp.serial": "55",
    "input.2.microphone.make": "Neumann",
    "input.2.microphone.model": "U 87",
    "input.2.microphone.serial": "55",
}
ALONE = {"input.1.microphone.model": "km 184", "input.1.microphone.serial": "18"}
DRY = {"sensor": "s", "quantity": "relative_humidity", "unit": "%RH", "value": 28.0, "quality": "ok"}


@pytest.fixture
def found(catalog: Catalog, library: Library) -> Any:
    """Asks for takes; answers with their numbers."""
    where: dict[str, Any] = {"library": library.path, "library_uuid": library.uuid}
    chains: list[dict[str, Any]] = [PAIR, ALONE, PAIR, {}]
    airs = [[DRY], [{**DRY, "value": 31.0}], [{**DRY, "quality": "suspect"}], []]
    for number, (chain, air) in enumerate(zip(chains, airs, strict=True), 1):
        started = STARTED + timedelta(hours=number)
        catalog.ingest(
            build_take(**where, number=number, counter=number, chain=chain, air=air, started=started)
        )

    def ask(**wanted: Any) -> list[int]:
        return [row.number for row in catalog.takes(**wanted)]

    return ask


def test_a_microphone_is_found_by_serial_words_or_both(found: Any) -> None:
    assert found(serial="a-17  ø") == [3, 1]
    assert found(serial="55") == [3, 1]
    assert found(microphone="KM 184") == [3, 2, 1]
    assert found(microphone="184 neumann") == [3, 1]
    assert found(microphone="u 87", serial="55") == [3, 1]
    assert found(microphone="km", serial="55") == []  # that serial is the preamp's, or the other microphone's
    assert found(serial="17") == []
    assert found(microphone="100%_mic") == []  # a preamp
    assert found(microphone="%") == []


def test_humidity_is_that_of_the_take_or_the_last_before_it_and_never_a_suspect_one(found: Any) -> None:
    assert found(humidity_below=30.0) == [1]
    assert found(humidity_below=32.0) == [2, 1]
    assert found(humidity_below=28.0) == []
    assert found(humidity_below=32.0, microphone="u 87") == [1]


def test_a_chain_that_many_takes_share_stands_once(found: Any, catalog: Catalog) -> None:
    with Work(catalog.engine) as work:
        devices = work.scalars(select(m.Equipment)).all()
        assert sorted((d.part, d.serial) for d in devices) == [
            ("microphone", "18"), ("microphone", "55"), ("microphone", "A-17 Ø"), ("preamp", "55"),
        ]  # fmt: skip
        assert len(work.scalars(select(m.ChainEquipment)).all()) == 4


def test_rebuild_finds_the_same(found: Any, catalog: Catalog) -> None:
    catalog.rebuild()
    assert found(serial="55") == [3, 1]
    catalog.rebuild()
    assert found(microphone="KM 184") == [3, 2, 1]


def _plans(catalog: Catalog, **wanted: Any) -> Iterator[str]:
    asked: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(catalog.engine, "before_cursor_execute", keep)
    catalog.takes(**wanted)
    event.remove(catalog.engine, "before_cursor_execute", keep)
    with catalog.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            yield from (row[3] for row in plan)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"serial": "55"}, "ix_equipment_library_serial_key"),
        ({"serial": "55"}, "ix_chain_equipment_equipment_id_chain_id"),
        ({"serial": "55"}, "ix_take_chain_id"),
        ({"microphone": "km"}, "ix_take_chain_id"),
        ({"humidity_below": 30.0}, "ix_take_library_humidity"),
    ],
)
def test_sqlite_answers_through_indices(tmp_path: Path, wanted: dict[str, Any], index: str) -> None:
    catalog = Catalog.open(Library.open(tmp_path / "library", create=True))
    plan = list(_plans(catalog, **wanted))
    assert any(index in step for step in plan), plan
    assert [step for step in plan if step.startswith("SCAN")] == []
    catalog.close()


def test_a_catalogue_from_before_knows_its_devices_after_the_migration(url: str, tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library", create=True)
    build_take(library.path, library_uuid=library.uuid, chain=PAIR)
    catalog = Catalog.open(library, url)
    catalog.rebuild()
    catalog.close()
    engine, config = open_engine(url), migrate.alembic_config()
    with Work(engine) as work:
        before = _devices(work)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        assert "equipment" not in str(connection.execute(text("SELECT * FROM chain_snapshot")).keys())
    assert migrate.upgrade(engine) == ("0003", migrate.newest())
    assert migrate.differences(engine) == []
    with Work(engine) as work:
        assert _devices(work) == before
        assert len(before) == 3
    engine.dispose()


def _devices(work: Work) -> list[tuple[Any, ...]]:
    rows = work.execute(
        select(m.ChainEquipment, m.Equipment, m.ChainSnapshot.content)
        .join(m.Equipment, m.ChainEquipment.equipment_id == m.Equipment.id)
        .join(m.ChainSnapshot, m.ChainEquipment.chain_id == m.ChainSnapshot.id)
    )
    return sorted(
        (content, link.input, d.library, d.part, d.make or "", d.model or "", d.serial, d.name_key,
         d.serial_key, d.identity)
        for link, d, content in rows
    )  # fmt: skip
