"""The name of every rule that can lower a verdict or hold an act back, and what it says, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

BELOW_THRESHOLD = "below-threshold"
AMBIGUOUS_CLUSTER = "ambiguous-cluster"
CONTRADICTING_FACT = "contradicting-fact"
CONTRADICTING_OWN_FACT = "contradicting-own-fact"
DENIED_BY_AUTHOR = "denied-by-author"
SEPARATED_BY_PERSON = "separated-by-person"
OBJECTION = "objection"
TARGET_CLOSED = "target-closed"
TARGET_LOCKED = "target-locked"
TARGET_NOT_AN_ISSUE = "target-not-an-issue"
TARGET_NOT_EARLIER = "target-not-earlier"
TARGET_IS_A_DUPLICATE = "target-is-a-duplicate"
TARGET_SAYS_LITTLE = "target-says-little"
TARGET_IS_REPORT = "target-is-a-security-report"
NEWER_THAN_FIX = "newer-than-fix"
OLDER_THAN_FIX = "older-than-fix"
REPORTED_BEFORE_FIX = "reported-before-fix"
CLUSTER_OVER_CAP = "cluster-over-cap"
CLUSTER_INCOHERENT = "cluster-incoherent"
LITTLE_INFORMATION = "little-information"
REOPENED_BY_PERSON = "reopened-by-person"
WAVE_BUDGET = "wave-budget"
SECURITY_REPORT = "security-report"
COMMENT_DELETED = "comment-deleted"
NOT_FIRST_NOW = "not-first-now"

IGNORED_PULL_REQUEST = "pull-request"
IGNORED_AUTHOR = "ignored-author"
IGNORED_LABEL = "ignored-label"
IGNORED_CLOSED = "issue-closed"
IGNORED_LOCKED = "issue-locked"
CONFIG_NOTICE = "config-notice"

CLOSE_NOT_EARNED = "close-not-earned"
CLOSE_WAITS = "close-waits"
CLOSE_PERSON_SPOKE = "close-person-spoke"
CLOSE_PERSON_ACTED = "close-person-acted"
CLOSE_OBJECTION = "close-objection"
CLOSE_NOT_PROMISED = "close-not-promised"
CLOSE_NO_DUPLICATE = "close-no-duplicate"

SILENCING = frozenset({OBJECTION, LITTLE_INFORMATION})

VETOES: Mapping[str, str] = {
    BELOW_THRESHOLD: "the score is under the threshold for a duplicate",
    AMBIGUOUS_CLUSTER: "another cluster is nearly as probable",
    CONTRADICTING_FACT: "the two reports state different values of a discriminating fact",
    CONTRADICTING_OWN_FACT: "the two reports state different values of a fact that the configuration defines",
    DENIED_BY_AUTHOR: "the author wrote that it is not a duplicate of that issue",
    SEPARATED_BY_PERSON: "a person told the two issues apart",
    OBJECTION: "a person objected to the verdict on this issue",
    TARGET_CLOSED: "the issue that it would point at is closed",
    TARGET_LOCKED: "the issue that it would point at is locked",
    TARGET_NOT_AN_ISSUE: "what it would point at is a pull request, a bot's issue, or not there",
    TARGET_NOT_EARLIER: "what it would point at is not an earlier issue",
    TARGET_IS_A_DUPLICATE: "what it would point at was closed as a duplicate of another issue, which is not known",
    TARGET_SAYS_LITTLE: "what it would point at says too little to be compared with",
    TARGET_IS_REPORT: "what it would point at reads like a security report",
    NEWER_THAN_FIX: "the report names a version that has the other issue's fix",
    OLDER_THAN_FIX: "the report names a version older than the other issue's fix",
    REPORTED_BEFORE_FIX: "the other issue was closed as completed after this one was reported",
    CLUSTER_OVER_CAP: "the cluster has more members than limits.cluster_cap",
    CLUSTER_INCOHERENT: "the cluster's members are not alike enough",
    LITTLE_INFORMATION: "the report says too little to be compared",
    REOPENED_BY_PERSON: "a person reopened the issue",
    WAVE_BUDGET: "the comments on this wave are spent for the hour; the verdict stands",
    SECURITY_REPORT: "it reads like a security report: nothing is said in public",
    COMMENT_DELETED: "a person deleted the bot's comment here: it never speaks here again",
    NOT_FIRST_NOW: "it is no moment to begin to speak on the issue",
    IGNORED_PULL_REQUEST: "it is a pull request",
    IGNORED_AUTHOR: "its author is a bot, or is named under ignore.authors",
    IGNORED_LABEL: "it has a label that is named under ignore.labels",
    IGNORED_CLOSED: "it is closed",
    IGNORED_LOCKED: "it is locked",
    CONFIG_NOTICE: "it is the issue where the bot tells what is wrong with the configuration",
    CLOSE_NOT_EARNED: "mode: close is not earned, so the bot only comments",
    CLOSE_WAITS: "the seven days without an answer are not over",
    CLOSE_PERSON_SPOKE: "a person wrote a comment after the bot did",
    CLOSE_PERSON_ACTED: "a person did something to the issue after the bot spoke",
    CLOSE_OBJECTION: "a person objected, removed the bot's label or deleted its comment",
    CLOSE_NOT_PROMISED: "the comment that stands does not say that the issue is closed",
    CLOSE_NO_DUPLICATE: "looked at once more, it is no duplicate, or of another issue",
}
"""Every name with its sentence, for `triage explain`, the dashboard and docs/policy.md."""


def sentence(name: str) -> str:
    """What the rule of that name says; the name itself where an older version kept one that is gone."""
    return VETOES.get(name, name)
