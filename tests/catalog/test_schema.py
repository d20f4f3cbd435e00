"""The schema's one history, on both databases."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from capture.catalog import migrate
from capture.catalog.engine import open_engine
from capture.catalog.errors import CatalogError, SchemaMismatch


def test_the_migrations_make_what_the_models_say(url: str) -> None:
    engine = open_engine(url)
    assert migrate.upgrade(engine) == (None, migrate.newest())
    assert migrate.differences(engine) == []
    assert migrate.upgrade(engine) == (migrate.newest(), migrate.newest())
    engine.dispose()


_KILLED = """
import os, signal, sys
from sqlalchemy import event
from capture.catalog import migrate
from capture.catalog.engine import open_engine

engine = open_engine(sys.argv[1])
made = 0


@event.listens_for(engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    global made
    made += statement.lstrip().upper().startswith("CREATE TABLE")
    if made == 5:
        os.kill(os.getpid(), signal.SIGKILL)


migrate.upgrade(engine)
"""


def test_a_kill_in_the_middle_of_a_migration_leaves_nothing_of_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    done = subprocess.run([sys.executable, "-c", _KILLED, url], check=False)
    assert done.returncode == -signal.SIGKILL
    engine = open_engine(url)
    assert migrate.upgrade(engine) == (None, migrate.newest())
    assert migrate.differences(engine) == []
    engine.dispose()


def test_a_filled_catalogue_of_the_first_release_keeps_its_rows(url: str) -> None:
    engine, config = open_engine(url), migrate.alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO project (id, library, name) VALUES (7, 'lib', 'Nordlys')"))
    assert migrate.upgrade(engine) == ("0001", migrate.newest())
    assert migrate.differences(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, name FROM project")).all() == [(7, "Nordlys")]
    engine.dispose()


def test_a_newer_catalogue_is_refused_and_left_alone(url: str) -> None:
    engine = open_engine(url)
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(SchemaMismatch, match="from-the-future"):
        migrate.upgrade(engine)
    assert migrate.current(engine) == "from-the-future"
    engine.dispose()


def test_sqlite_is_copied_before_a_migration(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    from capture.catalog.engine import back_up

    copy = back_up(engine, "0001")
    assert copy is not None
    with sqlite3.connect(copy) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == (migrate.newest(),)
    opened.close()
    engine.dispose()


@pytest.mark.parametrize("address", ["mysql://localhost/x", "no address at all", "postgresql://"])
def test_an_address_that_cannot_be_used_is_said_in_words(address: str) -> None:
    with pytest.raises(CatalogError) as caught:
        migrate.current(open_engine(address))
    assert "\n" not in caught.value.what
    assert caught.value.do


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    engine = open_engine(f"sqlite:///{file}")
    with pytest.raises(CatalogError, match="not a database"):
        migrate.upgrade(engine)
    engine.dispose()


def test_importing_the_models_needs_no_database() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import capture.catalog.models"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
