import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.adapt import Recipe, adapt, main
from models.adapter import Adapter, dump, read
from models.embedder import PLAIN_MODEL, ModelUnavailable
from models.low_rank import Trainer
from models.sentence_embedder import SentenceEmbedder, model_folder
from models.training_files import Unusable
from models.training_pairs import Batch

pytestmark = pytest.mark.model

RECIPE = Recipe(steps=3, batch=6, rank=2, rate=0.01, seed=4)
TEXTS = ["The ledger is charged twice", "The theme flickers in the dark", "A socket is closed by the proxy"]


class Stopped(Exception):
    """Somebody pulled the plug."""


def write_reports(path: Path) -> Path:
    """Ten reports, two of which are duplicates."""
    nouns = ["ledger", "banner", "socket", "theme", "voucher", "cursor", "parser", "mandrel", "gasket", "ledger"]
    rows = [
        {
            "number": number,
            "title": f"The {noun} is wrong since release {number}",
            "body": f"I opened the settings and the {noun} was gone. Restarting did not bring it back on day {number}.",
            "created_at": f"2026-01-{number:02}",
            "duplicate_of": 1 if number == 10 else None,
        }
        for number, noun in enumerate(nouns, start=1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reports(tmp_path_factory.mktemp("reports") / "reports.jsonl")


@pytest.fixture(scope="module")
def trained(reports: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Adapter]:
    out = tmp_path_factory.mktemp("adapter") / "adapter.safetensors"
    return out, adapt([reports], out, RECIPE, held_out=[reports])


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(
    trained: tuple[Path, Adapter], reports: Path, tmp_path: Path
) -> None:
    again = tmp_path / "adapter.safetensors"
    adapt([reports], again, RECIPE, threads=2, held_out=[reports])
    assert again.read_bytes() == trained[0].read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["adapter.safetensors"]


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    trained: tuple[Path, Adapter], reports: Path, tmp_path: Path
) -> None:
    out, heard = tmp_path / "adapter.safetensors", list[str]()

    def stop(line: str) -> None:
        if line.startswith("step 2"):
            raise Stopped

    with pytest.raises(Stopped):
        adapt([reports], out, RECIPE, held_out=[reports], every=1, say=stop)
    assert not out.exists()
    adapt([reports], out, RECIPE, held_out=[reports], every=1, say=heard.append)
    assert "going on after step 2" in heard
    assert [line.split(":")[0] for line in heard if line.startswith("step")] == ["step 3 of 3"]
    assert out.read_bytes() == trained[0].read_bytes()


@pytest.mark.parametrize("damage", ["another seed", "half a file"])
def test_a_checkpoint_of_another_run_is_not_gone_on_with(
    trained: tuple[Path, Adapter], reports: Path, tmp_path: Path, damage: str
) -> None:
    out, heard = tmp_path / "adapter.safetensors", list[str]()
    checkpoint = tmp_path / "adapter.safetensors.checkpoint"
    if damage == "half a file":
        checkpoint.write_bytes(trained[0].read_bytes()[:100])
    else:
        checkpoint.write_bytes(trained[0].read_bytes())
    adapt([reports], out, RECIPE, held_out=[reports], say=heard.append)
    assert any(line.endswith("begun anew") for line in heard)
    assert out.read_bytes() == trained[0].read_bytes()


def test_the_embedder_gives_the_vectors_that_were_trained(trained: tuple[Path, Adapter], reports: Path) -> None:
    path, adapter = trained
    plain, adapted = SentenceEmbedder(PLAIN_MODEL), SentenceEmbedder(f"{PLAIN_MODEL}+{path}")
    trainer = Trainer(model_folder(PLAIN_MODEL), rank=RECIPE.rank, seed=RECIPE.seed, threads=1)
    np.testing.assert_allclose(trainer.embed(TEXTS), plain.embed(TEXTS), atol=0.01)
    for layer, (up, down) in zip(trainer._layers.values(), adapter.factors.values(), strict=True):
        layer.up.data[:], layer.down.data[:] = (layer.up.new_tensor(half.astype(np.float32)) for half in (up, down))
    merged = adapted.embed(TEXTS)
    np.testing.assert_allclose((merged * trainer.embed(TEXTS)).sum(axis=1), 1, atol=1e-3)
    assert np.abs(merged - plain.embed(TEXTS)).max() > 0.02


def test_inv_13_an_adapted_model_has_its_own_model_id(trained: tuple[Path, Adapter], tmp_path: Path) -> None:
    path, adapter = trained
    plain, adapted = (SentenceEmbedder(name).model_id for name in (PLAIN_MODEL, f"{PLAIN_MODEL}+{path}"))
    assert adapter.digest in adapted.revision
    assert (plain.name, plain.revision) != (adapted.name, adapted.revision)
    copy = tmp_path / "elsewhere.safetensors"
    copy.write_bytes(path.read_bytes())
    assert SentenceEmbedder(f"{PLAIN_MODEL}+{copy}").model_id == adapted


def test_inv_13_an_adapter_of_another_model_is_refused(trained: tuple[Path, Adapter], tmp_path: Path) -> None:
    adapter = trained[1]
    for name, other in {
        "base": Adapter("0" * 12, adapter.factors),
        "weight": Adapter(adapter.base, {"no.such.weight": next(iter(adapter.factors.values()))}),
    }.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(dump(other))
        with pytest.raises(ModelUnavailable, match="its adapter") as raised:
            SentenceEmbedder(f"{PLAIN_MODEL}+{path}").embed(TEXTS)
        assert str(path) in str(raised.value)


def test_it_says_what_it_was_made_of_and_no_path(trained: tuple[Path, Adapter], reports: Path) -> None:
    path = trained[0]
    provenance = read(path).provenance
    assert provenance["files"][0]["name"] == "reports.jsonl"
    assert len(provenance["files"][0]["sha256"]) == 64
    assert "--seed 4" in provenance["command"]
    assert "MIT" in provenance["licence"]
    assert provenance["held_out"]["plain"]["reports.jsonl"]["recall_at_10"] == 1
    assert provenance["held_out"]["adapted"]["reports.jsonl"]["recall_at_10"] == 1
    assert str(reports.parent).encode() not in path.read_bytes()


def test_a_step_brings_what_belongs_together_nearer() -> None:
    trainer = Trainer(model_folder(PLAIN_MODEL), rank=4, seed=0, threads=1)
    batch = Batch(TEXTS, ["Paid two times", "It blinks at night", "Behind a firewall it hangs up"], [1, 2, 3])
    losses = [trainer.step(batch, 0.01) for _ in range(4)]
    assert losses[-1] < losses[0] / 2


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "adapter.safetensors"
    with pytest.raises(SystemExit, match="cannot be read"):
        main([str(tmp_path / "missing.jsonl"), "--out", str(out)])
    empty = tmp_path / "empty.jsonl"
    empty.write_text("{}\n")
    with pytest.raises(Unusable, match="no line of it is a labelled issue"):
        adapt([empty], out, RECIPE)
    rows = [{"number": n, "title": f"It is lost {n}", "body": "It is lost again " * n} for n in (1, 2, 3)]
    for more, reason in (({}, "fewer than two"), ({"duplicate_of": 1}, "all its issues belong together")):
        some = rows[:1] if not more else rows
        empty.write_text("".join(json.dumps(row | more | {"created_at": "2026-01-01"}) + "\n" for row in some))
        with pytest.raises(Unusable, match=reason):
            adapt([empty], out, RECIPE)
    with pytest.raises(SystemExit, match="cannot be written"):
        main([str(empty), "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        main([str(empty), "--out", str(out), "--steps", "0"])
    assert "not above 0" in capsys.readouterr().err
    for rate in ("nan", "0", "-1", "inf", "fast"):
        with pytest.raises(SystemExit):
            main([str(empty), "--out", str(out), "--rate", rate])
    assert not out.exists()


def test_ctrl_c_is_a_sentence_that_says_how_it_goes_on(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("models.low_rank.Trainer", interrupted)
    with pytest.raises(SystemExit, match="interrupted; called in the same way again, it goes on"):
        main([str(reports), "--out", str(tmp_path / "adapter.safetensors")])
    assert list(tmp_path.iterdir()) == []


def test_torch_is_imported_where_an_interruption_is_answered() -> None:
    code = "import sys, models.adapt; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
