"""First tables: projects to readings, and what library.jsonl says of gear and rooms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_snapshot",
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_snapshot")),
        sa.UniqueConstraint("library", "content", name=op.f("uq_chain_snapshot_library_content")),
    )
    op.create_table(
        "library_record",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_record")),
        sa.UniqueConstraint("library", "kind", "key", name=op.f("uq_library_record_library_kind_key")),
    )
    op.create_table(
        "person",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("library", "name", name=op.f("uq_person_library_name")),
    )
    op.create_table(
        "project",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("library", "name", name=op.f("uq_project_library_name")),
    )
    op.create_table(
        "sensor",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor")),
        sa.UniqueConstraint("library", "identity", name=op.f("uq_sensor_library_identity")),
    )
    op.create_table(
        "session",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_session_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_session_project_id_name")),
    )
    op.create_table(
        "slate",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_slate_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slate")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_slate_project_id_name")),
    )
    op.create_table(
        "take",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("counter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chain_digest", sa.String(length=64), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("covers", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("layout", sa.String(length=8), nullable=False),
        sa.Column("frames", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lost_frames", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("time_reference", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("keyid", sa.String(length=64), nullable=True),
        sa.Column("interface_id", sa.Text(), nullable=False),
        sa.Column("interface_name", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("humidity", sa.Double(), nullable=True),
        sa.Column("pressure", sa.Double(), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["chain_snapshot.id"], name=op.f("fk_take_chain_id_chain_snapshot")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_take_session_id_session")),
        sa.ForeignKeyConstraint(["slate_id"], ["slate.id"], name=op.f("fk_take_slate_id_slate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take")),
        sa.UniqueConstraint("uuid", name=op.f("uq_take_uuid")),
    )
    with op.batch_alter_table("take", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_take_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_take_condition"), ["condition"], unique=False)
        batch_op.create_index("ix_take_library_started", ["library", "started"], unique=False)
        batch_op.create_index("ix_take_session_id_started", ["session_id", "started"], unique=False)
        batch_op.create_index("ix_take_slate_id_number", ["slate_id", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_take_verdict"), ["verdict"], unique=False)

    op.create_table(
        "change",
        sa.Column("frame", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("input", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_change_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_take_id"), ["take_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("frame", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_event_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_take_id"), ["take_id"], unique=False)

    op.create_table(
        "gap",
        sa.Column("first", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frames", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_pm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frames_pm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("filled", sa.Boolean(), nullable=False),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_gap_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gap_take_id"), ["take_id"], unique=False)

    op.create_table(
        "marker",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frame", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_marker_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marker")),
    )
    with op.batch_alter_table("marker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_marker_take_id"), ["take_id"], unique=False)

    op.create_table(
        "media_file",
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data_offset", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("header_sha256", sa.String(length=64), nullable=True),
        sa.Column("data_sha256", sa.String(length=64), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_media_file_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_file")),
    )
    with op.batch_alter_table("media_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_file_data_sha256"), ["data_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_file_take_id"), ["take_id"], unique=False)

    op.create_table(
        "note",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("after_end", sa.Boolean(), nullable=False),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_note_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_note_take_id"), ["take_id"], unique=False)

    op.create_table(
        "part",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_pm", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_part_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
    )
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_take_id"), ["take_id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("frame", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quantity", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("quality", sa.String(length=16), nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_reading_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_take_id"), ["take_id"], unique=False)
        batch_op.create_index("ix_reading_take_id_quantity", ["take_id", "quantity"], unique=False)

    op.create_table(
        "take_person",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_take_person_person_id_person")),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_take_person_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_person")),
    )
    with op.batch_alter_table("take_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_take_person_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_take_person_take_id"), ["take_id"], unique=False)

    op.create_table(
        "take_sensor",
        sa.Column("sensor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["sensor_id"], ["sensor.id"], name=op.f("fk_take_sensor_sensor_id_sensor")),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_take_sensor_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_sensor")),
    )
    with op.batch_alter_table("take_sensor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_take_sensor_sensor_id"), ["sensor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_take_sensor_take_id"), ["take_id"], unique=False)

    op.create_table(
        "track",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("input", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("peak_dbfs", sa.Double(), nullable=True),
        sa.Column("rms_dbfs", sa.Double(), nullable=True),
        sa.Column("overs", sa.Integer(), nullable=True),
        sa.Column("take_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("library", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["take_id"], ["take.id"], name=op.f("fk_track_take_id_take"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
    )
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_track_take_id"), ["take_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("track", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_track_take_id"))

    op.drop_table("track")
    with op.batch_alter_table("take_sensor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_take_sensor_take_id"))
        batch_op.drop_index(batch_op.f("ix_take_sensor_sensor_id"))

    op.drop_table("take_sensor")
    with op.batch_alter_table("take_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_take_person_take_id"))
        batch_op.drop_index(batch_op.f("ix_take_person_person_id"))

    op.drop_table("take_person")
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_take_id_quantity")
        batch_op.drop_index(batch_op.f("ix_reading_take_id"))

    op.drop_table("reading")
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_part_take_id"))

    op.drop_table("part")
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_note_take_id"))

    op.drop_table("note")
    with op.batch_alter_table("media_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_file_take_id"))
        batch_op.drop_index(batch_op.f("ix_media_file_data_sha256"))

    op.drop_table("media_file")
    with op.batch_alter_table("marker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_marker_take_id"))

    op.drop_table("marker")
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gap_take_id"))

    op.drop_table("gap")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_take_id"))

    op.drop_table("event")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_take_id"))

    op.drop_table("change")
    with op.batch_alter_table("take", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_take_verdict"))
        batch_op.drop_index("ix_take_slate_id_number")
        batch_op.drop_index("ix_take_session_id_started")
        batch_op.drop_index("ix_take_library_started")
        batch_op.drop_index(batch_op.f("ix_take_condition"))
        batch_op.drop_index(batch_op.f("ix_take_chain_id"))

    op.drop_table("take")
    op.drop_table("slate")
    op.drop_table("session")
    op.drop_table("sensor")
    op.drop_table("project")
    op.drop_table("person")
    op.drop_table("library_record")
    op.drop_table("chain_snapshot")
