"""structlog for the whole process: JSON or console, names and numbers only."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from models.redact import redact

LONGEST_VALUE = 500  # characters; a log line is about an issue, never the issue
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
        cache_logger_on_first_use=True,
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
    for name in ("httpx", "urllib3", "github", "sentence_transformers", "uvicorn.access", "dbos", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def discreet(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep secrets, personal data and long texts out of a line, whoever wrote it (INV 41)."""
    return {name: _safe(name, value) for name, value in event.items()}


def _safe(name: str, value: object) -> object:
    if name in NEVER:
        return "[left out]"
    if isinstance(value, str):
        return redact(value[:LONGEST_VALUE])
    return value
