"""The drawn maps, what each decision named, and indexes for the pages about effects and quality."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
AT_ONCE = 1000
CLOSED_AS_DUPLICATE = sa.text("state_reason = 'duplicate'")

_TYPES: dict[str, Any] = {"decided_at": MOMENT}


def _table(name: str, columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(one, _TYPES.get(one)) for one in columns.split()))


DECISIONS = _table("decisions", "id repository_id number decided_at verdict canonical body")
NAMINGS = _table("namings", "repository_id number decision_id decided_at verdict named probability")


def upgrade() -> None:
    op.create_table(
        "maps",
        *_repository("maps"),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("generation", sa.Integer()),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", name="pk_maps"),
    )
    _namings()
    for columns in (["repository_id", "id"], ["repository_id", "kind", "id"], ["repository_id", "state", "id"]):
        op.create_index(f"ix_effects_{'_'.join(columns)}", "effects", columns)
    op.create_index(
        "ix_issues_closed_as_duplicate",
        "issues",
        ["repository_id", "number", "closed_at"],
        sqlite_where=CLOSED_AS_DUPLICATE,
        postgresql_where=CLOSED_AS_DUPLICATE,
    )


def _repository(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=f"fk_{table}_repository_id"),
    ]


def _namings() -> None:
    op.create_table(
        "namings",
        *_repository("namings"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("named", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", "decision_id", name="pk_namings"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for rows in connection.execute(sa.select(*DECISIONS.c).order_by(DECISIONS.c.id)).partitions(AT_ONCE):
        found = [made for row in rows if (made := _naming(row)) is not None]
        if found:
            connection.execute(sa.insert(NAMINGS), found)


def _naming(row: Any) -> dict[str, Any] | None:
    body = json.loads(row.body)
    named = row.canonical or next((link["number"] for link in body.get("links", ())), None)
    if named is None:
        return None
    kept = {name: getattr(row, name) for name in ("repository_id", "number", "decided_at", "verdict")}
    return kept | {"decision_id": row.id, "named": named, "probability": float(body.get("probability") or 0.0)}
