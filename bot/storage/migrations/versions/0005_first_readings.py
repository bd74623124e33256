"""First readings, what GitHub leaves us to ask, where a configuration comes from, deliveries by state."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ZERO = sa.text("0")


def upgrade() -> None:
    of_configs: list[sa.Column[Any]] = [
        sa.Column("source", sa.Text()),
        sa.Column("failed_since", MOMENT),
        sa.Column("notice_number", sa.BigInteger()),
    ]
    for column in of_configs:
        op.add_column("configs", column)
    op.create_index("ix_deliveries_repository_id_state", "deliveries", ["repository_id", "state"])
    _imports()
    op.create_table(
        "rate_limits",
        sa.Column("installation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("resets_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name="pk_rate_limits"),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("resumed_at", MOMENT),
        sa.Column("usable_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("error", sa.Text()),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("read", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("pages", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("to_embed", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("embedded", sa.Integer(), nullable=False, server_default=ZERO),
        sa.Column("cursors", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_imports_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", name="pk_imports"),
    )
    op.create_table(
        "import_candidates",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_import_candidates_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_import_candidates"),
    )
