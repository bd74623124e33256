from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.dashboard import secrets
from webhooks.dashboard.attempts import FROM_ALL, FROM_ONE_ADDRESS, MOST_ADDRESSES, WINDOW, Attempts
from webhooks.dashboard.forms import Form, Wrong, local

TEXT = st.text(max_size=200)


@given(TEXT)
def test_what_is_sealed_opens_under_its_secret_only(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    mine, other = secrets.new_secret(), secrets.new_secret()
    sealed = secrets.seal(mine, text)
    assert secrets.unseal(mine, sealed) == text
    with pytest.raises(ValueError, match="secret"):
        secrets.unseal(other, sealed)


def test_each_purpose_has_a_secret_of_its_own() -> None:
    secret = secrets.new_secret()
    derived = {secrets.session_id(secret), secrets.form_token(secret), *(secrets.derived(secret, p) for p in "ab")}
    assert len(derived) == 4
    assert not [one for one in derived if secret in one]


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert secrets.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@given(TEXT)
def test_whatever_path_is_asked_for_it_leads_to_this_server(path: str) -> None:
    found = local(path)
    assert found.startswith("/")
    assert not found.startswith("//")
    assert "\\" not in found


@pytest.mark.parametrize("path", ["/r/a/b/overview?q=x&page=2", "/", "/r/a/b/clusters/c-1"])
def test_a_path_of_ours_stays_as_it_is(path: str) -> None:
    assert local(path) == path


def form(**fields: str) -> Form:
    return Form({name: [value] for name, value in fields.items()})


def test_a_text_is_bounded_and_printable() -> None:
    assert form(v="  a\x00b\u202e \r\n c ").text("v", what="it") == "ab c"
    assert form(v="a\r\nb\tc\nd").maybe("v", what="it") == "a b c d"
    assert form(v="\U0001f469\u200d\U0001f4bb\x1b[1m").maybe("v", what="it") == "\U0001f469\u200d\U0001f4bb[1m"
    assert form().maybe("v", what="it") == ""
    with pytest.raises(Wrong, match="longer than 3"):
        form(v="abcd").text("v", what="it", longest=3)
    with pytest.raises(Wrong, match="missing"):
        form(v="   ").text("v", what="it")


@pytest.mark.parametrize("text", ["#12", "12", " 12 ", "#12, 12"])
def test_a_number_may_be_written_as_on_github(text: str) -> None:
    assert form(n=text).number("n", what="the issue") == 12


def test_numbers_come_from_one_field_or_from_several() -> None:
    assert form(n="3, #1 2 3").numbers("n", what="the issues") == (3, 1, 2)
    assert Form({"n": ["4", "#5"]}).numbers("n", what="the issues") == (4, 5)


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "1.5", "9" * 40, "٣"])
def test_what_is_no_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(Wrong, match="the issue"):
        form(n=text).number("n", what="the issue")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_attempts_are_counted_by_the_minute_and_address() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    assert [attempts.allowed("a") for _ in range(FROM_ONE_ADDRESS + 1)] == [True] * FROM_ONE_ADDRESS + [False]
    assert attempts.allowed("b")
    clock.now = WINDOW
    assert attempts.allowed("a")


def test_attempts_from_everywhere_together_are_bounded_too() -> None:
    attempts = Attempts(Clock())
    taken = [attempts.allowed(str(number)) for number in range(FROM_ALL + 5)]
    assert taken == [True] * FROM_ALL + [False] * 5


def test_the_memory_of_addresses_is_bounded() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(MOST_ADDRESSES + 10):
        clock.now = number * 0.5  # few enough at a time
        attempts.allowed(str(number))
    assert len(attempts._by_address) <= MOST_ADDRESSES
