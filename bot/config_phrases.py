"""What is wrong with a value of `.github/triage.yml`, in words that need no knowledge of the library that checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

SHAPES: Mapping[str, str] = {  # of a value that a regular expression checks
    "slug": "must be lower-case letters, digits and hyphens, at most 64, such as extra-usage-400",
    "name": "must be lower-case letters, digits and underscores, at most 32, beginning with a letter",
    "at": 'must be a time of day from "00:00" to "23:59"',
}
KINDS: Mapping[type, str] = {list: "a list", int: "a number", float: "a number", bool: "true or false"}  # else text
PHRASES: Mapping[str, str] = {  # by pydantic's name of the error; braces take what it knows of the limit
    "missing": "is missing",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text; put it in quotes",
    "tuple_type": "must be a list",
    "model_type": "must hold keys of its own",
    "dict_type": "must hold keys of its own",
    "mapping_type": "must hold keys of its own",
    "is_instance_of": "must hold keys of its own",
    "string_unicode": "must be text without broken characters",
}
COUNTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_too_short": lambda limit: _least(limit["min_length"]),
    "string_too_long": lambda limit: f"must have at most {limit['max_length']} characters",
    "too_long": lambda limit: f"must have at most {limit['max_length']} entries",
}
YAML: Sequence[tuple[str, str]] = (  # how PyYAML's problem begins, and what a person may do about it
    ("found character '\\t'", "a tab cannot begin this; YAML is indented with spaces"),
    ("mapping values are not allowed", "a key cannot stand here: look at the indentation, and for a missing quote"),
    ("but found another document", "only one document may be in the file: take the second `---` away"),
    ("found unexpected end of stream", "a quote is opened here and not closed"),
    ("could not determine a constructor", "a tag (`!name`) is not allowed here"),
    ("could not find expected ':'", "a key without its colon"),
    ("expected <block end>", "this does not fit the indentation above it"),
    ("expected ',' or", "a comma or a closing bracket is missing"),
    ("while scanning for the next token", "this character cannot begin a value; put the text in quotes"),
    ("found character", "this character cannot begin a value; put the text in quotes"),
)
ELSE = "cannot be what it is here"


def phrase(kind: str, path: Sequence[str | int], limit: Mapping[str, Any], message: str) -> str:
    """The sentence about one value, without its name. `kind`, `limit` and `message` are pydantic's (type, ctx, msg)."""
    if kind == "value_error":
        return message.removeprefix("Value error, ")  # ours
    if kind == "string_pattern_mismatch":
        return SHAPES.get(str(path[-1]) if path else "", ELSE)
    if kind in COUNTED:
        return COUNTED[kind](limit)
    return PHRASES[kind].format(**limit) if kind in PHRASES else ELSE


def spoken(path: Sequence[str | int]) -> str:
    """Where a value stands: `limits.links`; `clusters, entry 2, title`, for people count from one."""
    parts: list[str] = []
    for part in path:
        follows_key = bool(parts) and not parts[-1].startswith("entry ")
        if isinstance(part, int):
            parts.append(f"entry {part + 1}")
        elif follows_key:
            parts[-1] = f"{parts[-1]}.{part}"
        else:
            parts.append(part)
    return ", ".join(parts)


def _least(length: int) -> str:
    return "must not be empty" if length == 1 else f"must have at least {length} characters"


def yaml_phrase(problem: str) -> str:
    """What is wrong with the file as YAML."""
    return next((words for start, words in YAML if problem.startswith(start)), problem)
