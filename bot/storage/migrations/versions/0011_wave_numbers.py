"""The numbers of a wave's reports, so that it is found again whichever of them went elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waves", sa.Column("numbers", sa.Text(), nullable=False, server_default="[]"))
