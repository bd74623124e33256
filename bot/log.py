"""structlog for the whole process: JSON or console, names and numbers only."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LONGEST_VALUE = 500  # characters; a log line is about an issue, never the issue
# Words, a UUID, a moment, this machine's own address: nothing in them could be redacted.
_PLAIN = re.compile(
    r"[A-Za-z_. -]{0,80}(/[A-Za-z_.-]{1,80})?"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.0-9]{0,7}Z"
    r"|127\.0\.0\.1|0\.0\.0\.0"
)
NEVER = frozenset({"body", "title", "text", "headers", "token", "secret", "authorization", "payload"})


def configure(log_format: Literal["console", "json"], level: str) -> None:
    """Send every library's log through one chain to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        discreet,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a cached logger keeps the first configuration for good
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("httpx", "urllib3", "github", "sentence_transformers", "uvicorn", "dbos", "alembic", "torch"):
        logging.getLogger(name).setLevel(logging.WARNING)


def discreet(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep secrets, personal data and long texts out of a line, whoever wrote it (INV 41)."""
    return {name: _safe(name, value) for name, value in event.items()}


def _safe(name: str, value: object) -> object:
    if name.startswith("_"):
        return value  # the chain's own, never printed
    return "[left out]" if name.lower() in NEVER else _plain(value)


def _plain(value: object) -> object:
    """Numbers as they are, texts redacted and cut, the same inside of lists and mappings; all else as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _safe(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    from models.redact import redact  # noqa: PLC0415 - it costs the web process 14 MB, which rarely needs it

    return redact(text[: 4 * LONGEST_VALUE])[:LONGEST_VALUE]  # first redacted, so that no half of a secret stays
