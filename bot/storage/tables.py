"""Every table that the bot owns, by subject (those about clusters beside it); each row names its repository."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from bot.storage import (  # noqa: F401 - their tables belong to the metadata
    dashboard_tables,
    import_tables,
    map_tables,
    page_tables,
)
from bot.storage.cluster_tables import generations
from bot.storage.columns import Id, JsonText, SafeText, UtcDateTime
from bot.storage.postgresql import PostgresVector
from bot.storage.schema import repository_column
from bot.storage.sqlite import SqliteVector

# The migrations in order; the last is what this code needs.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
VERSION_TABLE = "triage_version"

metadata = generations.metadata  # the tables of clusters, lists and the dashboard are in it already

_Vector = SqliteVector().with_variant(PostgresVector(), "postgresql")

# --- repositories
repositories = Table(
    "repositories",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("full_name", SafeText, nullable=False),
    Column("name_key", SafeText, unique=True),  # the name in lower case; null while another holds the name
    Column("installation_id", BigInteger),
    Column("state", SafeText, nullable=False),
    Column("state_reason", SafeText),
    Column("imported_at", UtcDateTime),
    Column("synced_at", UtcDateTime),
    Column("open_issues_seen", Integer),
    Column("change", BigInteger, nullable=False),  # the change counter of issues and vectors
    Column("generation_id", BigInteger),  # the generation in force
)
configs = Table(
    "configs",
    metadata,
    repository_column(primary_key=True),
    Column("etag", SafeText),
    Column("checked_at", UtcDateTime),
    Column("valid_text", SafeText),
    Column("error", SafeText),
    Column("source", SafeText),
    Column("failed_since", UtcDateTime),
    Column("notice_number", BigInteger),
)

# --- issues and vectors
issues = Table(
    "issues",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("title", SafeText, nullable=False),
    Column("body", SafeText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("state", SafeText, nullable=False),
    Column("state_reason", SafeText),
    Column("closed_at", UtcDateTime),
    Column("locked", Boolean, nullable=False),
    Column("labels", JsonText, nullable=False),
    Column("author", SafeText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("is_pull_request", Boolean, nullable=False),
    Column("reactions", Integer, nullable=False, server_default=text("0")),
    Column("milestone", SafeText),
    Column("text", JsonText, nullable=False),
    Column("text_hash", SafeText, nullable=False),
    Column("recipe", SafeText, nullable=False),
    Column("facts", JsonText, nullable=False),
    Index(
        "ix_issues_closed_as_duplicate",
        "repository_id",
        "number",
        "closed_at",
        sqlite_where=text("state_reason = 'duplicate'"),
        postgresql_where=text("state_reason = 'duplicate'"),
    ),
)
vectors = Table(
    "vectors",
    metadata,
    repository_column(primary_key=True),
    Column("model_id", SafeText, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("text_hash", SafeText, nullable=False),
    Column("title", _Vector, nullable=False),
    Column("salient", _Vector, nullable=False),
)
issue_changes = Table(  # the counter at each number's last change; a deleted issue keeps its row
    "issue_changes",
    metadata,
    repository_column(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("change", BigInteger, nullable=False),
    Index(None, "repository_id", "change"),
)

# --- what a repository teaches
learned = Table(
    "learned",
    metadata,
    repository_column(primary_key=True),
    Column("learned_at", UtcDateTime, nullable=False),
    Column("issues", Integer, nullable=False),  # of how many it was learned
    Column("boilerplate", JsonText, nullable=False),  # keys of the template's lines
    Column("calibration", JsonText),  # JSON null where nothing was judged yet
)

# --- decisions, effects, feedback
decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("number", BigInteger, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("trigger", SafeText, nullable=False),
    Column("delivery_id", SafeText),
    Column("verdict", SafeText, nullable=False),
    Column("canonical", BigInteger),  # out of the body, for `duplicates`
    Column("conclusion", SafeText, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("settled", Boolean, nullable=False, server_default=text("false")),  # out of the body, for `duplicates`
    UniqueConstraint("delivery_id", "repository_id", "number"),
    Index(None, "repository_id", "number", "id"),
    Index(None, "repository_id", "decided_at"),
)
effects = Table(
    "effects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), nullable=False),
    repository_column(),
    Column("number", BigInteger, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("value", SafeText, nullable=False),
    Column("state", SafeText, nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("reason", SafeText),
    Column("github_id", BigInteger),
    Index(None, "decision_id"),
    Index(None, "repository_id", "number"),
    Index(None, "repository_id", "id"),
    Index(None, "repository_id", "kind", "id"),
    Index(None, "repository_id", "state", "id"),
    Index(None, "repository_id", "kind", "state", "finished_at"),
)
veto_counts = Table(  # how often each rule held something back
    "veto_counts",
    metadata,
    repository_column(primary_key=True),
    Column("name", SafeText, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
feedback = Table(
    "feedback",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("number", BigInteger, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("said_at", UtcDateTime, nullable=False),
    Column("actor", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("other", BigInteger),
    Column("value", SafeText),
    Column("key", SafeText, nullable=False),  # hash of what makes it the same word, since null is never equal to null
    UniqueConstraint("repository_id", "number", "key"),
    Index(None, "repository_id", "kind"),
)

# --- deliveries, tasks, batches
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", SafeText, primary_key=True),
    Column("event", SafeText, nullable=False),
    Column("action", SafeText),
    Column("workflow", SafeText, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("repository", SafeText),
    Column("repository_id", BigInteger),  # no foreign key: the first delivery is how a repository becomes known
    Column("issue", BigInteger),
    Column("installation_id", BigInteger),
    Column("details", JsonText, nullable=False),
    Column("state", SafeText, nullable=False),
    Column("outcome", SafeText),
    Column("error", SafeText),
    Column("finished_at", UtcDateTime),
    Index(None, "state", "received_at"),
    Index(None, "received_at"),
    Index(None, "repository_id", "issue"),
    Index(None, "repository_id", "event", "received_at"),
    Index(None, "repository_id", "state"),
)
task_runs = Table(
    "task_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("task", SafeText, nullable=False),
    Column("repository", SafeText),
    Column("repository_id", BigInteger),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("error", SafeText),
    Index(None, "task", "id"),
)
batches = Table(
    "batches",
    metadata,
    Column("id", Id, primary_key=True),
    repository_column(),
    Column("scope", SafeText, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index(None, "repository_id", "scope"),
)
batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("batches.id"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    repository_column(),
    Column("position", Integer, nullable=False),
    Column("done", Boolean, nullable=False),
    Index(None, "repository_id"),
)
