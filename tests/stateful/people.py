"""Who there is and what they write: reports that are alike, reports that are not, words that no comment may carry."""

from __future__ import annotations

import itertools

from tests.fakes.small_world import BODY, OTHERS, TITLE

REPORTERS = ("ann", "bob", "cyd")
MAINTAINERS = {"mia": "triage", "max": "admin"}
STRANGER = "sly"
BOT = "renovate[bot]"
EVERYBODY = (*REPORTERS, *MAINTAINERS, STRANGER, BOT)

CANARY = "zxquorlap"  # begins every word by which a reporter's prose is known again
STATUS = "A fix is on its way"  # how begins what members are told
SECRET = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"

KNOWN = (TITLE, BODY)  # a report of the known cluster
IN_A_FIX = (TITLE, f"{BODY}\n\nVersion: 3.2.1")  # the known problem, where a fix is in already
FIXED_IN = "fixed in 3.2.0"  # a label of maintainers
OTHER_STATUS = (TITLE, BODY.replace("400 invalid_request_error", "529 overloaded_error"))
LITTLE = ("It is broken", "please help")
SECURITY = (
    "Security vulnerability: remote code execution",
    "I found a security vulnerability that lets an attacker run code (RCE). Where can I report it privately?",
)
WITH_SECRET = (
    "Login fails with a token",
    f"The log says Authorization: token {SECRET} was refused with 401 Unauthorized.",
)
LOGIN = (
    "Login loops back to the start page",
    "After the login with single sign-on the browser shows the start page again. Error: invalid_grant, HTTP 403.",
)
CRASH = (
    "Crash on start: Segmentation fault in libfoo",
    "The application ends at start with Segmentation fault (core dumped) in libfoo.so, version 3.2.1 on Ubuntu 24.04.",
)
TEXTS = (KNOWN, KNOWN, IN_A_FIX, LOGIN, LOGIN, CRASH, CRASH, OTHER_STATUS, *OTHERS, LITTLE, SECURITY, WITH_SECRET)


class _Words:
    numbers = itertools.count(1)


def canary() -> str:
    """A word of prose that occurs nowhere else in this history."""
    return f"{CANARY}{next(_Words.numbers)}"


def begin_again() -> None:
    """A new history: it is the same whatever was told before it."""
    _Words.numbers = itertools.count(1)


def config(mode: str = "comment", *, more: str = "", limits: str = "", labels: str = "") -> str:
    """A configuration with the known cluster."""
    return f"""\
mode: {mode}
{f"limits: {{{limits}}}" if limits else ""}
{f"labels: {{{labels}}}" if labels else ""}
clusters:
  - slug: extra
    title: Extra usage 400 despite balance
    label: "billing: extra"
    examples: ["out of extra usage although the balance is left, API Error 400 invalid_request_error"]
{more}"""


CLOSING = config("close")
CONFIGS = (
    config(),
    config("shadow"),
    CLOSING,
    config(limits="comments_per_hour: 2"),
    config(limits="cluster_cap: 2, links: 1"),
    config(labels="candidate: maybe-known, confirmed: known"),
    "mode: comment\n",
    "modes: comment\n",  # an unknown key
    "limits: {links: many}\n",  # a wrong type
    "labels: {candidate: same, confirmed: same}\n",  # contradictory
    "mode: [unfinished\n",
)
