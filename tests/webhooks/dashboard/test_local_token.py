from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from tests.fakes.dashboard import NAME, TOKEN, DashboardRuntime, browser, form_token, signed_in
from tests.fakes.deliveries import client

World = tuple[FastAPI, DashboardRuntime]
OUTSIDE = "203.0.113.9"


async def test_the_token_opens_everything_on_this_machine(maintainer: httpx.AsyncClient) -> None:
    page = await maintainer.get("/")
    assert NAME in page.text
    assert "acme/secret" in page.text


async def test_the_token_is_taken_once(maintainer: httpx.AsyncClient, world: World) -> None:
    async with browser(world[0]) as another:
        answer = await another.post("/sign-in", data={"token": TOKEN})
    assert (answer.status_code, "used before" in answer.text) == (403, True)


@pytest.mark.parametrize("given", ["", "wrong", "ö", TOKEN + "x", "x" * 70_000])
async def test_another_token_opens_nothing(visitor: httpx.AsyncClient, given: str) -> None:
    answer = await visitor.post("/sign-in", data={"token": given})
    assert answer.status_code in {400, 403}
    assert (await visitor.get("/")).status_code == 303


async def test_from_elsewhere_the_token_opens_nothing_and_is_not_spent(world: World) -> None:
    async with client(world[0], host=OUTSIDE) as http:
        assert (await http.post("/sign-in", data={"token": TOKEN})).status_code == 403
    async with browser(world[0]) as http:
        http.headers["x-forwarded-for"] = OUTSIDE
        assert (await http.post("/sign-in", data={"token": TOKEN})).status_code == 403
    async with browser(world[0]) as http:
        await signed_in(http)


async def test_a_local_session_is_worth_nothing_elsewhere(maintainer: httpx.AsyncClient, world: World) -> None:
    async with client(world[0], host=OUTSIDE) as http:
        http.cookies = maintainer.cookies
        assert (await http.get("/", headers={"accept": "text/html"})).status_code == 303


async def test_another_site_cannot_sign_somebody_in(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/sign-in", data={"token": TOKEN}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    await signed_in(visitor)


async def test_the_token_is_shown_in_the_form_and_nothing_is_spent_by_looking(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/sign-in", params={"token": '"><script>'})
    assert "<script>alert" not in page.text
    assert "&#34;&gt;&lt;script&gt;" in page.text
    await signed_in(visitor)


async def test_who_is_elsewhere_is_told_how_to_get_in(world: World) -> None:
    async with client(world[0], "http://127.0.0.1:18433", OUTSIDE) as http:
        page = await http.get("/sign-in", headers={"accept": "text/html"})
    assert "ssh -L 18433:127.0.0.1:18433 SERVER" in page.text


async def test_guessing_has_to_wait(visitor: httpx.AsyncClient) -> None:
    answers = [(await visitor.post("/sign-in", data={"token": str(number)})).status_code for number in range(12)]
    assert answers == [403] * 10 + [429] * 2


async def test_another_sites_forms_use_up_no_attempts(visitor: httpx.AsyncClient) -> None:
    for _ in range(30):
        answer = await visitor.post("/sign-in", data={"token": "x"}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    await signed_in(visitor)


async def test_signing_out_needs_the_pages_own_form(maintainer: httpx.AsyncClient) -> None:
    token = form_token((await maintainer.get("/")).text)
    secret = maintainer.cookies["triage-session"]
    for forged in ({"form_token": "wrong"}, {}):
        answer = await maintainer.post("/sign-out", data=forged, headers={"sec-fetch-site": "cross-site"})
        assert "set-cookie" not in answer.headers  # another site's form takes no cookie away, either
    assert (await maintainer.get("/")).status_code == 200
    await maintainer.post("/sign-out", data={"form_token": token})
    maintainer.cookies.set("triage-session", secret, domain="127.0.0.1")
    assert (await maintainer.get("/")).status_code == 303


async def test_what_is_no_form_signs_nobody_out(maintainer: httpx.AsyncClient) -> None:
    answer = await maintainer.post("/sign-out", content=b"form_token=" + b"x" * 70_000)
    assert (answer.status_code, "too large" in answer.text) == (400, True)
    assert (await maintainer.get("/")).status_code == 200


async def test_who_is_signed_in_is_not_asked_for_a_token_again(visitor: httpx.AsyncClient) -> None:
    onward = {"next": "/operator"}
    assert (await visitor.get("/sign-in", params=onward)).status_code == 200
    await visitor.post("/sign-in", data={"token": TOKEN})
    answer = await visitor.get("/sign-in", params=onward)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator")
    answer = await visitor.get("/sign-in", params={"next": "https://evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
