"""The schema's history: one line of Alembic revisions, shipped in the wheel."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from capture.catalog.engine import back_up
from capture.catalog.errors import CatalogError, SchemaMismatch
from capture.catalog.models import Base


def alembic_config() -> Config:
    """Alembic's settings, made in code so that an installed tool needs no ini file."""
    import migrations

    place = migrations.__file__
    assert place is not None
    config = Config()
    config.set_main_option("script_location", str(Path(place).parent).replace("%", "%%"))
    return config


def newest() -> str:
    """The revision this program knows as the newest."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def current(engine: Engine) -> str | None:
    """The revision the database is at; None when it is empty."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise unreachable(engine, error) from error


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to the newest revision (a SQLite file is copied first); returns (before, after).

    Raises SchemaMismatch when the database was made by a newer program, CatalogError when it refuses.
    """
    before = current(engine)
    _refuse_newer(before)
    if before == newest():
        return before, before
    if before is not None:
        back_up(engine, before)
    config = alembic_config()
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":  # else each table would be kept alone by a kill in between
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise unreachable(engine, error) from error
    return before, newest()


def differences(engine: Engine) -> list[str]:
    """What the database's tables lack or have beyond the models; empty when they agree."""
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return [str(change) for change in compare_metadata(context, Base.metadata)]
    except SQLAlchemyError as error:
        raise unreachable(engine, error) from error


def _refuse_newer(revision: str | None) -> None:
    script = ScriptDirectory.from_config(alembic_config())
    known = {entry.revision for entry in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"the catalogue is at revision {revision}, which this Takechain does not know",
            "it was made by a newer one: upgrade Takechain, or name another database",
        )


def unreachable(engine: Engine, error: SQLAlchemyError) -> CatalogError:
    """The database's complaint in one line; the address is shown without its password."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return CatalogError(
        f"the catalogue at {engine.url.render_as_string(hide_password=True)} does not answer: {reason}",
        "takes are not affected; when it is back: takechain rebuild",
    )
