"""Models as answers: HTML from a template, JSON, CSV; and where a browser is sent next."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from enum import Enum
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, RedirectResponse, Response

from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.page import Table

_FORMULA = tuple(
    "=+-@＝＋－＠﹦﹢﹣﹫\t\r\n\0"
)  # the wide and small forms too: a spreadsheet takes them for the plain ones


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


def as_json(data: Any, status: int = 200) -> Response:
    """The data as an answer."""
    body = json.dumps(as_data(data), ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, HEADERS, "application/json")


def as_csv(table: Table, name: str) -> Response:
    """The table as a file to save; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"}
    return Response("\ufeff" + text.getvalue(), 200, {**HEADERS, **saved}, "text/csv")


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and (value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return "" if value is None else value


def see_other(path: str) -> Response:
    """Send the browser on with a GET."""
    return RedirectResponse(path, 303, dict(HEADERS))


def refused(status: int, sentence: str) -> Response:
    """A refusal for a program."""
    return JSONResponse({"error": sentence}, status, dict(HEADERS))
