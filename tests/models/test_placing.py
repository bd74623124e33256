import pytest

from models.cluster import Cluster
from models.clustering import ClusterLimits, cluster
from models.constraints import Constraints
from models.document import Document, prepare_all
from models.hashing_embedder import HashingEmbedder
from models.labelled import load
from models.metrics import clustering_figures
from models.pair_graph import pair_graph, pairs_of
from models.placing import AS_IT_IS, Placement, place, with_member
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from tests.models.conftest import SAMPLE

HOT, COLD = Cluster("c1", "Hot", members=(1, 2, 3)), Cluster("c7", "Cold", members=(7, 8))


def test_an_issue_joins_the_cluster_with_the_highest_mean() -> None:
    found = place(20, {1: 0.6, 2: 0.6, 3: 0.3, 7: 0.9, 8: 0.9}, [HOT, COLD])
    assert found == Placement(joins="c7", mean=pytest.approx(0.9))
    assert place(20, {1: 0.9, 2: 0.4}, [HOT, COLD]).joins == "c1"
    assert place(20, {1: 0.8}, [HOT]) == AS_IT_IS  # near to one of three
    assert place(20, {}, [HOT]) == AS_IT_IS


def test_an_issue_starts_a_cluster_with_those_who_were_alone() -> None:
    assert place(20, {11: 0.9, 12: 0.2, 1: 0.4, 2: 0.4}, [HOT]).starts == (11,)
    assert place(20, {12: 0.95, 11: 0.93}, [HOT]).starts == (11, 12)
    assert place(20, {11: 0.45}, [HOT]) == AS_IT_IS  # one pair alone has to be surer
    assert place(20, {20: 1.0}, [HOT]) == AS_IT_IS


def test_members_that_were_not_judged_count_by_the_last_neighbours() -> None:
    wave = Cluster("c100", "Wave", members=tuple(range(100, 200)))
    judged = dict.fromkeys(range(100, 130), 0.9)
    assert place(20, judged, [wave]).joins == "c100"
    assert place(20, dict.fromkeys(range(100, 115), 0.9), [wave]) == AS_IT_IS


def test_inv_08_an_issue_goes_nowhere_where_people_do_not_want_it() -> None:
    chances = {1: 0.9, 2: 0.9, 3: 0.9, 11: 0.7, 12: 0.9}
    apart = Constraints(apart=frozenset({(3, 20), (12, 20)}))
    assert place(20, chances, [HOT], apart).starts == (11,)
    block = Constraints(apart=frozenset({(20, 40)}), blocks=(frozenset({2, 40}),))
    assert place(20, chances, [HOT], block).starts
    assert place(20, chances, [HOT], Constraints(barred=frozenset({(20, "c1")}))).joins is None


def test_inv_08_those_who_are_apart_from_each_other_are_not_put_into_one_new_cluster() -> None:
    apart = Constraints(apart=frozenset({(11, 12)}))
    assert place(20, {11: 0.98, 12: 0.96, 13: 0.94}, [], apart).starts == (11, 13)
    by_block = Constraints(apart=frozenset({(11, 40)}), blocks=(frozenset({12, 40}),))
    assert place(20, {11: 0.98, 12: 0.96, 13: 0.94}, [], by_block).starts == (11, 13)


def test_a_pin_and_a_confirmed_duplicate_come_before_any_probability() -> None:
    chances = {1: 0.9, 2: 0.9, 3: 0.9}
    assert place(20, chances, [HOT, COLD], Constraints(anchors={20: "c7"})).joins == "c7"
    mate = Constraints(blocks=(frozenset({8, 20}),))
    assert place(20, chances, [HOT, COLD], mate).joins == "c7"
    assert place(20, chances, [HOT], Constraints(blocks=(frozenset({20, 30}),))).starts == (30,)
    moved = Cluster("c1", "Hot", members=(1, 2, 3, 20))
    assert place(20, chances, [moved, COLD], mate) == Placement(joins="c7", leaves="c1", mean=1.0)
    assert place(20, {}, [moved], Constraints(anchors={20: "c1"})) == AS_IT_IS


def test_an_edited_issue_leaves_a_cluster_that_it_has_nothing_in_common_with() -> None:
    moved = Cluster("c1", "Hot", members=(1, 2, 3, 20))
    assert place(20, {1: 0.05}, [moved]) == Placement(leaves="c1")
    assert place(20, {1: 0.2, 2: 0.2, 3: 0.2}, [moved]) == AS_IT_IS  # on the border nobody moves
    assert place(20, {1: 0.2, 2: 0.2, 3: 0.2, 7: 0.9, 8: 0.9}, [moved, COLD]).joins == "c7"
    assert place(20, {1: 0.5, 2: 0.5, 3: 0.5, 7: 0.9, 8: 0.9}, [moved, COLD]) == AS_IT_IS


def test_known_clusters_take_members_by_their_own_rule() -> None:
    known = Cluster("billing", "Billing", slug="billing", members=(1, 2))
    assert place(20, {1: 0.9, 2: 0.9}, [known]) == AS_IT_IS
    assert place(2, {7: 0.9, 8: 0.9}, [known, COLD]) == AS_IT_IS


def test_inv_09_a_cluster_that_grows_over_the_cap_or_thin_is_held() -> None:
    limits = ClusterLimits(cap=3, coherence=0.5)
    grown = with_member(COLD, 5, 0.4, limits)
    assert grown.members == (5, 7, 8)
    assert grown.coherence == pytest.approx((1.0 + 0.4 + 0.4) / 3)
    assert grown.held is None
    assert with_member(grown, 9, 0.6, limits).held == "over-cap"
    assert with_member(COLD, 5, 0.1, limits).held == "incoherent"


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    items = load(SAMPLE).items
    return prepare_all([item.issue for item in items], HashingEmbedder(384))


@pytest.mark.parametrize("arrivals", [10, 20, 67])
def test_a_days_stream_and_the_nights_refit_agree(documents: list[Document], arrivals: int) -> None:
    scorer, index = PairScorer.load(), IssueIndex(384)
    index.put_all(documents[:-arrivals])
    clusters = {
        group.members[0]: Cluster(str(group.members[0]), "", members=group.members, coherence=group.coherence)
        for group in cluster(pair_graph(index, scorer))
    }
    limits = ClusterLimits()
    for document in documents[-arrivals:]:
        index.put(document)
        chances = pairs_of(index, scorer, document.number, index.retrieve(document))
        found = place(document.number, chances, list(clusters.values()), limits=limits)
        if found.joins is not None:
            joined = clusters[int(found.joins)]
            clusters[int(found.joins)] = with_member(joined, document.number, found.mean, limits)
        elif found.starts:
            clusters[document.number] = Cluster(str(document.number), "", members=(*found.starts, document.number))
    by_day = {member: name for name, one in clusters.items() for member in one.members}
    nightly = cluster(pair_graph(index, scorer), previous=[one.members for one in clusters.values()])
    by_night = {member: group.members[0] for group in nightly for member in group.members}
    numbers = [document.number for document in documents]
    agreement = clustering_figures(
        {number: f"{by_night.get(number, -number)}" for number in numbers},
        {number: f"{by_day.get(number, -number)}" for number in numbers},
    )
    assert agreement["adjusted_rand"] >= 0.9
