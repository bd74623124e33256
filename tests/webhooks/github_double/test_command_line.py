"""`python -m webhooks.github_double` and the seeding of large repositories."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.fakes.recorded import Recorded
from webhooks.github_double.__main__ import config_from


def test_the_command_prints_its_address_and_answers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webhooks.github_double", "--port", "0", "--app-id", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx.get(f"{url}/rate_limit", trust_env=False, verify=False).status_code == 200
        finally:
            process.terminate()


def test_the_options_reach_the_configuration(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    options = ["--webhook-url", "http://x/", "--webhook-secret-file", str(secret), "--latency-ms", "5", "--port", "81"]
    config, host, port = config_from(options)
    assert (config.webhook_secret, config.latency_ms, host, port) == ("hidden", 5.0, "127.0.0.1", 81)
    assert "hidden" not in repr(config)


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        config_from(["--public-key", str(tmp_path / "nothing.pem")])
    assert "nothing.pem" in capsys.readouterr().err


def test_importing_the_double_loads_no_model() -> None:
    code = "import sys, webhooks.github_double.app; assert not {'torch', 'sentence_transformers'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_large_repository_is_listed_to_its_end(github: Recorded) -> None:
    issues = [{"number": n, "title": f"Issue {n}", "user": f"u{n % 50}"} for n in range(1, 2501)]
    github.http.post("/_double/repositories", json={"full_name": "acme/large", "issues": issues})
    url, seen = "/repos/acme/large/issues?state=all&per_page=100", []
    token = github.token()
    while url:
        answer = github.http.get(url, headers=token)
        seen += [issue["number"] for issue in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == list(range(2500, 0, -1))


def test_a_reset_forgets_everything(github: Recorded) -> None:
    github.http.post("/_double/reset")
    assert github.http.get("/repos/acme/app").status_code == 404
    assert github.http.get("/_double/tokens").json() == []


def test_a_seed_without_installation_leaves_the_app_out(github: Recorded) -> None:
    github.http.post("/_double/repositories", json={"full_name": "solo/app", "install": False})
    assert github.http.get("/repos/solo/app/installation", headers=github.app()).status_code == 404


def test_a_private_repository_is_hidden_from_strangers(github: Recorded) -> None:
    ask = {"full_name": "acme/hidden", "private": True, "collaborators": {"mia": "read"}}
    github.http.post("/_double/repositories", json=ask)
    found = [
        github.http.get("/repos/acme/hidden", headers=who).status_code
        for who in ({}, github.person("ann"), github.person("mia"), github.token())
    ]
    assert found == [404, 404, 200, 200]
