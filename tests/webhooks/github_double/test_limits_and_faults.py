"""Rate limits, and faults on demand."""

from __future__ import annotations

import httpx
import pytest

from tests.fakes.recorded import Recorded
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve

ISSUE = "/repos/acme/app/issues/1"


def _fault(github: Recorded, **asked: object) -> None:
    assert github.http.post("/_double/faults", json={"path": "issues/1", **asked}).status_code == 201


def test_every_answer_tells_the_limit(github: Recorded) -> None:
    token = github.token()
    first, second = (github.http.get(ISSUE, headers=token).headers for _ in range(2))
    assert int(second["x-ratelimit-used"]) == int(first["x-ratelimit-used"]) + 1
    assert int(second["x-ratelimit-remaining"]) + int(second["x-ratelimit-used"]) == 5000
    assert second["x-ratelimit-resource"] == "core"
    assert second["x-github-request-id"] != first["x-github-request-id"]
    overview = github.http.get("/rate_limit", headers=token).json()
    assert overview["rate"]["used"] == int(second["x-ratelimit-used"])


def test_a_used_up_limit_refuses_with_nothing_remaining() -> None:
    with serve(DoubleConfig(rate_limit=2)) as running, httpx.Client(base_url=running.url, trust_env=False) as http:
        http.post("/_double/repositories", json={"full_name": "acme/app"})
        answers = [http.get("/repos/acme/app") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert answers[-1].json()["message"].startswith("API rate limit exceeded")
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"status": 500}, 500, "Server Error"),
        ({"status": 404}, 404, "Not Found"),
        ({"kind": "html"}, 500, "Unicorn"),
        ({"kind": "html", "status": 502}, 502, "Unicorn"),
        ({"kind": "secondary_limit"}, 403, "secondary rate limit"),
        ({"kind": "rate_limit", "status": 429}, 429, "API rate limit exceeded for installation ID"),
    ],
)
def test_a_planned_fault_comes_once(github: Recorded, asked: dict[str, object], status: int, words: str) -> None:
    _fault(github, **asked)
    token = github.token()
    answer = github.http.get(ISSUE, headers=token)
    assert answer.status_code == status
    assert words in answer.text
    assert github.http.get(ISSUE, headers=token).status_code == 200


def test_a_secondary_limit_names_its_patience(github: Recorded) -> None:
    _fault(github, kind="secondary_limit", retry_after=7)
    assert github.http.get(ISSUE, headers=github.token()).headers["retry-after"] == "7"


def test_a_rate_limit_fault_has_nothing_remaining(github: Recorded) -> None:
    _fault(github, kind="rate_limit")
    assert github.http.get(ISSUE, headers=github.token()).headers["x-ratelimit-remaining"] == "0"


def test_a_malformed_answer_is_no_json(github: Recorded) -> None:
    _fault(github, kind="malformed_json")
    answer = github.http.get(ISSUE, headers=github.token())
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".*"):
        answer.json()


def test_a_fault_is_for_its_method_and_path_only(github: Recorded) -> None:
    _fault(github, method="POST", path="issues/1/comments$", times=2)
    token = github.token()
    assert github.http.get(f"{ISSUE}/comments", headers=token).status_code == 200
    statuses = [github.http.post(f"{ISSUE}/comments", json={"body": "x"}, headers=token).status_code for _ in range(3)]
    assert statuses == [500, 500, 201]


def test_planned_faults_can_be_taken_back(github: Recorded) -> None:
    _fault(github, times=None)
    assert github.http.delete("/_double/faults").json() == {"planned": 0}
    assert github.http.get(ISSUE, headers=github.token()).status_code == 200


def test_a_fault_before_the_work_leaves_nothing_and_one_after_it_hides_the_success(github: Recorded) -> None:
    token = github.token()
    _fault(github, method="POST", status=502)
    github.http.post(f"{ISSUE}/comments", json={"body": "lost"}, headers=token)
    _fault(github, method="POST", status=502, after=True)
    assert github.http.post(f"{ISSUE}/comments", json={"body": "kept"}, headers=token).status_code == 502
    found = github.http.get(f"{ISSUE}/comments", headers=token).json()
    assert [comment["body"] for comment in found] == ["kept"]


def test_a_dropped_connection_and_a_timeout_reach_the_client() -> None:
    with serve() as running, httpx.Client(base_url=running.url, trust_env=False) as http:
        http.post("/_double/repositories", json={"full_name": "acme/app"})
        http.post("/_double/faults", json={"kind": "drop"})
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/repos/acme/app")
        http.post("/_double/faults", json={"kind": "timeout"})
        with pytest.raises(httpx.ReadTimeout):
            http.get("/repos/acme/app", timeout=0.05)
        assert http.get("/repos/acme/app").status_code == 200
        log = http.get("/_double/requests").json()
    assert [entry["fault"] for entry in log if entry["status"] == 0][:1] == ["drop"]


def test_a_wrong_fault_is_refused(github: Recorded) -> None:
    assert github.http.post("/_double/faults", json={"path": "("}).status_code == 422
    assert github.http.post("/_double/faults", json={"kind": "gremlin"}).status_code == 422
