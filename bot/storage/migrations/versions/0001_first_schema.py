"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.postgresql import PostgresVector

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
VECTOR = sa.LargeBinary().with_variant(PostgresVector(), "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _repositories()
    _issues()
    _vectors()
    _decisions()
    _feedback()
    _clusters()
    _deliveries()
    _batches()


def _repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text()),
        sa.Column("installation_id", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text()),
        sa.Column("imported_at", MOMENT),
        sa.Column("synced_at", MOMENT),
        sa.Column("open_issues_seen", sa.Integer()),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("generation_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_repositories"),
        sa.UniqueConstraint("name_key", name="uq_repositories_name_key"),
    )
    op.create_table(
        "configs",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("checked_at", MOMENT),
        sa.Column("valid_text", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_configs_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", name="pk_configs"),
    )


def _issues() -> None:
    op.create_table(
        "issues",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text()),
        sa.Column("closed_at", MOMENT),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_is_bot", sa.Boolean(), nullable=False),
        sa.Column("is_pull_request", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_issues_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_issues"),
    )


def _vectors() -> None:
    op.create_table(
        "vectors",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("title", VECTOR, nullable=False),
        sa.Column("salient", VECTOR, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_vectors_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", "model_id", "number", name="pk_vectors"),
    )
    op.create_table(
        "issue_changes",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_issue_changes_repository_id"),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_issue_changes"),
    )
    op.create_index("ix_issue_changes_repository_id_change", "issue_changes", ["repository_id", "change"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text()),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("canonical", sa.BigInteger()),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_decisions_repository_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint(
            "delivery_id", "repository_id", "number", name="uq_decisions_delivery_id_repository_id_number"
        ),
    )
    op.create_index("ix_decisions_repository_id_decided_at", "decisions", ["repository_id", "decided_at"])
    op.create_index("ix_decisions_repository_id_number_id", "decisions", ["repository_id", "number", "id"])
    op.create_table(
        "effects",
        sa.Column("id", ID, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.Column("github_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_effects_decision_id"),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_effects_repository_id"),
        sa.PrimaryKeyConstraint("id", name="pk_effects"),
    )
    op.create_index("ix_effects_decision_id", "effects", ["decision_id"])
    op.create_index(
        "ix_effects_repository_id_kind_state_finished_at", "effects", ["repository_id", "kind", "state", "finished_at"]
    )
    op.create_index("ix_effects_repository_id_number", "effects", ["repository_id", "number"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("other", sa.BigInteger()),
        sa.Column("value", sa.Text()),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_feedback_repository_id"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("repository_id", "number", "key", name="uq_feedback_repository_id_number_key"),
    )


def _clusters() -> None:
    op.create_table(
        "generations",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_generations_repository_id"),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sa.UniqueConstraint("repository_id", "number", name="uq_generations_repository_id_number"),
    )
    op.create_table(
        "clusters",
        sa.Column("generation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("canonical", sa.BigInteger()),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name="fk_clusters_generation_id"),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_clusters_repository_id"),
        sa.PrimaryKeyConstraint("generation_id", "id", name="pk_clusters"),
    )
    op.create_index("ix_clusters_repository_id", "clusters", ["repository_id"])
    op.create_table(
        "cluster_members",
        sa.Column("generation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name="fk_cluster_members_generation_id"),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_cluster_members_repository_id"),
        sa.PrimaryKeyConstraint("generation_id", "number", "cluster_id", name="pk_cluster_members"),
    )
    op.create_index("ix_cluster_members_repository_id_number", "cluster_members", ["repository_id", "number"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("action", sa.Text()),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("repository", sa.Text()),
        sa.Column("repository_id", sa.BigInteger()),
        sa.Column("issue", sa.BigInteger()),
        sa.Column("installation_id", sa.BigInteger()),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])
    op.create_index("ix_deliveries_repository_id", "deliveries", ["repository_id"])
    op.create_index("ix_deliveries_state_received_at", "deliveries", ["state", "received_at"])
    op.create_table(
        "task_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("repository", sa.Text()),
        sa.Column("repository_id", sa.BigInteger()),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_task_runs"),
    )
    op.create_index("ix_task_runs_task_id", "task_runs", ["task", "id"])


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_batches_repository_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_repository_id_scope", "batches", ["repository_id", "scope"])
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_items_batch_id"),
        sa.ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_batch_items_repository_id"),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_items"),
    )
    op.create_index("ix_batch_items_repository_id", "batch_items", ["repository_id"])
