"""What every table of ours shares: one metadata with named constraints, and the column that names the repository."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def repository_column(*, primary_key: bool = False) -> Column[Any]:
    """The column `repository_id`, by which everything about a repository is found and forgotten."""
    return Column(
        "repository_id",
        BigInteger,
        ForeignKey("repositories.id"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=False,
    )
