"""The measured rate of a take's interface."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("take", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rate_ppm", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("take", schema=None) as batch_op:
        batch_op.drop_column("rate_ppm")
