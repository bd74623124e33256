"""The bot's doors with a watch at them: each call may be the last, and each write is looked at before it is made, and
noted when it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stateful.engine import Death

LOCKS = frozenset({"lock", "claim"})  # what they return is entered, not crossed

Done = Callable[[], None]  # what is called once the call was answered; one that was refused or never made is not
Watch = Callable[[str, tuple[Any, ...]], Done]


def unwatched(_method: str, _arguments: tuple[Any, ...]) -> Done:
    """Nobody looks."""
    return lambda: None


class Door:
    """Any object whose methods are called across a process's boundary: the database, a reader, a writer."""

    def __init__(self, inner: Any, death: Death, watch: Watch = unwatched) -> None:
        self._inner, self._death, self._watch = inner, death, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or name in LOCKS:
            return found

        def crossed(*arguments: Any, **named: Any) -> Any:
            self._death.crossing()
            done = self._watch(name, arguments)
            answer = found(*arguments, **named)
            done()
            self._death.crossing()
            return answer

        return crossed


class GitHubDoor:
    """The `GitHub` port, its readers and writers behind doors of their own."""

    def __init__(self, inner: Any, death: Death, asked: Callable[[str, int | None], Watch]) -> None:
        self._inner, self._death, self._asked = inner, death, asked

    def reader(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> Any:
        return Door(self._inner.reader(repository, installation_id, repository_id), self._death)

    def writer(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> Any:
        """`asked` hears that write permission was asked for, and watches what is done with it."""
        watch = self._asked(repository, installation_id)
        return Door(self._inner.writer(repository, installation_id, repository_id), self._death, watch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
