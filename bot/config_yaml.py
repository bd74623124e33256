"""`.github/triage.yml` as YAML: read safely, its problems with their lines, and its numbers as people read them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from yaml.reader import ReaderError

from bot.config_phrases import spoken, yaml_phrase
from bot.errors import ConfigError

TEXT = "tag:yaml.org,2002:str"

Path = tuple[str | int, ...]  # of keys and list positions, to one value of the file


def loaded(text: str) -> tuple[yaml.Node | None, Any]:
    """The document's nodes, which know their lines, and its values (None for an empty one); raises ConfigError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError([_yaml_problem(error, text)]) from None
    except RecursionError:
        raise ConfigError(["the file is nested too deeply"]) from None


def misread(node: yaml.Node, value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The numbers that YAML reads as others than people do, 010 as 8 and 1:30 as 90: the place of each, and a sentence.
    `value` is what the node was read as."""
    if isinstance(node, yaml.MappingNode) and isinstance(value, Mapping):
        for key, inner in node.value:
            if key.value in value:
                yield from misread(inner, value[key.value], (*path, key.value))
    elif isinstance(node, yaml.SequenceNode) and isinstance(value, Sequence):
        for place, inner in enumerate(node.value):
            yield from misread(inner, value[place], (*path, place))
    elif isinstance(node, yaml.ScalarNode) and _is_misread(node.value, value, path):
        told = f"{node.value!r} would be read as {value}: write the number in plain digits"
        yield path, f"{spoken(path)}: {told}, or put it in quotes where it is a text"


def without(value: Any, paths: Iterable[Path]) -> Any:
    """The file's value without what stands at these paths; where the end of one is missing, without what lacks it."""
    gone: set[str | int] = set()
    inner: dict[str | int, list[Path]] = defaultdict(list)
    for key, *rest in (path for path in paths if path and _holds(value, path[0])):
        if rest and _holds(value[key], rest[0]):
            inner[key].append(tuple(rest))
        else:
            gone.add(key)
    if isinstance(value, list):
        return [without(one, inner[place]) for place, one in enumerate(value) if place not in gone]
    if isinstance(value, dict):
        return {key: without(one, inner[key]) for key, one in value.items() if key not in gone}
    return value


def _holds(value: Any, key: str | int) -> bool:
    return key in value if isinstance(value, dict) else isinstance(value, list) and key in range(len(value))


def _is_misread(written: str, value: Any, path: Sequence[str | int]) -> bool:
    if list(path) == ["refit", "at"]:  # an unquoted time, taken for one
        return False
    if type(value) is int:
        return str(value) != written.removeprefix("+")
    return type(value) is float and (":" in written or ("requires" in path and str(value) != written))


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


def _yaml_problem(error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"line {line}: the character U+{ord(text[error.position]):04X} may not stand in a file like this"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        never_ends = str(error.problem).startswith("found unexpected end")
        mark = (error.context_mark if never_ends else None) or error.problem_mark
        return f"line {mark.line + 1}: {yaml_phrase(str(error.problem))}"
    return re.sub(r"\s+", " ", str(error))
