"""The tables about clusters: generations, refits, what people set, waves, missed duplicates."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from bot.storage.columns import Id, JsonText, SafeText, UtcDateTime
from bot.storage.schema import metadata, repository_column

generations = Table(
    "generations",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("number", Integer, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("origin", SafeText, nullable=False, server_default="configuration"),
    Column("model_id", SafeText),
    Column("scorer_id", SafeText),
    UniqueConstraint("repository_id", "number"),
)
clusters = Table(
    "clusters",
    metadata,
    Column("generation_id", BigInteger, ForeignKey("generations.id"), primary_key=True, autoincrement=False),
    Column("id", SafeText, primary_key=True),
    repository_column(),
    Column("position", Integer, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("slug", SafeText),
    Column("label", SafeText),
    Column("canonical", BigInteger),
    Column("coherence", Float, nullable=False, server_default=text("1")),
    Column("held", SafeText),
    Column("title_by", SafeText, nullable=False, server_default="machine"),
    Column("parts", JsonText, nullable=False, server_default="[]"),
    Column("terms", JsonText, nullable=False, server_default="[]"),
    Index(None, "repository_id"),
)
cluster_members = Table(
    "cluster_members",
    metadata,
    Column("generation_id", BigInteger, ForeignKey("generations.id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("cluster_id", SafeText, primary_key=True),
    repository_column(),
    Column("reported_at", UtcDateTime),  # when the issue was opened, so that sizes and trends need no other table
    Index(None, "repository_id", "number"),
    Index(None, "generation_id", "cluster_id", "reported_at"),
)
cluster_ids = Table(  # every id that a cluster of the repository ever had: none is given to another one later
    "cluster_ids",
    metadata,
    repository_column(primary_key=True),
    Column("id", SafeText, primary_key=True),
)
cluster_edits = Table(  # what people set, act by act; rows are only ever added, and marked once they are undone
    "cluster_edits",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("cluster_id", SafeText, nullable=False),
    Column("numbers", JsonText, nullable=False),
    Column("value", SafeText),
    Column("stayed", JsonText, nullable=False),
    Column("displaced", JsonText),  # [issue, where it was before, whether that ended]; none where that was not kept
    Column("undone_by", BigInteger),
    Index(None, "repository_id", "id"),
)
refits = Table(  # every attempt, with what came of it
    "refits",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("origin", SafeText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", SafeText),
    Column("reason", SafeText),
    Column("generation", Integer),
    Column("churn", Float),
    Column("figures", JsonText, nullable=False),
    Column("changes", JsonText, nullable=False),
    Index(None, "repository_id", "id"),
)
cluster_statuses = Table(  # what a maintainer tells all members of a cluster
    "cluster_statuses",
    metadata,
    repository_column(primary_key=True),
    Column("cluster_id", SafeText, primary_key=True),  # no foreign key: it outlives its generation
    Column("text", SafeText, nullable=False),
    Column("actor", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
missed_duplicates = Table(  # the ledger: pairs that people linked and the bot had not named
    "missed_duplicates",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("other", BigInteger, primary_key=True, autoincrement=False),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("cause", SafeText, nullable=False),
)
waves = Table(
    "waves",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("cluster_id", SafeText, nullable=False),  # no foreign key: a wave outlives its generation
    Column("began_at", UtcDateTime, nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # null: it is on
    Column("reports", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("peak_per_hour", Integer, nullable=False),
    Column("last_arrival_at", UtcDateTime, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("numbers", JsonText, nullable=False, server_default="[]"),  # of its reports
    Column("probability", Float, nullable=False),
    Column("alarmed", Boolean, nullable=False),  # false: found in the past by an import, nobody was told
    Column("told_began_at", UtcDateTime),  # when the outgoing webhook was taken
    Column("told_ended_at", UtcDateTime),
    UniqueConstraint("repository_id", "cluster_id", "began_at"),
    Index(
        "uq_waves_open",
        "repository_id",
        "cluster_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)
