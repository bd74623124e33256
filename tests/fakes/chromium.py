"""Debian's Chromium, driven by Playwright: found, or installed where that is allowed; no browser is ever downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from filelock import FileLock

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation")
INSTALL_S = 600
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


def executable() -> str:
    """Chromium's path; without one the test is skipped by name, but in CI it fails."""
    found, problem = _found()
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(problem)
    pytest.skip(problem)


@cache
def _found() -> tuple[str | None, str]:
    with FileLock(Path(tempfile.gettempdir()) / "triage-tests-chromium.lock"):  # of the processes that run tests
        return _installed()


def _installed() -> tuple[str | None, str]:
    path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if path is not None or shutil.which(INSTALL[0]) is None or os.geteuid() != 0:
        return path, "Chromium is not installed, and only root could install it: apt-get install chromium"
    done = subprocess.run(INSTALL, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    path = shutil.which(NAMES[0]) if done.returncode == 0 else None
    return path, f"apt-get could not install Chromium: {done.stderr.strip()[-300:]}"
