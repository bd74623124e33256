"""What a decision is followed by: milestones, settled decisions, statuses of clusters, how often each veto held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issues", sa.Column("milestone", sa.Text()))
    op.add_column("decisions", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "cluster_statuses",
        *_repository("cluster_statuses"),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "cluster_id", name="pk_cluster_statuses"),
    )
    op.create_table(
        "veto_counts",
        *_repository("veto_counts"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_veto_counts"),
    )


def _repository(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=f"fk_{table}_repository_id"),
    ]
