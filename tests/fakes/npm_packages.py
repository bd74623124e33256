"""GitHub's own descriptions from npm, installed into tests/conformance on first use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

CONFORMANCE = Path(__file__).parents[1] / "conformance"
MODULES = CONFORMANCE / "node_modules"
NEEDED = ("@octokit/openapi", "@octokit/webhooks-examples")
INSTALL = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
INSTALL_S = 300


def package(name: str) -> Path:
    """The folder of an installed package; without npm the test is skipped by name, but in CI it fails."""
    problem = _install()
    if problem is None:
        return MODULES / name
    if os.environ.get("CI") == "true":
        pytest.fail(problem)
    pytest.skip(problem)


@cache
def _install() -> str | None:
    """Install what the lock file names where it is missing, one process at a time; returns what stood in the way."""
    with FileLock(Path(tempfile.gettempdir()) / "triage-tests-npm.lock"):
        return _installed()


def _installed() -> str | None:
    if all((MODULES / name / "package.json").is_file() for name in NEEDED):
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed: GitHub's own descriptions cannot be fetched"
    done = subprocess.run(
        [npm, *INSTALL], cwd=CONFORMANCE, capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    return (
        None if done.returncode == 0 else f"npm {INSTALL[0]} failed in tests/conformance: {done.stderr.strip()[-500:]}"
    )
