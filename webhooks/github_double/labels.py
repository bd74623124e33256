"""The REST endpoints of labels, of a repository and of an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from webhooks.github_double import acts
from webhooks.github_double.answers import Announcement, Answer, Json, Refusal, invalid, not_found
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import label_json
from webhooks.github_double.paging import page
from webhooks.github_double.payloads import announce_issue
from webhooks.github_double.records import Issue, Label

_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
LONGEST_DESCRIPTION = 100


def _shown(call: Call, labels: Iterable[Label]) -> list[Json]:
    return [label_json(call.repo, label, call.base) for label in labels]


def list_labels(call: Call) -> Answer:
    """GET the repository's labels, by name."""
    part, headers = page(call, sorted(call.repo.labels.values(), key=lambda label: label.name.lower()))
    return Answer(200, _shown(call, part), headers)


def _label(call: Call) -> Label:
    found = call.repo.labels.get(call.params["name"].lower())
    if found is None:
        raise not_found()
    return found


def get_label(call: Call) -> Answer:
    """GET one label, its name in any case."""
    return Answer(200, label_json(call.repo, _label(call), call.base))


def _checked(fields: Json, label: Label) -> Label:
    color, description = fields.get("color", label.color), fields.get("description", label.description)
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        raise invalid("Label", "color", "invalid")
    if description is not None and (not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION):
        raise invalid("Label", "description", "invalid")
    return replace(label, color=color.lower(), description=description)


def create_label(call: Call) -> Answer:
    """POST a label; 422 where it exists."""
    fields = call.fields()
    name = fields.get("name")
    if isinstance(name, str) and name.lower() in call.repo.labels:
        raise invalid("Label", "name", "already_exists")
    _checked(fields, Label(0, ""))
    label = _checked(fields, acts.ensure_label(call.world, call.repo, name))
    call.repo.labels[label.name.lower()] = label
    shown = label_json(call.repo, label, call.base)
    return Answer(201, shown, {"location": shown["url"]})


def edit_label(call: Call) -> Answer:
    """PATCH a label; every issue that has it follows its new name."""
    fields, before = call.fields(), _label(call)
    name = fields.get("new_name") or before.name
    if name.lower() != before.name.lower() and name.lower() in call.repo.labels:
        raise invalid("Label", "name", "already_exists")
    after = replace(_checked(fields, before), name=name)
    del call.repo.labels[before.name.lower()]
    call.repo.labels[name.lower()] = after
    _rename_on_issues(call, before.name, name)
    return Answer(200, label_json(call.repo, after, call.base))


def _rename_on_issues(call: Call, before: str, after: str | None) -> None:
    for issue in [issue for issue in call.repo.issues.values() if before in issue.labels]:
        named = (after if name == before else name for name in issue.labels)
        call.repo.put(replace(issue, labels=tuple(name for name in named if name is not None)))


def delete_label(call: Call) -> Answer:
    """DELETE a label, from every issue too."""
    label = _label(call)
    _rename_on_issues(call, label.name, None)
    del call.repo.labels[label.name.lower()]
    return Answer(204)


def list_issue_labels(call: Call) -> Answer:
    """GET an issue's labels."""
    part, headers = page(call, _labels_of(call, call.issue()))
    return Answer(200, _shown(call, part), headers)


def _labels_of(call: Call, issue: Issue) -> list[Label]:
    return [call.repo.labels[name.lower()] for name in issue.labels]


def _names(call: Call) -> list[str]:
    given = call.body.get("labels") if isinstance(call.body, dict) else call.body
    if not isinstance(given, list):
        raise invalid("Label", "labels", "invalid")
    return [str(entry.get("name") or "") if isinstance(entry, dict) else entry for entry in given]


def _changed(call: Call, before: Issue, names: Iterable[str]) -> Answer:
    after = acts.set_labels(call.world, call.repo, before, names, call.actor.login)
    return Answer(200, _shown(call, _labels_of(call, after)), announcements=_said(call, before, after))


def _said(call: Call, before: Issue, after: Issue) -> tuple[Announcement, ...]:
    came = [("labeled", name) for name in after.labels if name not in before.labels]
    went = [("unlabeled", name) for name in before.labels if name not in after.labels]
    return tuple(announce_issue(call, after, word, label=call.repo.labels[name.lower()]) for word, name in came + went)


def add_labels(call: Call) -> Answer:
    """POST labels to an issue, as `{"labels": […]}` or as a bare array; unknown ones are made."""
    issue = call.issue()
    return _changed(call, issue, [*issue.labels, *_names(call)])


def set_labels(call: Call) -> Answer:
    """PUT the whole set of an issue's labels."""
    return _changed(call, call.issue(), _names(call))


def remove_label(call: Call) -> Answer:
    """DELETE one label from an issue; 404 where the issue has none of that name."""
    issue, name = call.issue(), call.params["name"].lower()
    if name not in {label.lower() for label in issue.labels}:
        raise Refusal(404, "Label does not exist")
    return _changed(call, issue, [label for label in issue.labels if label.lower() != name])


def remove_all_labels(call: Call) -> Answer:
    """DELETE every label of an issue."""
    return Answer(204, announcements=_changed(call, call.issue(), []).announcements)


READ, WRITE = ("issues", "read"), ("issues", "write")
LABELS = "/repos/{owner}/{repo}/labels"
ON_ISSUE = "/repos/{owner}/{repo}/issues/{number}/labels"
ROUTES = (
    Route("GET", LABELS, list_labels, needs=READ),
    Route("POST", LABELS, create_label, needs=WRITE, role="triage"),
    Route("GET", LABELS + "/{name:path}", get_label, needs=READ),
    Route("PATCH", LABELS + "/{name:path}", edit_label, needs=WRITE, role="triage"),
    Route("DELETE", LABELS + "/{name:path}", delete_label, needs=WRITE, role="triage"),
    Route("GET", ON_ISSUE, list_issue_labels, needs=READ),
    Route("POST", ON_ISSUE, add_labels, needs=WRITE, role="triage"),
    Route("PUT", ON_ISSUE, set_labels, needs=WRITE, role="triage"),
    Route("DELETE", ON_ISSUE, remove_all_labels, needs=WRITE, role="triage"),
    Route("DELETE", ON_ISSUE + "/{name:path}", remove_label, needs=WRITE, role="triage"),
)
