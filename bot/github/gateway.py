"""The only place that changes anything on GitHub: one effect at a time, each safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.errors import Gone
from bot.github.mapping import clean
from bot.github.marker import marked, with_marker
from bot.github.protocol import Comment, Reader, Writer
from models.decision import Effect, EffectKind

LabelStyles = Mapping[str, tuple[str, str]]

DEFAULT_COLOR = "ededed"  # GitHub's own for a label that was given none


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one effect: `skipped` where GitHub stood so already, `shadow` where nothing may be written.

    `github_id` is the comment's id; `reason` says why nothing was written, '' where something was.
    """

    state: Literal["done", "skipped", "shadow"]
    github_id: int | None = None
    reason: str = ""


class Gateway:
    """Effects on one repository's issues; without a writer, shadow mode, it asks GitHub for nothing (INV 26)."""

    def __init__(self, writer: Writer | None, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._known_labels: set[str] = set()

    def apply(
        self,
        effect: Effect,
        number: int,
        *,
        labels: LabelStyles | None = None,
        live: Collection[str] | None = None,
        begins: bool = True,
    ) -> Applied:
        """Bring about the effect, or find that it stands already; raises the failures of `bot.errors`.

        `labels` gives colour (six hex digits) and description by name for a label that has to be created; `live` are
        the issue's labels where the caller has just read them. `begins`: a comment may be the first; where it may not,
        and none of ours is there, a person deleted it, and Gone is raised (INV 17).
        """
        if self._writer is None:
            return Applied("shadow", reason="shadow mode writes nothing")
        if effect.kind is EffectKind.COMMENT:
            return self._comment(self._writer, number, with_marker(effect.value), begins=begins)
        if effect.kind in (EffectKind.CLOSE, EffectKind.REOPEN):
            return self._set_state(self._writer, number, effect)
        if live is None:
            live = self._reader.issue(number).labels
        present = effect.value.casefold() in {name.casefold() for name in live}
        if effect.kind is EffectKind.ADD_LABEL:
            return self._add_label(self._writer, number, effect.value, labels or {}, present=present)
        return _remove_label(self._writer, number, effect.value, present=present)

    def react(self, comment_id: int, content: str) -> Applied:
        """Answer a person's comment with a reaction (`+1` or `confused`), which notifies nobody."""
        if self._writer is None:
            return Applied("shadow", reason="shadow mode writes nothing")
        self._writer.create_reaction(comment_id, content)
        return Applied("done")

    def _comment(self, writer: Writer, number: int, text: str, *, begins: bool) -> Applied:
        """At most one comment, found by its marker before anything is written (INV 23, 25)."""
        ours = next(iter(self._own_comments(number)), None)
        if ours is None and not begins:
            raise Gone("a person deleted the comment")
        if ours is None:
            return Applied("done", writer.create_comment(number, text))
        if ours.body == clean(text):  # a comment comes back cleaned, so like is compared with like
            return Applied("skipped", ours.id, "the comment says so already")
        writer.edit_comment(ours.id, text)  # raises Gone where a person deleted it since it was read: it stays deleted
        return Applied("done", ours.id)

    def _set_state(self, writer: Writer, number: int, effect: Effect) -> Applied:
        """Close or reopen what stands otherwise at this very moment."""
        is_open = self._reader.issue(number).state == "open"
        if effect.kind is EffectKind.CLOSE:
            if not is_open:
                return Applied("skipped", reason="it is closed already")
            writer.close_issue(number, effect.value)
        else:
            if is_open:
                return Applied("skipped", reason="it is open already")
            writer.reopen_issue(number)
        return Applied("done")

    def _own_comments(self, number: int) -> list[Comment]:
        """Ours by GitHub's word and by the marker, the oldest first."""
        found = self._reader.comments(number)
        return sorted((c for c in found if c.by_this_app and marked(c.body)), key=lambda c: (c.created_at, c.id))

    def _add_label(self, writer: Writer, number: int, name: str, labels: LabelStyles, *, present: bool) -> Applied:
        if present:
            return Applied("skipped", reason="the label is there already")
        if name.casefold() not in self._known_labels:
            if not writer.label_exists(name):
                writer.create_label(name, *labels.get(name, (DEFAULT_COLOR, "")))
            self._known_labels.add(name.casefold())
        writer.add_label(number, name)  # never the set of labels (INV 24)
        return Applied("done")


def _remove_label(writer: Writer, number: int, name: str, *, present: bool) -> Applied:
    if not present:
        return Applied("skipped", reason="the label is not there")
    writer.remove_label(number, name)
    return Applied("done")
