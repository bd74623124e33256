from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from models.adapter import Adapter, AdapterError, dump, read
from models.embedder import PLAIN_MODEL, ModelUnavailable
from models.sentence_embedder import SentenceEmbedder

HALF = np.arange(6, dtype=np.float16)
ADAPTER = Adapter("0123456789ab", {"layer.weight": (HALF.reshape(3, 2), HALF.reshape(2, 3))}, {"seed": 1, "é": [2.5]})


def test_an_adapter_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(dump(ADAPTER))
    found = read(path)
    assert (found.base, found.provenance, found.digest) == (ADAPTER.base, ADAPTER.provenance, ADAPTER.digest)
    assert dump(found) == dump(ADAPTER)
    np.testing.assert_array_equal(found.delta("layer.weight"), HALF.reshape(3, 2) @ HALF.reshape(2, 3))


def test_the_digest_follows_what_changes_vectors_and_nothing_else() -> None:
    up, down = ADAPTER.factors["layer.weight"]
    assert Adapter(ADAPTER.base, ADAPTER.factors, {"seed": 2}).digest == ADAPTER.digest
    for other in (
        Adapter("another base", ADAPTER.factors),
        Adapter(ADAPTER.base, {"other.weight": (up, down)}),
        Adapter(ADAPTER.base, {"layer.weight": (up, down + np.float16(1))}),
        Adapter(ADAPTER.base, {"layer.weight": (up, down), "more": (up, down)}),
    ):
        assert other.digest != ADAPTER.digest


def damaged() -> dict[str, bytes]:
    up, down = ADAPTER.factors["layer.weight"]
    infinite = Adapter(ADAPTER.base, {"layer.weight": (up, np.full_like(down, np.inf))})
    unlike = Adapter(ADAPTER.base, {"layer.weight": (up, up)})
    whole = dump(ADAPTER)
    return {
        "empty": b"",
        "cut": whole[:-3],
        "text": b"not an adapter at all, but a longer text",
        "foreign": save({"layer.weight": HALF}),
        "alone": save({"layer.weight.up": HALF}, {"triage": '{"format": 1, "base": "0", "provenance": {}}'}),
        "format": whole.replace(b'\\"format\\": 1', b'\\"format\\": 9'),
        "no provenance": save({"a": HALF}, {"triage": "[]"}),
        "none": dump(Adapter("0", {})),
        "infinite": dump(infinite),
        "unlike": dump(unlike),
    }


@pytest.mark.parametrize(("kind", "content"), damaged().items())
def test_inv_13_a_damaged_adapter_is_named_and_never_left_out(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.safetensors"
    path.write_bytes(content)
    with pytest.raises(AdapterError):
        read(path)
    with pytest.raises(ModelUnavailable, match="cannot be used") as raised:
        SentenceEmbedder(f"{PLAIN_MODEL}+{path}").embed(["a"])
    assert path.name in str(raised.value)


def test_inv_13_a_missing_adapter_is_named_and_never_left_out(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"nowhere\.safetensors cannot be used: the file is not there"):
        _ = SentenceEmbedder(f"{PLAIN_MODEL}+{tmp_path / 'nowhere.safetensors'}").model_id
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        _ = SentenceEmbedder(f"{PLAIN_MODEL}+{tmp_path}").model_id
