"""A decision survives the database and `--json`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision_data import from_data, to_data
from models.decision import Agreement, Candidate, Decision, Effect, EffectKind, Evidence, Verdict

NUMBERS = st.integers(1, 10**9)
CHANCES = st.floats(0, 1)
EVIDENCE = st.builds(Evidence, st.text(max_size=9), st.sampled_from(Agreement), st.text(max_size=9), st.floats(-9, 9))
CANDIDATES = st.builds(Candidate, NUMBERS, CHANCES, CHANCES, st.lists(EVIDENCE, max_size=3).map(tuple))
DECISIONS = st.builds(
    Decision,
    NUMBERS,
    st.sampled_from(Verdict),
    CHANCES,
    canonical=st.none() | NUMBERS,
    cluster=st.none() | st.text(max_size=9),
    cluster_probability=CHANCES,
    cluster_margin=CHANCES,
    links=st.lists(CANDIDATES, max_size=3).map(tuple),
    vetoes=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    model=st.text(max_size=9),
)


@given(DECISIONS)
def test_a_decision_comes_back_from_json_as_it_was(decision: Decision) -> None:
    assert from_data(json.loads(json.dumps(to_data(decision)))) == decision


def test_effects_have_rows_of_their_own_and_are_left_out() -> None:
    decision = Decision(5, Verdict.NEW, effects=(Effect(EffectKind.ADD_LABEL, "x"),))
    assert "effects" not in to_data(decision)
    assert from_data(to_data(decision)).effects == ()


@pytest.mark.parametrize("change", [{"verdict": "perhaps"}, {"links": [{"number": 1}]}])
def test_other_data_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_data(to_data(Decision(5, Verdict.NEW)) | change)
