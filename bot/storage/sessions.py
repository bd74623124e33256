"""Who is signed in to the dashboard, and what GitHub lets each of them see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.storage.dashboard_records import SessionRecord
from bot.storage.dashboard_tables import session_grants, sessions
from bot.storage.door import Door, chunks, now
from bot.storage.tables import repositories


class Sessions(Door):
    """The part of `Storage` about sessions."""

    def open_session(self, record: SessionRecord) -> None:
        """Insert; whoever's time is over goes."""
        over = select(sessions.c.id).where(sessions.c.expires_at <= now())
        row = asdict(record)
        row.pop("roles")
        with self._writing() as connection:
            connection.execute(delete(session_grants).where(session_grants.c.session_id.in_(over)))
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now()))
            connection.execute(insert(sessions).values(row))

    def session(self, session_id: str) -> SessionRecord | None:
        """One that has not expired."""
        found = select(sessions).where(sessions.c.id == session_id, sessions.c.expires_at > now())
        c = session_grants.c
        with self._reading() as connection:
            row = connection.execute(found).one_or_none()
            if row is None:
                return None
            granted = connection.execute(select(c.repository_id, c.role).where(c.session_id == session_id))
            return SessionRecord(**row._asdict(), roles={key: role for key, role in granted})

    def grant(self, session_id: str, roles: Mapping[int, str], at: datetime) -> None:
        """Replace what was granted before."""
        known: list[int] = []
        with self._writing() as connection:
            held = connection.execute(update(sessions).where(sessions.c.id == session_id).values(granted_at=at))
            if not held.rowcount:
                return  # signed out meanwhile
            connection.execute(delete(session_grants).where(session_grants.c.session_id == session_id))
            for some in chunks(sorted(roles)):
                query = select(repositories.c.id).where(repositories.c.id.in_(some))
                known += connection.execute(query).scalars()
            if known:
                rows = [{"session_id": session_id, "repository_id": key, "role": roles[key]} for key in known]
                connection.execute(insert(session_grants), rows)

    def close_session(self, session_id: str) -> None:
        """Delete it with what was granted."""
        with self._writing() as connection:
            connection.execute(delete(session_grants).where(session_grants.c.session_id == session_id))
            connection.execute(delete(sessions).where(sessions.c.id == session_id))
