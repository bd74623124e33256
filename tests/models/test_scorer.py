from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.artifacts import ArtifactError, default_artifact, dump, parse
from models.decision import Agreement, Candidate
from models.document import Document
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex
from models.scorer import PairScorer, sigmoid
from tests.models.conftest import DIMENSION

Make = Callable[..., Document]
ERROR = "\n\n```\nAPI Error: 400 invalid_request_error: the mandrel of the frobnicator is lost\n```"


@pytest.fixture
def index(document: Make) -> IssueIndex:
    index = IssueIndex(DIMENSION)
    index.put_all(document(n, f"Topic {n} is odd", f"Nothing but words{n} about thing{n}.") for n in range(10, 30))
    index.put(document(1, "Frobnicator loses its mandrel", f"It happens on every start.{ERROR}"))
    index.put(
        document(
            2,
            "Frobnicator loses its mandrel",
            "It happens on every start.\n\nAPI Error: 429 rate_limit_error: slow down a little please",
        )
    )
    return index


def judged(index: IssueIndex, query: Document) -> dict[int, Candidate]:
    candidates = PairScorer.load().judge(query, index, index.retrieve(query))
    return {candidate.number: candidate for candidate in candidates}


def test_the_same_report_is_more_probable_than_another_topic(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}")
    found = PairScorer.load().judge(query, index, index.retrieve(query))
    assert found[0].number == 1
    assert found[0].probability > 0.5 > found[5].probability
    assert [c.probability for c in found] == sorted((c.probability for c in found), reverse=True)


def test_the_same_text_many_times_is_equally_probable_and_the_oldest_comes_first(document: Make) -> None:
    query = document(90, "Frobnicator loses its mandrel", "On every start.")
    index = IssueIndex(DIMENSION)
    index.put_all(replace(query, number=number) for number in range(1, 40))
    found = PairScorer.load().judge(query, index, range(1, 40))
    assert len({candidate.probability for candidate in found}) == 1
    assert [candidate.number for candidate in found] == list(range(1, 40))


def test_inv_05_an_issue_is_never_its_own_candidate(index: IssueIndex) -> None:
    assert [c.number for c in PairScorer.load().judge(index.document(1), index, [1, 2])] == [2]


def test_a_probability_does_not_depend_on_the_other_candidates(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}")
    alone = PairScorer.load().judge(query, index, [1])[0]
    assert alone == judged(index, query)[1]


def test_scores_say_what_judge_says(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel")
    scorer, numbers = PairScorer.load(), index.retrieve(query)
    expected = [(c.number, c.probability) for c in scorer.judge(query, index, numbers)]
    assert scorer.scores(query, index, numbers) == expected


def test_pair_scores_know_of_the_two_issues_alone(index: IssueIndex, document: Make) -> None:
    query = document(90, "Extra usage 400 despite balance", "400 though there is credit left.")
    scorer, numbers = PairScorer.load(), index.retrieve(query)
    found = scorer.pair_scores(query, index, numbers)
    assert sorted(number for number, _ in found) == sorted(numbers)
    assert scorer.pair_scores(query, index, [1]) == [(1, pytest.approx(dict(found)[1], abs=1e-6))]


def test_reports_that_are_known_to_be_one_problem_speak_for_each_other(index: IssueIndex, document: Make) -> None:
    for number in (3, 4):
        index.put(document(number, "Frobnicator loses a mandrel", "Sometimes, on start."))
    query, scorer = document(90, "Frobnicator loses the mandrel", "On every start."), PairScorer.load()
    numbers = index.retrieve(query)
    alone = {each.number: each for each in scorer.judge(query, index, numbers)}
    told = {each.number: each for each in scorer.judge(query, index, numbers, lambda n: 1 if n in {1, 3, 4} else n)}
    for number in (1, 3, 4):
        assert told[number].probability > alone[number].probability
    assert "company" in [each.name for each in told[1].matches]
    assert "company" not in [each.name for each in alone[1].matches]
    assert [each.name for each in told[2].evidence] == [each.name for each in alone[2].evidence]


def test_company_does_not_depend_on_what_was_asked_for(index: IssueIndex, document: Make) -> None:
    query, scorer = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}"), PairScorer.load()
    groups = {1: 1, 2: 1}
    whole = scorer.judge(query, index, index.retrieve(query), lambda n: groups.get(n, n))
    assert scorer.judge(query, index, [2], lambda n: groups.get(n, n)) == [each for each in whole if each.number == 2]


def test_inv_11_a_denied_issue_speaks_for_nobody(index: IssueIndex, document: Make) -> None:
    index.put(document(3, "Frobnicator and its mandrel", "It is gone."))
    query = document(90, "Frobnicator loses the mandrel", f"This is not a duplicate of #1. On every start.{ERROR}")
    scorer, numbers = PairScorer.load(), index.retrieve(query)
    alone = dict(scorer.scores(query, index, numbers))
    told = dict(scorer.scores(query, index, numbers, lambda n: 1 if n in {1, 3} else n))
    assert told[1] == 0
    assert told[3] == pytest.approx(alone[3])


def test_evidence_names_what_matches_and_what_differs(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}")
    found = judged(index, query)
    assert "same error message" in [each.text for each in found[1].matches]
    differs = {each.name: each.text for each in found[2].differs}
    assert differs["status_code"] == "status code: `400` here, `429` there"
    assert "error_type" in differs


def test_inv_40_evidence_never_shows_what_a_pattern_caught_beyond_plain_words(
    index: IssueIndex, document: Make
) -> None:
    query = replace(document(90, "a"), facts={"plan": frozenset({"@everyone **see** [this](x)"})})
    index.put(replace(document(3, "b"), facts={"plan": frozenset({"pro"})}))
    texts = [each.text for each in judged(index, query)[3].evidence]
    assert "another plan" in texts
    assert not any("@" in text or "[" in text for text in texts)


def test_inv_11_a_denied_issue_has_no_chance(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel", f"This is not a duplicate of #1. On every start.{ERROR}")
    found = judged(index, query)
    assert found[1].probability == 0
    assert next(each.name for each in found[1].differs) == "denial"


def test_a_repositorys_own_fact_counts(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses the mandrel")
    index.put(replace(index.document(1), facts={}))
    plain = judged(index, query)[1].probability
    for value, expected in (("blue", Agreement.AGREE), ("red", Agreement.DIFFER)):
        index.put(replace(index.document(1), facts={"colour": frozenset({value})}))
        candidate = judged(index, replace(query, facts={**query.facts, "colour": frozenset({"blue"})}))[1]
        assert [e.agreement for e in candidate.evidence if e.name == "colour"] == [expected]
        assert (candidate.probability > plain) == (expected is Agreement.AGREE)


def test_a_repositorys_own_fact_is_named_in_words(index: IssueIndex, document: Make) -> None:
    query = replace(document(90, "Frobnicator loses the mandrel"), facts={"paint_colour": frozenset({"blue"})})
    for value, words in (("blue", "same paint colour: `blue`"), ("red", "paint colour: `blue` here, `red` there")):
        index.put(replace(index.document(1), facts={"paint_colour": frozenset({value})}))
        assert [e.text for e in judged(index, query)[1].evidence if e.name == "paint_colour"] == [words]


def test_serial_reports_by_one_author_count_less_but_a_report_sent_twice_does_not(
    index: IssueIndex, document: Make
) -> None:
    alike = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}")
    index.put(replace(index.document(1), author="ann"))
    others, own = (judged(index, replace(alike, author=author))[1] for author in ("bob", "ann"))
    assert own.probability < others.probability
    assert "both by one author, in other words" in [each.text for each in own.differs]
    assert judged(index, replace(index.document(1), number=90))[1].probability > others.probability
    nobody = judged(index, alike)[1]
    assert nobody.probability == others.probability


def test_deleted_accounts_are_not_one_author(index: IssueIndex, document: Make) -> None:
    alike = document(90, "Frobnicator loses the mandrel", f"On every start.{ERROR}")
    index.put(replace(index.document(1), author="ghost"))
    assert judged(index, replace(alike, author="ghost"))[1].probability == judged(index, alike)[1].probability


def test_a_rare_shared_message_says_more_than_one_that_half_the_tracker_has(document: Make) -> None:
    column = FEATURES.index("error_message:agree")
    query = document(90, "Something failed", f"Help.{ERROR}")
    rare, common = IssueIndex(DIMENSION), IssueIndex(DIMENSION)
    for number in range(1, 20):
        shared = document(number, f"Case {number}", f"Report {number}.{ERROR}")
        common.put(shared)
        rare.put(shared if number == 1 else document(number, f"Case {number}", f"Report {number}."))
    assert pair_features(query, rare, [1])[0, column] > 3 * pair_features(query, common, [1])[0, column]


def test_no_candidates_give_no_judgement(index: IssueIndex, document: Make) -> None:
    assert PairScorer.load().judge(document(90, "a"), index, []) == []
    with pytest.raises(KeyError):
        PairScorer.load().judge(document(90, "a"), index, [777])


def test_a_corrected_scorer_orders_as_before_and_says_other_probabilities(index: IssueIndex, document: Make) -> None:
    query = document(90, "Frobnicator loses its mandrel", f"It happens on every start.{ERROR}")
    shipped = PairScorer.load()
    modest = shipped.with_calibration(0.8, -1.0, {"duplicate": 0.93})
    before, after = (one.judge(query, index, index.retrieve(query)) for one in (shipped, modest))
    assert [one.number for one in after] == [one.number for one in before]
    for one, other in zip(before, after, strict=True):
        logit = np.log(one.probability / (1 - one.probability))
        assert other.probability == pytest.approx(float(sigmoid(0.8 * logit - 1.0)), abs=1e-4)
        assert other.evidence == one.evidence
    assert modest.thresholds == {**shipped.thresholds, "duplicate": 0.93}
    assert shipped.with_calibration(1.0, 0.0, {}) == shipped


def test_thresholds_are_recommended() -> None:
    thresholds = PairScorer.load().thresholds
    assert 0.9 <= thresholds["duplicate"] < 1
    assert 0 < thresholds["related"] < thresholds["duplicate"]
    assert 0 < thresholds["cluster"] < 1


def test_an_artifact_survives_writing_and_reading() -> None:
    artifact = default_artifact()
    assert parse(dump(artifact)) == artifact
    assert artifact.provenance["files"]
    assert all(len(each["sha256"]) == 64 for each in artifact.provenance["files"])


@pytest.mark.parametrize(
    "broken", ["", "[]", "{}", '{"format": 99}', dump(default_artifact()).replace('"intercept"', '"other"')]
)
def test_a_broken_artifact_is_refused(broken: str) -> None:
    with pytest.raises(ArtifactError):
        parse(broken)


def test_an_artifact_for_other_features_is_refused(tmp_path: Path) -> None:
    artifact = default_artifact()
    names = ("other", *artifact.pairs.features[1:])
    path = tmp_path / "scorer.json"
    path.write_text(dump(replace(artifact, pairs=replace(artifact.pairs, features=names))))
    with pytest.raises(ArtifactError, match="other features"):
        PairScorer.load(path)


def test_extreme_log_odds_do_not_overflow() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.5, 1.0]
