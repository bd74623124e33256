"""Clusters with coherence and names, refits, what people set, waves, missed duplicates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("issues", sa.Column("reactions", sa.Integer(), nullable=False, server_default=sa.text("0")))
    of_generations: list[sa.Column[Any]] = [
        sa.Column("origin", sa.Text(), nullable=False, server_default="configuration"),
        sa.Column("model_id", sa.Text()),
        sa.Column("scorer_id", sa.Text()),
    ]
    for column in of_generations:
        op.add_column("generations", column)
    of_clusters: list[sa.Column[Any]] = [
        sa.Column("coherence", sa.Float(), nullable=False, server_default=sa.text("1")),
        sa.Column("held", sa.Text()),
        sa.Column("title_by", sa.Text(), nullable=False, server_default="machine"),
        sa.Column("parts", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("terms", sa.Text(), nullable=False, server_default="[]"),
    ]
    for column in of_clusters:
        op.add_column("clusters", column)
    op.create_index("ix_cluster_members_generation_id_cluster_id", "cluster_members", ["generation_id", "cluster_id"])
    _ids()
    _edits()
    _refits()
    _missed()
    _waves()


def _repository(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=f"fk_{table}_repository_id"),
    ]


def _ids() -> None:
    op.create_table(
        "cluster_ids",
        *_repository("cluster_ids"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "id", name="pk_cluster_ids"),
    )
    op.execute("INSERT INTO cluster_ids (repository_id, id) SELECT DISTINCT repository_id, id FROM clusters")


def _edits() -> None:
    op.create_table(
        "cluster_edits",
        sa.Column("id", ID, nullable=False),
        *_repository("cluster_edits"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("stayed", sa.Text(), nullable=False),
        sa.Column("undone_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_edits"),
    )
    op.create_index("ix_cluster_edits_repository_id_id", "cluster_edits", ["repository_id", "id"])


def _refits() -> None:
    op.create_table(
        "refits",
        sa.Column("id", ID, nullable=False),
        *_repository("refits"),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("generation", sa.Integer()),
        sa.Column("churn", sa.Float()),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refits"),
    )
    op.create_index("ix_refits_repository_id_id", "refits", ["repository_id", "id"])


def _missed() -> None:
    op.create_table(
        "missed_duplicates",
        *_repository("missed_duplicates"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", "other", name="pk_missed_duplicates"),
    )


def _waves() -> None:
    op.create_table(
        "waves",
        sa.Column("id", ID, nullable=False),
        *_repository("waves"),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("peak_per_hour", sa.Integer(), nullable=False),
        sa.Column("last_arrival_at", MOMENT, nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("alarmed", sa.Boolean(), nullable=False),
        sa.Column("told_began_at", MOMENT),
        sa.Column("told_ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_waves"),
        sa.UniqueConstraint(
            "repository_id", "cluster_id", "began_at", name="uq_waves_repository_id_cluster_id_began_at"
        ),
    )
    still_on = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_waves_open",
        "waves",
        ["repository_id", "cluster_id"],
        unique=True,
        sqlite_where=still_on,
        postgresql_where=still_on,
    )
