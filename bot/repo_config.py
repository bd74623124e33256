"""A repository's `.github/triage.yml`: its schema, its defaults, and its errors with line numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from bot.config_keys import (
    LARGEST_NUMBER,
    TITLE_LEAST,
    ClusterConfig,
    Fact,
    Ignore,
    Labels,
    Limits,
    Mode,
    Part,
    Refit,
    can_be_seen,
)
from bot.config_phrases import KINDS, phrase, spoken
from bot.config_yaml import loaded, misread, without
from bot.errors import ConfigError
from models.cluster import KnownCluster
from models.facts import FACT_ALIASES, FACT_NAMES, FactPattern, compile_pattern, full_name

CONFIG_PATH = ".github/triage.yml"
MAX_CLUSTERS = 200
MAX_BYTES = 64 * 1024
TOO_LARGE = f"the file is larger than {MAX_BYTES // 1024} KiB"
KEPT = 64  # files kept as they were read last: each delivery asks several times for the same one
MOST_PROBLEMS = 50
LONGEST_PROBLEM = 400
ROUNDS = 10  # in which the wrong parts of a file are left out: some hide others

Path = tuple[str | int, ...]  # of keys and list positions, to one value of the file


def _whole(value: Any) -> Any:
    if type(value) is not int:  # True and 1.0 equal 1, but are not what a maintainer should write
        raise ValueError("must be the number 1")
    return value


class RepoConfig(Part):
    """The whole file; every key has a default, an unknown one is an error."""

    version: Annotated[Literal[1], BeforeValidator(_whole)] = 1
    mode: Mode = "comment"
    labels: Labels = Labels()
    limits: Limits = Limits()
    ignore: Ignore = Ignore()
    refit: Refit = Refit()
    digest: bool = False
    notice: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)] | None = None
    facts: Annotated[tuple[Fact, ...], Field(max_length=20)] = ()
    clusters: Annotated[tuple[ClusterConfig, ...], Field(max_length=MAX_CLUSTERS)] = ()

    def disagreements(self) -> Iterator[tuple[Path, str]]:
        """Where the file contradicts itself: the place, and a sentence."""
        yield from self._repeated()
        yield from self._unknown_requirements()
        yield from self._confused_labels()
        yield from self._unseen()
        most = self.limits.comments_per_day
        if "comments_per_hour" in self.limits.model_fields_set and self.limits.comments_per_hour > most:
            told = f"limits.comments_per_hour is {self.limits.comments_per_hour}, above limits.comments_per_day"
            yield ("limits", "comments_per_hour"), f"{told}, which is {most}: raise that too"

    def _unseen(self) -> Iterator[tuple[Path, str]]:
        for place, cluster in enumerate(self.clusters):
            if not can_be_seen(cluster.title, TITLE_LEAST):
                message = f"cluster {cluster.slug} needs a title of {TITLE_LEAST} visible characters"
                yield ("clusters", place, "title"), message
            if cluster.label and not can_be_seen(cluster.label):
                yield ("clusters", place, "label"), f"cluster {cluster.slug} has a label that nobody can see"
        for key, name in self.labels:
            if not can_be_seen(name):
                yield ("labels", key), f"labels.{key} is a label that nobody can see"

    def _repeated(self) -> Iterator[tuple[Path, str]]:
        for what, part, key, values in (
            ("cluster slug", "clusters", "slug", [cluster.slug for cluster in self.clusters]),
            ("cluster canonical", "clusters", "canonical", [cluster.canonical for cluster in self.clusters]),
            (
                "cluster label",
                "clusters",
                "label",
                [(cluster.label or "").casefold() or None for cluster in self.clusters],
            ),
            ("fact name", "facts", "name", [full_name(fact.name) for fact in self.facts]),
        ):
            for place, value in enumerate(values):
                if value is not None and value in values[:place]:
                    yield (part, place, key), f"{what} {value} is used more than once"

    def _unknown_requirements(self) -> Iterator[tuple[Path, str]]:
        known = {*FACT_NAMES, *FACT_ALIASES, *(fact.name for fact in self.facts)}
        names = ", ".join(sorted(known))
        for place, cluster in enumerate(self.clusters):
            for name in sorted(set(cluster.requires) - known):
                message = f"cluster {cluster.slug} requires the unknown fact {name!r} (known: {names})"
                yield ("clusters", place, "requires", name), message
            meant = [full_name(name) for name in cluster.requires]
            for name in sorted({name for name in meant if meant.count(name) > 1}):
                yield ("clusters", place, "requires"), f"cluster {cluster.slug} requires the fact {name} twice"

    def _confused_labels(self) -> Iterator[tuple[Path, str]]:
        verdicts = [self.labels.candidate, self.labels.confirmed, self.labels.regression]
        if len({name.casefold() for name in verdicts}) < len(verdicts):
            yield (
                ("labels",),
                "labels.candidate, labels.confirmed and labels.regression must be three different names",
            )
        ours = {name.casefold() for name in verdicts} | {one.label.casefold() for one in self.clusters if one.label}
        for place, name in enumerate(self.ignore.labels):
            if name.casefold() in ours:
                yield (
                    ("ignore", "labels", place),
                    f"the label {name!r} is set by the bot, so it cannot be one to ignore",
                )
        for place, cluster in enumerate(self.clusters):
            if cluster.label and cluster.label.casefold() in {name.casefold() for name in verdicts}:
                message = f"cluster {cluster.slug} has the label {cluster.label!r}, which already stands for a verdict"
                yield ("clusters", place, "label"), message

    def known_clusters(self) -> tuple[KnownCluster, ...]:
        """The clusters in the vocabulary of `models`, with the facts' full names."""
        return tuple(
            KnownCluster(
                slug=cluster.slug,
                title=cluster.title,
                description=cluster.description,
                label=cluster.label,
                canonical=cluster.canonical,
                examples=cluster.examples,
                requires={full_name(name): value for name, value in cluster.requires.items()},
            )
            for cluster in self.clusters
        )

    def fact_patterns(self) -> tuple[FactPattern, ...]:
        """The repository's own facts, compiled, by their full names."""
        return tuple(compile_pattern(full_name(fact.name), fact.pattern, fact.heading) for fact in self.facts)

    def label_styles(self) -> dict[str, tuple[str, str]]:
        """Every label that the bot may set → (colour, description) for the day when it is missing."""
        styles = {
            self.labels.candidate: ("fbca04", "Triage: looks like a report that is already known"),
            self.labels.confirmed: ("cfd3d7", "This issue already exists"),
            self.labels.regression: ("d93f0b", "Triage: looks like a fixed problem that came back"),
        }
        for cluster in self.clusters:
            if cluster.label:
                styles.setdefault(cluster.label, ("1d76db", f"Triage: {cluster.title}"[:100]))
        return styles


def json_schema() -> dict[str, Any]:
    """The file's JSON Schema, for editors: `# yaml-language-server: $schema=PATH` as its first line."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RepoConfig.model_json_schema()}


def parse(text: str) -> RepoConfig:
    """Read the file's text; raises ConfigError whose problems name line, key, what was wrong and what may stand there.

    An empty file is the default configuration.
    """
    config, against = _read(text)
    if against:
        raise ConfigError(list(against))
    return config


@lru_cache(maxsize=KEPT)
def _read(text: str) -> tuple[RepoConfig, tuple[str, ...]]:
    """What the text says, and what is wrong with it all the same; raises ConfigError where it says nothing clear."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ConfigError([TOO_LARGE])
    node, data = loaded(text)
    if node is None or data is None:
        return RepoConfig(), ()
    if not isinstance(data, dict):
        raise ConfigError([f"line 1: expected keys like `version: 1`, found {KINDS.get(type(data), 'text')}"])
    odd = list(misread(node, data))
    try:
        config = RepoConfig.model_validate(_with_tuples(data))
    except ValidationError as error:
        wrong = [(_path(item), _problem(item, node)) for item in error.errors()]
        told = [path for path, _ in wrong]
        wrong += [(list(path), f"line {_line(node, path)}: {words}") for path, words in odd if list(path) not in told]
        raise ConfigError(_in_lines(node, wrong)) from None
    against = [(list(path), f"line {_line(node, path)}: {words}") for path, words in (*odd, *config.disagreements())]
    return config, tuple(_in_lines(node, against))


def _in_lines(node: yaml.Node, problems: Sequence[tuple[list[Any], str]]) -> list[str]:
    ordered = sorted(problems, key=lambda problem: _line(node, problem[0]) or 0)
    return _told([words for _, words in ordered[:MOST_PROBLEMS]], len(problems))


def is_unknown(valid_text: str | None, error: str | None) -> bool:
    """Whether nobody knows what is to hold. `valid_text` is the last file that was valid (None: there is none), `error`
    is of the last. What an older version took and this one refuses is known as long as it can be understood."""
    if valid_text is None:
        return error is not None
    try:
        _read(valid_text)
    except ConfigError:
        return True
    return False


def in_force(valid_text: str | None, error: str | None) -> RepoConfig:
    """What holds; where nobody knows whether the bot may speak, it records only (INV 26), by what it understands of the
    last valid file (INV 27)."""
    return _understood(valid_text or "") if is_unknown(valid_text, error) else _read(valid_text or "")[0]


@lru_cache(maxsize=KEPT)
def _understood(text: str) -> RepoConfig:
    """What a refused file says without its wrong parts, in mode `shadow`."""
    try:
        data = loaded(text)[1]
    except ConfigError:
        data = None
    for _ in range(ROUNDS if isinstance(data, dict) else 0):
        try:
            return RepoConfig.model_validate(_with_tuples(data)).model_copy(update={"mode": "shadow"})
        except ValidationError as error:
            data = without(data, [tuple(_path(item)) for item in error.errors()])
    return RepoConfig(mode="shadow")


def _told(problems: Sequence[str], found: int) -> list[str]:
    """Each problem at a length that a person reads, and how many more were found."""
    shown = [problem if len(problem) <= LONGEST_PROBLEM else f"{problem[:LONGEST_PROBLEM]}…" for problem in problems]
    return [*shown, *([f"and {found - len(shown)} more"] if found > len(shown) else [])]


def _with_tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def _problem(item: Any, node: yaml.Node | None) -> str:
    path = _path(item)
    name = spoken(path)
    message = phrase(item["type"], path, item.get("ctx", {}), str(item["msg"]))
    if item["type"] == "extra_forbidden":
        message = f"unknown key; known here: {', '.join(_known_keys(path))}"
    is_text = not item["type"].startswith(("int_", "bool_", "float_"))
    written = _written(node, path, item["input"], is_text=is_text)[:60]
    found = "" if isinstance(item["input"], dict | tuple) else f" (found {written!r})"
    line = _line(node, path)
    where = f"line {line}: " if line else ""
    return f"{where}{name}: {message}{found}" if name else f"{where}{message}"


def _path(item: Any) -> list[Any]:
    return [part for part in item["loc"] if part != "[key]"]


def _known_keys(path: list[Any]) -> list[str]:
    part: Any = RepoConfig
    inner = {
        "clusters": ClusterConfig,
        "facts": Fact,
        "labels": Labels,
        "limits": Limits,
        "ignore": Ignore,
        "refit": Refit,
    }
    if len(path) > 1:
        part = inner.get(str(path[0]), RepoConfig)
    return list(part.model_fields)


def _line(node: yaml.Node | None, path: Sequence[Any]) -> int | None:
    """Where the value's key stands, or the innermost part of the way to it that is there."""
    marks = [key.start_mark.line + 1 for key, _ in _way(node, path)]
    return marks[-1] if marks else None


def _written(node: yaml.Node | None, path: Sequence[Any], value: Any, *, is_text: bool) -> str:
    """The value as the file has it: `off`, not False; with its quotes where it should be no text."""
    way = list(_way(node, path))
    last = way[-1][1] if len(way) == len(path) + 1 else None
    if not isinstance(last, yaml.ScalarNode):
        return str(value)
    quote = last.style if last.style in {"'", '"'} and not is_text else ""
    return f"{quote}{last.value}{quote}"


def _way(node: yaml.Node | None, path: Sequence[Any]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """From the whole file to the value, as far as it is there: what has the line, and what has the value."""
    if node is None:
        return
    yield node, node
    for part in path:
        if isinstance(node, yaml.MappingNode):
            if str(part) not in (inside := _inside(node)):
                return
            key, node = inside[str(part)]
            yield key, node
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            yield node, node
        else:
            return


@lru_cache(maxsize=KEPT)  # each problem asks: the work would grow with the square of their number
def _inside(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {str(key.value): (key, value) for key, value in node.value}
