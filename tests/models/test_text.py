from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.error_text import is_error_line
from models.text import Text, has_little_information, looks_like_security_report, normalise, salient, text_hash

LANGUAGES = {
    "ar": "لم يظهر الرصيد في حسابي بعد الدفع",
    "bg": "Кредитът не се вижда след плащането",
    "bn": "অর্থ প্রদানের পরে ব্যালেন্স দেখা যাচ্ছে না",
    "ca": "El saldo no apareix després de pagar",
    "cs": "Zůstatek se po zaplacení nezobrazí",
    "da": "Saldoen vises ikke efter betalingen",
    "de": "Das Guthaben erscheint nach der Zahlung nicht",
    "el": "Το υπόλοιπο δεν εμφανίζεται μετά την πληρωμή",
    "en": "The balance is not shown after the payment",
    "es": "El saldo no aparece después de pagar",
    "et": "Saldo ei ilmu pärast maksmist",
    "eu": "Saldoa ez da agertzen ordaindu ondoren",
    "fa": "موجودی پس از پرداخت نمایش داده نمی‌شود",
    "fi": "Saldo ei näy maksun jälkeen",
    "fr": "Le solde n'apparaît pas après le paiement",
    "ga": "Ní thaispeántar an t-iarmhéid tar éis íocaíochta",
    "gu": "ચુકવણી પછી બેલેન્સ દેખાતું નથી",
    "he": "היתרה אינה מופיעה לאחר התשלום",
    "hi": "भुगतान के बाद शेष राशि नहीं दिखती",
    "hr": "Stanje se ne prikazuje nakon plaćanja",
    "hu": "Az egyenleg nem jelenik meg fizetés után",
    "id": "Saldo tidak muncul setelah pembayaran",
    "is": "Inneignin birtist ekki eftir greiðslu",
    "it": "Il saldo non compare dopo il pagamento",
    "ja": "支払い後に残高が表示されません",
    "ka": "გადახდის შემდეგ ბალანსი არ ჩანს",
    "kn": "ಪಾವತಿಯ ನಂತರ ಬಾಕಿ ಕಾಣಿಸುವುದಿಲ್ಲ",
    "ko": "결제 후 잔액이 표시되지 않습니다",
    "lt": "Po mokėjimo likutis nerodomas",
    "lv": "Pēc maksājuma atlikums neparādās",
    "ms": "Baki tidak dipaparkan selepas bayaran",
    "nl": "Het saldo verschijnt niet na de betaling",
    "pl": "Saldo nie pojawia się po płatności",
    "pt": "O saldo não aparece depois do pagamento",
    "ro": "Soldul nu apare după plată",
    "ru": "Баланс не отображается после оплаты",
    "sk": "Zostatok sa po zaplatení nezobrazí",
    "sv": "Saldot visas inte efter betalningen",
    "sw": "Salio halionekani baada ya malipo",
    "ta": "பணம் செலுத்திய பிறகு இருப்பு தெரியவில்லை",
    "te": "చెల్లింపు తర్వాత బ్యాలెన్స్ కనిపించదు",
    "th": "ยอดเงินไม่แสดงหลังจากชำระเงิน",
    "tr": "Ödemeden sonra bakiye görünmüyor",
    "uk": "Баланс не відображається після оплати",
    "ur": "ادائیگی کے بعد بیلنس نظر نہیں آتا",
    "vi": "Số dư không hiển thị sau khi thanh toán",
    "zh": "付款后余额没有显示",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_prose_of_any_language_stays(language: str) -> None:
    sentence = LANGUAGES[language]
    text = normalise(sentence, f"### Description\n\n{sentence}\n{sentence}!\n\n### Version\n\n1.2.3")
    assert text.title
    assert len(text.prose) >= len(sentence) - 2
    assert text.fields["version"] == "1.2.3"
    assert not has_little_information(text)


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("[BUG] Lamp flickers", "Lamp flickers"),
        ("[Bug]: Lamp flickers", "Lamp flickers"),
        ("Bug: Lamp flickers", "Lamp flickers"),
        ("BUG - Lamp flickers", "Lamp flickers"),
        ("🐛 Lamp flickers", "Lamp flickers"),
        ("🐛🔥 [bug report] Lamp flickers", "Lamp flickers"),
        ("[Feature Request] Add a dimmer", "Add a dimmer"),
        ("【Bug】灯闪烁", "灯闪烁"),
        ("[2.1.96] Lamp flickers", "Lamp flickers"),
        ("Lamp flickers (v2.1.96)", "Lamp flickers"),
        ("`lamp --on` fails", "lamp --on fails"),
        ("Bugs in the lamp", "Bugs in the lamp"),
        ("Feature flags are ignored", "Feature flags are ignored"),
        ("[BUG]", "[BUG]"),
    ],
)
def test_titles_lose_their_tags(title: str, cleaned: str) -> None:
    assert normalise(title, "").title == cleaned


def test_a_version_in_the_titles_tag_is_kept_as_a_field() -> None:
    assert normalise("[2.1.96] Lamp flickers", "").fields["version in title"] == "2.1.96"


@pytest.mark.parametrize(
    "answer", ["_No response_", "N/A", "n/a", "None", ".", "-", "…", "no", "TBD", "なし", "无", "нет", "**none**"]
)
def test_empty_answers_go(answer: str) -> None:
    text = normalise("Lamp", f"### Description\n\nIt flickers at night.\n\n### Additional context\n\n{answer}\n")
    assert text.prose == "It flickers at night."


def test_comments_images_badges_and_tags_go() -> None:
    body = (
        "<!-- hidden\nwords -->Lamp <b>flickers</b> <img src='x' alt='picture words'>\n"
        "![badge words](https://img.shields.io/x.svg)\n[![build words](a.png)](https://ci.example.com/x)\n"
        "see [the manual](https://example.com/manual?x=1#y) at https://example.com/help?session=1.\n"
    )
    assert normalise("t", body).prose == "Lamp flickers\nsee the manual at example.com/help"


def test_an_unclosed_comment_hides_nothing() -> None:
    assert "flickers" in normalise("t", "<!-- The lamp flickers").prose


def test_an_issue_that_is_quoted_whole_is_not_the_reporters_words() -> None:
    quoted = "\n".join(f"> line {i} of the other report about radiators" for i in range(6))
    text = normalise("Lamp", f"As in #12:\n\n{quoted}\n> Error: radiator not found\n\nBut mine is about lamps.")
    assert "radiator" not in text.prose + text.error
    assert text.prose == "As in #12:\nBut mine is about lamps."


def test_a_short_quotation_of_an_error_counts() -> None:
    assert normalise("t", "It says\n> Error: lamp not found\n").error == "Error: lamp not found"


SERVICE_ERROR = '{"type":"error","error":{"type":"power_error","message":"The radiator has no power left"}}'


@pytest.mark.parametrize(
    "body",
    [
        "> I get an error 404 and my radiator failed\n\nNot so here.",
        "As @maria wrote in #12:\n> Error: radiator not found\n\nNot so here.",
        f"From #12:\n\n> {SERVICE_ERROR}\n\nNot so here.",
        f"> ### What happened?\n> I ran it.\n> API Error: 400 {SERVICE_ERROR}\n> twice\n> and again\n\nNot so here.",
    ],
)
def test_an_error_that_another_is_quoted_with_is_not_the_reporters(body: str) -> None:
    text = normalise("Lamp", body)
    assert text.error == ""
    assert text.prose.endswith("Not so here.")


@pytest.mark.parametrize(
    "body",
    [
        f"It prints\n> {SERVICE_ERROR}",
        f"Same as in #12:\n> {SERVICE_ERROR}",
        f"> one\n> two\n> {SERVICE_ERROR}\n> three",
        'It prints\n> API Error: {"type":"error","error":{"type":\n> "power_error",\n> "message":"The radiator has no\n'
        '> power left"}}',
    ],
)
def test_an_error_in_json_that_the_reporter_saw_is_taken_out_of_a_quotation(body: str) -> None:
    assert "radiator has no" in normalise("Lamp", body).error


def test_quotations_are_all_there_is_in_some_issues() -> None:
    assert normalise("t", "> the lamp flickers\n> at night").prose == "the lamp flickers\nat night"


def test_an_error_wrapped_by_a_terminal_is_joined_again() -> None:
    wrapped = (
        'API Error: 400 {"type":"error","error":{"type":"invalid_request_error","mess\n'
        '    age":"Lamps need power. Add a     \n    battery at lamp.example/power and keep\n'
        '     going."}} and I have power.'
    )
    text = normalise("t", wrapped)
    assert (
        text.error == "400 invalid_request_error: Lamps need power. Add a battery at lamp.example/power and keep going."
    )
    assert text.prose == "and I have power."


@pytest.mark.parametrize("cut", [60, 90, 110, 130])
def test_a_truncated_error_is_still_read(cut: int) -> None:
    whole = '{"type":"error","error":{"type":"billing_error","message":"Your credits are used up, add more of them"}}'
    assert "billing_error" in normalise("t", f"```\nError: 402 {whole[:cut]}\n```").error + whole * (cut < 62)


def test_configuration_in_json_is_no_error() -> None:
    text = normalise("t", '```json\n{"lamp": {"colour": "red"}}\n```\nIt stays white.')
    assert not text.error
    assert "colour" in text.code


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("NOT A DUPLICATE of #12", {12}),
        ("This is **not** a duplicate of #12 or #13.", {12, 13}),
        ("It isn't a dupe of #7", {7}),
        ("similar to, but different from, #5", {5}),
        ("#12 is different: there the lamp explodes", {12}),
        ("Unlike #9 it happens at night", {9}),
        ("not the same as https://github.com/o/r/issues/44", {44}),
        ("Kein Duplikat von #3", {3}),
        ("No es un duplicado de #3", {3}),
        ("Ce n'est pas un doublon de #3", {3}),
        ("Это не дубликат #3", {3}),
        ("#12とは別の問題です", {12}),
        ("不是 #12 的重复", {12}),
        ("This is a duplicate of #12", set()),
        ("I saw #12 but it's different.", {12}),
        ("Similar to #12, but not the same", {12}),
        ("#12 looks close, but mine is a different problem", {12}),
        ("I don't think this is a duplicate of #12 or #13", {12, 13}),
        ("please don't close this as duplicate of #12", {12}),
        ("#12 の重複ではありません", {12}),
        ("same as #12 but on a different OS", set()),
        ("same as #12 but it is a different version", set()),
        ("#12 was closed but it is not fixed", set()),
        ("Is this not a duplicate of #12?", set()),
        ("I am not sure whether it is a duplicate of #12", set()),
        ("It is not a new bug, see #12", set()),
        ("> not a duplicate of #12\n\nmine is", set()),
        ("```\nnot a duplicate of #12\n```", set()),
    ],
)
def test_explicit_denials_are_found(said: str, denied: set[int]) -> None:
    assert normalise("Lamp", f"{said}\n").denies == denied


def test_a_denial_in_the_title_counts() -> None:
    assert normalise("NOT A DUPLICATE of #12: lamp", "").denies == {12}


def test_mentions_are_this_repositorys_numbers() -> None:
    assert normalise("Lamp", "see #4, GH-5, other/repo#6 and /path#7 and #0").mentions == {4, 5}


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("", ""),
        ("bug", ""),
        ("Help", "please help!!!"),
        ("it doesn't work", ""),
        ("🐛", "![x](https://e.com/a.png)"),
        ("Error", "N/A"),
    ],
)
def test_reports_that_say_nothing_are_known(title: str, body: str) -> None:
    assert has_little_information(normalise(title, body))


@pytest.mark.parametrize(
    "title",
    ["Dimmer resets to full brightness after reboot", "支払い後に残高が表示されない", "Lamp ENOENT /dev/lamp0 udev"],
)
def test_short_reports_that_say_something_are_known(title: str) -> None:
    assert not has_little_information(normalise(title, ""))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Security vulnerability in the login page", ""),
        ("Path traversal when unpacking archives", "A crafted archive writes outside its folder."),
        ("CVE-2031-12345 is not fixed", ""),
        ("XSS in comments", ""),
        ("Weird parsing", "An attacker can send a crafted header, which leads to remote code execution."),
        ("Token handling", "This is a privilege escalation; proof of concept attached."),
        ("Sicherheitslücke im Login", ""),
        ("Session theft through the preview server", "Any website can read it. I would rather report this privately."),
        ("Where do I report this?", "Credentials leak to the next user. I do not want to post details in public."),
    ],
)
def test_security_reports_are_recognised(title: str, body: str) -> None:
    assert looks_like_security_report(normalise(title, body))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Charged twice, and the security code of my card was asked again", "Support says it is for security reasons."),
        ("Payment security check fails", "My bank blocked the charge for security. I want a refund."),
        ("They exploit their customers", "This billing is a scam and I feel exploited."),
        ("Unauthorised gift on my card", "Somebody bought a gift with my card. Fraud!"),
        ("This is not a security vulnerability", "Only a typo in the word security."),
        ("Injection moulding preset is missing", "The list of presets is empty."),
        ("Dark mode", "No security impact."),
        ("Any user can open the settings twice", "The window opens two times and the second one is empty."),
        ("Wrong charge", "Please answer me privately by mail, I do not like to share my invoice."),
    ],
)
def test_the_word_security_alone_makes_no_security_report(title: str, body: str) -> None:
    assert not looks_like_security_report(normalise(title, body))


def test_salient_text_is_bounded_and_keeps_the_error() -> None:
    text = Text("t", prose="word " * 2000, error="Error: lamp not found " * 100)
    assert len(salient(text)) <= 1001
    assert "lamp not found" in salient(text)
    assert salient(Text("only a title")) == "only a title"


def test_the_hash_follows_every_part() -> None:
    text = normalise("Lamp", "It flickers\n\n### Version\n\n1.2.3\n\nnot a duplicate of #3")
    assert text_hash(text) == text_hash(dataclasses.replace(text))
    changes = (
        {"title": "x"},
        {"prose": "x"},
        {"error": "x"},
        {"code": "x"},
        {"frames": ("x",)},
        {"fields": {}},
        {"denies": frozenset()},
    )
    hashes = {text_hash(dataclasses.replace(text, **change)) for change in changes}
    assert len(hashes | {text_hash(text)}) == len(changes) + 1


def test_invisible_and_control_characters_go() -> None:
    text = normalise("La\u200bmp\x00 \u202eoff", "It\u00adflick\u2060ers\x07 “now” ｆｕｌｌ\r\nnext")
    assert text.title == "Lamp off"
    assert text.prose == 'Itflickers "now" full\nnext'


@pytest.mark.parametrize(
    "body", ["", "![](a.png)", "```\n\n```", "\x00", "<!--", "```", "> ", "###", "- [ ]", "|", "🐛"]
)
def test_bodies_without_words_have_no_prose(body: str) -> None:
    assert normalise("Lamp", body).prose == ""


def test_a_body_of_only_code_is_code() -> None:
    text = normalise("Lamp", "```python\nlamp.on()\n```")
    assert (text.prose, text.code) == ("", "lamp.on()")
    assert salient(text) == "lamp.on()"


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40),
    st.text(max_size=400) | st.lists(st.sampled_from(list('#>*`-[]()<>!{}"\\:|. \nab1')), max_size=200).map("".join),
)
def test_any_text_can_be_read(title: str, body: str) -> None:
    text = normalise(title, body)
    assert normalise(title, body) == text
    assert len(salient(text)) <= 1001
    assert len(text_hash(text)) == 64


BAIT = (
    *(
        "[",
        "![",
        "[a](",
        "<a ",
        "<!--",
        "`",
        "```\n",
        "**",
        "_",
        "> ",
        "# ",
        "- [ ] ",
        "#1 ",
        "not a duplicate of #1 ",
        "at a (",
    ),
    *(
        '{"error":',
        "{",
        '{"a":{"error',
        "1: a::",
        'File "',
        "Error: ",
        "'a",
        '\\"',
        "|-",
        "   ",
        "    \n",
        "a: b ",
        "different from ",
    ),
    *("**a:", "\u200b", "ﷺ", "not ", "e: ", "https://", "<img ", "] ", "[redacted:", "~~~\n", "a_", "=\n", "중"),
)


@pytest.mark.parametrize("bait", BAIT)
def test_a_megabyte_of_bait_is_read_to_its_end(bait: str) -> None:
    text = normalise(bait * 200, bait * (1_000_000 // len(bait)))
    assert len(text.prose) <= 20_000
    assert len(text.title) <= 400


@pytest.mark.parametrize("line", ["every time it starts", "for example with two files", "enough of it is there"])
def test_an_ordinary_word_is_no_error_code(line: str) -> None:
    assert not is_error_line(line)


@pytest.mark.parametrize("line", ["open: ENOENT /tmp/x", "connect ECONNREFUSED", "EPERM while it was renamed"])
def test_an_error_code_makes_an_error_line(line: str) -> None:
    assert is_error_line(line)
