"""Narrow tables that the dashboard's lists are read from, filled from what is there."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
MOST = 800  # characters of an issue's words
AT_ONCE = 1000
UNTOLD = {"error_message", "service_error", "frames"}

_TYPES: dict[str, Any] = {"is_pull_request": sa.Boolean()} | dict.fromkeys(
    ("created_at", "updated_at", "decided_at"), MOMENT
)


def _table(name: str, columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(one, _TYPES.get(one)) for one in columns.split()))


ISSUES = _table("issues", "repository_id number state created_at updated_at title facts is_pull_request")
HEADS = _table("issue_heads", "repository_id number state created_at updated_at words")
DECISIONS = _table("decisions", "id repository_id number decided_at verdict canonical body")
LAST = _table("last_decisions", "repository_id number decided_at decision_id verdict canonical probability")


def upgrade() -> None:
    _heads()
    _last()
    _reported()
    op.create_index("ix_deliveries_repository_id_issue", "deliveries", ["repository_id", "issue"])
    own = ["repository_id", "event", "received_at"]
    op.create_index("ix_deliveries_repository_id_event_received_at", "deliveries", own)
    op.drop_index("ix_deliveries_repository_id", "deliveries")
    op.create_index("ix_feedback_repository_id_kind", "feedback", ["repository_id", "kind"])


def _repository(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name=f"fk_{table}_repository_id"),
    ]


def _heads() -> None:
    op.create_table(
        "issue_heads",
        *_repository("issue_heads"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_issue_heads"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    c = ISSUES.c
    found = sa.select(*c).where(c.is_pull_request.is_(False)).order_by(c.repository_id, c.number)
    for rows in connection.execute(found).partitions(AT_ONCE):
        connection.execute(sa.insert(HEADS), [_head(row) for row in rows])
    op.create_index("ix_issue_heads_repository_id_updated_at", "issue_heads", ["repository_id", "updated_at"])
    op.create_index("ix_issue_heads_repository_id_state", "issue_heads", ["repository_id", "state"])


def _head(row: Any) -> dict[str, Any]:
    told = {value for name, values in json.loads(row.facts).items() if name not in UNTOLD for value in values}
    words = " ".join(" ".join([row.title, *sorted(told)]).casefold().split())[:MOST]
    kept = ("repository_id", "number", "state", "created_at", "updated_at")
    return {name: getattr(row, name) for name in kept} | {"words": words}


def _last() -> None:
    op.create_table(
        "last_decisions",
        *_repository("last_decisions"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("canonical", sa.BigInteger()),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_last_decisions"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    c = DECISIONS.c
    newest = sa.select(sa.func.max(c.id)).group_by(c.repository_id, c.number)
    for rows in connection.execute(sa.select(*c).where(c.id.in_(newest))).partitions(AT_ONCE):
        connection.execute(sa.insert(LAST), [_decided(row) for row in rows])
    op.create_index("ix_last_decisions_repository_id_verdict", "last_decisions", ["repository_id", "verdict"])
    op.create_index("ix_last_decisions_repository_id_probability", "last_decisions", ["repository_id", "probability"])


def _decided(row: Any) -> dict[str, Any]:
    kept = ("repository_id", "number", "decided_at", "verdict", "canonical")
    probability = float(json.loads(row.body).get("probability") or 0.0)
    return {name: getattr(row, name) for name in kept} | {"decision_id": row.id, "probability": probability}


def _reported() -> None:
    op.add_column("cluster_members", sa.Column("reported_at", MOMENT))
    op.execute(
        "UPDATE cluster_members SET reported_at = (SELECT created_at FROM issues WHERE "
        "issues.repository_id = cluster_members.repository_id AND issues.number = cluster_members.number)"
    )
    op.drop_index("ix_cluster_members_generation_id_cluster_id", "cluster_members")
    op.create_index(
        "ix_cluster_members_generation_id_cluster_id_reported_at",
        "cluster_members",
        ["generation_id", "cluster_id", "reported_at"],
    )
