"""What was noticed of a take's inputs: zeros, stuck values, clipping and the like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FRAMES = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signal",
        sa.Column("input", _FRAMES, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first", _FRAMES, nullable=False),
        sa.Column("frames", _FRAMES, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("stretches", _FRAMES, nullable=False),
        sa.Column("take_id", _FRAMES, nullable=False),
        sa.Column("id", _FRAMES, nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_signal_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signal_take_id"), ["take_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signal_take_id"))

    op.drop_table("signal")
