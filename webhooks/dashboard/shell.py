"""What stands around every page: who looks, at which repository, the ways onward, and what was just done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.storage.dashboard_records import ActRecord
from bot.storage.records import RepositoryRecord
from webhooks.dashboard import notices
from webhooks.dashboard.live import state_of
from webhooks.dashboard.page import Asked, Page, Viewer
from webhooks.dashboard.people import spread_of
from webhooks.manifest import web_url

if TYPE_CHECKING:
    from bot.activities.spread import Spread

MOST_IN_SWITCHER = 100


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the navigation."""

    title: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """What the layout shows. `here` is the page's own address with its query, by which one comes back after an act;
    `seen` the mark of what a live page was made from.

    `exports`: (name, address) of the page's data. `notice`: an act that was just done; `far`: how far it has got;
    `former`: why it no longer holds.
    """

    title: str
    now: datetime
    theme: str
    here: str
    web_url: str
    form_token: str = ""
    viewer: Viewer | None = None
    about: RepositoryRecord | None = None
    ways: Sequence[Way] = ()
    repositories: Sequence[str] = ()
    exports: Sequence[tuple[str, str]] = ()
    notice: ActRecord | None = None
    far: Spread | None = None
    former: str = ""
    may_act: bool = False
    seen: str = ""

    @property
    def can_undo(self) -> bool:
        """Whether the act of the notice can be taken back."""
        return self.notice is not None and self.notice.undone_by is None and self.notice.kind in notices.UNDOABLE

    @property
    def root(self) -> str:
        """Where the repository's pages begin."""
        return "" if self.about is None else root_of(self.about.full_name)

    @property
    def github(self) -> str:
        """The repository on GitHub."""
        return "" if self.about is None else f"{self.web_url}/{quote(self.about.full_name)}"


def root_of(full_name: str) -> str:
    """`/r/OWNER/REPO`."""
    return f"/r/{quote(full_name)}"


def visible(asked: Asked) -> Sequence[RepositoryRecord]:
    """The repositories that the viewer may see, by name."""
    return [one for one in asked.storage.repositories() if asked.viewer.role(one.id) != "none"]


def shell_of(page: Page, pages: Sequence[Page], asked: Asked, path: str, query: str, theme: str) -> Shell:
    """The shell of one page; `path` and `query` as the browser asked for them. The form token comes later."""
    notice = notices.named(asked)
    return Shell(
        title=page.title,
        now=asked.now,
        theme=theme,
        here=f"{path}?{query}" if query else path,
        web_url=web_url(asked.settings.github_api_url),
        viewer=asked.viewer,
        about=asked.about,
        ways=_ways(page, pages, asked),
        repositories=[one.full_name for one in visible(asked)[:MOST_IN_SWITCHER]],
        exports=_exports(page, path, query),
        notice=notice,
        far=spread_of(asked.storage, notice) if notice is not None else None,
        former=notices.former(asked.storage, notice) if notice is not None else "",
        may_act=asked.may_act,
        seen=state_of(asked.storage, asked.repository.id) if page.live else "",
    )


def _ways(page: Page, pages: Sequence[Page], asked: Asked) -> list[Way]:
    if asked.about is None:
        return []
    root = root_of(asked.about.full_name)
    plain = [one for one in pages if one.about == "repository" and "{" not in one.path]
    return [
        Way(one.title, root + one.path, page.path == one.path or page.path.startswith(f"{one.path}/")) for one in plain
    ]


def _exports(page: Page, path: str, query: str) -> list[tuple[str, str]]:
    kept = "&".join(part for part in query.split("&") if not part.startswith("act="))  # a notice is no filter
    stem, tail = ("/index" if path == "/" else path), f"?{kept}" if kept else ""
    kinds = ["csv", "json"] if page.table is not None else ["json"]
    return [(kind.upper(), f"{stem}.{kind}{tail}") for kind in kinds]
