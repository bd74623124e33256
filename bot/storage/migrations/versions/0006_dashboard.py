"""Who is signed in to the dashboard, what each may see, and what people did there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _sessions()
    _acts()


def _repository(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=f"fk_{table}_repository_id"),
    ]


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("granted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "session_grants",
        sa.Column("session_id", sa.Text(), nullable=False),
        *_repository("session_grants"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_session_grants_session_id"),
        sa.PrimaryKeyConstraint("session_id", "repository_id", name="pk_session_grants"),
    )
    op.create_index("ix_session_grants_repository_id", "session_grants", ["repository_id"])


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("id", ID, nullable=False),
        *_repository("acts"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text()),
        sa.Column("number", sa.BigInteger()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("finished_at", MOMENT),
        sa.Column("undoes", sa.BigInteger()),
        sa.Column("undone_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_acts"),
    )
    op.create_index("ix_acts_repository_id_id", "acts", ["repository_id", "id"])
