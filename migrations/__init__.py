"""The catalogue's Alembic history; ships in the wheel."""
