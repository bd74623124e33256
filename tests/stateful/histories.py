"""Random histories of a tracker: each rule is something that a person, a clock, a fault or the bot does."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.activities.again import decide_again
from bot.activities.observe import Stopped, current_config, open_repository
from bot.errors import GitHubError, TriageError
from bot.github.protocol import Comment
from tests.fakes.databases import memory_folder
from tests.stateful import watch
from tests.stateful.chances import (
    ASKING,
    BY_HAND,
    CHANGES,
    COUNT,
    FAULTS,
    JUMPS,
    LABELS,
    MILESTONES,
    PICK,
    SAYINGS,
    TASKS,
    WHO,
    happens,
)
from tests.stateful.engine import Killed
from tests.stateful.people import (
    BOT,
    CLOSING,
    CONFIGS,
    KNOWN,
    MAINTAINERS,
    REPORTERS,
    STATUS,
    TEXTS,
    begin_again,
    canary,
)
from tests.stateful.town import NAME, Town, person, shown, town


class Histories(RuleBasedStateMachine):
    """One history; the promises are looked at after each step, at each write, and after each workflow."""

    def __init__(self) -> None:
        super().__init__()
        begin_again()
        self._folder = memory_folder()
        folder = Path(self._folder.name)
        self._open = town(folder, watch.at_a_write, watch.after_a_workflow)
        self.town: Town = self._open.__enter__()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # the history came to its end
                self.comes_to_rest()
        finally:
            self.leave()

    def leave(self) -> None:
        """Nothing of the town stays behind."""
        self._open.__exit__(None, None, None)
        self._folder.cleanup()
        for _, error in FAULTS:  # an error that is raised again keeps the frames of before, and with them this town
            error.__traceback__ = error.__context__ = None

    @invariant()
    def promises_hold(self) -> None:
        watch.after_a_step(self.town)

    @initialize()
    def first_report(self) -> None:
        self.report(KNOWN, "ann")
        self.the_bot_works(1)

    # --- people

    def _pick(self, place: int) -> int:
        """An issue: the newest for small choices, and for every second one the newest on which the bot has spoken."""
        spoken = [number for number in sorted(self.town.issues) if self.town.own(number)]
        numbers = spoken if spoken and place % 2 else sorted(self.town.issues)
        return numbers[-1 - place // 2 % len(numbers)]

    @happens(author=PICK)
    def reports_what_is_known(self, author: int) -> None:
        self.report(KNOWN, REPORTERS[author % len(REPORTERS)])

    @happens(text=st.sampled_from(TEXTS), author=PICK)
    def reports(self, text: tuple[str, str], author: int) -> None:
        self.report(text, BOT if author % 10 == 9 else REPORTERS[author % len(REPORTERS)])

    @happens(text=st.sampled_from(TEXTS[:7]), place=PICK, is_pull_request=st.booleans())
    def reports_with_a_twist(self, text: tuple[str, str], place: int, is_pull_request: bool) -> None:
        title, body = text
        denied = f"{body}\n\nThis is not a duplicate of #{self._pick(place)}."
        self.report((title, body if is_pull_request else denied), "ann", is_pull_request=is_pull_request)

    def report(self, text: tuple[str, str], who: str, *, is_pull_request: bool = False) -> None:
        number = self.town.next_number()
        body = f"{text[1]} {canary()}"
        kind = {"author": who, "author_is_bot": who == BOT, "is_pull_request": is_pull_request}
        self.town.github.add_issue(NAME, text[0], body, number=number, **kind)
        self.town.authors[number] = who
        if not is_pull_request:
            self.town.tell_issue("opened", number, who)

    @happens(place=PICK, text=st.sampled_from(TEXTS))
    def edits(self, place: int, text: tuple[str, str]) -> None:
        number = self._pick(place)
        self.town.change(number, title=text[0], body=f"{text[1]} {canary()}")
        self.town.tell_issue("edited", number, self.town.issues[number].author, changes={"body": {"from": "before"}})

    @happens(place=PICK, who=BY_HAND, change=st.sampled_from(CHANGES))
    def changes_the_state_of(self, place: int, who: str, change: str) -> None:
        number = self._pick(place)
        issue = self.town.issues[number]
        if change == "locked":
            self.town.change(number, locked=not issue.locked)
            self.town.moved(number)
            self.town.tell_issue("unlocked" if issue.locked else "locked", number, who)
        elif change in {"deleted", "transferred"}:
            self._takes_away(number, who, change)
        elif issue.state == "open":
            self._close(number, who, change)
        else:
            self.town.change(number, state="open", state_reason="reopened", closed_at=None)
            self.town.moved(number)
            self.town.diary.reopened.add(number)
            self.town.happened(number, "reopened", who)
            self.town.tell_issue("reopened", number, who)

    def _close(self, number: int, who: str, reason: str) -> None:
        milestone = MILESTONES[number % len(MILESTONES)] if reason == "completed" else None
        moment = self.town.clock()
        self.town.change(number, state="closed", state_reason=reason, closed_at=moment, milestone=milestone)
        self.town.moved(number)
        self.town.happened(number, "closed", who, reason)
        self.town.tell_issue("closed", number, who)

    def _takes_away(self, number: int, who: str, action: str) -> None:
        if len(self.town.issues) < 4:
            return
        was = self.town.issues.pop(number)
        self.town.diary.gone.add(number)
        self.town.fake.comments.pop(number, None)
        self.town.tell("issues", action, who, issue=shown(was))

    @happens(place=PICK, who=BY_HAND, other=PICK)
    def marks_as_duplicate(self, place: int, who: str, other: int) -> None:
        """GitHub's own way: "Duplicate of #N", and closed as a duplicate."""
        number = self._pick(place)
        self.comments_on(number, who, f"Duplicate of #{self._pick(other)}")
        if self.town.issues[number].state == "open":
            self._close(number, who, "duplicate")

    @happens(place=PICK, who=BY_HAND)
    def agrees(self, place: int, who: str) -> None:
        self._agrees(self._pick(2 * place + 1), who)

    def _agrees(self, number: int, who: str) -> None:
        """A maintainer says what the bot said: so it earns the right to close."""
        record = self.town.storage.last_decision(self.town.repository_id, number)
        if record is not None and record.body.get("canonical"):
            self.comments_on(number, who, f"Duplicate of #{record.body['canonical']}")

    @happens(place=PICK, name=st.sampled_from(LABELS), who=WHO)
    def sets_or_removes_a_label(self, place: int, name: str, who: str) -> None:
        number = self._pick(place)
        labels = self.town.issues[number].labels
        if labels and place % 4:
            name = labels[place % len(labels)]
            self.town.change(number, labels=tuple(one for one in labels if one != name))
            if who != BOT:
                self.town.unlabeled(number, name)
            self.town.happened(number, "unlabeled", who, name)
            self.town.tell_issue("unlabeled", number, who, label={"name": name})
        elif name not in labels:
            self.town.change(number, labels=(*labels, name))
            self.town.happened(number, "labeled", who, name)
            self.town.tell_issue("labeled", number, who, label={"name": name})

    @happens(place=PICK, who=WHO)
    def gives_a_thumbs_down(self, place: int, who: str) -> None:
        number = self._pick(2 * place + 1)
        for comment in self.town.own(number):
            self.town.thumbs_down(number, comment, who)

    @happens(place=PICK, who=WHO, words=st.sampled_from(SAYINGS), other=PICK)
    def says(self, place: int, who: str, words: str, other: int) -> None:
        self.comments_on(self._pick(place), who, words.format(self._pick(other)))

    @happens(place=PICK, words=st.sampled_from(SAYINGS), other=PICK)
    def says_of_their_own_issue(self, place: int, words: str, other: int) -> None:
        number = self._pick(place)
        self.comments_on(number, self.town.issues[number].author, words.format(self._pick(other)))

    def comments_on(self, number: int, who: str, words: str) -> None:
        self._asks(number, who, words)
        comment = self.town.github.add_comment(NAME, number, f"{words}\n\n{canary()}", who)
        self._tell_comment("created", number, comment, who)

    def _asks(self, number: int, who: str, words: str) -> None:
        if any(f"/triage {verb}" in words for verb in ASKING) and who in MAINTAINERS:
            self.town.diary.asked.add(number)

    @happens(place=PICK, who=BY_HAND, words=st.sampled_from(("", *SAYINGS)), other=PICK)
    def rewrites_or_deletes_a_comment(self, place: int, who: str, words: str, other: int) -> None:
        number = self._pick(place)
        comments = self.town.fake.comments.get(number, [])
        comment = comments[place % len(comments)] if comments else None
        if comment is None or (comment.by_this_app and words):
            return
        if not words:
            comments.remove(comment)
            if comment.by_this_app:
                self.town.diary.comment_deleted.add(number)
            self._tell_comment("deleted", number, comment, who)
            return
        fresh = replace(comment, body=words.format(self._pick(other)), updated_at=self.town.clock())
        comments[comments.index(comment)] = fresh
        self._asks(number, comment.author, words)
        self._tell_comment("edited", number, fresh, comment.author)

    def _tell_comment(self, action: str, number: int, comment: Comment, who: str) -> None:
        about = {"id": comment.id, "body": comment.body, "user": person(comment.author)}
        self.town.tell("issue_comment", action, who, issue=shown(self.town.issues[number]), comment=about)

    @happens(which=st.integers(0, len(CONFIGS) - 1))
    def configures(self, which: int) -> None:
        self.town.fake.config = CONFIGS[which].encode()

    # --- clocks, faults, the operator

    @happens(jump=st.sampled_from(JUMPS))
    def time_passes(self, jump: int) -> None:
        self.town.clock.forward(jump)

    @happens(fault=st.sampled_from(FAULTS))
    def github_falters(self, fault: tuple[str, GitHubError]) -> None:
        self.town.github.fail_next(*fault)

    @happens(crossings=st.integers(0, 120))
    def the_process_will_die(self, crossings: int) -> None:
        self.town.death.in_crossings = crossings

    @happens(task=st.sampled_from(TASKS))
    def a_clock_strikes(self, task: str) -> None:
        self.town.engine.scheduled(task)

    @happens(meanwhile=st.integers(0, 3))
    def is_archived_for_a_while(self, meanwhile: int) -> None:
        for action in ("archived", "unarchived"):
            self.town.fake.info = replace(self.town.fake.info, archived=action == "archived")
            self.town.tell("repository", action, "mia")
            self.the_bot_works(meanwhile if action == "archived" else 0)

    @happens(author=PICK)
    def is_trusted_with_closing(self, author: int) -> None:
        """The mode says so, and a maintainer agrees with what the bot says of a report."""
        self.town.fake.config = CLOSING.encode()
        self.town.clock.forward(JUMPS[1])
        self.report(KNOWN, REPORTERS[author % len(REPORTERS)])
        self.the_bot_works(3)
        self._agrees(max(self.town.issues), "mia")

    @happens()
    def a_week_passes_and_the_daily_closing_comes(self) -> None:
        self.town.clock.forward(JUMPS[-1])
        self.town.engine.scheduled("close_duplicates")

    @happens(place=PICK, who=BY_HAND, fix=st.integers(0, 3))
    def tells_the_members_of_a_cluster(self, place: int, who: str, fix: int) -> None:
        clusters = self.town.storage.clusters_in_force(self.town.repository_id)
        if clusters:
            text = f"{STATUS}, number {fix}." if fix else ""
            self.town.told += [text] if fix else []
            self.town.act("broadcast", who, clusters[place % len(clusters)].id, text)

    @happens(meanwhile=st.integers(0, 3), often=st.integers(0, 2))
    def is_uninstalled_for_a_while(self, meanwhile: int, often: int) -> None:
        if often:  # a history is to have a past most of the time
            return
        self.town.uninstalled()
        self.the_bot_works(meanwhile)
        self.town.installed_again()

    @happens(place=PICK, notify=st.booleans())
    def is_rerun_by_hand(self, place: int, notify: bool) -> None:
        services, town = self.town.services, self.town
        number = self._pick(place)
        if town.storage.issue(town.repository_id, number) is None:
            return
        town.diary.interrupted.add(number)  # until the same command comes to its end
        try:
            record = open_repository(services, NAME)
            config = current_config(services, record)
            decide_again(services, record, number, config, asked=False, notify=notify, dry_run=False)
            town.diary.interrupted.discard(number)
        except Killed:
            town.killed()
        except (TriageError, Stopped):
            pass
        watch.after_a_workflow(town)

    # --- the bot

    @rule()
    def the_bot_works_everything_off(self) -> None:
        COUNT.steps += 1
        self.comes_to_rest()

    def comes_to_rest(self) -> None:
        self.town.settle()
        self.town.engine.scheduled("keep_comments")  # as every hour
        self.town.settle()
        watch.when_settled(self.town)

    def the_bot_works(self, turns: int) -> None:
        self.town.work(turns)
