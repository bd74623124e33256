"""Fitted coefficients as small JSON with their provenance; never pickle."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 3
DEFAULT = "scorer.json"


class ArtifactError(ValueError):
    """The artifact cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression on standardised features."""

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def logits(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of each row; shape (rows, features) → (rows,)."""
        result: NDArray[np.float64] = self.parts(matrix).sum(axis=1) + self.intercept
        return result

    def parts(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each feature's part in the log-odds, held against its mean; shape as given."""
        result: NDArray[np.float64] = (matrix - np.array(self.mean)) * self.slopes
        return result

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Log-odds for each unit of each feature."""
        slopes: NDArray[np.float64] = np.array(self.weights) / np.array(self.scale)
        return slopes


@dataclass(frozen=True, slots=True)
class Company:
    """What issues that people know to be one problem add to each other (see `models.company`).

    `chance`: the curve from log-odds as a candidate to the chance of being the same problem, at natural prevalence.
    `order` and `certainty` weigh what is added to the log-odds as a candidate and as a pair.
    """

    chance: tuple[float, float]
    order: float
    certainty: float


@dataclass(frozen=True, slots=True)
class Artifact:
    """Everything that scoring needs, and where it all comes from.

    `pairs` judges two issues by themselves, with `calibration` as (slope, intercept) on its log-odds. `candidates`
    orders those that an issue retrieves; `certainty` is the curve, again on the pair's log-odds, for those that come
    first in this order. `company` is what the known duplicates of a candidate add. `clusters` are known clusters;
    `thresholds` are cuts on the calibrated score.
    """

    pairs: Logistic
    calibration: tuple[float, float]
    candidates: Logistic
    certainty: tuple[float, float]
    company: Company
    clusters: Logistic
    thresholds: Mapping[str, float]
    provenance: Mapping[str, Any] = field(default_factory=dict)


def default_artifact() -> Artifact:
    """The one that ships with the project."""
    return parse(resources.files("models").joinpath("weights", DEFAULT).read_text(encoding="utf-8"))


def parse(text: str) -> Artifact:
    """Read an artifact; raises ArtifactError for one of another format, or with missing or infinite numbers."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ArtifactError(f"format {data['format']} where {FORMAT} is needed")
        return Artifact(
            pairs=_logistic(data["pairs"]),
            calibration=_curve(data["calibration"]),
            candidates=_logistic(data["candidates"]),
            certainty=_curve(data["certainty"]),
            company=_company(data["company"]),
            clusters=_logistic(data["clusters"]),
            thresholds={name: _numbers([value])[0] for name, value in data["thresholds"].items()},
            provenance=data.get("provenance", {}),
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ArtifactError(f"not an artifact: {error!r}") from error


def dump(artifact: Artifact) -> str:
    """The artifact as JSON, the same bytes for the same content."""
    return json.dumps({"format": FORMAT, **asdict(artifact)}, indent=1, sort_keys=True) + "\n"


def _curve(values: Sequence[Any]) -> tuple[float, float]:
    slope, intercept = _numbers(values)
    return slope, intercept


def _company(data: Mapping[str, Any]) -> Company:
    order, certainty = _numbers([data["order"], data["certainty"]])
    return Company(_curve(data["chance"]), order, certainty)


def _logistic(data: Mapping[str, Any]) -> Logistic:
    names = tuple(str(name) for name in data["features"])
    mean, scale, weights = (_numbers(data[part]) for part in ("mean", "scale", "weights"))
    if not len(names) == len(mean) == len(scale) == len(weights) or 0 in scale:
        raise ArtifactError("features, mean, scale and weights do not fit together")
    return Logistic(names, mean, scale, weights, _numbers([data["intercept"]])[0])


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ArtifactError("a coefficient is not a finite number")
    return numbers
