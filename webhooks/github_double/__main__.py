"""`python -m webhooks.github_double`: serve a double until it is stopped."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m webhooks.github_double", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--app-id", type=int, default=1)
    parser.add_argument("--app-slug", default="triage")
    parser.add_argument("--client-secret-file", type=Path, help="the App's OAuth secret; without it nobody signs in")
    parser.add_argument("--public-key", type=Path, help="PEM file; without it the App's JWT is not verified")
    parser.add_argument("--webhook-url", help="where signed deliveries go")
    parser.add_argument("--webhook-secret-file", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long every answer takes at least")
    parser.add_argument("--rate-limit", type=int, default=5000, help="requests an hour and installation")
    return parser


def config_from(arguments: Sequence[str]) -> tuple[DoubleConfig, str, int]:
    """The configuration, host and port that the command line says; exits with 2 for a wrong one."""
    parser = _arguments()
    given = parser.parse_args(arguments)
    try:
        key = given.public_key.read_text() if given.public_key else None
        secret = given.webhook_secret_file.read_text().strip() if given.webhook_secret_file else None
        client = given.client_secret_file.read_text().strip() if given.client_secret_file else None
    except OSError as error:
        parser.error(str(error))
    config = DoubleConfig(
        app_id=given.app_id,
        app_slug=given.app_slug,
        public_key=key,
        client_secret=client,
        webhook_url=given.webhook_url,
        webhook_secret=secret,
        latency_ms=given.latency_ms,
        rate_limit=given.rate_limit,
    )
    return config, given.host, given.port


def main() -> None:
    """Serve until interrupted; the one line on standard output is the address."""
    config, host, port = config_from(sys.argv[1:])
    with serve(config, host=host, port=port) as running:
        print(running.url, flush=True)  # noqa: T201 - the address is this program's output
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
