"""What people said before the bot came, or forgot it: read out of an issue's timeline, with who said it and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.activities.words import taken_back
from bot.case import root_of
from bot.commands import claimed, denied, mentioned, parse
from bot.github.protocol import TimelineEvent
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord
from models.issue import Issue

HAVE_A_SAY = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})  # GitHub's words for those whose claim counts
NEARBY = timedelta(minutes=10)  # between a mark and the comment of the same person that says of which issue
SPOKEN = frozenset({"duplicate", "separated", "objection", "undone"})  # words to which an old timeline adds nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Somebody's word that the issue is a duplicate of `other`; `source` is where it stands."""

    other: int
    act: TimelineEvent
    kind: str  # of the source: comment | event
    source: str


@dataclass(frozen=True, slots=True)
class TimelineObjection:
    """The author's word that the issue is another problem than what the bot named, or than the one issue `other`."""

    act: TimelineEvent
    other: int | None


def verdict_of(issue: Issue, timeline: Sequence[TimelineEvent], confirmed: str, repository: str) -> Verdict | None:
    """What holds at the timeline's end: the last claim or mark that nobody took back. `confirmed` is the label that
    people give to duplicates, `repository` the owner/name to which an address has to lead. Only people count
    (INV 20)."""
    found: Verdict | None = None
    people = [event for event in timeline if event.actor and not event.actor_is_bot]
    for event in people:
        if found is not None and _takes_back(event, found, issue, confirmed):
            found = None
        elif event.event == "commented":
            found = _claimed(issue, event, repository, found) or found
        elif _is_mark(event, confirmed):
            found = found or _marked(issue, event, people, repository)
    return found


def _takes_back(event: TimelineEvent, found: Verdict, issue: Issue, confirmed: str) -> bool:
    """Reopened, unmarked, the label gone that was all that said it, or denied by somebody with as much of a say."""
    if event.event == "unlabeled":
        return found.act.event == "labeled" and event.value.casefold() == confirmed.casefold()
    if event.event == "commented":
        weighs = may_claim(issue, event.actor, event.association) and not _is_outranked(event, found)
        return weighs and found.other in denied(event.body)
    return event.event in {"unmarked_as_duplicate", "reopened"}


def _is_outranked(event: TimelineEvent, found: Verdict) -> bool:
    """An issue's author does not overrule a member."""
    said_before = found.act.association in HAVE_A_SAY or found.kind == "event"
    return said_before and event.association not in HAVE_A_SAY


def may_claim(issue: Issue, author: str, association: str) -> bool:
    """Members, collaborators, and whoever opened the issue."""
    return association in HAVE_A_SAY or author.casefold() == issue.author.casefold()


def _claimed(issue: Issue, event: TimelineEvent, repository: str, found: Verdict | None) -> Verdict | None:
    if not may_claim(issue, event.actor, event.association) or (found is not None and _is_outranked(event, found)):
        return None
    other = claimed(event.body, repository)
    return None if other in {None, issue.number} else Verdict(other or 0, event, "comment", f"comment {event.id}")


def _is_mark(event: TimelineEvent, confirmed: str) -> bool:
    if event.event == "labeled":
        return event.value.casefold() == confirmed.casefold()
    return event.event == "marked_as_duplicate" or (event.event, event.value) == ("closed", "duplicate")


def _marked(issue: Issue, mark: TimelineEvent, people: Sequence[TimelineEvent], repository: str) -> Verdict | None:
    """A mark does not say of which issue: that the same person named nearby, there or in the other issue."""
    near = [one for one in people if one.actor.casefold() == mark.actor.casefold() and abs(one.at - mark.at) <= NEARBY]
    for one in sorted(near, key=lambda one: abs(one.at - mark.at)):
        named = mentioned(one.body, repository) - {issue.number} if one.event == "commented" else frozenset()
        if one.event == "cross-referenced" and one.other not in {None, issue.number}:
            named = frozenset({one.other or 0})
        if len(named) == 1:
            return Verdict(next(iter(named)), mark, "event", f"{mark.event} {mark.id}")
    return None


def objections_of(issue: Issue, timeline: Sequence[TimelineEvent], repository: str) -> list[TimelineObjection]:
    """What the issue's author told the bot by `/triage different`, where nobody with a say called it a duplicate, or
    took anything back, and nobody closed it as one, afterwards."""
    held: list[TimelineObjection] = []
    for event in timeline:
        if event.actor_is_bot:
            continue
        if event.event == "marked_as_duplicate" or (event.event, event.value) == ("closed", "duplicate"):
            held = []
        if event.event != "commented":
            continue
        commands = parse(event.body, repository)
        overrules = any(one.verb in {"duplicate", "undo"} for one in commands) or claimed(event.body, repository)
        if event.association in HAVE_A_SAY and overrules:
            held = []
        if event.actor.casefold() == issue.author.casefold():
            said = [one for one in commands if one.verb == "different" and one.problem is None]
            held += [TimelineObjection(event, one.other) for one in said if one.other != issue.number]
    return held


def learn_verdict(
    services: Services, repository: RepositoryRecord, number: int, timeline: Sequence[TimelineEvent], confirmed: str
) -> bool:
    """Keep what the timeline says of the issue; whether that is a duplicate. What was said to the bot goes before."""
    stored = services.storage.issue(repository.id, number)
    if stored is None or stored.issue.is_pull_request:
        return False
    found = verdict_of(stored.issue, timeline, confirmed, repository.full_name)
    if found is None or _leads_others_away(stored.issue, found) or not _is_issue(services, repository.id, found.other):
        return False
    said = services.storage.feedback(repository.id, number)
    if any(one.kind in SPOKEN and one.value != found.source for one in said) or taken_back(said, found.source):
        return False
    duplicates: Mapping[int, int] = services.storage.duplicates(repository.id)
    others = {key: to for key, to in duplicates.items() if key != number}
    if root_of(found.other, others) == number:
        return False  # INV 1
    act = found.act
    services.storage.save_feedback(
        FeedbackRecord(repository.id, number, "duplicate", act.at, act.actor, found.kind, found.other, found.source)
    )
    return True


def _leads_others_away(issue: Issue, found: Verdict) -> bool:
    """An issue's author alone may not send those who come after both to a later issue, which may be their own."""
    is_own = found.act.actor.casefold() == issue.author.casefold() and found.act.association not in HAVE_A_SAY
    return is_own and found.other > issue.number


def _is_issue(services: Services, repository_id: int, number: int) -> bool:
    """INV 7: a claim may name a pull request, a discussion, or an issue that is gone."""
    stored = services.storage.issue(repository_id, number)
    return stored is not None and not stored.issue.is_pull_request
