import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from models.artifacts import dump
from models.document import prepare_all
from models.features import FEATURES
from models.fitting import (
    FOLDS,
    Pool,
    collect,
    fit_calibration,
    fit_choice,
    fit_logistic,
    fit_pairs,
    fold_of,
    held_out_logits,
)
from models.hashing_embedder import HashingEmbedder
from models.labelled import load
from models.scorer import sigmoid
from models.sentence_embedder import SentenceEmbedder
from models.standing import CANDIDATE_FEATURES
from models.train import main, train
from tests.models.conftest import DIMENSION

NOUNS = ["mandrel", "ledger", "banner", "socket", "theme", "voucher", "cursor", "parser"]
VERBS = ["breaks", "vanishes", "flickers", "doubles"]


def write_sample(path: Path) -> Path:
    """Eight clusters of five reports in their own words, and lone ones between them."""
    lines = []
    for at in range(5):
        for place, noun in enumerate(NOUNS):
            number = 1 + at * 20 + place
            body = f"Since day {at} the {noun} {VERBS[(at + place) % 4]} again in the {NOUNS[(place + at) % 8]}."
            record = {"number": number, "title": f"The {noun} {VERBS[at % 4]}", "body": body, "gold_cluster": noun}
            lines.append({**record, "created_at": f"2026-01-{1 + at:02}"})
        alone = {"title": f"Question {at} about colour{at}", "body": f"Only asking {at}", "gold_cluster": None}
        lines.append({"number": 15 + at * 20, "created_at": f"2026-01-{1 + at:02}", **alone})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_training_is_deterministic_and_says_where_it_comes_from(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "sample.jsonl")
    first, second = (train([(path, HashingEmbedder(DIMENSION))], "hashing") for _ in range(2))
    assert dump(first) == dump(second)
    described = first.provenance["files"][0]
    assert described["name"] == "sample.jsonl"
    assert described["issues"] == 45
    assert described["queries"] == 32
    assert str(tmp_path) not in dump(first)
    assert first.provenance["held_out"]["recall_at_5"] > 0.5
    assert first.thresholds["duplicate"] >= 0.9


def test_a_fold_is_never_in_both_halves(tmp_path: Path) -> None:
    items = load(write_sample(tmp_path / "sample.jsonl")).items
    pools = list(collect(items, prepare_all([item.issue for item in items], HashingEmbedder(DIMENSION))))
    for names in (FEATURES, CANDIDATE_FEATURES):
        holds_out_folds(pools, names)


def holds_out_folds(pools: list[Pool], names: tuple[str, ...]) -> None:
    held = held_out_logits(pools, [], names)
    for fold in range(FOLDS):
        inside = [at for at, pool in enumerate(pools) if fold_of(pool.group) == fold]
        model = fit_pairs([[pool for pool in pools if fold_of(pool.group) != fold]], names, without=fold)
        for at in inside:
            features = pools[at].features[:, : len(names)]
            np.testing.assert_allclose(held[at], model.logits(features), rtol=1e-6, atol=1e-6)


def test_of_a_stream_every_query_teaches_and_some_that_are_alone(tmp_path: Path) -> None:
    items = load(write_sample(tmp_path / "sample.jsonl")).items
    documents = prepare_all([item.issue for item in items], HashingEmbedder(DIMENSION))
    every, few, none = (list(collect(items, documents, most_alone=most)) for most in (None, 6, 0))
    queries = {pool.number for pool in every if pool.is_query}
    assert len(every) == len(items) - 1
    assert {pool.number for pool in none} == queries
    assert queries < {pool.number for pool in few} < {pool.number for pool in every}


def test_issues_that_are_alone_teach_what_makes_them_like_everything() -> None:
    """The second feature is high in all pairs of those that are alone; inside a pool it says nothing."""
    random = np.random.default_rng(3)
    pools = []
    for number in range(2, 200):
        alone = number % 3 == 0
        right = np.arange(10) == (-1 if alone else number % 10)
        features = np.column_stack([random.normal(size=10) + right, np.full(10, random.normal() + 2 * alone)])
        pools.append(Pool(number, number, not alone, features, right, np.arange(1000, 1010)))
    asked, refusing = (fit_pairs([pools], ("near", "vague"), refusing=refusing) for refusing in (False, True))
    assert asked.weights[1] == pytest.approx(0, abs=1e-4)
    assert refusing.weights[1] < -0.2
    assert min(asked.weights[0], refusing.weights[0]) > 0.1


def test_each_file_is_embedded_by_the_model_that_is_named_for_it(tmp_path: Path) -> None:
    path, other = (write_sample(tmp_path / name) for name in ("one.jsonl", "other.jsonl"))
    embedders = HashingEmbedder(DIMENSION), HashingEmbedder(DIMENSION // 2)
    found = train([(path, embedders[0]), (other, embedders[1])], "hashing").provenance
    assert [each["model"] for each in found["files"]] == [str(each.model_id) for each in embedders]
    assert found["model"] == "hashing"
    assert set(found["other_repositories"]) == {"one.jsonl", "other.jsonl"}


def test_without_a_judged_file_there_is_no_calibration(tmp_path: Path) -> None:
    path = tmp_path / "stream.jsonl"
    rows = [{"number": n, "title": f"t{n}", "body": "b", "created_at": "2026-01-01", "duplicate_of": 1} for n in (1, 2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match="gold_cluster"):
        train([(path, HashingEmbedder(DIMENSION))], "hashing")


def test_calibration_recovers_what_was_drawn() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, 20_000)
    right = random.random(20_000) < sigmoid(0.5 * logits - 1)
    slope, intercept = fit_calibration(logits.tolist(), right.tolist())
    assert slope == pytest.approx(0.5, abs=0.05)
    assert intercept == pytest.approx(-1, abs=0.1)


def test_a_logistic_fit_follows_the_telling_feature() -> None:
    random = np.random.default_rng(2)
    matrix = random.normal(size=(4000, 2))
    fitted = fit_logistic(["telling", "noise"], matrix, random.random(4000) < sigmoid(2 * matrix[:, 0]), 1.0)
    assert fitted.slopes[0] == pytest.approx(2, abs=0.3)
    assert abs(fitted.slopes[1]) < 0.2


def test_a_choice_learns_to_refuse() -> None:
    near, far = np.array([[1.0], [0.0]]), np.array([[0.1], [0.0]])
    features = np.vstack([near, far] * 50)
    right = np.array([True, False, False, False] * 50)
    fitted = fit_choice(["near"], features, right, np.arange(0, 200, 2), 0.01)
    best, none = fitted.logits(np.array([[1.0], [0.1]]))
    assert best > 0 > none


def test_the_command_writes_the_same_bytes_again_and_tells_which_lines_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.train.SentenceEmbedder", lambda _: HashingEmbedder(DIMENSION))
    path = write_sample(tmp_path / "sample.jsonl")
    path.write_text(path.read_text() + "{nope\n")
    for name in ("one.json", "other.json"):
        main([str(path), "--out", str(tmp_path / name)])
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    provenance = json.loads((tmp_path / "one.json").read_text())["provenance"]
    assert provenance["command"] == "python -m models.train sample.jsonl --out scorer.json"
    assert {"brier", "ece", "recall_at_5"} <= set(provenance["held_out"])
    assert "sample.jsonl, line 46: not JSON" in capsys.readouterr().err


UNUSABLE = {
    "": "no line of it is a labelled issue",
    "[1]\n{nope\n": "no line of it is a labelled issue",
    '{"number": 1, "title": "t", "created_at": "2026-01-01"}\n': "needs a file in which every issue has a gold_cluster",
    '{"number": 1, "title": "t", "created_at": "2026-01-01", "gold_cluster": null}\n': "too few duplicates",
}


@pytest.mark.parametrize("content", UNUSABLE)
def test_a_file_that_teaches_nothing_is_refused_in_one_sentence(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.train.SentenceEmbedder", lambda _: HashingEmbedder(DIMENSION))
    path, out = tmp_path / "some.jsonl", tmp_path / "scorer.json"
    path.write_text(content)
    with pytest.raises(SystemExit, match=UNUSABLE[content]):
        main([str(path), "--out", str(out)])
    assert not out.exists()


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    missing, cut = tmp_path / "missing.jsonl", tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b"{}\n" * 1000)[:20])
    for path in (missing, cut, tmp_path):
        with pytest.raises(SystemExit, match=f"{path.name} cannot be read"):
            main([str(path), "--out", str(tmp_path / "scorer.json")])
    for out in (tmp_path, missing / "scorer.json"):
        with pytest.raises(SystemExit, match="cannot be written"):
            main([str(write_sample(tmp_path / "sample.jsonl")), "--out", str(out)])


def test_ctrl_c_is_a_sentence_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SentenceEmbedder, "embed", interrupted)
    out = tmp_path / "scorer.json"
    with pytest.raises(SystemExit, match="interrupted; nothing was written"):
        main([str(write_sample(tmp_path / "sample.jsonl")), "--out", str(out)])
    assert list(tmp_path.iterdir()) == [tmp_path / "sample.jsonl"]
