from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.redact import RECIPE, redact

# Put together here, so that no scanner takes this file for a leak.
_BODY = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
_UUID = "73355090-5ee2-4e86-8762-360f79f899ab"
SECRETS = {
    "openai": "sk-" + "proj-" + _BODY,
    "anthropic": "sk-" + "ant-api03-" + _BODY + _BODY,
    "github": "gh" + "p_" + _BODY + "1234",
    "github-fine": "github" + "_pat_" + _BODY + "_" + _BODY,
    "gitlab": "gl" + "pat-" + _BODY[:20],
    "slack": "xox" + "b-123456789012-123456789012-" + "abcdEFGH1234abcd",
    "stripe": "sk" + "_live_" + _BODY + "99",
    "stripe-test": "sk" + "_test_" + _BODY,
    "aws": "AKIA" + "ABCD1234EFGH5678",
    "google": "AI" + "za" + _BODY + "abc",
    "hugging-face": "hf" + "_" + _BODY,
    "npm": "npm" + "_" + _BODY + "abcd",
    "sendgrid": "SG" + "." + _BODY[:22] + "." + _BODY + "abcdefghijk",
    "vault-batch": "hv" + "b." + _BODY * 3,
    "doppler": "dp" + ".pt." + _BODY + _BODY[:11],
    "planet-scale": "pscale" + "_pw_" + _BODY,
    "supabase": "sb" + "_secret_" + _BODY,
    "new-relic": "NR" + "AK-" + _BODY[:27].upper(),
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0In0" + ".c2lnbmF0dXJlLWhlcmU",
    "email": "jane.doe+billing@mail.example.co.uk",
    "request": "req_" + "011CZYZT4WHt15Eyr5w4VjJf",
    "organisation": "org-" + "Ab12Cd34Ef56Gh78Ij90Kl12",
    "account": "acct_" + "1MtHbELkdIwHu7ix",
    "invoice": "in_" + "1MtHbELkdIwHu7ixl4OzzPMv",
    "customer": "cus_" + "NffrFeUfNV2Hib12",
    "card": "4242424242424242",
    "card-spaced": "5555 5555 5555 4444",
    "card-dashed": "3782-822463-10005",
    "card-long-dashed": "4242\u20134242\u20134242\u20134242",
    "card-dotted": "4242.4242.4242.4242",
    "tailscale": "tskey" + "-auth-kABCDEF1CNTRL-" + _BODY,
    "pulumi": "pul" + "-" + "0a1b2c3d4e5f6071" * 2,
    "airtable": "pat" + _BODY[:14] + "." + "0a1b2c3d4e5f6071" * 4,
    "iban": "DE89 3704 0044 0532 0130 00",
}
SURROUNDINGS = (
    "{}",
    "before {} after",
    '"{}"',
    "'{}'",
    "`{}`",
    "({})",
    "[{}](https://example.com)",
    "[text](https://example.com/?q={}&x=1)",
    "https://example.com/?key={}&page=2",
    '{{"value":"{}","n":1}}',
    '{{\\"value\\":\\"{}\\"}}',
    "line\\n{}\\nline",
    "line\n{}\nline",
    "<b>{}</b>",
    "**{}**",
    "| {} |",
    "> {}",
    "key={};",
    "export KEY={}",
    "\u200b{}\u200b",
    "\ufeff{}\u202e",
    "值：{}。",
)
IN_CONTEXT = (
    ('password: "{}"', "hunter2secret"),
    ("PASSWORD={}", "correcthorse"),
    ("db_password = '{}'", "x9!kkq"),
    ("api_key: {}", "abcd1234efgh"),
    ("AWS_SECRET_ACCESS_KEY={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("Authorization: Bearer {}", "abcDEF123456.xyz"),
    ("AUTHORIZATION: BEARER {}", "abcDEF123456.xyz"),
    ("-H 'x-api-key: {}'", "abcdefabcdef"),
    ("Authorization: Basic {}", "dXNlcjpwYXNzd29yZA=="),
    ("postgres://app:{}@db.example.com/x", "s3cr3tpw"),
    ("curl -u jane:{} https://example.com", "pa55word"),
    ("Cookie: sid={}; theme=dark", "abc123def456"),
    ("redis://:{}@10.0.0.5:6379/0", "s3cr3tpw"),
    ("machine api.github.com login me password {}", "abc123def456"),
    ('{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}', "dXNlcjpwYXNzd29yZA=="),
    ("client-key-data: {}", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ" + _BODY),
    ("https://discord.com/api/webhooks/1234567890123456789/{}", _BODY * 2),
    ("https://lamps.webhook.office.com/{}", f"webhookb2/{_UUID}@{_UUID}/IncomingWebhook/{_BODY}"),
    ("the old Mailgun {} is there", "key-" + "0123456789abcdef" * 2),
    ("Authorization: SSWS {}", "00" + _BODY),
    ("FLY_ACCESS: FlyV1 {}", "fm2_" + _BODY + "+/" + _BODY),
    ("routable {} of GitLab", "gl" + "pat-" + _BODY[:27] + ".01.0a1b2c3d4"),
    ("Azure: abc8Q~{}", _BODY[:31]),
    ("cf-ray: {}", "8f1a2b3c4d5e6f70-FRA"),
    ("traceparent: {}", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("arn:aws:iam::{}", "123456789012:user/maria"),
    ("AWS account {}", "123456789012"),
    ("Rechnungsnummer {}", "2025-448812"),
    ("Karte endet auf {}", "4242"),
    ("write to {} please", "maria [at] example.com"),
    ("write to {} please", "maria (at) example (dot) com"),
    ("{}@laptop:~/code$ make", "maria"),
    ("{}@MacBook-Pro code % make", "maria"),
    ("LOGNAME={}", "maria"),
    ("~{}/code", "maria"),
    ("/Users/{}/Library", "Maria Kern"),
    ("Organization ID: {}", _UUID),
    ("ORGANIZATION ID: {}", _UUID.upper()),
    ("### Organization ID\n\n{}", _UUID),
    ("my account is {}", _UUID),
    ('"session_id":"{}"', _UUID),
    ('\\"conversationId\\":\\"{}\\"', _UUID),
    ("Conversation ID {}", "2154740763616"),
    ("Invoice number: {}", "A1B2C3D4-0007"),
    ("my Visa ending in {}", "4242"),
    ("/home/{}/project", "maria"),
    ("/Users/{}/Library", "maria.k"),
    ("/Users/{}", "maria"),
    ("C:\\Users\\{}\\AppData", "Maria Kern"),
    ("C:\\\\Users\\\\{}\\\\AppData", "maria"),
    ("c:/users/{}/appdata", "maria"),
    ("/mnt/c/Users/{}/x", "maria"),
    ("\\\\wsl$\\Ubuntu\\home\\{}\\x", "maria"),
    ("\\\\wsl.localhost\\Debian\\home\\{}\\x", "maria"),
    ("home/{}/x", "maria"),
    ("file:///Users/{}/x.js:1:2", "maria"),
    ("~/.app/projects/-Users-{}-code", "maria"),
    ('{{"a":"{{\\\\\\"password\\\\\\":\\\\\\"{}\\\\\\"}}"}}', "correcthorse"),
    ('{{\\\\\\"auth\\\\\\":\\\\\\"{}\\\\\\"}}', "dXNlcjpwYXNzd29yZA=="),
    ("login --password {}", "hunter2secret"),
    ("run `tool --api-token {}`", _BODY),
    ("sshpass -p '{}' ssh box", "hunter2"),
    ("mysql -u app -p{} db", "S3cretPw"),
    ("define('DB_PASSWORD', '{}');", "x9! kkq"),
    ("my password is {}", "hunter2secret"),
    ("Passwort: {}", "hunter2secret"),
    ("mot de passe : {}", "hunter2secret"),
    ("密码：{}", "hunter2secret"),
    ("https://example.com/callback?code={}&state=x", _BODY),
    ("https://example.com/magic-link#{}", _BODY),
    ("maria\\\\u0040{}", "example.com"),
    ("https://example.com/share/{}", _UUID),
    ("[{}@fedora ~]$ ls", "maria"),
    ("drwxr-xr-x  5 {} staff 160 Jan 1 x", "maria"),
    ("-rw-r--r-- 1 root {} 0 Jan 1 x", "maria"),
    ("uid=501({}) gid=20(staff)", "maria"),
    ("Darwin {}-MacBook-Pro.local 23.5.0", "Marias"),
    ("ticket #{}", "215473920934"),
    ("case number: {}", "00123456"),
    ("注文番号 {}", "1234567890"),
    ("PayPal transaction {}", "8AB12345CD678901E"),
    ("card xxxx-xxxx-xxxx-{}", "4242"),
    ("Mastercard {}.", "4242"),
    ("CVC: {}", "123"),
    ("SSN {}", "078-05-1120"),
)
ORDINARY = (
    "Version 2.1.96 on macOS 14.5, Node v22.4.1, commit 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    "see #45013, owner/repo#12 and abc1234; HTTP 429, exit code 137, port 8080",
    "2026-04-08T14:10:00.020Z costs $1,234.56 or 1 234 567 tokens (max_tokens: 4096)",
    "uses: actions/checkout@v4.1 and npm i left-pad@1.3.0, @scope/pkg@latest, git@github.com:owner/repo.git",
    "The token expired: please sign in. Password: required. secret: see the docs",
    "at render (app@main.js:12:3) 1712345678901",
    "basic functionality, bearer authentication, a cookie: nothing",
    "https://api.github.com/users/octocat/repos and https://example.com/home/index.html",
    "in_progress user_settings org_chart_2024 invalid_request_error not_found_404",
    "smart-home-assistant, work-from-home/office, UTF-8, x86_64-unknown-linux-gnu, sha256:abcdef",
    "risk-free task-force ask-me-anything disk-usage-report-for-2024-and-2025",
    "max 5x plan, 5-hour limit, resets 8am (Europe/London), 100% used",
    'const token = await getToken(); api_key = os.environ["API_KEY"]',
    "look (at) startup.log and look [at] main.py; login failed: password wrong",
    "key-value store, key_of_2024_reports, secret_manager_version_2, /api/webhooks/12, auth: basic",
    "fonts 4242.4242 and 1.2.3.4, 1_000_000_000, in account 12 of 30, git@host:~/code, root@box:/srv",
    "--password-stdin, --token option, the token is expired, my password is required, a password is a word",
    "https://play.example.org/?code=fn%20main%28%29%20%7B%7D and ?error_code=unknown_error_1234567890",
    "test case is `18446744073709551615`, ticket #1234, in order 12, Visa 2024, 0xxxxx1234, a new-iMac, my-MacBook",
    "-rw-r--r-- 1 root root 0 Jan 1 x, mysql -P3306 -p, uid=0(root), pattern.0a1b",
    "GUID {00021401-0000-0000-C000-000000000046} is a constant of Windows",
)


def _visible(text: str) -> str:
    return "".join(c for c in text if c not in "\u200b\u200c\u200d\ufeff\u202e\u2060\xad")


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_goes_whatever_stands_around_it(kind: str) -> None:
    secret = SECRETS[kind]
    for surrounding in SURROUNDINGS:
        redacted = redact(surrounding.format(secret))
        assert secret not in _visible(redacted), surrounding
        assert secret[-6:] not in redacted, surrounding
        assert "[redacted:" in redacted, surrounding


@pytest.mark.parametrize(("context", "secret"), IN_CONTEXT)
def test_what_a_word_beside_it_makes_a_secret_goes(context: str, secret: str) -> None:
    redacted = redact(f"before\n{context.format(secret)}\nafter")
    assert secret not in redacted
    assert redacted.startswith("before\n")
    assert redacted.endswith("\nafter")
    assert redact(redacted) == redacted


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_to_the_letter(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_with_invisible_characters_inside_goes(kind: str) -> None:
    secret = SECRETS[kind]
    redacted = redact("x " + "\u200b".join(secret) + " y")
    assert secret not in _visible(redacted)
    assert redacted.startswith("x ")
    assert redacted.endswith(" y")


@pytest.mark.parametrize("kind", ["email", "iban", "card"])
def test_a_secret_in_full_width_letters_goes(kind: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in SECRETS[kind])
    assert wide not in redact(f"a {wide} b")


def test_a_whole_private_key_goes_and_its_surroundings_stay() -> None:
    body = "\n".join([_BODY * 2] * 8)
    marker = "PRIVATE" + " KEY"
    for kind in ("RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""):
        text = f"here:\n-----BEGIN {kind}{marker}-----\n{body}\n-----END {kind}{marker}-----\nthanks"
        assert redact(text) == "here:\n[redacted:private-key]\nthanks"
        assert _BODY not in redact(json.dumps(text))
        assert _BODY not in redact(text.split("-----END", maxsplit=1)[0])


def test_card_digits_need_a_right_check_digit() -> None:
    assert redact("4242 4242 4242 4243") == "4242 4242 4242 4243"
    assert redact("ids 4242424242424243 and 1234567890123") == "ids 4242424242424243 and 1234567890123"


def test_card_digits_are_found_among_other_numbers() -> None:
    assert redact("12 4242 4242 4242 4242 12/29 123") == "12 [redacted:card] 12/29 123"
    assert redact("DE89 3704 0044 0532 0130 00 PLAN 1 PRO") == "[redacted:iban] PLAN 1 PRO"


def test_placeholders_say_what_was_there() -> None:
    text = f"{SECRETS['email']} {SECRETS['github']} {SECRETS['card']} {SECRETS['request']} /home/maria/x"
    assert redact(text) == ("[redacted:email] [redacted:key] [redacted:card] [redacted:id] /home/[redacted:user]/x")


def test_many_secrets_all_go() -> None:
    text = " and ".join([*SECRETS.values()] * 20)
    redacted = redact(text)
    assert not [kind for kind, secret in SECRETS.items() if secret in redacted]
    assert redact(redacted) == redacted


_PLAIN = st.text(st.characters(codec="utf-8"), max_size=60)
_LETTERS = st.text(
    st.sampled_from("abc XYZ.,;:!?/\\@#%&=()[]{}<>\"'`*_-\n\u200b\u00e9\u4e2d\u06271234567890"), max_size=40
)


@settings(max_examples=300, deadline=None)
@given(before=_PLAIN | _LETTERS, after=_PLAIN | _LETTERS, kind=st.sampled_from(sorted(SECRETS)))
def test_inv_41_a_planted_secret_never_survives(before: str, after: str, kind: str) -> None:
    secret = SECRETS[kind]
    redacted = redact(f"{before} {secret} {after}")
    assert secret not in _visible(redacted)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PLAIN | _LETTERS | st.sampled_from(sorted(SECRETS.values())), max_size=6).map("".join))
@example("-----BEGIN " + "PRIVATE KEY-----")
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["the", "plan", "is", "charged", "twice", "again", "Crédit", "余额", "since", "v2.1.9"]),
        max_size=40,
    )
)
def test_words_stay_words(words: list[str]) -> None:
    text = " ".join(words)
    assert redact(text) == text


BAIT = (
    *("eyJ", "sk-", "@", "a@", "a@b.", "://a:", "-----BEGIN RSA PRIVATE " + "KEY-----\n", "password=", "token: ", "4 "),
    *(
        "home/",
        "C:\\Users\\a b ",
        "org id ",
        "%40",
        "a",
        "\u200b",
        "xoxb-1-",
        "curl -u ",
        "cookie: a=",
        "basic ",
        "***",
    ),
    *(
        "--password ",
        "mysql ",
        "mysql -p",
        "drwxr-xr-x 1 a ",
        "uid=1(",
        "xxxx-",
        "a-",
        "a-mac",
        "?code=a1",
        "visa ",
        "case ",
    ),
    *("aws key '", "/", "AB12 ", "-1a2b-", f"{_UUID} ", "in_1a2b3c4d5e-", "eyJa.", "SG.", "x-api-key: "),
)


@pytest.mark.parametrize("bait", BAIT)
def test_a_megabyte_of_bait_is_read_to_its_end(bait: str) -> None:
    assert isinstance(redact(bait * (1_000_000 // len(bait))), str)


def test_the_recipe_has_a_name() -> None:
    assert RECIPE
