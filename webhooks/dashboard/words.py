"""Enumerated words of the bot, as people say them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.vetoes import VETOES

FACTS: Mapping[str, str] = {
    "status_code": "Status code",
    "error_type": "Error type",
    "error_message": "Error message",
    "service_error": "Error of the service",
    "exit_code": "Exit code",
    "exception": "Exception",
    "frames": "Stack trace",
    "version": "Version",
    "os": "Platform",
    "terminal": "Terminal",
    "plan": "Plan",
    "model": "Model",
}
PLATFORMS: Mapping[str, str] = {
    "macos": "macOS",
    "linux": "Linux",
    "windows": "Windows",
    "wsl": "WSL",
    "ios": "iOS",
    "android": "Android",
}
UNTOLD = frozenset({"error_message", "service_error", "frames"})
"""Facts whose values are fingerprints or code, which tell a reader nothing."""

HELD: Mapping[str, str] = {
    "over-cap": "more reports than a cluster may have (limits.cluster_cap): it is shown, and does not act",
    "incoherent": "its reports are too unlike each other: it is shown, and does not act",
}
TITLE_BY: Mapping[str, str] = {
    "machine": "made of the words that its reports have in common",
    "config": "from the configuration",
    "person": "given by a maintainer",
}
TRIGGERS: Mapping[str, str] = {
    "delivery": "something happened on GitHub",
    "rerun": "a rerun",
    "command": "a person asked",
    "feedback": "a person said something",
    "follow": "something that its comment tells of had changed",
    "upkeep": "the canonical issue was kept up to date",
    "notice": "the configuration's problems were told",
    "close": "the time to object was over",
    "adopted": "the bot had said so before it was installed anew",
}
SAID: Mapping[str, str] = {
    "separated": "said that it is not the same problem as",
    "duplicate": "said that it is a duplicate of",
    "objection": "objected to the verdict",
    "label-removed": "removed a label of the bot",
    "reopened": "reopened it",
    "comment-deleted": "deleted the bot's comment",
    "obeyed": "gave a command",
    "undone": "took back a word",
}
DID: Mapping[str, str] = {
    "rename": "renamed it to",
    "label": "set the label",
    "canonical": "set the canonical issue",
    "pin": "put in",
    "exclude": "kept out",
    "split": "made a cluster of its own of",
    "merge": "merged it into",
    "confirm": "said: the same problem as",
    "dismiss": "said: another problem than",
    "broadcast": "told all reporters",
    "rerun": "had it decided again",
    "rerun-cluster": "had its reports decided again",
    "refit": "had the clusters refitted",
    "rollback": "rolled back to generation",
    "pause": "paused the bot",
    "resume": "let the bot work again",
    "undo": "took back",
    "undo-edit": "took back",
}
GAVE_BACK: Mapping[str, str] = {
    "rename": "took its title away",
    "label": "took its label away",
    "canonical": "left the canonical issue to the policy",
    "broadcast": "took away what all reporters were told",
}
"""The same acts with nothing to set."""
EFFECTS: Mapping[str, str] = {
    "comment": "Comment",
    "add-label": "Add label",
    "remove-label": "Remove label",
    "close": "Close",
    "reopen": "Reopen",
}
MISSED: Mapping[str, str] = {
    "arrived unseen": "it was opened when the bot did not listen",
    "the issue that people linked is not in the index": "the other issue is not in the index",
    "not retrieved": "the other one was not among the candidates",
    "scored below the threshold": "the score was under the threshold",
    "others were nearer": "other issues were nearer",
}
VERDICTS = ("duplicate", "related", "new", "possible-regression", "refer-to-maintainers", "ignored")


def fact(name: str) -> str:
    """A fact's name; a repository's own has the one that it was given."""
    return FACTS.get(name, name.replace("_", " ").capitalize())


def value(name: str, text: str) -> str:
    """A fact's value, written as people write it."""
    return PLATFORMS.get(text, text) if name == "os" else text


def did(kind: str, *, gave_back: bool = False) -> str:
    """What a person did or said; `gave_back`: set nothing, where something could have been set."""
    return (GAVE_BACK.get(kind) if gave_back else None) or DID.get(kind) or SAID.get(kind, kind)


def effect(kind: str) -> str:
    """What the bot does, said alike whether it is planned, done or failed."""
    return EFFECTS.get(kind, kind)


def missed(cause: str) -> str:
    """Why the bot had not named a duplicate."""
    rule = cause.removeprefix("vetoed: ")
    return MISSED.get(cause, cause) if rule == cause else "; ".join(veto(name) for name in rule.split(", "))


def veto(name: str) -> str:
    """What a rule says that lowered a verdict."""
    return VETOES.get(name, name.replace("-", " "))
