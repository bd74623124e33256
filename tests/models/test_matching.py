from collections.abc import Callable
from dataclasses import replace

import pytest

from models.cluster import KnownCluster
from models.decision import Agreement
from models.document import Document
from models.hashing_embedder import HashingEmbedder
from models.matching import CLUSTER_FEATURES, ClusterMatch, cluster_features, match_clusters, profile
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from tests.models.conftest import DIMENSION

Make = Callable[..., Document]

USAGE = KnownCluster(
    "extra-usage-400",
    "Extra usage 400 despite balance",
    examples=("You're out of extra usage although the balance is left", "400 out of extra usage with credit left"),
    requires={"status": "400"},
)
PROMO = KnownCluster(
    "promo-credit",
    "Promo credit not shown",
    examples=("the promised credit banner does not appear on the usage page", "claiming the credit fails"),
)


class Counting(HashingEmbedder):
    """Counts the texts that are embedded."""

    texts = 0

    def embed(self, texts):  # type: ignore[no-untyped-def] # the port's own signature
        self.texts += len(texts)
        return super().embed(texts)


@pytest.fixture
def index(document: Make) -> IssueIndex:
    index = IssueIndex(DIMENSION)
    index.put_all(document(n, f"Topic {n} is odd", f"Nothing but words{n} about thing{n}.") for n in range(10, 30))
    index.put(document(1, "Promo banner missing", "The credit that was promised never came."))
    return index


def matched(query: Document, index: IssueIndex, **members: list[int]) -> dict[str, ClusterMatch]:
    found = match_clusters(query, [USAGE, PROMO], members, index, PairScorer.load(), HashingEmbedder(DIMENSION))
    assert [m.probability for m in found] == sorted((m.probability for m in found), reverse=True)
    return {match.slug: match for match in found}


def test_a_cluster_defined_a_minute_ago_works_by_its_examples(index: IssueIndex, document: Make) -> None:
    query = document(90, "The promised credit banner does not appear", "On the usage page; claiming the credit fails")
    found = matched(query, index)
    assert found["promo-credit"].probability > 0.5
    assert found["promo-credit"].margin > 0 > found["extra-usage-400"].margin


def test_an_unrelated_issue_belongs_nowhere(index: IssueIndex, document: Make) -> None:
    found = matched(document(90, "Dark theme flickers", "The window flashes white when I scroll"), index)
    assert max(match.probability for match in found.values()) < 0.5


def test_probabilities_leave_room_for_none_of_these(index: IssueIndex, document: Make) -> None:
    found = matched(document(90, "credit, usage, balance, banner"), index)
    assert 0 < sum(match.probability for match in found.values()) < 1


def test_a_contradicted_required_fact_excludes_with_its_reason(index: IssueIndex, document: Make) -> None:
    text = "You're out of extra usage although the balance is left"
    right = matched(document(90, text, f"API Error: 400 {text}"), index)["extra-usage-400"]
    wrong = matched(document(90, text, f"API Error: 429 {text}"), index)["extra-usage-400"]
    silent = matched(document(90, text), index)["extra-usage-400"]
    assert wrong.probability == 0
    assert [(each.name, each.agreement) for each in wrong.contradicts] == [("status_code", Agreement.DIFFER)]
    assert "429" in wrong.contradicts[0].text
    assert right.contradicts == silent.contradicts == ()
    assert min(right.probability, silent.probability) > 0


def test_a_near_member_raises_the_probability(index: IssueIndex, document: Make) -> None:
    query = document(90, "Promo banner missing", "The promised credit never came.")
    without, with_member = matched(query, index), matched(query, index, **{"promo-credit": [1, 999]})
    assert with_member["promo-credit"].probability > without["promo-credit"].probability


def test_a_member_that_denies_the_issue_speaks_against_its_cluster(index: IssueIndex, document: Make) -> None:
    text = "The promised credit never came."
    index.put(document(2, "Promo banner missing", f"This is not a duplicate of #90. {text}"))
    query = document(90, "Promo banner missing", text)
    column, ready = CLUSTER_FEATURES.index("typical_member"), [profile(PROMO, HashingEmbedder(DIMENSION))]
    rows = [
        cluster_features(query, ready, {PROMO.slug: known}, index, PairScorer.load())[0]
        for known in ([1], [1, 2], [2], [])
    ]
    one, both, denied, nobody = (row[column] for row in rows)
    assert denied < both < one
    assert nobody == 0
    assert [row[-1] for row in rows] == [1.0, 1.0, 1.0, 0.0]


def test_all_clusters_are_compared_as_each_of_them_alone(index: IssueIndex, document: Make) -> None:
    query, scorer = document(90, "Promo banner missing", "The promised credit never came."), PairScorer.load()
    ready = [profile(one, HashingEmbedder(DIMENSION)) for one in (USAGE, PROMO)]
    members = {USAGE.slug: [10, 11], PROMO.slug: [1, 11]}
    whole = cluster_features(query, ready, members, index, scorer)
    alone = [cluster_features(query, [one], members, index, scorer)[0] for one in ready]
    assert whole == [pytest.approx(row, abs=1e-6) for row in alone]


def test_inv_05_an_issue_is_no_member_to_itself(index: IssueIndex) -> None:
    query = index.document(1)
    assert matched(query, index, **{"promo-credit": [1]}) == matched(query, index)


def test_a_stored_profile_is_not_made_again_until_the_cluster_changes(index: IssueIndex, document: Make) -> None:
    embedder, query = Counting(DIMENSION), document(90, "credit")
    profiles = {USAGE.slug: profile(USAGE, embedder)}
    made = embedder.texts
    match_clusters(query, [USAGE], {}, index, PairScorer.load(), embedder, profiles)
    assert embedder.texts == made > 0
    match_clusters(query, [replace(USAGE, title="Other")], {}, index, PairScorer.load(), embedder, profiles)
    assert embedder.texts > made


def test_no_clusters_match_nothing(index: IssueIndex, document: Make) -> None:
    assert match_clusters(document(90, "a"), [], {}, index, PairScorer.load(), HashingEmbedder(DIMENSION)) == []


def test_a_cluster_with_a_title_alone_is_enough(document: Make) -> None:
    bare = KnownCluster("bare", "Promo credit not shown")
    query, empty = document(90, "Promo credit not shown"), IssueIndex(DIMENSION)
    found = match_clusters(query, [bare], {}, empty, PairScorer.load(), HashingEmbedder(DIMENSION))
    assert found[0].probability > 0.3
    assert found[0].margin == found[0].probability
