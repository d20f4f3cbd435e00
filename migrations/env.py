"""Alembic's entry: uses the connection the program hands in, or opens TAKECHAIN_DATABASE for developers."""

from __future__ import annotations

import os

from alembic import context

from capture.catalog.engine import open_engine
from capture.catalog.models import Base


def _run(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with open_engine(os.environ.get("TAKECHAIN_DATABASE", "sqlite:///catalog.sqlite")).begin() as opened:
        _run(opened)
