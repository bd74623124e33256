"""What each repository teaches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "learned",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("learned_at", MOMENT, nullable=False),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column("boilerplate", sa.Text(), nullable=False),
        sa.Column("calibration", sa.Text()),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_learned_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", name="pk_learned"),
    )
