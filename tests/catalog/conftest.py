"""The same tests on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from capture.catalog.catalog import Catalog
from capture.catalog.engine import open_engine
from capture.journal.finish import edit_after_end
from capture.library import Library
from tests.support import postgres
from tests.support.takes import KEY, STARTED, build_take


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalog.sqlite'}"
        return
    from sqlalchemy import text

    server = request.getfixturevalue("postgres_url")
    engine = open_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield server


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library", create=True)


@pytest.fixture
def catalog(url: str, library: Library) -> Iterator[Catalog]:
    opened = Catalog.open(library, url)
    yield opened
    opened.close()


@pytest.fixture
def takes(library: Library) -> list[Path]:
    """Four takes of two slates over two sessions, with readings, a gap, markers, notes and edits."""
    reading = {"sensor": "s", "unit": "°C", "raw": "x", "typed": False, "simulated": False}
    lines = [
        ("reading", 100, {**reading, "quantity": "temperature", "value": 21.5, "quality": "ok"}),
        ("reading", 600, {**reading, "quantity": "temperature", "value": 22.5, "quality": "ok"}),
        ("reading", 700, {**reading, "quantity": "temperature", "value": 80.0, "quality": "suspect"}),
        ("reading", 800, {**reading, "quantity": "relative_humidity", "value": 28.0, "quality": "ok"}),
        (
            "gap",
            300,
            {
                "first": 300,
                "frames": 20,
                "first_pm": 2,
                "frames_pm": 3,
                "cause": "clock step",
                "filled": True,
            },
        ),
        (
            "signal",
            310,
            {"input": 1, "kind": "identical", "first": 310, "frames": 90, "value": None, "inputs": [2]},
        ),
        ("marker", 400, {"id": 1, "text": "brass enters"}),
        ("marker", 500, {"id": 2, "text": "cough"}),
        ("marker", 500, {"strike": 2}),
        ("note", 550, {"field": "verdict", "value": "circled", "by": "anna"}),
        ("note", 560, {"field": "note", "value": "lovely reverb æøå", "by": "anna"}),
    ]
    sensors = [{"id": "s", "port": "/dev/x", "driver": "text", "identity": "239A:8153:1", "simulated": False}]
    where = {"library": library.path, "library_uuid": library.uuid}
    made = []
    wanted = [("Monday", "Aurora", n) for n in (1, 2)] + [
        ("Tuesday", "Aurora", 3),
        ("Tuesday", "Borealis", 1),
    ]
    for counter, (session, slate, number) in enumerate(wanted, 1):
        made.append(
            build_take(
                **where,
                session=session,
                slate=slate,
                number=number,
                counter=counter,
                seed=counter,
                started=STARTED + timedelta(hours=counter),
                lines=lines if counter == 1 else [],
                sensors=sensors if counter == 1 else [],
            )
        )
    edit_after_end(made[1], KEY, "verdict", "no good", "bo")
    return made
