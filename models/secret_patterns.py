"""Where a text holds keys, tokens, passwords and private keys: detect-secrets' patterns, and what they leave out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from models.secret_shapes import SHAPES

Span = tuple[int, int, str]  # start, end, kind

# A plugin runs only where one of its literals occurs in lower case: to search for one costs microseconds, in the long
# runs of token characters still less. Left out are the plugins whose patterns take quadratic time on bait (JWT, npm,
# OpenAI, Cloudant, IBM, SoftLayer; their keys are found below) and Artifactory's, which takes words for keys.
_TOKEN_PLUGINS: tuple[tuple[type[RegexBasedDetector], tuple[str, ...]], ...] = (
    (AWSKeyDetector, ("a3t", "abia", "acca", "akia", "asia")),
    (GitHubTokenDetector, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    (GitLabTokenDetector, ("gl", "gr1348941")),
    (MailchimpDetector, ("-us",)),
    (PypiTokenDetector, ("pypi-age",)),
    (SlackDetector, ("xox",)),
    (SquareOAuthDetector, ("sq0csp-",)),
    (StripeDetector, ("k_live_",)),
    (TwilioKeyDetector, ("ac", "sk")),
)
_TEXT_PLUGINS: tuple[tuple[type[RegexBasedDetector], tuple[str, ...]], ...] = (
    (AWSKeyDetector, ("aws",)),
    (AzureStorageKeyDetector, ("accountkey=",)),
    (BasicAuthDetector, ("://",)),
    (DiscordBotTokenDetector, (".",)),
    (SendGridDetector, ("sg.",)),
    (SlackDetector, ("hooks.slack.com",)),
)
_IN_TOKENS = tuple((tuple(plugin().denylist), literals) for plugin, literals in _TOKEN_PLUGINS)
_IN_TEXT = tuple((tuple(plugin().denylist), literals) for plugin, literals in _TEXT_PLUGINS)

# Prefixes of tokens that the plugins do not know, or know in an old form; what follows must be long and hold a digit.
_PREFIXES = (
    *("sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "pk_test_", "whsec_", "github_pat_", "ghp_"),
    *(
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "glpat-",
        "gldt-",
        "npm_",
        "hf_",
        "aiza",
        "ya29.",
        "gocspx-",
        "xapp-",
        "xoxe.",
        "xoxe-",
    ),
    *(
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xoxs-",
        "xoxr-",
        "dop_v1_",
        "doo_v1_",
        "shpat_",
        "shpss_",
        "rubygems_",
        "glsa_",
        "lin_api_",
    ),
    *("pplx-", "gsk_", "xai-", "r8_", "figd_", "dckr_pat_", "tvly-", "nvapi-", "pmak-", "sntrys_", "sntryu_", "atatt3"),
    *("age-secret-key-1", "sq0atp-", "eaaa", "phc_", "phx_", "ntn_", "pat-na1-", "pscale_tkn_", "fo1_", "akc"),
    *(
        "glrt-",
        "pscale_pw_",
        "pscale_oauth_",
        "nrak-",
        "hrku-",
        "tskey-",
        "pul-",
        "sbp_",
        "sb_secret_",
        "lsv2_",
        "fm2_",
        "fm1_",
    ),
)
_PREFIXES_DOTTED = ("ya29.", "xoxe.", "hvs.", "hvb.", "hvr.", "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.")
_LONG = re.compile(r"[A-Za-z0-9_-]{18,}")
_DOTTED = re.compile(r"[A-Za-z0-9]+\.[A-Za-z0-9_.-]{15,}")
_TELEGRAM_HINT = re.compile(r":[0-9A-Za-z_-]{35}")
_TOKEN_TAIL = re.compile(r"(?:[_-]*[A-Za-z0-9])*")

_JWT = re.compile(r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_=-]{5,}\.[A-Za-z0-9_=-]+(?:\.[A-Za-z0-9_+/=-]*)*")

_KEYWORDS = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "api_key", "apikey", "api-key", "api key"),
    *("access_key", "access-key", "accesskey", "private_key", "privatekey", "private-key", "auth_key", "authkey"),
    *("account_key", "accountkey", "credential", "signature", "sig=", "_auth=", "encryption_key", "signing_key"),
    *(
        "passwort",
        "kennwort",
        "mot de passe",
        "contraseña",
        "senha",
        "пароль",
        "密码",
        "密碼",
        "パスワード",
        "비밀번호",
    ),
)
_ASSIGNED = re.compile(
    r"""(?:[A-Za-z_-]{0,24}["'\]]?|sig)\\{0,3}["'`*\]]{0,4}[ \t]{0,3}
    (?P<sign>:=|=>|={1,3}|::?|(?<=[ ])(?:is|was|ist|est|es)(?=[ :]):?)[ \t*]{0,4}
    (?P<quote>\\{0,3}["'`]{0,3})(?P<value>[^\s"'`,;&<>()\[\]{}|\\]{6,})""",
    re.VERBOSE,
)
_OPTION = re.compile(r"""[ \t]{1,3}["']?(?P<value>[^\s"'`<>()\[\]{}$|;&]{6,})""")
_OPTION_BEFORE = re.compile(r"(?<![\w-])--(?:[a-z]{1,12}-){0,2}\Z")
_STRONG = ("pass", "pwd", "secret")  # after these even a word of letters is a secret, if quoted or after "="
_NO_VALUE = re.compile(
    r"(?i)(?:[*x.•_-]+|\$.*|%.*%|null|none|nil|true|false|undefined|required|missing|invalid|expired|your[-_ ].*"
    r"|redacted|changeme|placeholder|string|optional|https?:.*)"
)

_HEADER = re.compile(
    r"""(?i)["'`]?(?:authorization|x-api-key|x-auth-token)\\{0,3}["'`]{0,2}[ \t]{0,3}[:=][ \t]{0,3}\\{0,3}["'`]{0,2}
    (?:(?:bearer|basic|token|apikey|negotiate|digest)[ \t]{1,3})?(?P<value>[^\s"'`,;<>()\[\]{}\\]{4,})""",
    re.VERBOSE,
)
_COOKIE = re.compile(r"""(?i)cookie["']?[ \t]{0,3}:[ \t]{0,3}["']?(?P<value>[\w.-]+=[^\s;"'\[\]][^\n"'\[\]]*)""")
_BEARER = re.compile(r"(?i)bearer(?:[ \t]|%20|\+){1,3}(?P<value>[A-Za-z0-9._~+/=-]{8,})")
_BASIC = re.compile(r"(?i)basic[ \t]{1,3}(?P<value>[A-Za-z0-9+/_-]{6,}={0,2})")
_CURL_USER = re.compile(r"""curl[^\n]{0,300}?[ \t](?:-u|--user)[ =]?["']?(?P<value>[^\s:"'\[\]]+:[^\s"'\[\]]+)""")
_USER_INFO = re.compile(r"://(?P<value>[^\s/?#@\"'<>\[\]`]{0,200}:[^\s/@\"'<>\[\]`]{1,200}|[A-Za-z0-9_-]{20,200})@")

_PEM_HEAD = 64  # letters of Base64 that hold the first line of a key

_PRIVATE = re.compile(r"-{2,5} ?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{2,5}|PuTTY-User-Key-File-[23]")
_PRIVATE_END = re.compile(r"-{2,5} ?END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{2,5}|Private-MAC:[^\n]*")
_PRIVATE_BODY = re.compile(r"(?:\s|\\[nr]|[A-Za-z0-9+/=]{16,}|(?:Proc-Type|DEK-Info|Version|Comment):[^\n]*)*")
_PRIVATE_MOST = 20_000  # characters between BEGIN and END
_DIGIT = re.compile(r"\d")


def find_secrets(text: str, folded: str) -> Iterator[Span]:
    """Spans of secrets in `text`; `folded` is `text` in ASCII lower case, of the same length."""
    yield from _by_plugins(text, folded)
    yield from _by_prefix(text, folded)
    if _TELEGRAM_HINT.search(text):
        yield from _extended(TelegramBotTokenDetector().denylist[0], text)
    if "private key" in folded or "putty-user-key" in folded:
        yield from _private_keys(text)
    yield from _assignments(text, folded)
    yield from _valued(text, folded, _HEADER_PATTERNS, "credentials")
    yield from _valued(text, folded, SHAPES, "key")
    if "eyj" in folded:
        for found in _JWT.finditer(text):
            yield (*found.span(), "key")


def _by_plugins(text: str, folded: str) -> Iterator[Span]:
    tokens = "\n".join(_LONG.findall(folded))
    for searched, plugins in ((tokens, _IN_TOKENS), (folded, _IN_TEXT)):
        for patterns, literals in plugins:
            if any(literal in searched for literal in literals):
                for pattern in patterns:
                    yield from _extended(pattern, text)


def _extended(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Matches of a detector's pattern, each with the rest of its token: a longer key must not leave its tail."""
    found = pattern.search(text)
    while found is not None:
        start, end = found.span()
        if pattern.groups and found.end(1) - found.start(1) >= 20:
            start, end = found.span(1)
        if text[start:end].startswith("://"):
            start, end = start + 3, end - 1
        elif tail := _TOKEN_TAIL.match(text, end):
            end = max(end, tail.end())
        yield start, end, "key"
        found = pattern.search(text, max(end, found.end()))


def _by_prefix(text: str, folded: str) -> Iterator[Span]:
    for found in _LONG.finditer(text):
        start = found.start() + _decoration(text, found.start())
        if folded.startswith(_PREFIXES, start) and _is_token(text[start + 3 : found.end()]):
            yield start, found.end(), "key"
    for prefix in _PREFIXES_DOTTED:
        for start in occurrences(folded, prefix):
            dotted = _DOTTED.match(text, start)
            if dotted is not None and _is_token(dotted[0][len(prefix) :]):
                yield (*dotted.span(), "key")


def _decoration(text: str, start: int) -> int:
    """How many characters of a run come before the token: the n of an escaped line end, dashes, underscores."""
    if start and text[start - 1] == "\\" and text[start] in "nrt":
        return 1
    return len(text[start : start + 9]) - len(text[start : start + 9].lstrip("_-"))


def _is_token(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _private_keys(text: str) -> Iterator[Span]:
    position, end_is_known_missing = 0, False
    while (begin := _PRIVATE.search(text, position)) is not None:
        end = None
        if not end_is_known_missing:
            end = _PRIVATE_END.search(text, begin.end())
            end_is_known_missing = end is None
        if end is not None and end.start() - begin.end() <= _PRIVATE_MOST:
            position = end.end()
        else:
            body = _PRIVATE_BODY.match(text, begin.end())
            position = max(begin.end(), begin.end() + len(body[0].rstrip()) if body else 0)
        yield begin.start(), position, "private-key"


def _assignments(text: str, folded: str) -> Iterator[Span]:
    for keyword in _KEYWORDS:
        position = 0  # what was read once as a value is not read again: bait would take quadratic time
        for start in occurrences(folded, keyword):
            if start < position:
                continue
            end = start + len(keyword) - keyword.endswith("=")
            found = _ASSIGNED.match(text, end) or _option(text, start, end)
            position = found.end() if found is not None else start
            if found is not None and _is_secret(keyword, found):
                yield (*found.span("value"), "secret")


def _option(text: str, start: int, end: int) -> re.Match[str] | None:
    """The value of an option of a command, `--password VALUE`."""
    return _OPTION.match(text, end) if _OPTION_BEFORE.search(text, max(0, start - 30), start) else None


def _is_secret(keyword: str, found: re.Match[str]) -> bool:
    value = found["value"].rstrip(".:!?*")
    called = found.string[found.end("value") : found.end("value") + 1] in ("(", "[")
    if called or _NO_VALUE.fullmatch(value):
        return False
    if found.re is _OPTION:
        return _is_token(value)
    said = found["sign"].strip(":").isalpha()
    sure = not said and (bool(found["quote"]) or found["sign"] != ":")
    if keyword.startswith(_STRONG) and sure:
        return True
    return len(value) >= 8 and _is_token(value)


def _valued(text: str, folded: str, patterns: Iterable[tuple[str, re.Pattern[str]]], kind: str) -> Iterator[Span]:
    """The values of patterns that are tried only where their literal, in lower case, stands."""
    for needle, pattern in patterns:
        position = 0
        for start in occurrences(folded, needle):
            if start < position:
                continue
            found = pattern.match(text, start)
            position = found.end() if found is not None else start
            if found is not None and _is_credential(needle, found["value"]):
                yield (*found.span("value"), kind)


def _is_credential(needle: str, value: str) -> bool:
    if needle == "bearer":
        return _is_token(value) or len(value) >= 20
    if needle in {"basic", "auth"}:
        return _decodes_to_pair(value)
    if needle == "ls0tls1crudjti":
        return b"PRIVATE KEY" in _decoded(value[:_PEM_HEAD])
    if needle == "curl":
        return not value.replace(":", "").isdigit()
    return not _NO_VALUE.fullmatch(value)


def _decodes_to_pair(value: str) -> bool:
    return b":" in _decoded(value)


def _decoded(value: str) -> bytes:
    """What Base64 stands for; nothing where it is none."""
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def occurrences(text: str, needle: str) -> Sequence[int]:
    """Start of every occurrence of `needle`."""
    start = text.find(needle)
    if start < 0:
        return ()
    found = []
    while start >= 0:
        found.append(start)
        start = text.find(needle, start + 1)
    return found


def has_digits(text: str) -> bool:
    """Whether what needs a digit is worth looking for."""
    return _DIGIT.search(text) is not None


def says(text: str, folded: str, words: Iterable[str]) -> bool:
    """Whether a pattern that begins with one of these words, whatever their case, is worth looking for. Letters outside
    of ASCII have more cases than `folded` knows: there it always is."""
    return not text.isascii() or any(word in folded for word in words)


_HEADER_PATTERNS = (
    ("authorization", _HEADER),
    ("x-api-key", _HEADER),
    ("x-auth-token", _HEADER),
    ("cookie", _COOKIE),
    ("bearer", _BEARER),
    ("basic", _BASIC),
    ("curl", _CURL_USER),
    ("://", _USER_INFO),
)
