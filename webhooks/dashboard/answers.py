"""Models as answers: HTML from a template, JSON, CSV; and where a browser is sent next."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from enum import Enum
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.page import Table

EMPTY = '""'  # a row with nothing in its one cell
_FORMULA = tuple(
    "=+-@＝＋－＠﹦﹢﹣﹫\t\r\n\0"
)  # the wide and small forms too: a spreadsheet takes them for the plain ones
_QUOTED = re.compile(r"[,;\t\r\n\"]")
_SEPARATORS = re.compile(
    r"([;\t][\s\"]*)(?=[=+\-@＝＋－＠﹦﹢﹣﹫])"
)  # of cells, where a list's separator is not the comma


def as_data(value: Any) -> Any:
    """A model as JSON-able data: dataclasses by their fields, moments as ISO 8601, sets in order."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(as_data(item) for item in value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [as_data(item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a moment, too
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def as_json(models: Iterator[Any], lists: Collection[str] = ()) -> Response:
    """The first model as an answer; `lists` are its fields that go on in the others."""
    first = next(models)
    if not lists:
        return Response(_dumped(first), 200, HEADERS, "application/json")
    return StreamingResponse(json_pieces(first, models, lists), 200, HEADERS, "application/json")


def json_pieces(first: Any, more: Iterator[Any], lists: Collection[str]) -> Iterator[str]:
    """The model as one JSON object, a piece at a time; each of the lists goes on in those models that hold more."""
    filled = next((name for name in lists if getattr(first, name)), None)
    rest = {name: value for name, value in _fields(first).items() if name != filled}
    opened = _dumped(rest)[:-1]
    if filled is None:
        yield opened + "}"
        return
    yield f"{opened},{_dumped(filled)}:{_dumped(getattr(first, filled))[:-1]}"
    for model in more:
        part = _dumped(getattr(model, filled))[1:-1]
        if part:
            yield f",{part}"
    yield "]}"


def _fields(model: Any) -> dict[str, Any]:
    return {field.name: getattr(model, field.name) for field in dataclasses.fields(model)}


def _dumped(data: Any) -> str:
    return json.dumps(as_data(data), ensure_ascii=False, separators=(",", ":"))


def as_csv(tables: Iterator[Table], name: str) -> Response:
    """The tables as one file to save."""
    saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"}
    return StreamingResponse(csv_pieces(next(tables), tables), 200, {**HEADERS, **saved}, "text/csv")


def csv_pieces(first: Table, more: Iterator[Table]) -> Iterator[str]:
    """The rows of all of them below the first one's columns, a piece at a time; a text that a spreadsheet would run as
    a formula begins with an apostrophe, also where it would split the text at a semicolon or a tab; each is quoted."""
    yield "\ufeff" + _lines([first.columns]) + _lines(first.rows)
    for table in more:
        yield _lines(table.rows)


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180, but what some spreadsheet takes for the end of a cell is quoted too."""
    lines = (",".join(_quoted(_cell(value)) for value in row) for row in rows)
    return "".join(f"{line or EMPTY}\r\n" for line in lines)


def _quoted(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED.search(text) else text


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if not isinstance(value, str):
        return value
    guarded = _SEPARATORS.sub(r"\1'", value)
    return f"'{guarded}" if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else guarded


def see_other(path: str) -> Response:
    """Send the browser on with a GET."""
    return RedirectResponse(path, 303, dict(HEADERS))


def refused(status: int, sentence: str) -> Response:
    """A refusal for a program."""
    return JSONResponse({"error": sentence}, status, dict(HEADERS))
