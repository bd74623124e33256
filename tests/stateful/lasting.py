"""More of what must never happen: what follows a canonical issue, a broadcast, a promise to close; what is kept, what
is forgotten."""

from __future__ import annotations

from datetime import timedelta

from bot.activities.refit import PUBLISHED
from bot.activities.upkeep import members_told
from bot.closing import MOST_CLOSES
from bot.storage.records import DecisionRecord
from models.decision import Decision, Verdict
from models.versions import fixed_in, has_fix, newest
from tests.stateful.people import MAINTAINERS, STATUS
from tests.stateful.promises import config_of, hold, last_of, may_write, read_by, text_of
from tests.stateful.town import Ask, Town

HOUR = timedelta(hours=1)
LONGEST_COMMENT = 65_536  # characters that GitHub takes
MOST_LINKS = 3  # of any configuration here
BY_COMMAND = frozenset({"duplicate", "paused", "resumed"})  # words that only maintainers' commands bring


# --- each thing that the bot asks of GitHub


def inv_36_nothing_is_written_while_the_repository_is_stopped(town: Town, ask: Ask) -> None:
    record = town.record
    hold(record is not None and record.state == "active", f"{ask.method} while {record and record.state}")


def inv_37_a_comment_is_no_longer_than_github_takes(_town: Town, ask: Ask) -> None:
    hold(len(ask.value) <= LONGEST_COMMENT, f"{len(ask.value)} characters on #{ask.number}")


def only_what_was_promised_and_answered_by_nobody_is_closed(town: Town, ask: Ask) -> None:
    """Point 1 of the manners: the mode says so, the comment named a day, it has come, and nobody answered."""
    if ask.method != "close_issue":
        return
    decision, own = last_of(town, ask.number), town.own(ask.number)
    hold(config_of(town).mode == "close", f"#{ask.number} is closed in mode {config_of(town).mode}")
    hold(decision is not None and decision.verdict is Verdict.DUPLICATE, f"#{ask.number} is closed as {decision}")
    day = decision.closes_on if decision is not None else None
    hold(day is not None and str(day) <= town.clock.at.date().isoformat(), f"#{ask.number}: promised for {day}")
    hold(own, f"#{ask.number} is closed without a comment")
    answers = [one for one in town.fake.comments[ask.number] if not (one.by_this_app or one.author_is_bot)]
    hold(not answers, f"#{ask.number} is closed although {[one.author for one in answers]} answered")
    against = [who for number, comment, who in town.diary.thumbs_down if (number, comment) == (ask.number, own[0].id)]
    hold(not against, f"#{ask.number} is closed although {against} objected")


def only_who_was_agreed_with_closes(town: Town, ask: Ask) -> None:
    """Point 1 of the manners: closing is earned by people's words."""
    if ask.method == "close_issue":
        agreed = [one for one in town.storage.feedback(town.repository_id) if one.kind == "duplicate"]
        hold(agreed, f"#{ask.number} is closed, and nobody ever agreed with the bot")


def few_are_closed_at_a_time(town: Town, ask: Ask) -> None:
    if ask.method == "close_issue":
        closed = [one for one in town.diary.writes if one.ask.method == "close_issue" and one.at > town.clock.at - HOUR]
        hold(len(closed) < MOST_CLOSES + town.diary.kills, f"{len(closed)} were closed in this run")


# --- each decision


def inv_15_a_version_that_has_the_fix_is_no_duplicate(town: Town, record: DecisionRecord, decision: Decision) -> None:
    mine, theirs = read_by(town, record), town.issues.get(decision.canonical or 0)
    if decision.verdict is not Verdict.DUPLICATE or mine is None or theirs is None:
        return
    version, fix = newest(mine.facts.get("version", frozenset())), fixed_in(theirs)
    moved = town.diary.moved.get(theirs.number, record.decided_at - HOUR) >= record.decided_at
    is_fixed = version is not None and fix is not None and has_fix(version, fix)
    hold(moved or not is_fixed, f"#{decision.number} ({version}) → #{theirs.number}, fixed in {fix}")


def inv_37_few_links_are_shown(_town: Town, _record: DecisionRecord, decision: Decision) -> None:
    hold(len(decision.links) <= MOST_LINKS, f"#{decision.number} has {len(decision.links)} links")


# --- the town after everything that happens


def inv_38_an_issue_is_in_one_cluster_at_most(town: Town) -> None:
    members = [number for one in town.storage.clusters_in_force(town.repository_id) for number in one.members]
    hold(len(members) == len(set(members)), f"in two clusters: {sorted(members)}")


def inv_38_no_generation_is_in_force_but_by_a_refit_that_says_so(town: Town) -> None:
    kept = town.storage.generations(town.repository_id, limit=1)
    if kept and kept[0].origin != "configuration":
        ended = [one for one in town.storage.refits(town.repository_id, limit=5) if one.outcome == PUBLISHED]
        published = max((one.generation or 0 for one in ended), default=0)
        hold(kept[0].number <= published, f"generation {kept[0].number} is in force, the last refit made {published}")


def inv_42_words_are_theirs_who_may_say_them(town: Town) -> None:
    for word in town.storage.feedback(town.repository_id):
        if word.source != "command" or word.actor in MAINTAINERS:
            continue
        author = town.authors.get(word.number)
        hold(word.kind not in BY_COMMAND and word.actor == author, f"{word.actor} said {word.kind} of #{word.number}")


# --- the town when everything is worked off


def inv_06_no_comment_stands_that_points_at_what_is_closed_or_gone(town: Town) -> None:
    """Also those from before the bot was uninstalled."""
    if not may_write(town):
        return
    for number, issue in town.issues.items():
        decision = last_of(town, number)
        if issue.state != "open" or issue.locked or not town.own(number) or number in town.diary.interrupted:
            continue
        if decision is not None and decision.verdict is Verdict.DUPLICATE:
            target = town.issues.get(decision.canonical or 0)
            live = target is not None and target.state == "open" and not target.locked
            hold(live, f"#{number} is still called a duplicate of #{decision.canonical}")


def inv_23_the_bot_knows_its_own_comments(town: Town) -> None:
    """Also those from before it was uninstalled: who objects to one is heeded, and it writes no second one."""
    record = town.record
    if record is None or record.imported_at is None or not may_write(town):
        return
    known = {one.id for one in town.storage.own_comments(town.repository_id)}
    own = {one.id: number for number in town.issues for one in town.own(number)}
    strange = [number for key, number in own.items() if key not in known and number not in town.diary.interrupted]
    hold(not strange, f"the bot does not know its own comments on {strange}")


def inv_12_every_issue_of_the_tracker_is_known(town: Town) -> None:
    record = town.record
    if record is None or record.imported_at is None or not may_write(town):
        return
    real = [number for number, issue in town.issues.items() if not issue.is_pull_request]
    missing = [number for number in real if text_of(town, number) is None]
    hold(not missing, f"not indexed: {missing}")


def inv_35_every_task_says_how_it_ended(town: Town) -> None:
    unfinished = [one for one in town.storage.task_runs(limit=1000) if one.finished_at is None]
    hold(len(unfinished) <= town.kills, f"{len(unfinished)} runs of tasks never ended")


def may_follow(town: Town, number: int) -> bool:
    """Whether nothing kept the bot from bringing the issue's comment up to date: GitHub took what it wrote last."""
    rows = [one for one in town.storage.effects(town.repository_id, number=number) if one.kind == "comment"]
    return bool(rows) and rows[0].state == "done" and number not in town.diary.interrupted


def what_members_are_told_stands_in_their_comments(town: Town) -> None:
    """Point 2 of the manners: a status reaches the comments of a cluster's members, and goes from them again."""
    if not may_write(town):
        return
    told = town.storage.statuses(town.repository_id)
    texts = {one.text for one in told.values()}
    for number in town.issues:
        for comment in town.own(number):
            old = [text for text in town.told if text in comment.body and text not in texts]
            followed = town.issues[number].state == "open" and not town.issues[number].locked
            hold(not followed or not old or not may_follow(town, number), f"#{number} is still told {old}")
    for cluster in told:
        for one in members_told(town.storage, town.repository_id, cluster):
            own = town.own(one.number)
            fits = not own or any(text in own[0].body for text in texts) or not may_follow(town, one.number)
            hold(fits, f"#{one.number} was not told {STATUS!r}")
