"""A known cluster is about a fact's value where nearly all of its members state it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.activities.judge import judge
from bot.activities.own_facts import unlike
from bot.vetoes import CONTRADICTING_OWN_FACT
from models.decision import Verdict
from models.document import Document
from models.retrieval import IssueIndex
from models.text import normalise
from tests.fakes.small_world import BODY, World

NOON = datetime(2026, 3, 4, tzinfo=UTC)
FACTS = b"facts:\n  - {name: region, pattern: '(?i)region: (eu|us)'}\n"


def document(number: int, *regions: str) -> Document:
    facts = {"region": frozenset(regions)} if regions else {}
    return Document(number, normalise("Title", "Body"), facts, np.ones((2, 4), dtype=np.float32), NOON)


@pytest.mark.parametrize(
    ("members", "mine", "is_unlike"),
    [
        ([["eu"]] * 4 + [["us"]], ["us"], True),
        ([["eu"]] * 3 + [["us"]], ["us"], False),
        ([["eu"]] * 4 + [["us"]], ["us", "eu"], False),
        ([["eu"], [], []], ["us"], True),
        ([[], []], ["us"], True),
        ([["eu"], ["eu"]], [], False),
        ([["eu", "us"], ["eu"]], ["us"], True),
    ],
)
def test_inv_10_a_report_is_unlike_a_cluster_that_is_about_another_value(
    members: list[list[str]], mine: list[str], is_unlike: bool
) -> None:
    index = IssueIndex(4)
    index.put_all([document(number, *regions) for number, regions in enumerate(members, 1)])
    found = unlike(document(99, *mine), ["region"], [*range(1, len(members) + 1), 77], index)
    assert found == ({"region"} if is_unlike else set())


def test_inv_10_a_report_that_contradicts_an_own_fact_is_related_and_its_comment_names_the_difference(
    known: World,
) -> None:
    known.fake.config = FACTS
    known.clock.forward(minutes=2)
    known.learn()
    title, body = "Login loops for ever", "The login page sends me back to itself whatever password I enter there."
    twins = [
        known.report(title=title, body=f"{body}\n\nRegion: {region}", author=author)
        for region, author in (("EU", "bob"), ("US", "cyd"))
    ]
    for number in twins:
        known.triage(number)
    decision = judge(known.services, known.repository, twins[1], known.config).decision
    assert (decision.verdict, decision.canonical) == (Verdict.RELATED, twins[0])
    assert CONTRADICTING_OWN_FACT in decision.vetoes
    assert "**differs**: region: `us` here, `eu` there" in known.comments(twins[1])[0]


def test_inv_10_a_known_cluster_of_one_region_takes_no_report_of_another_as_a_duplicate(known: World) -> None:
    known.fake.config = (known.fake.config or b"") + FACTS
    known.clock.forward(minutes=2)
    known.change(5, body=f"{BODY}\n\nRegion: EU")
    known.learn()
    number = known.report(body=f"{BODY}\n\nRegion: US")
    decision = known.resolve(number).decision
    assert (decision.verdict, decision.cluster) == (Verdict.RELATED, "extra")
    same = known.report(body=f"{BODY}\n\nRegion: EU")
    assert known.resolve(same).decision.verdict is Verdict.DUPLICATE
