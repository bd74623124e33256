"""What the first reading asks of GitHub: the fake and the real client over HTTP keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.errors import Gone, RetryAfter
from bot.github.client import open_github
from bot.github.marker import with_marker
from bot.settings import Settings
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.github_places import NAME, SLUG, DoublePlace, FakePlace, Place
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve

APP_ID = 32
MANY = 430  # issues, of which every third is closed


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(DoubleConfig(app_id=APP_ID, app_slug=SLUG)) as running:
        yield running.url


@pytest.fixture
def double(url: str) -> Iterator[DoublePlace]:
    settings = Settings(_env_file=None, app_id=APP_ID, private_key=SecretStr(PRIVATE_KEY), github_api_url=url)  # type: ignore[call-arg]
    client = open_github(settings)
    place = DoublePlace(url, client)
    yield place
    place.close()
    client.close()


@pytest.fixture(params=["fake", "double"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = FakePlace() if request.param == "fake" else request.getfixturevalue("double")
    return found


@pytest.fixture
def reader(place):
    return place.github.reader(NAME, place.installation)


@pytest.fixture
def filled(place, reader):
    for number in range(1, MANY + 1):
        place.add_issue(f"Report {number}", state="closed" if number % 3 == 0 else "open", is_pull_request=number == 5)
    return reader


@pytest.mark.parametrize("at_once", [1, 4])
def test_inv_34_open_and_closed_issues_come_complete_in_order(filled, at_once):
    for state, expected in (
        ("open", [n for n in range(MANY, 0, -1) if n % 3]),
        ("closed", [n for n in range(MANY, 0, -1) if n % 3 == 0]),
    ):
        pages = list(filled.past_issues(state, at_once=at_once))
        assert [issue.number for page in pages for issue in page.rows] == expected
        assert [len(page.rows) for page in pages[:-1]] == [100] * (len(pages) - 1)
        assert pages[-1].following is None
        assert pages[0].last == len(pages)


@pytest.mark.parametrize("at_once", [1, 4])
def test_inv_31_a_listing_goes_on_where_an_earlier_page_said(filled, at_once):
    pages = list(filled.past_issues("open", at_once=at_once))
    again = list(filled.past_issues("open", pages[0].following, at_once=at_once))
    assert [page.rows for page in again] == [page.rows for page in pages[1:]]


def test_an_empty_list_is_one_empty_page(reader):
    (page,) = reader.past_issues("open", at_once=4)
    assert (list(page.rows), page.following) == ([], None)


def test_comments_of_the_whole_repository_come_by_their_last_change_and_say_who_speaks(place, reader):
    place.set_permission("boss", "triage")
    first, second = place.add_issue(user="jane"), place.add_issue(user="jane", is_pull_request=True)
    place.add_comment(first, "Duplicate of #1, write to jane.roe@example.org", "boss")
    place.add_comment(first, "Me too", "ann")
    place.add_comment(second, "Duplicate of #1", "boss")
    (page,) = reader.past_comments()
    assert [(one.number, one.author, one.author_is_bot) for one in page.rows] == [
        (first, "boss", False),
        (first, "ann", False),
    ]
    assert page.rows[0].body.startswith("Duplicate of #1")
    assert "jane.roe" not in page.rows[0].body


@pytest.mark.parametrize("again", [False, True])
def test_inv_34_a_comment_that_is_deleted_while_the_list_is_read_hides_no_other(place, reader, again):
    """In one reading, and in one that goes on where another broke off."""
    number = place.add_issue(user="jane")
    for count in range(104):
        place.add_comment(number, f"Word {count}", "ann")
    every = [one.id for page in reader.past_comments() for one in page.rows]
    gone, listing = every[:3], reader.past_comments()
    first = next(listing)
    assert first.following is not None
    for identity in gone:
        place.delete_comment(identity, "ann")
    later = [one.id for page in (reader.past_comments(first.following) if again else listing) for one in page.rows]
    assert set(every) == {*(one.id for one in first.rows), *later}


def test_a_timeline_says_what_happened_in_its_order(place, reader):
    number = place.add_issue()
    place.add_comment(number, "Duplicate of #1", "boss")
    kinds = [event.event for event in reader.timeline(number)]
    assert "commented" in kinds
    (said,) = [event for event in reader.timeline(number) if event.event == "commented"]
    assert (said.actor, said.body, said.id is not None) == ("boss", "Duplicate of #1", True)
    with pytest.raises(Gone):
        reader.timeline(999)


def test_what_the_app_did_itself_is_told_apart_from_what_others_did(place, reader):
    number = place.add_issue(user="jane")
    text = with_marker("**This looks like the same problem as #1**")
    place.add_comment(number, text, f"{SLUG}[bot]")
    place.add_comment(number, text, "jane")
    place.add_comment(number, "Without a marker", f"{SLUG}[bot]")
    writer = place.github.writer(NAME, place.installation)
    writer.add_label(number, "possible-duplicate")
    writer.remove_label(number, "possible-duplicate")
    writer.close_issue(number, "duplicate")
    (page,) = reader.past_comments()
    assert [(one.author, one.is_ours) for one in page.rows] == [
        (f"{SLUG}[bot]", True),
        ("jane", False),
        (f"{SLUG}[bot]", False),
    ]
    events = reader.timeline(number)
    assert [(one.actor, one.by_this_app) for one in events if one.event == "commented"] == [
        (f"{SLUG}[bot]", True),
        ("jane", False),
        (f"{SLUG}[bot]", True),
    ]
    ours = [(one.event, one.value) for one in events if one.by_this_app and one.actor_is_bot]
    assert ours[2:5] == [
        ("labeled", "possible-duplicate"),
        ("unlabeled", "possible-duplicate"),
        ("closed", "duplicate"),
    ]


def test_the_double_says_of_a_claim_what_github_says(double):
    """Association, mark, close and cross-reference, as GitHub's timeline has them."""
    double.set_permission("boss", "triage")
    reader = double.github.reader(NAME, double.installation)
    original, number = double.add_issue(), double.add_issue()
    double.add_comment(number, f"Duplicate of #{original}", "boss")
    events = {event.event: event for event in reader.timeline(number)}
    assert events["commented"].association == "COLLABORATOR"
    assert events["marked_as_duplicate"].actor == "boss"
    crossing = [event for event in reader.timeline(original) if event.event == "cross-referenced"]
    assert [event.other for event in crossing] == [number]


def test_what_github_says_of_its_limits_is_heard(double):
    reader = double.github.reader(NAME, double.installation)
    double.add_issue()
    reader.issue(1)
    before = double.github.heard_limits()[double.installation]
    reader.issue(1)
    after = double.github.heard_limits()[double.installation]
    assert (before.limit, before.remaining - after.remaining) == (5000, 1)


def test_inv_30_where_github_asks_for_patience_nothing_more_is_asked(double):
    reader = double.github.reader(NAME, double.installation)
    number = double.add_issue()
    double.fault(path=f"/issues/{number}$", kind="secondary_limit", retry_after=30)
    with pytest.raises(RetryAfter):
        reader.issue(number)
    asked = len(double.requests())
    with pytest.raises(RetryAfter) as again:
        reader.comments(number)
    assert 0 < again.value.seconds <= 30
    assert len(double.requests()) == asked
