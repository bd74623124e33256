"""What must never happen, as checks on a town: one function for each invariant, named by its number.

`tests.stateful.watch` says when each is looked at; `lasting.py` has those about what follows in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.canonical_comment import unfolded
from bot.commands import BY_AUTHOR
from bot.commands import parse as commands_of
from bot.comment import status_in, withdrawn
from bot.decision_data import from_data
from bot.github.marker import MARKER
from bot.policy import root_of
from bot.repo_config import RepoConfig, in_force, parse
from bot.storage.records import DecisionRecord, FeedbackRecord, StoredIssue
from models.decision import Agreement, Decision, Verdict
from models.facts import DISCRIMINATING, compare
from models.issue import Issue
from models.text import has_little_information, looks_like_security_report
from tests.stateful.people import BOT, CANARY, SECRET
from tests.stateful.town import NAME, Ask, Town

HOUR = timedelta(hours=1)
MOMENT = timedelta(seconds=75)  # between the last look at a target and the write, waits in place included
NAMING = frozenset({Verdict.DUPLICATE, Verdict.REGRESSION})
WRITES = frozenset(
    {"create_comment", "edit_comment", "add_label", "remove_label", "label_exists", "create_label", "create_reaction"}
    | {"close_issue", "reopen_issue", "create_issue", "edit_issue"}
)
SPEAKING = frozenset({"create_comment", "edit_comment", "add_label"})
SILENT_WORK = frozenset({"import_repository", "refit_repository", "refit_clusters", "poll_reactions"})
JUDGING = frozenset({"delivery", "rerun", "command", "feedback"})  # triggers by which an issue is judged anew
UPKEEP = "upkeep"  # the trigger of what a canonical issue is told of its reports
BY_PERSON = frozenset({"command", "feedback"})


class Broken(AssertionError):
    """A promise that was not kept."""


def hold(kept: object, told: str) -> None:
    """Raise Broken unless the promise was kept."""
    if not kept:
        raise Broken(told)


# --- what is known


def config_of(town: Town) -> RepoConfig:
    """The configuration in force."""
    kept = town.storage.config(town.repository_id)
    return in_force(kept.valid_text, kept.error)


def last_of(town: Town, number: int) -> Decision | None:
    found = town.storage.last_decision(town.repository_id, number)
    return from_data(found.body) if found is not None else None


def text_of(town: Town, number: int) -> StoredIssue | None:
    return town.storage.issue(town.repository_id, number)


def read_by(town: Town, record: DecisionRecord) -> StoredIssue | None:
    """The issue as it was when it was decided; None where it says something else by now."""
    known = text_of(town, record.number)
    return known if known is not None and known.text_hash == record.body.get("text_hash") else None


def words_of(town: Town, number: int, *kinds: str) -> list[FeedbackRecord]:
    return [one for one in town.storage.feedback(town.repository_id, number) if one.kind in kinds]


def named_by(decision: Decision) -> set[int]:
    """The issues that a comment about it names."""
    if decision.verdict not in {*NAMING, Verdict.RELATED}:
        return set()
    return {link.number for link in decision.links} | ({decision.canonical} if decision.canonical else set())


def says_withdrawn(body: str) -> bool:
    return body.replace(MARKER, "").strip() == withdrawn()


# --- each thing that the bot asks of GitHub


def inv_03_the_target_was_open_and_unlocked_a_moment_ago(town: Town, ask: Ask) -> None:
    decision = last_of(town, ask.number) if ask.method in SPEAKING else None
    if decision is None or decision.verdict is not Verdict.DUPLICATE or says_withdrawn(ask.value):
        return
    target: Issue | None = town.issues.get(decision.canonical or 0)
    is_live = target is not None and target.state == "open" and not target.locked
    changed = town.diary.moved.get(decision.canonical or 0, town.clock.at - HOUR)
    hold(is_live or town.clock.at - changed < MOMENT, f"#{ask.number} is told of #{decision.canonical}: {target}")


def inv_16_a_label_is_one_that_the_configuration_names(town: Town, ask: Ask) -> None:
    if ask.method in {"add_label", "create_label"}:
        known = {name.casefold() for name in config_of(town).label_styles()}
        hold(ask.value.casefold() in known, f"the label {ask.value!r} was never configured")


def inv_17_inv_18_where_somebody_objected_no_duplicate_is_claimed(town: Town, ask: Ask) -> None:
    if ask.method not in SPEAKING or not words_of(town, ask.number, "objection"):
        return
    decision = last_of(town, ask.number)
    claims = decision is not None and decision.verdict is Verdict.DUPLICATE and not says_withdrawn(ask.value)
    hold(not claims, f"#{ask.number} is called a duplicate although somebody objected")


def inv_17_where_a_person_deleted_its_comment_the_bot_stays_silent(town: Town, ask: Ask) -> None:
    if ask.method == "create_comment" and ask.number in town.diary.comment_deleted:
        hold(ask.number in town.diary.asked, f"#{ask.number}: a person deleted the comment")


def inv_19_the_state_of_an_issue_that_a_person_reopened_is_left_alone(town: Town, ask: Ask) -> None:
    if ask.method in {"close_issue", "reopen_issue"}:
        hold(ask.number not in town.diary.reopened, f"{ask.method} #{ask.number}")


def inv_20_a_bots_issue_is_not_spoken_to(town: Town, ask: Ask) -> None:
    if ask.method in SPEAKING:
        hold(town.issues[ask.number].author != BOT, f"{ask.method} on a bot's issue #{ask.number}")


def inv_21_a_label_that_a_person_removed_stays_away(town: Town, ask: Ask) -> None:
    if ask.method == "add_label" and (ask.number, ask.value.casefold()) in town.diary.unlabeled:
        hold(ask.number in town.diary.asked, f"{ask.value!r} returns to #{ask.number}, and nobody asked")


def inv_22_a_comment_offers_only_what_its_reader_can_do(town: Town, ask: Ask) -> None:
    if ask.method in {"create_comment", "edit_comment"}:
        lines = "\n".join(part for place, part in enumerate(ask.value.split("`")) if place % 2)
        offered = {command.verb for command in commands_of(lines, NAME)}
        hold(offered <= BY_AUTHOR, f"the comment offers {offered - BY_AUTHOR}")
        hold("reopen" not in ask.value.lower(), "authors cannot reopen what others closed")


def inv_23_there_is_one_comment_and_it_is_edited_only_to_say_something_else(town: Town, ask: Ask) -> None:
    if ask.method == "create_comment":
        hold(not town.own(ask.number), f"a second comment on #{ask.number}")
    if ask.method == "edit_comment" and ask.before is not None:
        hold(ask.before != ask.value, f"the comment on #{ask.number} is edited to what it says")


def inv_24_only_single_labels_comments_and_reactions_are_written(_town: Town, ask: Ask) -> None:
    hold(ask.method in WRITES or ask.method == "writer", ask.method)


def inv_25_a_label_comes_after_its_comment(town: Town, ask: Ask) -> None:
    if ask.method == "add_label":
        hold(town.own(ask.number), f"{ask.value!r} on #{ask.number} without a comment")


def inv_25_a_comment_says_what_the_last_decision_says(town: Town, ask: Ask) -> None:
    record = town.storage.last_decision(town.repository_id, ask.number)
    if ask.method not in {"create_comment", "edit_comment"} or record is None or record.trigger == UPKEEP:
        return
    if not says_withdrawn(ask.value):
        allowed = named_by(from_data(record.body))
        said = (unfolded(ask.value)[0] or "").replace(")", " ").replace("*", " ")  # below it stand the issue's reports
        named = {number for number in town.issues if f"#{number} " in said}
        hold(named <= allowed, f"#{ask.number}: {named} are named, decided was {allowed}")


def inv_26_in_shadow_mode_nobody_asks_for_write_permission(town: Town, ask: Ask) -> None:
    hold(config_of(town).mode != "shadow", f"{ask.method} in shadow mode")


def inv_28_bulk_work_begins_no_conversation(town: Town, ask: Ask) -> None:
    if ask.method == "create_comment":
        hold(town.workflow not in SILENT_WORK, f"{town.workflow} comments on #{ask.number}")


def inv_29_a_write_goes_where_its_event_came_from(town: Town, ask: Ask) -> None:
    hold(ask.repository == NAME and ask.installation in town.installations, str(ask))
    if town.engine.current is not None:
        hold(town.engine.current.arguments[0]["repository_id"] == town.repository_id, str(ask))


def inv_30_no_more_comments_than_the_hour_allows(town: Town, ask: Ask) -> None:
    if ask.method not in {"create_comment", "edit_comment"} or not town.workflow:
        return
    decision = town.storage.last_decision(town.repository_id, ask.number)
    if decision is None or decision.trigger in BY_PERSON or _takes_back(ask) or _withdraws(town, ask):
        return
    spoken = [one for one in town.diary.writes if one.ask.method in {"create_comment", "edit_comment"}]
    recent = sum(one.at > town.clock.at - HOUR for one in spoken)
    limit = config_of(town).limits.comments_per_hour
    unrecorded = town.diary.kills  # written, and the process died before it could note it
    hold(recent < limit + unrecorded, f"{recent} comments in the last hour, {limit} may be")


def _takes_back(ask: Ask) -> bool:
    """Whether an edit takes out of a comment the words of a maintainer who took them back: that waits for no budget."""
    return ask.before is not None and status_in(ask.before) not in {None, status_in(ask.value)}


def _withdraws(town: Town, ask: Ask) -> bool:
    """Whether an edit takes back what was said of an issue because of what people said: that waits for no budget."""
    said = unfolded(ask.value.replace(MARKER, ""))[0]
    against = [one for one in town.storage.feedback(town.repository_id) if one.kind in {"objection", "separated"}]
    return said == withdrawn() and any(ask.number in {one.number, one.other} for one in against)


def inv_40_no_word_of_a_reporter_is_repeated(_town: Town, ask: Ask) -> None:
    hold(CANARY not in ask.value, f"prose in {ask}")


def inv_41_no_secret_is_repeated(_town: Town, ask: Ask) -> None:
    hold(SECRET not in ask.value, f"a secret in {ask}")


def inv_44_nothing_public_is_done_about_a_security_report(town: Town, ask: Ask) -> None:
    if ask.method in {"create_comment", "add_label"}:
        known = text_of(town, ask.number)
        hold(known is None or not looks_like_security_report(known.text), f"{ask.method} on #{ask.number}")


def a_pause_is_kept(town: Town, ask: Ask) -> None:
    """Point 4 of the manners: after `/triage pause` nothing is written but signs that a command was heard."""
    if ask.method not in {"writer", "create_reaction"}:
        hold(not town.storage.pauses(town.repository_id), f"{ask.method} during a pause")


# --- each decision


def inv_02_a_duplicate_is_later_than_its_target(_town: Town, _record: DecisionRecord, decision: Decision) -> None:
    hold(all(number < decision.number for number in named_by(decision)), f"#{decision.number}: {named_by(decision)}")


def inv_04_a_target_is_a_root(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    if decision.verdict is Verdict.DUPLICATE and decision.canonical is not None:
        duplicates = dict(town.storage.duplicates(town.repository_id))
        root = root_of(decision.canonical, duplicates)
        hold(root == decision.canonical, f"#{decision.number} → #{decision.canonical}, which is one of #{root}")


def inv_05_an_issue_is_never_its_own_candidate(_town: Town, _record: DecisionRecord, decision: Decision) -> None:
    hold(decision.number not in named_by(decision), f"#{decision.number} is named to itself")


def inv_07_only_issues_are_named(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    pulls = {number for number in named_by(decision) if number in town.issues and town.issues[number].is_pull_request}
    hold(not pulls, f"#{decision.number} is told of the pull requests {pulls}")


def inv_08_a_separated_pair_is_not_named_again(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    said = town.storage.feedback(town.repository_id)
    pairs = [{one.number, one.other} for one in said if one.kind == "separated"]
    again = [number for number in named_by(decision) if {decision.number, number} in pairs]
    hold(not again, f"#{decision.number} is told of {again}, which people told apart")


def inv_09_a_cluster_over_its_cap_does_not_act(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    config = config_of(town)
    defined = {one.canonical for one in config.clusters}
    if decision.verdict is not Verdict.DUPLICATE or decision.confirmed or decision.cluster is not None:
        return
    duplicates = dict(town.storage.duplicates(town.repository_id))
    mine = [one for one, root in duplicates.items() if root == decision.canonical and one != decision.number]
    hold(decision.canonical in defined or len(mine) < config.limits.cluster_cap, f"#{decision.canonical}: {mine}")


def inv_10_a_contradicting_fact_forbids_the_verdict(town: Town, record: DecisionRecord, decision: Decision) -> None:
    mine, theirs = read_by(town, record), text_of(town, decision.canonical or 0)
    if decision.verdict is not Verdict.DUPLICATE or decision.confirmed or mine is None or theirs is None:
        return
    names = DISCRIMINATING & mine.facts.keys() & theirs.facts.keys()
    differs = [n for n in names if compare(n, mine.facts[n], theirs.facts[n]) is Agreement.DIFFER]
    hold(not differs, f"#{decision.number} → #{decision.canonical} although {differs} differ")


def inv_11_a_denial_is_believed_and_a_target_says_something(
    town: Town, record: DecisionRecord, decision: Decision
) -> None:
    mine, theirs = read_by(town, record), text_of(town, decision.canonical or 0)
    if decision.verdict not in NAMING or decision.confirmed or mine is None or theirs is None:
        return
    hold(decision.canonical not in mine.text.denies, f"#{decision.number} denies #{decision.canonical}")
    hold(not has_little_information(theirs.text), f"#{decision.canonical} says too little to be a target")


def inv_13_a_decision_names_the_model_in_force(town: Town, record: DecisionRecord, decision: Decision) -> None:
    if record.trigger in JUDGING and decision.verdict is not Verdict.IGNORED:
        model = str(town.services.embedder.model_id)
        hold(decision.model.startswith(model), f"#{decision.number} was decided by {decision.model!r}")


def inv_14_bots_and_closed_duplicates_are_not_named(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    for number in named_by(decision):
        known = text_of(town, number)
        issue = known.issue if known is not None else None
        confirmed = decision.confirmed and number == decision.canonical
        hold(issue is None or not issue.author_is_bot or confirmed, f"#{decision.number} is told of a bot's #{number}")
        is_closed_duplicate = issue is not None and (issue.state, issue.state_reason) == ("closed", "duplicate")
        hold(not is_closed_duplicate or confirmed, f"#{decision.number} is told of #{number}, a closed duplicate")


def inv_17_inv_18_an_objection_outlives_edits_and_reruns(
    town: Town, _record: DecisionRecord, decision: Decision
) -> None:
    if decision.verdict is Verdict.DUPLICATE:
        hold(not words_of(town, decision.number, "objection"), f"#{decision.number}: somebody objected")


def inv_19_a_reopened_issue_is_no_duplicate_by_the_bots_word(
    town: Town, _record: DecisionRecord, decision: Decision
) -> None:
    if decision.verdict is Verdict.DUPLICATE and not decision.confirmed:
        hold(not words_of(town, decision.number, "reopened"), f"#{decision.number} was reopened by a person")


def inv_44_a_security_report_is_referred_to_maintainers(town: Town, record: DecisionRecord, decision: Decision) -> None:
    known = read_by(town, record)
    if known is not None and looks_like_security_report(known.text):
        hold(decision.verdict is Verdict.SECURITY, f"#{decision.number} is {decision.verdict.value}")


def inv_44_a_security_report_is_named_to_nobody(town: Town, _record: DecisionRecord, decision: Decision) -> None:
    for number in named_by(decision):
        known = text_of(town, number)
        told = decision.confirmed and number == decision.canonical  # a person named it
        hold(known is None or told or not looks_like_security_report(known.text), f"#{decision.number}: #{number}")


# --- the town after everything that happens


def inv_01_duplicates_are_a_forest(town: Town) -> None:
    duplicates = town.storage.duplicates(town.repository_id)
    for number in duplicates:
        seen, at = {number}, duplicates[number]
        while at in duplicates:
            hold(at not in seen, f"#{number} is in a circle: {duplicates}")
            seen.add(at)
            at = duplicates[at]


def inv_02_every_duplicate_is_later_than_its_canonical(town: Town) -> None:
    duplicates = town.storage.duplicates(town.repository_id)
    hold(all(to < number for number, to in duplicates.items()), str(duplicates))


def inv_23_there_is_at_most_one_comment_on_an_issue(town: Town) -> None:
    hold(all(len(town.own(number)) <= 1 for number in town.issues), "two comments of the bot on one issue")


def inv_25_no_label_stands_without_its_comment(town: Town) -> None:
    for number, label in bots_labels(town):
        commented = town.own(number) or number in town.diary.comment_deleted
        hold(commented, f"#{number} has {label!r} and no comment")


def bots_labels(town: Town) -> Iterator[tuple[int, str]]:
    """The labels that stand because the bot set them."""
    asked = [one.ask for one in town.diary.writes if one.ask.method.endswith("_label")]
    last = {(one.number, one.value): one.method for one in asked}
    for (number, label), method in last.items():
        if (number, label.casefold()) in town.diary.unlabeled:
            continue  # who sets it again made it theirs
        if method == "add_label" and number in town.issues and label in town.issues[number].labels:
            yield number, label


def inv_27_an_invalid_configuration_is_told_of_and_not_in_force(town: Town) -> None:
    parse(town.storage.config(town.repository_id).valid_text or "")  # raises where an invalid one is in force


def inv_29_nothing_is_known_of_the_neighbour(town: Town) -> None:
    hold(not town.neighbour.comments and not town.neighbour.labels, "the neighbour's repository was written to")


def inv_33_no_delivery_is_set_aside(town: Town) -> None:
    failed = town.storage.deliveries(state="failed", limit=1)
    hold(not failed, f"set aside: {failed}")


# --- the town when everything is worked off


def inv_31_every_delivery_was_worked_off(town: Town) -> None:
    rows = town.storage.deliveries(limit=100_000)
    hold(all(one.state in {"done", "failed"} for one in rows), str([one for one in rows if one.state != "done"]))


def inv_31_nothing_that_was_planned_is_left(town: Town) -> None:
    record = town.record
    if record is not None and record.state == "active":
        planned = town.storage.effects(town.repository_id, state="planned")
        left = [(one.number, one.kind) for one in planned if one.number not in town.diary.interrupted]
        hold(not left, f"left undone: {left}")


def inv_08_a_separated_pair_shares_no_cluster_that_may_act(town: Town) -> None:
    said = town.storage.feedback(town.repository_id)
    apart = [{one.number, one.other} for one in said if one.kind == "separated"]
    joined = [{one.number, one.other} for one in said if one.kind == "duplicate"]
    for cluster in town.storage.clusters_in_force(town.repository_id):
        held = [pair for pair in apart if pair <= set(cluster.members)]
        hold(not held or joined, f"{held} are together in {cluster.id}")


def inv_17_a_thumbs_down_that_was_heard_took_its_label_and_is_remembered(town: Town) -> None:
    for number, comment, who in town.diary.thumbs_down:
        said = town.storage.feedback(town.repository_id, number)
        heard = [one for one in said if one.source == "reaction" and one.actor == who and one.kind == "objection"]
        if not heard or town.comment(comment)[1] is None or not may_write(town):
            continue
        decision = last_of(town, number)
        hold(decision is None or decision.verdict is not Verdict.DUPLICATE, f"#{number} is still a duplicate")


def may_write(town: Town) -> bool:
    """Whether the bot may do now what it decided."""
    record = town.record
    is_free = record is not None and record.state == "active" and not town.fake.info.archived
    return is_free and config_of(town).mode != "shadow" and not town.storage.pauses(town.repository_id)


def inv_44_a_security_report_is_in_no_cluster(town: Town) -> None:
    for cluster in town.storage.clusters_in_force(town.repository_id):
        rows = town.storage.issues(town.repository_id, cluster.members)
        known = [row.issue.number for row in rows if looks_like_security_report(row.text)]
        hold(not known, f"{known} are in {cluster.id}")
