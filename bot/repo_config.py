"""A repository's `.github/triage.yml`: its schema, its defaults, and its errors with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError
from yaml.reader import ReaderError

from bot.config_keys import LARGEST_NUMBER, ClusterConfig, Fact, Ignore, Labels, Limits, Mode, Part, Refit
from bot.config_phrases import KINDS, phrase, spoken, yaml_phrase
from bot.errors import ConfigError
from models.cluster import KnownCluster
from models.facts import FACT_ALIASES, FACT_NAMES, FactPattern, compile_pattern, full_name

CONFIG_PATH = ".github/triage.yml"
MAX_CLUSTERS = 200
MAX_BYTES = 64 * 1024
KEPT = 64  # files kept as they were read last: each delivery asks several times for the same one
MOST_PROBLEMS = 50
LONGEST_PROBLEM = 400
TEXT = "tag:yaml.org,2002:str"

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


@lru_cache(maxsize=KEPT)
def parse(text: str) -> RepoConfig:
    """Read the file's text; raises ConfigError whose problems name line, key, what was wrong and what may stand there.

    An empty file is the default configuration.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ConfigError([f"the file is larger than {MAX_BYTES // 1024} KiB"])
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError([_yaml_problem(error, text)]) from None
    except RecursionError:
        raise ConfigError(["the file is nested too deeply"]) from None
    if data is None:
        return RepoConfig()
    if not isinstance(data, dict):
        raise ConfigError([f"line 1: expected keys like `version: 1`, found {KINDS.get(type(data), 'text')}"])
    try:
        config = RepoConfig.model_validate(_with_tuples(data))
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda item: _line(node, _path(item)) or 0)
        raise ConfigError(_told([_problem(item, node) for item in found[:MOST_PROBLEMS]], len(found))) from None
    against = list(config.disagreements())
    if against:
        problems = [f"line {_line(node, path)}: {message}" for path, message in against[:MOST_PROBLEMS]]
        raise ConfigError(_told(problems, len(against)))
    return config


def in_force(valid_text: str | None, error: str | None) -> RepoConfig:
    """What holds where `valid_text` is the last file that was valid (None: there is none) and `error` is of the last.

    Where there is a file and none was ever valid, nobody knows whether the bot may speak: it records only (INV 26, 27).
    """
    if valid_text is None and error is not None:
        return RepoConfig(mode="shadow")
    try:
        return parse(valid_text or "")
    except ConfigError:  # an older version found it valid
        return RepoConfig(mode="shadow")


def _told(problems: Sequence[str], found: int) -> list[str]:
    """Each problem at a length that a person reads, and how many more were found."""
    shown = [problem if len(problem) <= LONGEST_PROBLEM else f"{problem[:LONGEST_PROBLEM]}…" for problem in problems]
    return [*shown, *([f"and {found - len(shown)} more"] if found > len(shown) else [])]


class _Loader(yaml.SafeLoader):
    """YAML without aliases (a bomb needs them) and with an error for a key that is given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it out
            raise yaml.constructor.ConstructorError(None, None, "aliases (*name) are not allowed here", mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            OverflowError,
        ):  # PyYAML lets these out
            kind = str(node.tag).rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"this cannot be read as {kind}; put it in quotes if it is a text", node.start_mark
            ) from None

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.tag != TEXT:
                what = f"the key {key.value}" if isinstance(key, yaml.ScalarNode) else "a key"
                raise yaml.constructor.ConstructorError(
                    None, None, f"{what} must be text; put it in quotes", key.start_mark
                )
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _with_tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def _yaml_problem(error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"line {line}: the character U+{ord(text[error.position]):04X} may not stand in a file like this"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        never_ends = str(error.problem).startswith("found unexpected end")
        mark = (error.context_mark if never_ends else None) or error.problem_mark
        return f"line {mark.line + 1}: {yaml_phrase(str(error.problem))}"
    return re.sub(r"\s+", " ", str(error))


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
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if str(part) not in pairs:
                return
            key, node = pairs[str(part)]
            yield key, node
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            yield node, node
        else:
            return
