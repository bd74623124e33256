"""Every refusal of GitHub has one failure, and the failure says what to do."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GitHubError, Gone, Permanent, RetryAfter, Unavailable
from bot.github.failures import Refusal, connection_failure, failure

NOW = 1_000_000.0
ARCHIVED = "Repository was archived so is read-only."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def outcome(status: int, message: str = "", headers: dict[str, str] | None = None, **data: Any) -> GitHubError:
    return failure(Refusal("GET /x", status, headers or {}, {"message": message, **data}), now=NOW)


@pytest.mark.parametrize(
    ("status", "message", "headers", "seconds"),
    [
        (429, "", {"retry-after": "17"}, 17),
        (403, "", {"retry-after": "17"}, 17),
        (429, "", {}, 60),
        (403, SECONDARY, {}, 60),
        (403, SECONDARY, {"retry-after": "5"}, 5),
        (403, SECONDARY, {"x-ratelimit-remaining": "4000", "x-ratelimit-reset": "1000900"}, 60),
        (403, "You have triggered an abuse detection mechanism.", {}, 60),
        (403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"}, 90),
        (429, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"}, 90),
        (403, "API rate limit exceeded for installation ID 1.", {"x-ratelimit-remaining": "0"}, 60),
        (403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "999000"}, 1),
        (429, "", {"retry-after": "0"}, 1),
        (429, "", {"retry-after": "soon"}, 60),
        (429, "", {"retry-after": "-5"}, 60),
        (429, "", {"retry-after": "99999999999"}, 86_400),
        (429, "", {"retry-after": "Mon, 12 Jan 1970 13:47:10 GMT"}, 30),
        (429, "", {"retry-after": "3", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"}, 3),
    ],
)
def test_a_limit_names_how_long_to_wait(status: int, message: str, headers: dict[str, str], seconds: float):
    found = outcome(status, message, headers)
    assert isinstance(found, RetryAfter)
    assert found.seconds == seconds


@pytest.mark.parametrize("ours", [NOW - 7200, NOW, NOW + 7200])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"},
        {"retry-after": "Mon, 12 Jan 1970 13:48:10 GMT"},
        {"retry-after": "90"},
    ],
)
def test_a_time_that_github_names_is_meant_by_its_own_clock(ours: float, headers: dict[str, str]):
    refusal = Refusal("GET /x", 403, {"date": "Mon, 12 Jan 1970 13:46:40 GMT", **headers}, {})
    found = failure(refusal, now=ours)
    assert isinstance(found, RetryAfter)
    assert found.seconds == 90


@pytest.mark.parametrize("date", ["", "soon", "Mon, 12 Jan 1970", "Mon, 99 Jan 99999999 13:46:40 GMT"])
def test_a_date_that_says_nothing_leaves_our_own_clock(date: str):
    limited = {"date": date, "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"}
    found = failure(Refusal("GET /x", 403, limited, {}), now=NOW)
    assert isinstance(found, RetryAfter)
    assert found.seconds == 90


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 408, 409, 425])
def test_a_passing_fault_is_unavailable(status: int):
    assert type(outcome(status)) is Unavailable


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_gone(status: int):
    assert type(outcome(status, "Not Found")) is Gone


@pytest.mark.parametrize(
    ("status", "message", "stops"),
    [
        (401, "Bad credentials", True),
        (403, ARCHIVED, True),
        (403, "This installation has been suspended", True),
        (403, "Resource not accessible by integration", True),
        (403, "Resource not accessible by personal access token", True),
        (403, "Must have admin rights to Repository.", True),
        (403, "Repository access blocked", True),
        (403, "Resource protected by organization SAML enforcement.", True),
        (403, "Although you appear to have the correct authorization, the organization has an IP allow list", True),
        (403, "Unable to create comment because issue is locked.", False),
        (403, "User is blocked", False),
        (403, "", False),
        (410, "Issues has been disabled in this repository.", True),
        (410, "Issues are disabled for this repo", True),
        (451, "Repository unavailable due to DMCA takedown.", True),
        (422, "Validation Failed", False),
        (400, "Problems parsing JSON", False),
        (405, "", False),
        (413, "", False),
        (307, "", False),
        (304, "", False),
    ],
)
def test_a_refusal_that_patience_does_not_cure_is_permanent(status: int, message: str, stops: bool):
    found = outcome(status, message)
    assert isinstance(found, Permanent)
    assert found.stops_repository is stops


def test_a_validation_error_names_field_and_code_but_echoes_no_text():
    secret = "my password is hunter2"
    found = outcome(
        422,
        f"Validation Failed: {secret}",
        errors=[
            {"resource": "Label", "field": "name", "code": "invalid", "message": secret, "value": secret},
            {"resource": "Issue", "field": secret, "code": "missing"},
            secret,
        ],
    )
    assert "Label name invalid" in str(found)
    assert "Issue missing" in str(found)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422, 502])
def test_a_web_page_is_a_proxys_word_and_not_githubs(status: int):
    refusal = Refusal("GET /x", status, {"content-type": "text/html; charset=utf-8"}, None)
    assert type(failure(refusal, now=NOW)) is Unavailable


@pytest.mark.parametrize("data", [None, [], "text", {"message": None}, {"message": 3}, {"errors": "many"}])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_a_refusal_without_a_readable_message_is_still_a_failure(status: int, data: Any):
    assert isinstance(failure(Refusal("GET /x", status, {}, data), now=NOW), GitHubError)


@given(
    status=st.integers(300, 599),
    message=st.text(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "content-type"]),
        st.text(max_size=12),
    ),
)
def test_every_refusal_is_one_of_the_four_failures_and_never_quotes_github(status, message, headers):
    found = failure(Refusal("GET /x", status, headers, {"message": f"qq{message}qq"}), now=NOW)
    assert isinstance(found, (RetryAfter, Unavailable, Gone, Permanent))
    assert f"qq{message}qq" not in str(found)
    if isinstance(found, RetryAfter):
        assert 1 <= found.seconds <= 86_400


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout(),
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.exceptions.SSLError(),
        requests.exceptions.ProxyError(),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ContentDecodingError(),
    ],
)
def test_a_broken_exchange_is_unavailable(error: requests.RequestException):
    assert type(connection_failure("GET /x", error)) is Unavailable


@pytest.mark.parametrize("error", [requests.exceptions.InvalidURL(), requests.exceptions.InvalidHeader()])
def test_a_mistake_of_ours_stays_a_bug(error: requests.RequestException):
    assert connection_failure("GET /x", error) is None
