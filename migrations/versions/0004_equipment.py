"""The devices that chains name, so that takes are found by them; and an index over humidity."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FRAMES = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DEVICE = re.compile(r"input\.([1-9][0-9]{0,3})\.([a-z_.]+)\.(make|model|serial)")
_MEMBERS = ("make", "model", "serial")


def upgrade() -> None:
    equipment = op.create_table(
        "equipment",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("serial_key", sa.Text(), nullable=True),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("id", _FRAMES, nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("library", "identity", name=op.f("uq_equipment_library_identity")),
    )
    link = op.create_table(
        "chain_equipment",
        sa.Column("chain_id", _FRAMES, nullable=False),
        sa.Column("equipment_id", _FRAMES, nullable=False),
        sa.Column("input", sa.Integer(), nullable=False),
        sa.Column("id", _FRAMES, nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chain_snapshot.id"],
            name=op.f("fk_chain_equipment_chain_id_chain_snapshot"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_chain_equipment_equipment_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_equipment")),
    )  # fmt: skip
    op.create_index("ix_equipment_library_serial_key", "equipment", ["library", "serial_key"])
    op.create_index("ix_chain_equipment_chain_id", "chain_equipment", ["chain_id"])
    op.create_index(
        "ix_chain_equipment_equipment_id_chain_id", "chain_equipment", ["equipment_id", "chain_id"]
    )
    op.create_index("ix_take_library_humidity", "take", ["library", "humidity"])
    _fill(equipment, link)


def _fill(equipment: sa.Table, link: sa.Table) -> None:
    """Rows for the chains that are there already: nobody has to read ten thousand journals again."""
    connection = op.get_bind()
    chain = sa.table(
        "chain_snapshot", sa.column("id", _FRAMES), sa.column("library"), sa.column("fields", sa.JSON())
    )
    known: dict[tuple[str, str], int] = {}
    for chain_id, library, fields in connection.execute(sa.select(chain)).all():
        for (number, part), device in _devices(fields).items():
            whole = [part, *(device.get(member) for member in _MEMBERS)]
            identity = hashlib.sha256(json.dumps(whole).encode()).hexdigest()
            if (library, identity) not in known:
                made = connection.execute(
                    equipment.insert().values(
                        library=library,
                        part=part,
                        identity=identity,
                        name_key=_key(" ".join(device[n] for n in ("make", "model") if n in device)),
                        serial_key=_key(device["serial"]) if "serial" in device else None,
                        **{member: device.get(member) for member in _MEMBERS},
                    )
                )
                known[library, identity] = made.inserted_primary_key[0]
            row = {"chain_id": chain_id, "equipment_id": known[library, identity], "input": number}
            connection.execute(link.insert().values(library=library, **row))


def _devices(fields: dict[str, Any]) -> dict[tuple[int, str], dict[str, str]]:
    found: dict[tuple[int, str], dict[str, str]] = {}
    for path, told in fields.items():
        match = _DEVICE.fullmatch(path)
        if match and isinstance(told["value"], (str, int, float)):
            found.setdefault((int(match[1]), match[2]), {})[match[3]] = str(told["value"])
    return found


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def downgrade() -> None:
    op.drop_index("ix_take_library_humidity", "take")
    op.drop_table("chain_equipment")
    op.drop_table("equipment")
