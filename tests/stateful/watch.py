"""When each promise is looked at: at a write, at a decision, after everything that happens, and in the end.

`AT_A_WRITE` looks at each thing that the bot asks of GitHub before it is done, `AT_A_DECISION` at each decision when
the workflow that took it is over, `AFTER_A_STEP` at the town after everything that happens, `WHEN_SETTLED` at the town
when everything is worked off.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.decision_data import from_data
from bot.storage.records import ADOPTED, DecisionRecord
from models.decision import Decision
from tests.stateful.lasting import (
    few_are_closed_at_a_time,
    inv_06_no_comment_stands_that_points_at_what_is_closed_or_gone,
    inv_12_every_issue_of_the_tracker_is_known,
    inv_15_a_version_that_has_the_fix_is_no_duplicate,
    inv_23_the_bot_knows_its_own_comments,
    inv_35_every_task_says_how_it_ended,
    inv_36_nothing_is_written_while_the_repository_is_stopped,
    inv_37_a_comment_is_no_longer_than_github_takes,
    inv_37_few_links_are_shown,
    inv_38_an_issue_is_in_one_cluster_at_most,
    inv_38_no_generation_is_in_force_but_by_a_refit_that_says_so,
    inv_42_words_are_theirs_who_may_say_them,
    only_what_was_promised_and_answered_by_nobody_is_closed,
    only_who_was_agreed_with_closes,
    what_members_are_told_stands_in_their_comments,
)
from tests.stateful.promises import (
    UPKEEP,
    Broken,
    a_pause_is_kept,
    hold,
    inv_01_duplicates_are_a_forest,
    inv_02_a_duplicate_is_later_than_its_target,
    inv_02_every_duplicate_is_later_than_its_canonical,
    inv_03_the_target_was_open_and_unlocked_a_moment_ago,
    inv_04_a_target_is_a_root,
    inv_05_an_issue_is_never_its_own_candidate,
    inv_07_only_issues_are_named,
    inv_08_a_separated_pair_is_not_named_again,
    inv_08_a_separated_pair_shares_no_cluster_that_may_act,
    inv_09_a_cluster_over_its_cap_does_not_act,
    inv_10_a_contradicting_fact_forbids_the_verdict,
    inv_11_a_denial_is_believed_and_a_target_says_something,
    inv_13_a_decision_names_the_model_in_force,
    inv_14_bots_and_closed_duplicates_are_not_named,
    inv_16_a_label_is_one_that_the_configuration_names,
    inv_17_a_thumbs_down_that_was_heard_took_its_label_and_is_remembered,
    inv_17_inv_18_an_objection_outlives_edits_and_reruns,
    inv_17_inv_18_where_somebody_objected_no_duplicate_is_claimed,
    inv_17_where_a_person_deleted_its_comment_the_bot_stays_silent,
    inv_19_a_reopened_issue_is_no_duplicate_by_the_bots_word,
    inv_19_the_state_of_an_issue_that_a_person_reopened_is_left_alone,
    inv_20_a_bots_issue_is_not_spoken_to,
    inv_21_a_label_that_a_person_removed_stays_away,
    inv_22_a_comment_offers_only_what_its_reader_can_do,
    inv_23_there_is_at_most_one_comment_on_an_issue,
    inv_23_there_is_one_comment_and_it_is_edited_only_to_say_something_else,
    inv_24_only_single_labels_comments_and_reactions_are_written,
    inv_25_a_comment_says_what_the_last_decision_says,
    inv_25_a_label_comes_after_its_comment,
    inv_25_no_label_stands_without_its_comment,
    inv_26_in_shadow_mode_nobody_asks_for_write_permission,
    inv_27_an_invalid_configuration_is_told_of_and_not_in_force,
    inv_28_bulk_work_begins_no_conversation,
    inv_29_a_write_goes_where_its_event_came_from,
    inv_29_nothing_is_known_of_the_neighbour,
    inv_30_no_more_comments_than_the_hour_allows,
    inv_31_every_delivery_was_worked_off,
    inv_31_nothing_that_was_planned_is_left,
    inv_33_no_delivery_is_set_aside,
    inv_40_no_word_of_a_reporter_is_repeated,
    inv_41_no_secret_is_repeated,
    inv_44_a_security_report_is_in_no_cluster,
    inv_44_a_security_report_is_named_to_nobody,
    inv_44_a_security_report_is_referred_to_maintainers,
    inv_44_nothing_public_is_done_about_a_security_report,
)
from tests.stateful.town import Ask, Town

AT_A_WRITE: tuple[Callable[[Town, Ask], None], ...] = (
    inv_03_the_target_was_open_and_unlocked_a_moment_ago,
    inv_16_a_label_is_one_that_the_configuration_names,
    inv_17_inv_18_where_somebody_objected_no_duplicate_is_claimed,
    inv_17_where_a_person_deleted_its_comment_the_bot_stays_silent,
    inv_19_the_state_of_an_issue_that_a_person_reopened_is_left_alone,
    inv_20_a_bots_issue_is_not_spoken_to,
    inv_21_a_label_that_a_person_removed_stays_away,
    inv_22_a_comment_offers_only_what_its_reader_can_do,
    inv_23_there_is_one_comment_and_it_is_edited_only_to_say_something_else,
    inv_24_only_single_labels_comments_and_reactions_are_written,
    inv_25_a_label_comes_after_its_comment,
    inv_25_a_comment_says_what_the_last_decision_says,
    inv_26_in_shadow_mode_nobody_asks_for_write_permission,
    inv_28_bulk_work_begins_no_conversation,
    inv_29_a_write_goes_where_its_event_came_from,
    inv_30_no_more_comments_than_the_hour_allows,
    inv_40_no_word_of_a_reporter_is_repeated,
    inv_41_no_secret_is_repeated,
    inv_44_nothing_public_is_done_about_a_security_report,
    inv_36_nothing_is_written_while_the_repository_is_stopped,
    inv_37_a_comment_is_no_longer_than_github_takes,
    only_what_was_promised_and_answered_by_nobody_is_closed,
    only_who_was_agreed_with_closes,
    few_are_closed_at_a_time,
    a_pause_is_kept,
)
AT_A_DECISION: tuple[Callable[[Town, DecisionRecord, Decision], None], ...] = (
    inv_02_a_duplicate_is_later_than_its_target,
    inv_04_a_target_is_a_root,
    inv_05_an_issue_is_never_its_own_candidate,
    inv_07_only_issues_are_named,
    inv_08_a_separated_pair_is_not_named_again,
    inv_09_a_cluster_over_its_cap_does_not_act,
    inv_10_a_contradicting_fact_forbids_the_verdict,
    inv_11_a_denial_is_believed_and_a_target_says_something,
    inv_13_a_decision_names_the_model_in_force,
    inv_14_bots_and_closed_duplicates_are_not_named,
    inv_15_a_version_that_has_the_fix_is_no_duplicate,
    inv_37_few_links_are_shown,
    inv_17_inv_18_an_objection_outlives_edits_and_reruns,
    inv_19_a_reopened_issue_is_no_duplicate_by_the_bots_word,
    inv_44_a_security_report_is_referred_to_maintainers,
    inv_44_a_security_report_is_named_to_nobody,
)
AFTER_A_STEP: tuple[Callable[[Town], None], ...] = (
    inv_01_duplicates_are_a_forest,
    inv_02_every_duplicate_is_later_than_its_canonical,
    inv_23_there_is_at_most_one_comment_on_an_issue,
    inv_25_no_label_stands_without_its_comment,
    inv_27_an_invalid_configuration_is_told_of_and_not_in_force,
    inv_29_nothing_is_known_of_the_neighbour,
    inv_33_no_delivery_is_set_aside,
    inv_38_an_issue_is_in_one_cluster_at_most,
    inv_38_no_generation_is_in_force_but_by_a_refit_that_says_so,
    inv_42_words_are_theirs_who_may_say_them,
)
WHEN_SETTLED: tuple[Callable[[Town], None], ...] = (
    inv_31_every_delivery_was_worked_off,
    inv_31_nothing_that_was_planned_is_left,
    inv_08_a_separated_pair_shares_no_cluster_that_may_act,
    inv_17_a_thumbs_down_that_was_heard_took_its_label_and_is_remembered,
    inv_44_a_security_report_is_in_no_cluster,
    inv_06_no_comment_stands_that_points_at_what_is_closed_or_gone,
    inv_12_every_issue_of_the_tracker_is_known,
    inv_23_the_bot_knows_its_own_comments,
    inv_35_every_task_says_how_it_ended,
    what_members_are_told_stands_in_their_comments,
)


def at_a_write(town: Town, ask: Ask) -> None:
    """Look at what the bot asks of GitHub. A broken promise is told of at the end: the bot would take it for a bug of
    its own and set the delivery aside."""
    for promise in AT_A_WRITE:
        try:
            promise(town, ask)
        except Broken as broken:
            town.broken.append(f"{promise.__name__}: {broken}")


def after_a_workflow(town: Town) -> None:
    """Look at the decisions that are new since the last look."""
    fresh = [one for one in town.storage.decisions(town.repository_id, limit=20) if (one.id or 0) > town.looked_at]
    for record in reversed(fresh):
        if record.trigger not in {UPKEEP, ADOPTED}:  # these repeat what was decided before
            for promise in AT_A_DECISION:
                promise(town, record, from_data(record.body))
        town.looked_at = record.id or 0


def after_a_step(town: Town) -> None:
    """Look at the town."""
    hold(not town.broken, "; ".join(town.broken))
    for promise in AFTER_A_STEP:
        promise(town)


def when_settled(town: Town) -> None:
    """Look at the town where nothing waits any more."""
    hold(not town.broken, "; ".join(town.broken))
    for promise in WHEN_SETTLED:
        promise(town)
