"""Vectors: made once for a text and a model, and again only where one of the two is new."""

from __future__ import annotations

from dataclasses import replace

from bot.activities.embed import embed_missing
from bot.activities.judge import document_of, judge
from bot.index_cache import IndexCache
from tests.fakes.small_world import OTHERS, CountingEmbedder, World


def texts(world: World) -> int:
    embedder = world.services.embedder
    assert isinstance(embedder, CountingEmbedder)
    return embedder.texts


def test_what_is_embedded_is_not_embedded_again(known: World) -> None:
    before = texts(known)
    assert embed_missing(known.services, known.repository.id) == 0
    judge(known.services, known.repository, 5, known.config)
    judge(known.services, known.repository, 5, known.config)
    assert texts(known) == before


def test_a_new_issue_is_embedded_when_it_is_judged_and_never_again(known: World) -> None:
    number = known.report()
    known.resolve(number)
    before = texts(known)
    known.resolve(number)
    assert texts(known) == before
    assert embed_missing(known.services, known.repository.id) == 0


def test_a_changed_text_is_embedded_again_and_a_changed_label_is_not(known: World) -> None:
    known.change(5, labels=("bug",), state="closed")
    known.resolve(5)
    assert embed_missing(known.services, known.repository.id) == 0
    known.change(5, body="Something else altogether is wrong with the export of tables.")
    known.learn()
    stored = known.storage.issue(known.repository.id, 5)
    assert stored is not None
    row = next(iter(known.storage.vectors(known.repository.id, str(known.services.embedder.model_id), [5])))
    assert row.text_hash == stored.text_hash


def test_inv_13_another_model_embeds_everything_again_and_compares_only_its_own(known: World) -> None:
    other = CountingEmbedder("another-model")
    services = replace(known.services, embedder=other, indexes=IndexCache(known.storage, other))
    repository = known.repository
    assert len(services.indexes.index(repository.id)) == 0
    done: list[int] = []
    assert embed_missing(services, repository.id, done.append) == len(OTHERS) + 1
    assert sum(done) == len(OTHERS) + 1
    assert len(services.indexes.index(repository.id)) == len(OTHERS) + 1
    assert embed_missing(services, repository.id) == 0
    assert embed_missing(known.services, repository.id) == 0


def test_inv_13_a_document_comes_with_the_vectors_of_the_model_in_force(known: World) -> None:
    stored = known.storage.issue(known.repository.id, 5)
    assert stored is not None
    document = document_of(known.services, known.repository.id, stored)
    assert document.vectors.shape == (2, known.services.embedder.model_id.dimension)
