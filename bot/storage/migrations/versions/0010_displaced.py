"""Where the issues that a person's act moved were before it, so that an undo puts them there again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cluster_edits", sa.Column("displaced", sa.Text()))
