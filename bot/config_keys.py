"""The keys of a repository's `.github/triage.yml` below the top level: what each part may say, and its defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from models.facts import compile_pattern

LARGEST_NUMBER = 2**53 - 1  # of an issue: what JSON carries exactly everywhere
DAY_MINUTES = 24 * 60
# Spaces, and what shows nothing where it stands: joiners, direction marks, fillers, variation selectors.
UNSEEN = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
TITLE_LEAST = 3  # characters that can be seen
SEEN = rf"[^{UNSEEN}]"
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


def can_be_seen(text: str, least: int = 1) -> bool:
    """Whether so many of the text's characters show anything."""
    return len(re.findall(SEEN, text)) >= least


def is_addressable(name: str) -> bool:
    """Whether a label of this name has an address: in a URL these two are steps, not names."""
    return name not in {".", ".."}


def _addressable(name: str) -> str:
    if not is_addressable(name):
        raise ValueError("cannot be the name of a label")
    return name


Mode = Literal["shadow", "comment", "close"]
LabelName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50),
    AfterValidator(_addressable),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=TITLE_LEAST, max_length=120),
    Field(json_schema_extra={"pattern": r"[\s\S]*".join([SEEN] * TITLE_LEAST)}),
]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Example = Annotated[str, Field(min_length=3, max_length=2000)]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_time(value: Any) -> Any:
    """YAML reads an unquoted 13:30 as the number of its minutes."""
    if type(value) is int and 0 <= value < DAY_MINUTES:
        return f"{value // 60:02}:{value % 60:02}"
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such name; a name that is a path; one that is a folder
        raise ValueError("is no time zone; one is named like Europe/Berlin or UTC") from None
    return name


FactValue = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(min_length=1, max_length=200),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1, "maxLength": 200}),  # `status: 400` needs no quotes
]


class Part(BaseModel):
    """A part of the file: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Labels(Part):
    """The names of the labels that a verdict sets; the bot sets no others than these and the clusters'."""

    candidate: LabelName = "possible-duplicate"
    confirmed: LabelName = "duplicate"
    regression: LabelName = "possible-regression"


class Limits(Part):
    """How much the bot says at most, and how large a cluster may be that it acts on."""

    links: Annotated[int, Field(ge=1, le=10)] = 3
    comments_per_hour: Annotated[int, Field(ge=0, le=1000)] = 60
    comments_per_day: Annotated[int, Field(ge=1, le=24_000)] = 600
    wave_comments_per_hour: Annotated[int, Field(ge=0, le=1000)] = 20
    cluster_cap: Annotated[int, Field(ge=2, le=10_000)] = 40
    churn: Annotated[float, Field(ge=0, le=1)] = 0.2


class Refit(Part):
    """When the clusters are refitted; without it, when the operator's settings say."""

    at: (
        Annotated[
            str,
            BeforeValidator(_as_time),
            Field(pattern=TIME),
            WithJsonSchema({"type": "string", "pattern": TIME}),
        ]
        | None
    ) = None
    zone: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_zone)] | None = None


class Ignore(Part):
    """Issues that the bot leaves alone: by label, or by author (with `*` as a wildcard)."""

    labels: tuple[LabelName, ...] = ()
    authors: tuple[str, ...] = ("*[bot]",)


class Fact(Part):
    """A discriminating fact of this repository: found by `pattern`, or read from the form's `heading`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    heading: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        compile_pattern("this fact", value, None)
        return value


class ClusterConfig(Part):
    """A known cluster: what its members report, and what the bot does with them."""

    slug: Slug
    title: Title
    description: Annotated[str, Field(max_length=2000)] = ""
    label: LabelName | None = None
    canonical: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    examples: Annotated[tuple[Example, ...], Field(max_length=20)] = ()
    requires: Mapping[str, FactValue] = Field(default_factory=dict)
