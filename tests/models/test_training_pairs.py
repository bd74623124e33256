from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
import torch

from models.labelled import Labelled
from models.low_rank import loss
from models.training_pairs import Corpus, corpus, deal
from tests.models.conftest import make_issue


def make_corpus(name: str, size: int, groups: int) -> Corpus:
    """The first `2 * groups` issues are pairs of duplicates."""
    return Corpus(
        titles=[f"{name} title {at}" for at in range(size)],
        salient=[f"{name} text {at}" for at in range(size)],
        groups=[at // 2 if at < 2 * groups else at for at in range(size)],
    )


ONE, OTHER = make_corpus("one", 40, 6), make_corpus("other", 20, 0)


def test_texts_are_those_that_the_product_compares() -> None:
    items = [
        Labelled(make_issue(1, "[Bug]: The ledger is wrong", "### What happened?\n\nIt was charged twice.")),
        Labelled(make_issue(2, "Only a title")),
        Labelled(make_issue(3, "", "Only a body")),
        Labelled(make_issue(4, "Charged twice", "By the same ledger."), duplicate_of=1),
    ]
    found = corpus(items)
    assert found.titles == ["The ledger is wrong", "Charged twice"]
    assert found.salient[0] == "It was charged twice."
    assert found.groups == [1, 1]


def test_a_batch_is_of_one_project_and_is_full() -> None:
    batches = list(deal([ONE, OTHER], steps=60, size=10, seed=1))
    projects = [{title.split()[0] for title in batch.titles} for batch in batches]
    assert all(len(each) == 1 for each in projects)
    assert {len(batch.titles) for batch in batches} == {10}
    assert all(len(set(batch.titles)) == 10 for batch in batches)
    share = Counter(chain.from_iterable(projects))
    assert share["one"] > share["other"] > 5


def test_batches_depend_on_the_seed_alone() -> None:
    first, same, unlike = (list(deal([ONE, OTHER], steps=9, size=8, seed=seed)) for seed in (1, 1, 2))
    assert first == same != unlike


def test_every_issue_has_its_turn_before_one_is_drawn_again() -> None:
    batches = deal([OTHER], steps=4, size=5, seed=3)
    assert Counter(chain.from_iterable(batch.titles for batch in batches)) == Counter(OTHER.titles)


def test_duplicates_come_together_and_never_fill_a_batch() -> None:
    for batch in deal([ONE], steps=20, size=20, seed=5):
        duplicates = sum(count for count in Counter(batch.groups).values() if count > 1)
        assert 2 <= duplicates <= 12


def test_a_corpus_smaller_than_a_batch_is_dealt_whole() -> None:
    batch = next(deal([OTHER], steps=1, size=500, seed=0))
    assert sorted(batch.titles) == sorted(OTHER.titles)


def test_duplicates_are_not_held_against_each_other() -> None:
    titles = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    apart = loss(titles, titles, torch.tensor([1, 2, 3]))
    together = loss(titles, titles, torch.tensor([1, 1, 3]))
    assert float(apart) > 0.4  # two cannot be told apart: log 2 for two of three issues
    assert float(together) == pytest.approx(0, abs=1e-6)


def test_the_loss_falls_as_duplicates_come_nearer() -> None:
    random = torch.Generator().manual_seed(0)
    titles, salient = (torch.nn.functional.normalize(torch.randn(6, 8, generator=random), dim=1) for _ in range(2))
    groups = torch.tensor([1, 1, 3, 4, 5, 6])
    far = loss(titles, salient, groups)
    titles[1], salient[1] = titles[0], salient[0]
    assert float(loss(titles, salient, groups)) < float(far)


def test_the_files_of_the_training_are_not_imported_by_what_runs() -> None:
    root = Path(__file__).parents[2]
    sources = [path for room in ("bot", "webhooks") for path in (root / room).rglob("*.py")]
    assert not [path for path in sources if "low_rank" in path.read_text(encoding="utf-8")]
