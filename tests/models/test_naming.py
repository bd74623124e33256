"""Names of clusters: what a maintainer would write, and never what belongs to one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.document import Document, assemble, parts
from models.issue import Issue
from models.naming import NAMELESS, Name, around, background, name
from models.retrieval import IssueIndex
from models.title_words import LONGEST, cut_down, shorten, without_private

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
OTHERS = (
    ("Dark mode colours are unreadable", "The text in the sidebar is grey on grey since the last update."),
    ("Terminal flickers when resizing the window", "On every resize the window flickers."),
    ("Cannot install with npm", "The installation ends on a fresh laptop."),
    ("Export to CSV loses umlauts", "Names with umlauts come out as question marks in the table."),
    ("The window is grey after an update", "Since the update the window stays grey on a laptop."),
    ("Sidebar flickers in dark mode", "The sidebar flickers."),
)


def document(number: int, title: str, body: str = "", author: str | None = None) -> Document:
    at = NOON + timedelta(hours=number)
    issue = Issue(number, title, body, at, at, author=f"person{number}" if author is None else author)
    return assemble(parts(issue), np.zeros((2, 4), np.float32))


def named(
    members: Sequence[Document], medoid: int | None = None, others: Sequence[Document] = (), before: str = ""
) -> Name:
    index = IssueIndex(4)
    index.put_all([document(900 + at, *texts) for at, texts in enumerate(OTHERS)])
    index.put_all([*members, *others])
    chosen = members[0].number if medoid is None else medoid
    found = name(members, background(index), chosen, before)
    assert found == name(members, around(index), chosen, before)  # by day as by night
    return found


def error_in(body: str) -> str:
    return f"It fails:\n\n```\n{body}\n```\n"


# --- which title


def test_an_error_that_most_members_share_is_the_title() -> None:
    error = "API Error: 400 invalid_request_error: You're out of extra usage. Add more and keep going."
    members = [
        document(1, "Blocked at ten percent", error_in(error)),
        document(2, "The command line refuses everything", error_in(error)),
        document(3, "Nothing works although there is money", "The balance is there."),
    ]
    assert "out of extra usage" in named(members, medoid=3).title


def test_an_error_that_half_the_tracker_has_is_nobodys_title() -> None:
    error = error_in("API Error: 500 api_error: Internal server error")
    members = [document(n, "Export of invoices loses the umlauts", error) for n in (1, 2, 3)]
    others = [document(n, f"Something else number {n}", error) for n in range(20, 40)]
    assert named(members, others=others).title == "Export of invoices loses the umlauts"


def test_without_a_shared_error_it_is_the_medoids_title_where_that_covers_the_terms() -> None:
    members = [
        document(1, "Gift card cannot be redeemed"),
        document(2, "[BUG] Gift card cannot be redeemed, account stays on the free plan"),
        document(3, "The gift card I redeemed: account stays on the free plan"),
    ]
    assert named(members, medoid=2).title == "Gift card cannot be redeemed, account stays on the free plan"


def test_a_medoid_whose_title_says_nothing_leaves_the_word_to_another_member() -> None:
    members = [
        document(1, "Help please", "The gift card cannot be redeemed."),
        document(2, "Gift card cannot be redeemed", "It says that the card was used."),
        document(3, "Gift card not redeemed", "The gift card cannot be used."),
    ]
    found = named(members, medoid=1)
    assert found.title == "Gift card cannot be redeemed"
    assert {"Gift", "card"} <= set(found.terms)


def test_without_any_usable_title_it_is_made_of_the_key_terms() -> None:
    members = [document(n, f"Broken{n}", "The promotional banner vanished before the voucher came.") for n in (1, 2, 3)]
    found = named(members)
    assert " · " in found.title
    assert {"promotional", "banner", "vanished", "voucher"} & set(found.title.split(" · "))


def test_key_terms_are_words_as_they_are_written() -> None:
    body = "Recharges of the wallet happen although the `auto_recharge` setting is disabled."
    found = named([document(n, "Recharges happen", body) for n in (1, 2, 3)])
    assert {"Recharges", "wallet", "disabled"} <= set(found.terms)


def test_the_stop_words_of_no_language_name_a_cluster() -> None:
    members = [
        document(1, "No me sale el crédito de uso", "El crédito de uso no aparece en la página desde el lunes."),
        document(2, "Crédito de uso agotado", "Dice que el crédito de uso está agotado, pero no es verdad."),
        document(3, "Falta el crédito", "Desde el lunes falta el crédito de uso en la página."),
        document(4, "O crédito de uso não aparece", "O saldo de crédito não aparece na página de uso desde ontem."),
    ]
    found = named(members)
    words = {word.casefold() for word in (*found.title.split(), *found.terms)}
    assert "crédito" in words
    assert not {"el", "de", "en", "la", "não", "que"} & {term.casefold() for term in found.terms}
    assert not {"el ·", "de ·", "· de"} & {found.title[:4], found.title[-4:], found.title[:3]}


def test_a_stop_word_of_another_language_means_something_in_an_english_title() -> None:
    members = [document(n, "Pro plan is shown as free plan", "The pro plan is shown as free.") for n in (1, 2, 3)]
    found = named(members)
    assert found.title == "Pro plan is shown as free plan"
    assert {"Pro", "free"} <= set(found.terms)


def test_a_whole_title_is_better_than_the_end_of_one() -> None:
    members = [
        document(1, "7f3a9c1e: export loses the umlauts", "The export loses umlauts."),
        document(2, "Export loses the umlauts", "The export loses umlauts."),
    ]
    assert named(members, medoid=1).title in {"Export loses the umlauts", "export loses the umlauts"}
    members[0] = document(1, "Zebulon wrote, but umlauts are lost", "The export loses umlauts.")
    assert named(members, medoid=1).title == "Export loses the umlauts"


def test_words_that_every_text_has_make_no_name_by_themselves() -> None:
    assert named([document(1, "Never shown again", author="a"), document(2, "It is not there", author="a")]) == Name(
        NAMELESS, ()
    )


def test_where_only_the_medoids_title_says_anything_it_is_the_name() -> None:
    members = [document(1, "The window flickers"), document(2, "error")]
    assert named(members).title == "The window flickers"


def test_without_spaces_between_words_only_what_two_people_wrote_is_said() -> None:
    members = [
        document(1, "更新后王小明无法启动", "更新后"),
        document(2, "更新后应用程序崩溃", "更新后"),
    ]
    assert "小明" not in " ".join((named(members).title, *named(members).terms))


def test_a_cluster_that_says_nothing_gets_a_name_that_promises_nothing() -> None:
    assert named([document(1, "?"), document(2, "!!!")]) == Name(NAMELESS, ())


def test_a_cluster_without_members_has_no_name() -> None:
    with pytest.raises(ValueError, match="without members"):
        name([], background(IssueIndex(4)), 1)


@pytest.mark.parametrize(
    "title",
    [
        "Nach dem Update startet die Anwendung nicht mehr",
        "После обновления приложение не запускается",
        "更新后应用程序无法启动",
        "アップデート後にアプリが起動しない",
        "لا يعمل التطبيق بعد التحديث",
    ],
)
def test_other_languages_have_titles_too(title: str) -> None:
    found = named([document(number, title) for number in (1, 2, 3)])
    assert found.title == title
    assert found.terms


TRACE = """Traceback (most recent call last):
  File "/home/{0}/app/main.py", line {1}, in <module>
    run()
KeyError: 'timezone'"""
MEMORY = "{0}CUDA out of memory. Tried to allocate {1} (GPU 0; 7.79 GiB total capacity)"
REFUSED = "2026-02-0{1}T10:00:01Z [ERROR] worker-{1} {0}=12{1} connection refused to 10.1.2.{1}:5432 after 300{1}ms"


@pytest.mark.parametrize(
    ("titles", "bodies", "title"),
    [
        (
            ["It dies", "KeyError timezone"],
            [error_in(TRACE.format("a", 1)), error_in(TRACE.format("b", 2))],
            "KeyError",
        ),
        (
            ["GPU", "Card"],
            [error_in(MEMORY.format(*one)) for one in (("", "2 GiB"), ("", "5 MiB"))],
            "CUDA out of memory",
        ),
        (["log", "logs"], [error_in(REFUSED.format(*one)) for one in (("pid", 3), ("pid", 4))], "connection refused"),
        (["Video stutters 😡😡😡", "video stutters"], ["It stutters"] * 2, "Video stutters"),
        (["THE EXPORT LOSES UMLAUTS!!!", "The export loses umlauts"], [""] * 2, "The export loses umlauts"),
        (["/home/ann/a.html cannot be opened", "Cannot open /srv/b.html"], ["Opening fails"] * 2, "cannot be opened"),
        (["Mails never arrive at [redacted:email]", "Mails never arrive"], ["No mail."] * 2, "Mails never arrive"),
        (["Account locked (customer id [redacted:account-id])", "Account locked"], [""] * 2, "Account locked"),
        (["Page shows 404", "404 page shown"], ["The page shows nothing"] * 2, "Page shows 404"),
        (["लॉगिन नहीं हो रहा", "लॉगिन नहीं हो रहा है"], [""] * 2, "लॉगिन नहीं हो रहा"),
        (["ログインできません", "更新後にログインできない"], [""] * 2, "ログインでき"),
    ],
    ids=[
        "trace",
        "first line",
        "log",
        "pictures",
        "shouting",
        "path",
        "address",
        "number",
        "usual words",
        "signs",
        "no spaces",
    ],
)
def test_unlike_kinds_of_reports_have_a_name_that_can_be_read(titles: list[str], bodies: list[str], title: str) -> None:
    members = [document(at, *texts) for at, texts in enumerate(zip(titles, bodies, strict=True), 1)]
    found = named(members).title
    assert found.startswith(title)
    assert "Traceback" not in found


def test_inv_40_a_login_of_an_initial_and_a_name_tells_the_name() -> None:
    titles = ("Message from Müller: upload is stuck", "Upload is stuck, Müller says")
    members = [document(1, titles[0], author="pmueller"), document(2, titles[1], author="anna")]
    found = named(members)
    assert "Müller" not in " ".join((found.title, *found.terms))


@pytest.mark.parametrize("word", ["राम", "רָם", "ລາວ"])
def test_inv_40_a_word_of_a_script_with_vowel_signs_needs_two_people_too(word: str) -> None:
    members = [document(1, f"{word} API error 500 again"), document(2, "API error 500 again and again")]
    assert word not in named(members).title


def test_the_order_of_the_members_does_not_matter() -> None:
    members = [document(n, title, f"{title}. The gift card.") for n, (title, _) in enumerate(OTHERS, 1)]
    assert named(members, medoid=3) == named(members[::-1], medoid=3)


def test_a_name_stays_when_another_member_is_the_most_central_one_by_now() -> None:
    members = [
        document(1, "Gift card cannot be redeemed"),
        document(2, "Gift card is not redeemed", "The gift card cannot be redeemed."),
        document(3, "The gift card", "The gift card cannot be redeemed."),
    ]
    assert named(members, medoid=1).title == "Gift card cannot be redeemed"
    assert named(members, medoid=2).title == "Gift card is not redeemed"
    assert named(members, medoid=2, before="Gift card cannot be redeemed").title == "Gift card cannot be redeemed"
    assert named(members, medoid=2, before="Something else").title == "Gift card is not redeemed"


@pytest.mark.parametrize("piece", ["abcd", "ログイン", "a.b-"])
def test_inv_37_an_endless_word_takes_no_endless_time(piece: str) -> None:
    endless = piece * 1_500
    assert without_private(f"{endless} acme/shop#12 a/b#1-c#2 &#39; #7") == f"{endless} \0 \0\0 &#39; \0"


def test_a_long_title_ends_with_a_part_or_a_word() -> None:
    assert shorten("x" * 80) == "x" * (LONGEST - 1) + "…"
    assert shorten("The gift card cannot be redeemed at all: it says so, although nobody has ever used it before") == (
        "The gift card cannot be redeemed at all: it says so"
    )
    assert len(shorten("word " * 40)) <= LONGEST


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Rate limit reached · resets 6pm (Europe/Berlin)", "Rate limit reached"),
        ("Same as #1234: window stays grey", "window stays grey"),
        ("Window stays grey (see /home/jane/.config/app.toml)", "Window stays grey"),
        ("@jane says the window stays grey, again and again", "again and again"),
        ('"app run" removes "via" from the output', '"app run" removes "via" from the output'),
        ("--no-build is ignored", "--no-build is ignored"),
        ("e2e4f9d0c1b2", None),
        (f"{'verylong' * 6} breaks the export", None),
        ("#12", None),
    ],
)
def test_of_a_title_the_parts_stay_that_may_be_said(title: str, kept: str | None) -> None:
    assert cut_down(title, lambda _: True) == kept


# --- never what belongs to one person

SHARED = "Gift card cannot be redeemed"
LOGINS = st.from_regex(r"[a-z]{3,12}-?[a-z]{3,8}[0-9]{0,3}", fullmatch=True)


def is_planted(found: Name, *secrets: str) -> list[str]:
    whole = " ".join((found.title, *found.terms)).casefold()
    return [secret for secret in secrets if secret.casefold() in whole]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_inv_40_nothing_personal_enters_a_name_even_where_every_member_says_it(data: st.DataObject) -> None:
    login = data.draw(
        LOGINS.filter(lambda one: not set(one.split("-")) & {"gift", "card", "cannot", "redeemed"}), "login"
    )
    number = data.draw(st.integers(100, 99_999_999), "number")
    identifier = data.draw(st.uuids(), "id")
    version = f"{number % 7}.{number % 13}.{number % 1013}"
    planted = data.draw(
        st.permutations(
            [f"@{login}", f"#{number}", f"/home/{login}/app", f"{login}@example.org", str(identifier), version, login]
        ),
        "planted",
    )
    count = data.draw(st.integers(0, len(planted)), "count")
    tail = data.draw(st.sampled_from([" ", ", ", " - ", ": "]), "separator")
    title = tail.join([SHARED, *planted[:count]])
    error = f"Error: {login} at /home/{login}: could not redeem {identifier}"
    body = f"{SHARED} with {' '.join(planted)}\n\n```\n{error}\n```\n"
    members = [document(one, title, body, author=login) for one in (1, 2)]
    members += [document(3, title, body, author="someone-else")]
    found = named(members)
    assert is_planted(found, login, str(number), str(identifier), version, "example.org", "/home") == []
    assert "@" not in found.title
    assert 0 < len(found.title) <= LONGEST


@pytest.mark.parametrize("word", ["Wolfeschlegel", "Berg-Hausen", "Acme-Corp-Intern", "7f3a", "2.1.96"])
def test_a_word_that_only_one_person_says_enters_no_name(word: str) -> None:
    members = [
        document(1, f"{SHARED} for {word}", f"{word} cannot redeem it. Yours, {word}"),
        document(2, f"{SHARED} here"),
        document(3, f"{SHARED} either"),
    ]
    assert is_planted(named(members), word) == []


def test_one_person_who_says_a_word_in_many_reports_is_still_one() -> None:
    members = [document(n, "Zebedee cannot redeem", "Zebedee writes again", author="z") for n in (1, 2, 3)]
    assert is_planted(named(members), "zebedee") == []


def test_reports_without_an_author_count_each() -> None:
    members = [document(n, SHARED, author="") for n in (1, 2)]
    assert named(members).title == SHARED


@pytest.mark.parametrize(
    ("titles", "authors", "name"),
    [
        (("Export fails like for zoltanberg", "zoltanberg told of it: export fails"), ("ada", "bea"), "zoltanberg"),
        (("Export of Kerstin fails in tables", "Export of Kerstin fails in tables"), ("KerstinMoll", "bea"), "kerstin"),
        (("Login is broken, see issue 123", "Login is broken, see issue 123"), ("ada", "bea"), "123"),
        (("Login is broken since PR 77 came", "Login is broken since PR 77 came"), ("ada", "bea"), "77"),
    ],
)
def test_inv_40_nobody_and_no_number_of_an_issue_is_named_though_two_people_do(
    titles: tuple[str, str], authors: tuple[str, str], name: str
) -> None:
    members = [document(at, *one) for at, one in enumerate(zip(titles, ("", ""), authors, strict=True), 1)]
    found = named(members, others=[document(50, "Another thing", author="zoltanberg")])
    assert name not in f"{found.title} {' '.join(found.terms)}".casefold()


def test_a_login_that_is_a_usual_word_stays_one() -> None:
    members = [document(at, "Docker image does not start", author=f"member-{at}") for at in range(1, 4)]
    others = [document(50 + at, f"Docker thing {at}", author=author) for at, author in enumerate(("docker", "eve"))]
    assert "Docker" in named(members, others=others).title


def test_a_figure_that_members_share_stays() -> None:
    members = [document(n, "Max 20x plan is shown as free plan") for n in (1, 2, 3)]
    assert named(members).title == "Max 20x plan is shown as free plan"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=200)), min_size=1, max_size=6))
def test_any_texts_at_all_have_a_name_of_one_short_line(texts: list[tuple[str, str]]) -> None:
    found = named([document(number, *each) for number, each in enumerate(texts, 1)])
    assert 0 < len(found.title) <= LONGEST
    assert "\n" not in found.title
    assert "\x00" not in found.title


def test_the_background_counts_people_not_reports() -> None:
    index = IssueIndex(4)
    index.put_all([document(1, "Window grey", author="ann"), document(2, "Window blue", author="ann")])
    assert background(index).spoken == frozenset()
    index.put(document(3, "Window red", author="bob"))
    assert background(index).spoken == {"window"}
