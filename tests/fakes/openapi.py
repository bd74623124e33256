"""GitHub's published OpenAPI description, and what in an exchange differs from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

DOCUMENT = "urn:github"
_BY_ID = re.compile(r"/repositories/\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; header names in lower case."""

    method: str
    path: str
    query: str
    request_headers: Mapping[str, str]
    request: bytes
    status: int
    headers: Mapping[str, str]
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}{'?' if self.query else ''}{self.query} → {self.status}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the description, at its JSON pointer."""

    template: str
    method: str
    pointer: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Description:
    """The description, parsed once; `problems` is what callers want."""

    document: Mapping[str, Any]
    _validators: dict[str, OAS30Validator] = field(default_factory=dict)
    _patterns: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    _registry: Registry[Any] | None = None

    def problems(self, exchange: Exchange) -> list[str]:
        """What GitHub's description would not allow in this request or answer, one sentence each."""
        operation = self.operation(exchange.method, exchange.path)
        if operation is None:
            return [f"{exchange.method} {exchange.path}: no such operation"]
        found = list(self._answer(operation, exchange))
        if exchange.status < 400:  # what was refused may well have been wrong
            found += [*self._query(operation, exchange), *self._request(operation, exchange)]
        return [f"{exchange.method} {operation.template} → {exchange.status}: {problem}" for problem in found]

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that serves the path; the template with the most fixed letters wins."""
        if not self._patterns:
            templates = sorted(self.document["paths"], key=lambda path: -len(re.sub(r"\{\w+\}", "", path)))
            self._patterns.extend((_pattern(template), template) for template in templates)
        path = _BY_ID.sub("/repos/by/id", path)
        for pattern, template in self._patterns:
            body = self.document["paths"][template].get(method.lower())
            if body is not None and pattern.fullmatch(path):
                pointer = f"#/paths/{_escaped(template)}/{method.lower()}"
                return Operation(template, method, pointer, body)
        return None

    def _query(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        known = {p["name"]: p for p in map(self._resolved, operation.body.get("parameters", [])) if p["in"] == "query"}
        for name, value in parse_qsl(exchange.query, keep_blank_values=True):
            if name not in known:
                yield f"query parameter {name!r} is not described"
            elif (wrong := _wrong_text(known[name]["schema"], value)) is not None:
                yield f"query parameter {name!r} {wrong}"

    def _request(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        described = "requestBody" in operation.body
        if not exchange.request:
            if described and operation.body["requestBody"].get("required"):
                yield "request body is missing"
            return
        if not described:
            if json.loads(exchange.request) not in ({}, None):
                yield "request body is not described"
            return
        pointer = f"{operation.pointer}/requestBody/content/application~1json/schema"
        yield from (f"request {problem}" for problem in self._differences(pointer, json.loads(exchange.request)))

    def _answer(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        status = str(exchange.status)
        response = operation.body["responses"].get(status)
        if response is None:
            yield "status is not described"
            return
        pointer = response.get("$ref") or f"{operation.pointer}/responses/{status}"
        content = self._resolved(response).get("content", {})
        if not content:
            if exchange.answer not in (b"", b"{}"):
                yield "answer should be empty"
            return
        if exchange.status == 304:
            return
        media = next((name for name in content if name == "application/json"), next(iter(content)))
        pointer += f"/content/{_escaped(media)}/schema"
        yield from (f"answer {problem}" for problem in self._differences(pointer, json.loads(exchange.answer)))

    def _resolved(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in entry:
            return entry
        found: Any = self.document
        for part in entry["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)

    def _differences(self, pointer: str, instance: Any) -> Iterator[str]:
        if self._registry is None:
            resource = Resource.from_contents(self.document, default_specification=DRAFT4)
            self._registry = Registry().with_resource(DOCUMENT, resource)
        if pointer not in self._validators:
            self._validators[pointer] = OAS30Validator({"$ref": DOCUMENT + pointer}, registry=self._registry)
        for error in self._validators[pointer].iter_errors(instance):
            deepest = _deepest(error)
            yield f"at {deepest.json_path}: {deepest.message[:200]}"


def _deepest(error: Any) -> Any:
    """The most telling part of an error: the form that came closest."""
    while error.context:
        nearest = max(error.context, key=lambda inner: (len(inner.absolute_path), inner.validator != "enum"))
        error = nearest
    return error


def _wrong_text(schema: Mapping[str, Any], value: str) -> str | None:
    if "enum" in schema and value not in schema["enum"]:
        return f"may not be {value!r}"
    if schema.get("type") == "integer" and not value.isdigit():
        return f"should be a number, not {value!r}"
    return None


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", template)
    tail = len(parts) - 2 if template.endswith("/contents/{path}") else None  # a path may hold slashes
    words = [
        (".+" if at == tail else "[^/]+") if part.startswith("{") else re.escape(part) for at, part in enumerate(parts)
    ]
    return re.compile("".join(words))


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


@cache
def description(package: Path) -> Description:
    """The description of github.com in an installed @octokit/openapi."""
    path = package / "generated" / "api.github.com.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    _let_null_in(document)
    return Description(document)


def _let_null_in(node: Any) -> None:
    """GitHub writes `nullable` beside an enumeration without null and means that null may stand there."""
    if isinstance(node, dict):
        if node.get("nullable") is True and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
        for inner in node.values():
            _let_null_in(inner)
    elif isinstance(node, list):
        for inner in node:
            _let_null_in(inner)
