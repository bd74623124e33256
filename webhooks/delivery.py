"""Headers and raw bytes of a verified request → the delivery's names and ids, and not a word that a person wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from bot.commands import claimed, is_for_us
from bot.errors import TriageError
from bot.github.marker import marked
from bot.storage.records import DeliveryRecord
from webhooks import routing

LARGEST_ID = 2**53 - 1  # what JSON carries exactly everywhere, and what a database's integer holds
LONGEST_LABEL = 50  # characters, GitHub's limit
MOST_REPOSITORIES = 10_000  # of one installation delivery; how many were left out is recorded

_DELIVERY_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9._-]{1,100}(\[bot\])?")
_SENDER_TYPES = frozenset({"User", "Bot", "Organization", "Mannequin"})

_Object = dict[str, Any]


class BadDelivery(TriageError):
    """The request is not a delivery as GitHub makes them; the message is one line without anything of its content."""


@dataclass(frozen=True, slots=True)
class Ping:
    """GitHub asks whether somebody is there."""

    id: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A sound delivery that starts nothing, and why."""

    id: str
    event: str
    action: str | None
    reason: str
    repository: str | None = None
    issue: int | None = None


def delivery_id(header: str | None) -> str:
    """X-GitHub-Delivery, checked; raises BadDelivery."""
    if header is None or not _DELIVERY_ID.fullmatch(header):
        raise BadDelivery("X-GitHub-Delivery is missing or is not 1 to 100 letters, digits and . _ : -")
    return header


def read(headers: Mapping[str, str], body: bytes, received_at: datetime) -> DeliveryRecord | Ping | Ignored:
    """What the request asks for; `headers` has lower-case names, `body` is already verified. Raises BadDelivery.

    `details` of the record holds only: sender, sender_type, changed (names of edited fields), renamed_from
    (owner/name before), comment (its id), comment_by (whose it was, where it was deleted), label (the name of one that
    was removed), new_repository and new_issue (of a transferred issue), repositories, repositories_added,
    repositories_removed ({id, full_name} each), repositories_left_out (how many were more than we keep) and at (when
    the issue was changed, by GitHub's clock).
    """
    identity = delivery_id(headers.get("x-github-delivery"))
    event = headers.get("x-github-event")
    if event is None or not _EVENT.fullmatch(event):
        raise BadDelivery("X-GitHub-Event is missing or is not the name of an event")
    payload = _payload(body)
    if event == "ping":
        return Ping(identity)
    reader = _READERS.get(event)
    if reader is None:
        return Ignored(identity, event, None, f"{event} events are not used")
    action = payload.get("action")
    if not isinstance(action, str) or not _EVENT.fullmatch(action):
        raise BadDelivery(f"the payload of {event} has no action, or one that is not a name")
    return _route(DeliveryRecord(identity, event, action, "", received_at), payload, reader)


def _route(
    delivery: DeliveryRecord, payload: _Object, reader: Callable[[_Object], _Object]
) -> DeliveryRecord | Ignored:
    fields = reader(payload)
    changed = [name for name in ("title", "body") if name in _changes(payload)]
    workflow = routing.workflow_for(delivery.event, delivery.action, changed)
    reason = _uninteresting(delivery, payload, workflow)
    if workflow is None or reason is not None:
        repository, issue = fields.get("repository"), fields.get("issue")
        return Ignored(delivery.id, delivery.event, delivery.action, reason or "", repository, issue)
    details = {**_sender(payload), **fields.pop("details", {})}
    if changed and delivery.action == "edited":
        details["changed"] = changed
    return DeliveryRecord(
        delivery.id, delivery.event, delivery.action, workflow, delivery.received_at, details=details, **fields
    )


def _uninteresting(delivery: DeliveryRecord, payload: _Object, workflow: str | None) -> str | None:
    if _at(payload, "issue", "pull_request") is not None:
        return "it is a pull request"
    if (delivery.event, delivery.action) in routing.ONLY_BY_PEOPLE and _by_bot(payload):
        return "a bot did it"
    if workflow is not None:
        return _unheard(delivery.action, payload) if delivery.event == "issue_comment" else None
    if (delivery.event, delivery.action) in routing.ROUTES:
        return "neither title nor body changed"
    return f"{delivery.event}.{delivery.action} is not used"


# --- the body


def _payload(body: bytes) -> _Object:
    try:
        payload = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadDelivery("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadDelivery(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise BadDelivery("the body is nested too deeply") from None
    except ValueError:  # Python refuses to read an integer of more than 4,300 digits
        raise BadDelivery("the body holds a number that is too long") from None
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    return payload


def _unique(pairs: list[tuple[str, Any]]) -> _Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadDelivery("the body has an object with the same key twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise BadDelivery("the body is not JSON: NaN and Infinity are not numbers")


# --- what each event must name


def _issue_fields(payload: _Object) -> _Object:
    issue = payload.get("issue")
    if not isinstance(issue, dict):
        raise BadDelivery("the payload has no issue")
    fields = _repository_fields(payload)
    fields["issue"] = _positive(issue.get("number"), "issue.number")
    moment = _moment(issue.get("updated_at"))
    if moment is not None:
        fields["details"]["at"] = moment
    label = _at(payload, "label", "name")
    if payload.get("action") == "unlabeled" and isinstance(label, str):
        fields["details"]["label"] = label[:LONGEST_LABEL]
    changes = _changes(payload)
    if isinstance(changes.get("new_repository"), dict):
        fields["details"]["new_repository"] = _reference(changes["new_repository"], "changes.new_repository")
    if isinstance(changes.get("new_issue"), dict):
        fields["details"]["new_issue"] = _positive(changes["new_issue"].get("number"), "changes.new_issue.number")
    return fields


def _comment_fields(payload: _Object) -> _Object:
    fields = _issue_fields(payload)
    fields["details"]["comment"] = _positive(_at(payload, "comment", "id"), "comment.id")
    author = _at(payload, "comment", "user", "login")
    if payload.get("action") == "deleted" and isinstance(author, str) and _LOGIN.fullmatch(author):
        fields["details"]["comment_by"] = author
    return fields


def _unheard(action: str | None, payload: _Object) -> str | None:
    """Why a comment starts nothing. Its text is looked at here and goes no further; the worker reads it again."""
    body = _at(payload, "comment", "body")
    body = body if isinstance(body, str) else ""
    name = _at(payload, "repository", "full_name")
    home = name if isinstance(name, str) else ""
    by_bot = _at(payload, "comment", "user", "type") == "Bot"
    if action == "deleted":
        ours = by_bot and marked(body) and not _by_bot(payload)
        return None if ours or (not by_bot and claimed(body, home) is not None) else "the comment is not ours"
    if by_bot:
        return "the comment is by a bot"
    before = _at(payload, "changes", "body", "from") if action == "edited" else None
    said = isinstance(before, str) and claimed(before, home) is not None  # it may take that back
    return None if said or is_for_us(body, home) else "the comment is no command"


def _by_bot(payload: _Object) -> bool:
    """Whether a bot did it: only people count as activity (INV 20)."""
    login = _at(payload, "sender", "login")
    return _at(payload, "sender", "type") == "Bot" or (isinstance(login, str) and login.endswith("[bot]"))


def _repository_fields(payload: _Object) -> _Object:
    repository = _reference(payload.get("repository"), "repository")
    fields: _Object = {"repository": repository["full_name"], "repository_id": repository["id"], "details": {}}
    if payload.get("installation") is not None:
        fields["installation_id"] = _installation(payload)
    before = _renamed_from(repository["full_name"], _changes(payload))
    if before is not None:
        fields["details"]["renamed_from"] = before
    return fields


def _installation_fields(payload: _Object) -> _Object:
    details: _Object = {}
    for key in ("repositories", "repositories_added", "repositories_removed"):
        listed = payload.get(key)
        if listed is None:
            continue
        if not isinstance(listed, list):
            raise BadDelivery(f"{key} is not a list")
        details[key] = [_reference(item, key) for item in listed[:MOST_REPOSITORIES]]
        if len(listed) > MOST_REPOSITORIES:
            details["repositories_left_out"] = len(listed) - MOST_REPOSITORIES
    return {"installation_id": _installation(payload), "details": details}


_READERS: dict[str, Callable[[_Object], _Object]] = {
    "issues": _issue_fields,
    "issue_comment": _comment_fields,
    "repository": _repository_fields,
    "installation": _installation_fields,
    "installation_repositories": _installation_fields,
}


# --- single values


def _changes(payload: _Object) -> _Object:
    changes = payload.get("changes")
    return changes if isinstance(changes, dict) else {}


def _installation(payload: _Object) -> int:
    installation = payload.get("installation")
    if not isinstance(installation, dict):
        raise BadDelivery("the payload has no installation")
    return _positive(installation.get("id"), "installation.id")


def _reference(value: Any, where: str) -> _Object:
    if not isinstance(value, dict):
        raise BadDelivery(f"the payload has no {where}")
    name = value.get("full_name")
    if not isinstance(name, str) or not _FULL_NAME.fullmatch(name):
        raise BadDelivery(f"{where}.full_name is not like owner/name")
    return {"id": _positive(value.get("id"), f"{where}.id"), "full_name": name}


def _positive(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_ID:
        raise BadDelivery(f"{where} is not a positive number of at most {LARGEST_ID}")
    return value


def _renamed_from(full_name: str, changes: _Object) -> str | None:
    """The owner/name before a rename or a transfer of the repository."""
    owner, name = full_name.split("/")
    old_name = _at(changes, "repository", "name", "from")
    old_owner = _at(changes, "owner", "from", "user", "login") or _at(changes, "owner", "from", "organization", "login")
    if not any(isinstance(old, str) and _NAME.fullmatch(old) for old in (old_name, old_owner)):
        return None
    before = f"{old_owner or owner}/{old_name or name}"
    return before if _FULL_NAME.fullmatch(before) else None


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _moment(value: Any) -> str | None:
    """A point in time in UTC, written as ours are; None where it is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if found is None or found.tzinfo is None else found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _sender(payload: _Object) -> _Object:
    login, kind = _at(payload, "sender", "login"), _at(payload, "sender", "type")
    found: _Object = {}
    if isinstance(login, str) and _LOGIN.fullmatch(login):
        found["sender"] = login
    if isinstance(kind, str) and kind in _SENDER_TYPES:
        found["sender_type"] = kind
    return found
