import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.settings import Settings
from models.adapter import Adapter, dump
from models.artifacts import default_artifact
from models.embedder import PLAIN_MODEL
from models.hashing_embedder import HashingEmbedder
from models.scorer import PairScorer
from tests.bot.cli.conftest import Run

PROBLEMS = [
    "Extra usage answers 400 although the balance is left",
    "Promised credit banner never appears on the usage page",
    "Dark theme flickers while the window scrolls",
    "Invoice shows the wrong total after an upgrade",
]


@pytest.fixture(autouse=True)
def _hashed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The weight-free embedder, and no cache outside of the test's folder."""
    monkeypatch.setattr("bot.cli.evaluate.build_embedder", lambda settings: HashingEmbedder())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home-cache"))


def lines(count: int = 40) -> list[str]:
    issues = []
    for number in range(1, count + 1):
        problem = PROBLEMS[number % len(PROBLEMS)]
        issues.append(
            {
                "number": number,
                "title": f"{problem}, seen {number} times",
                "body": f"{problem}. Since Monday.",
                "created_at": f"2026-01-{number // 2 + 1:02}",
                "gold_cluster": f"problem-{number % len(PROBLEMS)}" if number % 7 else None,
                "lang": "en" if number % 3 else "de",
            }
        )
    return [json.dumps(issue) for issue in issues]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "issues.jsonl"
    path.write_text("\n".join(lines()))
    return path


def test_the_document_has_every_figure_of_the_protocol(triage: Run, file: Path) -> None:
    ran = triage("evaluate", str(file), "--by", "cluster", "--json", "-")
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    figures = [
        *("recall_at_1", "recall_at_5", "recall_at_10", "mrr", "auroc", "average_precision", "brier", "ece"),
        *("recall_at_precision_0.80", "recall_at_precision_0.90", "recall_at_precision_0.95"),
        *("bcubed_precision", "bcubed_recall", "bcubed_f1", "adjusted_rand", "v_measure"),
        *("accuracy", "macro_f1", "refusal_precision", "refusal_recall"),
    ]
    for name in figures:
        assert isinstance(result[name], float), name
    for name in set(figures) - {"adjusted_rand", "v_measure"}:
        low, high = result["intervals"][name]
        assert low <= high, name
    assert result["baseline"]["name"] == "minilm"
    assert set(result["difference"]["recall_at_1"]) == {"difference", "interval"}
    assert (result["issues"], result["queries"]) == (40, 31)
    assert set(result["languages"]) == {"de", "en"}
    assert result["file"] == "issues.jsonl"
    assert result["trained_on_this_file"] is False
    assert "billing-dev.jsonl" in result["fitted_on"]


def test_a_gzipped_file_gives_the_same_figures_from_the_cache(triage: Run, file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    cache = tmp_path / "cache"
    plain = triage("evaluate", str(file), "--cache", str(cache), "--json", "-")
    again = triage("evaluate", str(packed), "--cache", str(cache), "--json", "-")
    assert json.loads(plain.out) | {"file": ""} == json.loads(again.out) | {"file": ""}
    assert (cache / "vectors.db").exists()
    assert not (tmp_path / "home-cache").exists()


def test_the_screen_shows_the_baseline_beside_the_result(triage: Run, file: Path) -> None:
    ran = triage("evaluate", str(file), "--baseline", "bm25")
    assert ran.code == 0
    heading = next(line for line in ran.out.splitlines() if line.startswith("figure"))
    assert heading.split() == ["figure,", "95", "%", "interval", "Triage", "bm25", "difference"]
    assert max(map(len, ran.out.splitlines()[2:])) <= 80
    assert "recall_at_precision_0.95" in ran.out
    assert "gold clusters" in ran.out


def test_malformed_lines_are_named_and_the_run_goes_on(triage: Run, file: Path, tmp_path: Path) -> None:
    file.write_text("\n".join([*lines(), "{", '{"number": 99, "created_at": "soon"}']))
    ran = triage("evaluate", str(file), "--baseline", "none", "--json", str(tmp_path / "out.json"))
    assert ran.code == 0
    assert "issues.jsonl, line 41: not JSON" in ran.err
    assert "issues.jsonl, line 42: title: missing" in ran.err
    result = json.loads((tmp_path / "out.json").read_text())
    assert [each["line"] for each in result["malformed"]] == [41, 42]
    assert "baseline" not in result
    assert "40 issues" in ran.out


def test_a_flood_of_malformed_lines_does_not_fill_the_screen(triage: Run, file: Path) -> None:
    file.write_text("\n".join([*lines(), *(["["] * 50)]))
    ran = triage("evaluate", str(file), "--baseline", "none", "--json", "-")
    assert ran.err.count("left out") == 21
    assert "30 more malformed lines" in ran.err
    assert len(json.loads(ran.out)["malformed"]) == 50


def test_a_malformed_line_stops_the_run_where_that_is_asked(triage: Run, file: Path) -> None:
    file.write_text("\n".join([*lines(), "{"]))
    ran = triage("evaluate", str(file), "--stop-on-error")
    assert ran.code == 1
    assert "line 41: not JSON" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no line of it is a labelled issue"),
        ("{\n[]\n", "no line of it is a labelled issue"),
        ('{"number": 1, "title": "a", "created_at": "2026-01-01"}', "no two of its 1 issues belong together"),
    ],
)
def test_nothing_to_evaluate_is_said(triage: Run, file: Path, content: str, reason: str) -> None:
    file.write_text(content)
    ran = triage("evaluate", str(file))
    assert ran.code == 1
    assert reason in ran.err


def test_a_file_that_cannot_be_read_is_named(triage: Run, file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(file.read_bytes())[:200])
    for path in (cut, tmp_path / "none.jsonl", tmp_path):
        ran = triage("evaluate", str(path))
        assert ran.code == 1
        assert "cannot be read" in ran.err
    (tmp_path / "plain.jsonl.gz").write_text("{}")
    assert "cannot be read" in triage("evaluate", str(tmp_path / "plain.jsonl.gz")).err


def test_a_place_that_cannot_be_written_fails_before_the_run(triage: Run, file: Path) -> None:
    folder = str(file.parent)
    for options in (["--json", "no/such/folder.json"], ["--json", folder], ["--plot", str(file)]):
        ran = triage("evaluate", str(file), *options)
        assert ran.code == 1
        assert "cannot be written" in ran.err


def test_the_labelled_file_is_never_overwritten_and_nothing_is_left_where_nothing_was_found(
    triage: Run, file: Path, tmp_path: Path
) -> None:
    before = file.read_bytes()
    ran = triage("evaluate", str(file), "--json", str(file.parent / "." / file.name))
    assert ran.code == 1
    assert "would be overwritten" in ran.err
    other = tmp_path / "other.jsonl"
    other.write_bytes(before)
    ran = triage("evaluate", str(file), "--cross-validate", "--fit-on", f"{other}=some-model", "--json", str(other))
    assert ran.code == 1
    assert "would be overwritten" in ran.err
    assert other.read_bytes() == before
    assert file.read_bytes() == before
    assert triage("evaluate", str(tmp_path / "none.jsonl"), "--json", str(tmp_path / "out.json")).code == 1
    assert not (tmp_path / "out.json").exists()


def test_figures_on_a_file_that_the_weights_saw_are_called_flattering(
    triage: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "name": "issues.jsonl"}
    artifact = replace(default_artifact(), provenance={"files": [seen]})
    monkeypatch.setattr(PairScorer, "load", classmethod(lambda cls: cls(artifact)))
    ran = triage("evaluate", str(file), "--baseline", "none", "--json", "-")
    assert "These figures flatter" in ran.err
    assert "--cross-validate" in ran.err
    assert json.loads(ran.out)["trained_on_this_file"] is True
    honest = triage("evaluate", str(file), "--baseline", "none", "--json", "-", "--cross-validate")
    assert "flatter" not in honest.err
    result = json.loads(honest.out)
    assert result["trained_on_this_file"] is False
    assert result["method"] == "cross-validated by cluster"
    assert result["fitted_on"] == ["issues.jsonl (other clusters)"]


def test_figures_on_a_file_that_the_embedder_saw_are_called_flattering_even_cross_validated(
    triage: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "name": "issues.jsonl"}
    half = np.zeros((1, 1), dtype=np.float16)
    adapter = tmp_path / "adapter.safetensors"
    adapter.write_bytes(dump(Adapter("base", {"weight": (half, half)}, {"files": [seen]})))
    monkeypatch.setenv("TRIAGE_MODEL", f"{PLAIN_MODEL}+{adapter}")
    ran = triage("evaluate", str(file), "--baseline", "none", "--json", "-", "--cross-validate")
    assert "the embedder was adapted on issues.jsonl" in ran.err
    assert json.loads(ran.out)["trained_on_this_file"] is True
    monkeypatch.setenv("TRIAGE_MODEL", f"{PLAIN_MODEL}+{tmp_path / 'missing.safetensors'}")
    ran = triage("evaluate", str(file), "--baseline", "none")
    assert ran.code == 1
    assert "the file is not there" in ran.err


def test_the_baseline_is_plain_minilm_whatever_the_model(
    triage: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dimensions = {"another-model": 64, PLAIN_MODEL: 8}
    monkeypatch.setattr("bot.cli.evaluate.build_embedder", lambda settings: HashingEmbedder(dimensions[settings.model]))
    monkeypatch.setenv("TRIAGE_MODEL", "another-model")
    adapted = json.loads(triage("evaluate", str(file), "--json", "-").out)
    monkeypatch.setenv("TRIAGE_MODEL", PLAIN_MODEL)
    plain = json.loads(triage("evaluate", str(file), "--json", "-").out)
    assert adapted["model"] != plain["model"]
    assert adapted["baseline"] == plain["baseline"]


def test_a_stream_is_judged_by_a_fit_on_other_files_alone(triage: Run, file: Path, tmp_path: Path) -> None:
    stream = tmp_path / "stream.jsonl"
    issues = [json.loads(line) for line in lines()]
    for issue in issues:
        del issue["gold_cluster"]
        issue["duplicate_of"] = issue["number"] - 4 if issue["number"] > 4 else None
    stream.write_text("\n".join(map(json.dumps, issues)))
    options = ["--cross-validate", "--fit-on", str(file), "--baseline", "none", "--json", "-"]
    result = json.loads(triage("evaluate", str(stream), *options).out)
    assert result["method"] == "fitted on other repositories alone"
    assert result["fitted_on"] == ["issues.jsonl"]
    assert "bcubed_f1" not in result
    same = triage("evaluate", str(file), *options)
    assert same.code == 1
    assert "other files" in same.err
    assert triage("evaluate", str(stream), "--fit-on", str(file)).code == 2


def test_other_files_may_be_embedded_by_models_of_their_own(
    triage: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other=1.jsonl"
    other.write_text("\n".join(lines(30)))
    built: list[str] = []

    def build(settings: Settings) -> HashingEmbedder:
        built.append(settings.model)
        return HashingEmbedder(64 if settings.model == "small" else 128)

    monkeypatch.setattr("bot.cli.evaluate.build_embedder", build)
    options = ["--cross-validate", "--baseline", "none", "--json", "-", "--fit-on"]
    found = [json.loads(triage("evaluate", str(file), *options, f"{other}{model}").out) for model in ("", "=small")]
    assert built.count("small") == 1
    assert [one["fitted_on"] for one in found] == [["issues.jsonl (other clusters)", "other=1.jsonl"]] * 2
    assert found[0]["model"] == found[1]["model"]
    assert found[0]["brier"] != found[1]["brier"]


def test_too_little_to_fit_on_is_said(triage: Run, file: Path) -> None:
    file.write_text("\n".join(lines(6)))
    ran = triage("evaluate", str(file), "--cross-validate")
    assert ran.code == 1
    assert "too few duplicates" in ran.err


def test_the_screen_says_what_the_figures_do_not(triage: Run, file: Path) -> None:
    ran = triage("evaluate", str(file), "--baseline", "none", "--by", "cluster")
    assert "Known clusters were chosen among for" in ran.out
    issues = [json.loads(line) | {"gold_cluster": None} for line in lines(12)]
    for issue in issues[:2]:
        issue["gold_cluster"] = "pair"
    issues[5]["duplicate_of"] = 9
    file.write_text("\n".join(map(json.dumps, issues)))
    ran = triage("evaluate", str(file), "--baseline", "none", "--by", "cluster")
    assert "no cluster has a fourth member" in ran.out
    assert "Of the queries, 0 carry" not in ran.out
    for issue in issues:
        issue["duplicate_of"] = 1 if issue["number"] in {3, 4} else None
    file.write_text("\n".join(map(json.dumps, issues)))
    ran = triage("evaluate", str(file), "--baseline", "none")
    assert "Of the queries, 2 carry a duplicate_of themselves" in ran.out


def test_both_pictures_are_drawn(triage: Run, file: Path, tmp_path: Path) -> None:
    ran = triage("evaluate", str(file), "--plot", str(tmp_path / "pictures"))
    assert ran.code == 0
    for name in ("reliability.svg", "precision-recall.svg"):
        assert (tmp_path / "pictures" / name).read_text().startswith("<svg")


def test_no_title_or_body_reaches_the_screen(triage: Run, file: Path) -> None:
    ran = triage("evaluate", str(file), "--by", "cluster", "--json", "-")
    assert "balance" not in ran.out + ran.err
