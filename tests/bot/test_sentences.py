"""Every sentence of every comment is one of these, and true of the decision and the policy that it was made by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Case, History, Thresholds
from bot.closing import Candidacy, first_day, held_back
from bot.commands import BY_AUTHOR
from bot.comment import ClusterView, CommentView, Status, WaveView, day, render
from bot.effects import Standing, conclusion, plan, wanted_labels
from bot.policy import decide
from bot.read_back import read_back
from bot.repo_config import RepoConfig, parse
from models.decision import Agreement, Candidate, Decision, EffectKind, Evidence, Verdict
from models.issue import Issue
from models.matching import ClusterMatch
from models.text import normalise
from models.versions import fixed_in, newest

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TITLE = "Extra usage exhausted although the balance is there"
BODY = "Every request fails with status 400 although the balance shows money and nothing was used since yesterday."
CONFIG = parse("clusters:\n  - {slug: extra, title: Extra usage, label: 'billing: extra'}\n")
CUTS = Thresholds(duplicate=0.8, related=0.4, cluster=0.5)

Told = tuple[Decision, CommentView]
Truth = Callable[[Told, Mapping[str, str]], bool]


def issue(number: int, **changes: Any) -> Issue:
    at = NOON + timedelta(hours=number)
    return Issue(number, TITLE, BODY, **({"created_at": at, "updated_at": at, "author": "ann"} | changes))


def target(told: Told) -> Issue:
    return told[1].issues[told[0].canonical or 0]


def is_open(told: Told) -> bool:
    return target(told).state == "open" and not target(told).locked


def was_completed(told: Told) -> bool:
    return target(told).state == "closed" and target(told).state_reason in {"completed", None}


def is_spoken(told: Told, verdict: Verdict, *, settled: bool = False) -> bool:
    return told[0].verdict is verdict and told[0].settled is settled


def counts(told: Told, found: Mapping[str, str]) -> bool:
    """The canonical and the counts in a headline's brackets."""
    decision, cluster = told[0], told[1].cluster
    assert cluster is not None
    named = re.findall(r"#(\d+)", found["rest"] or "")
    reports = re.findall(r"(\d+) reports?\b", found["rest"] or "")
    expected = cluster.wave.reports if cluster.wave else cluster.reports
    return named == ([str(decision.canonical)] if decision.canonical else []) and reports in ([], [str(expected)])


def promised(told: Told, found: Mapping[str, str]) -> bool:
    """What it says of closing is what `held_back` does: open before the day, closed on it, kept open by any sign."""
    decision = told[0]
    spoken_at = NOON
    ready = Candidacy(earned=True, is_duplicate=True, promised=decision.closes_on, spoken_at=spoken_at)
    begin = datetime.combine(date.fromisoformat(decision.closes_on or ""), datetime.min.time(), UTC)
    kept_open = [replace(ready, person_spoke=True), replace(ready, objected=True)]
    return (
        decision.verdict is Verdict.DUPLICATE
        and found["canonical"] == str(decision.canonical)
        and found["day"] == day(begin.date())
        and held_back(ready, begin - timedelta(seconds=1)) != ()
        and held_back(ready, begin) == ()
        and all(held_back(one, begin) for one in kept_open)
        and "different" in BY_AUTHOR
        and reopens(decision)
    )


def reopens(decision: Decision) -> bool:
    """An objection to an issue that the bot closed opens it again."""
    objected = replace(decision, verdict=Verdict.NEW, canonical=None, links=(), vetoes=("objection",), closes_on=None)
    effects = plan(objected, CommentView(), CONFIG, Standing(commented=True, closed_by_us=True))
    return EffectKind.REOPEN in {one.kind for one in effects}


SENTENCES: Mapping[str, Truth] = {
    r"\*\*This looks like the same problem as #(?P<canonical>\d+)\*\*": lambda told, found: (
        is_spoken(told, Verdict.DUPLICATE) and is_open(told) and found["canonical"] == str(told[0].canonical)
    ),
    r"\*\*This looks like a report we already know: _Extra usage_\*\*(?: \((?P<rest>.*)\))?": lambda told, found: (
        is_spoken(told, Verdict.DUPLICATE) and is_open(told) and told[0].cluster == "extra" and counts(told, found)
    ),
    r"\*\*This looks like #(?P<canonical>\d+), which was closed as completed\*\* – the problem may have come back, so"
    r" it is not counted as a duplicate\.": lambda told, _: is_spoken(told, Verdict.REGRESSION) and was_completed(told),
    r"\*\*This looks like #(?P<canonical>\d+), which is marked as fixed\*\* – the problem may have come back, so it is"
    r" not counted as a duplicate\.": lambda told, _: (
        is_spoken(told, Verdict.REGRESSION) and is_open(told) and fixed_in(target(told)) is not None
    ),
    r"\*\*This looks like the problem of #(?P<canonical>\d+), which has been closed as completed since\*\*\.?": (
        lambda told, _: (
            is_spoken(told, Verdict.RELATED, settled=True)
            and was_completed(told)
            and (target(told).closed_at or NOON) > issue(told[0].number).created_at
        )
    ),
    r"#(?P<canonical>\d+) was fixed in (?P<fix>[^;]+?)(?:; this report names (?P<named>\S+?))?\.": lambda told, found: (
        found["fix"] == fixed_in(target(told)) and found["named"] == told[1].version
    ),
    r"\*\*These reports look related\*\*": lambda told, _: is_spoken(told, Verdict.RELATED),
    r"\*\*This may belong to a topic we already know: _Extra usage_\*\*(?: \((?P<rest>.*)\))?": lambda told, found: (
        is_spoken(told, Verdict.RELATED) and told[0].cluster == "extra" and counts(told, found)
    ),
    r"> \*\*From the maintainers, 4 March 2026:\*\* Use it\.": lambda told, _: told[1].status is not None,
    r"Known so far: affects 1\.0–2\.0 on macOS\.": lambda told, _: told[1].cluster is not None,
    r"If nobody answers or objects, this is closed as a duplicate of #(?P<canonical>\d+) on (?P<day>[^(]+) \(UTC\) or"
    r" later\. A reply or a 👎 keeps it open; `/triage different` does too, and later opens it again\.": promised,
    r"Not the same\? React 👎 or reply `/triage different` and say what differs\.": lambda told, _: (
        told[0].canonical is not None and "different" in BY_AUTHOR
    ),
    r"A person said so\. Not the same\? React 👎 or reply `/triage different` and say what differs\.": (
        lambda told, _: told[0].confirmed
    ),
    r"<sub>Found automatically\. Nothing is closed\.</sub>": lambda told, _: (
        is_spoken(told, Verdict.RELATED) and told[0].closes_on is None
    ),
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, CommentView]:
    state = draw(st.sampled_from(["open", "closed"]))
    known = issue(
        3,
        state=state,
        state_reason=draw(st.sampled_from([None, "completed", "not_planned"])) if state == "closed" else None,
        closed_at=NOON + timedelta(hours=draw(st.integers(-5, 30))) if state == "closed" else None,
        locked=draw(st.booleans()) and draw(st.booleans()),
        milestone=draw(st.sampled_from([None, "1.2.0", "Backlog"])),
        labels=draw(st.sampled_from([(), ("fixed in 1.3.0",)])),
    )
    versions = draw(st.sets(st.sampled_from(["1.1.0", "1.2.0", "1.4.0"]), max_size=2))
    differs = (Evidence("status_code", Agreement.DIFFER, "status: `400` here, `403` there", -1.0),)
    evidence = differs if draw(st.booleans()) and draw(st.booleans()) else ()
    candidates = [
        Candidate(3, draw(st.sampled_from([0.3, 0.6, 0.97])), evidence=evidence),
        Candidate(4, draw(st.sampled_from([0.2, 0.5]))),
    ]
    match = ClusterMatch("extra", draw(st.sampled_from([0.3, 0.9])), draw(st.sampled_from([0.05, 0.5])))
    past = History(
        issues={one.number: one for one in (known, *(issue(number) for number in (4, 5)))},
        members={"extra": (3,)} if draw(st.booleans()) else {},
        confirmed=3 if draw(st.booleans()) and draw(st.booleans()) else None,
        objected=draw(st.booleans()) and draw(st.booleans()),
    )
    text = normalise(TITLE, BODY, frozenset())
    case = Case(issue(10), text, candidates, (match,), past, CONFIG, CUTS, frozenset(versions))
    status = Status("Use it.", date(2026, 3, 4)) if draw(st.booleans()) else None
    wave = WaveView(7, 2) if draw(st.booleans()) and draw(st.booleans()) else None
    cluster = ClusterView("Extra usage", 9, 2, ("1.0", "2.0"), ("macOS",), wave)
    return case, CommentView(past.issues, cluster, status, newest(versions))


def written(made: tuple[Case, CommentView], *, promises: bool) -> tuple[Decision, CommentView, str | None]:
    """What is decided, what of the view belongs to it, and the comment."""
    case, view = made
    decision = decide(case)
    if decision.verdict is Verdict.DUPLICATE and promises and not decision.confirmed:
        decision = replace(decision, closes_on=first_day(NOON))
    view = replace(view, cluster=view.cluster if decision.cluster else None)
    return decision, view, render(decision, view)


@settings(max_examples=400)
@given(cases(), st.booleans())
def test_inv_22_inv_25_every_sentence_is_true_of_the_policy(made: tuple[Case, CommentView], promises: bool) -> None:
    decision, view, body = written(made, promises=promises)
    if body is None:
        assert wanted_labels(decision, CONFIG) == () or decision.verdict not in {Verdict.DUPLICATE, Verdict.REGRESSION}
        return
    for paragraph in body.split("\n\n"):
        if paragraph.startswith("| |"):
            assert_rows(paragraph, decision, view)
            continue
        found = [(truth, match) for form, truth in SENTENCES.items() if (match := re.fullmatch(form, paragraph))]
        assert len(found) == 1, paragraph
        ((truth, match),) = found
        assert truth((decision, view), match.groupdict()), paragraph


def assert_rows(table: str, decision: Decision, view: CommentView) -> None:
    """Each row names a link of the decision and says of it what GitHub said last."""
    rows = re.findall(r"^\| #(\d+) \| (.*) \|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == [link.number for link in decision.links]
    for number, said in rows:
        known = view.issues[int(number)]
        assert ("canonical" in said) == (decision.verdict is Verdict.DUPLICATE and int(number) == decision.canonical)
        assert ("closed" in said) == (known.state == "closed")
        assert ("locked" in said) == known.locked or known.state == "closed"


@settings(max_examples=300)
@given(cases(), st.booleans())
def test_what_a_comment_says_can_be_read_back_from_it(made: tuple[Case, CommentView], promises: bool) -> None:
    decision, view, body = written(made, promises=promises)
    if body is None:
        return
    back = read_back(body, 10, CONFIG).decision
    assert (back.verdict, back.settled, back.closes_on) == (decision.verdict, decision.settled, decision.closes_on)
    assert back.canonical in {decision.canonical, None}
    if decision.verdict in {Verdict.DUPLICATE, Verdict.REGRESSION} or decision.settled:
        assert back.canonical == decision.canonical
    if "| #" in body:
        assert [one.number for one in back.links] == [one.number for one in decision.links]
    if "| #" in body and decision.verdict is Verdict.DUPLICATE and view.status is None:
        assert back.confirmed == decision.confirmed
        assert conclusion(back, CONFIG) == conclusion(decision, CONFIG, view)  # so that nothing is edited for nothing


def test_the_default_configuration_closes_nothing() -> None:
    assert RepoConfig().mode == "comment"
