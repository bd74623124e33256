"""What people may do: each kind of act, and how it is read out of its form; the worker judges what it may say."""

from __future__ import annotations

from collections.abc import Mapping

from models.redact import redact
from webhooks.dashboard.forms import Form, Wrong
from webhooks.dashboard.posting import Act, Wish

TITLE_MOST = 120  # characters
LABEL_MOST = 50
STATUS_MOST = 600  # before it is cleaned


def _cluster(form: Form) -> str:
    return form.text("cluster", what="the cluster", longest=200)


def _rename(form: Form) -> Wish:
    return Wish(_cluster(form), details={"value": redact(form.maybe("value", what="the title", longest=TITLE_MOST))})


def _label(form: Form) -> Wish:
    return Wish(_cluster(form), details={"value": form.maybe("value", what="the label", longest=LABEL_MOST)})


def _canonical(form: Form) -> Wish:
    """No number gives the choice back to the policy."""
    given = any(value.strip() for value in form.fields.get("numbers", ()))
    numbers = form.numbers("numbers", what="the issue") if given else ()
    if len(numbers) > 1:
        raise Wrong("one issue can be the canonical one: choose one")
    return Wish(_cluster(form), details={"numbers": list(numbers)})


def _issues(form: Form) -> Wish:
    if not any(value.strip() for value in form.fields.get("numbers", ())):
        raise Wrong("choose a report first, or write its number")
    return Wish(_cluster(form), details={"numbers": list(form.numbers("numbers", what="each issue"))})


def _merge(form: Form) -> Wish:
    return Wish(_cluster(form), details={"into": form.text("into", what="the other cluster")})


def _undo_edit(form: Form) -> Wish:
    return Wish(details={"edit": form.number("edit", what="the act")})


def _undo(form: Form) -> Wish:
    return Wish(undoes=form.number("act", what="the act"))


def _confirm(form: Form) -> Wish:
    """Which two are one problem."""
    other = form.number("other", what="the other issue")
    return Wish(number=form.number("number", what="the issue"), details={"other": other})


def _dismiss(form: Form) -> Wish:
    """Without another issue, it is whatever the bot names."""
    return _confirm(form) if any(form.fields.get("other", ())) else _issue(form)


def _issue(form: Form) -> Wish:
    return Wish(number=form.number("number", what="the issue"))


def _one_cluster(form: Form) -> Wish:
    return Wish(_cluster(form))


def _broadcast(form: Form) -> Wish:
    """An empty text takes the status away."""
    return Wish(_cluster(form), details={"value": redact(form.lines("value", what="the status", longest=STATUS_MOST))})


def _repository(_: Form) -> Wish:
    return Wish()


def _rollback(form: Form) -> Wish:
    return Wish(details={"to": form.number("to", what="the generation")} if form.fields.get("to") else {})


ACTS: Mapping[str, Act] = {
    "rename": _rename,
    "label": _label,
    "canonical": _canonical,
    "pin": _issues,
    "exclude": _issues,
    "split": _issues,
    "merge": _merge,
    "undo-edit": _undo_edit,
    "undo": _undo,
    "confirm": _confirm,
    "dismiss": _dismiss,
    "rerun": _issue,
    "rerun-cluster": _one_cluster,
    "refit": _repository,
    "rollback": _rollback,
    "broadcast": _broadcast,
    "pause": _repository,
    "resume": _repository,
}
