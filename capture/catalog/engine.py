"""Where the catalogue lives, and the connection to it: SQLite in WAL mode, or PostgreSQL as it stands."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from capture.catalog.errors import CatalogError

BUSY_MS = 5000


def database_url(library: Path, setting: str | None = None) -> str:
    """TAKECHAIN_DATABASE, else the library's own setting, else `catalog.sqlite` in the library."""
    named = os.environ.get("TAKECHAIN_DATABASE") or setting
    return named or f"sqlite:///{library / 'catalog.sqlite'}"


def open_engine(url: str) -> Engine:
    """An engine for `url`; raises CatalogError for an address that cannot be used."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 5})
        if parsed.get_backend_name() != "sqlite":
            raise CatalogError(
                f"{parsed.get_backend_name()} is not a database Takechain keeps its catalogue in",
                "name SQLite (sqlite:///…) or PostgreSQL (postgresql://…)",
            )
        # One connection per use: a pooled one would keep the file open when a library is unmounted.
        engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": BUSY_MS / 1000})
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise CatalogError(
            f"TAKECHAIN_DATABASE cannot be used: {error}",
            "PostgreSQL needs: pip install 'takechain[postgresql]'",
        ) from error
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # an index that can be made again need not survive power loss
    cursor.close()


def sqlite_file(engine: Engine) -> Path | None:
    """The database file, or None for a server or an in-memory database."""
    name = engine.url.database
    return Path(name) if engine.url.get_backend_name() == "sqlite" and name and name != ":memory:" else None


def back_up(engine: Engine, label: str) -> Path | None:
    """Copy a SQLite catalogue beside itself before a migration; a server's backups are its keeper's."""
    file = sqlite_file(engine)
    if file is None or not file.exists() or file.stat().st_size == 0:
        return None
    copy = file.with_name(f"{file.name}.before-{label}")
    partial = copy.with_name(f"{copy.name}.part")
    with sqlite3.connect(file) as source, sqlite3.connect(partial) as target:
        source.backup(target)
    source.close()
    target.close()
    shutil.move(partial, copy)
    return copy
