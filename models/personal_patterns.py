"""Where a text holds what names a person or an account: addresses, ids, card digits, user names in paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.secret_patterns import Span, has_digits, occurrences

_LOCAL_MOST = 64  # characters before the @, RFC 5321
_AT = re.compile(r"@|%40|\\{1,3}u0040|&#64;")
_LOCAL = re.compile(r"[\w.+'-]{1,64}\Z")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}(?P<top>[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})(?![\w])", re.IGNORECASE)
_LOCAL_QUOTED = re.compile(r"\"[^\"\n@]{1,64}\"\Z")
_AT_SAID = re.compile(r"(?i)[ ]?[\[({<][ ]?(?:at|@)[ ]?[\])}>][ ]?")
_DOMAIN_SAID = re.compile(
    r"(?i)(?:[\w-]{1,63}(?:\.|[ ]?[\[({<][ ]?(?:dot|\.)[ ]?[\])}>][ ]?)){1,8}(?P<top>[^\W\d_]{2,24})(?!\w)"
)
_HOST = re.compile(r"[\w.-]{1,63}(?::(?=[~/])|(?= [\w~/.-]{1,80} ?\]?[%$#](?:\s|\Z)))")  # of a shell's prompt
_PROMPT_NAME = re.compile(r"(?<![\w./@+-])[A-Za-z_][\w.-]{0,31}\Z")
_USER_SET = re.compile(r"(?<![A-Za-z0-9_])(?:USER|LOGNAME|USERNAME)=[\"']?(?P<name>[^\s\"'`;&|,$%{<()\[\]]{1,64})")
_TILDE = re.compile(r"(?<![\w/.~])~(?P<name>[A-Za-z_][\w.-]{1,31})(?=/)")
_FILE_ENDING = re.compile(r"(?i)(?:[cm]?[jt]sx?|py|go|rb|java|kt|vue|php|log|txt|json|ya?ml|toml|exe|html?|css)\Z")
_SOURCE_FILE = re.compile(r"(?i)(?:[cm]?[jt]sx?|py|rs|go|rb|java|kt|vue|php|wasm)(?::\d|\b/)")

_UUID_TAIL = re.compile(r"-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")  # found by its dash, which is rarer
_UUID_HEAD = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}\Z")
_OWNER_WORD = re.compile(
    r"(?i)organi[sz]ation|(?<![a-z])orgs?(?![a-z])|account|workspace|request|invoice|receipt|conversation|(?<![a-z])chat|session"
    r"|customer|user(?!-attach|-images)|feedback|ticket|support|subscription|transaction|payment|order|trace|correlation|message|device|machine"
    r"|install|tenant|client|/share/\Z|team|member|case|billing|(?<![a-z])id(?![a-z])|uuid"
)
_BEFORE, _AFTER = 60, 24  # characters around a UUID that may name what it identifies

_ID_BODY = re.compile(r"[_-](?P<value>[A-Za-z0-9]{8,})(?![A-Za-z0-9])")
_ID_PREFIX = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:req|org|acct|account|in|inv|invoice|cus|customer|sub|pi|ch|pm|cs|evt|txn|card|msg"
    r"|conv|conversation|sess|session|user|usr|wrkspc|workspace|seti|src|tok|price|prod|ii|il|si|py|po|rcpt|receipt|proj"
    r"|team|chatcmpl|resp|run|thread|asst|file|batch|toolu|call|cmpl|order|pay|payment|tkt|case)(?:_test|_live)?\Z",
    re.IGNORECASE,
)
_ID_PREFIX_MOST = 24
_COUNTED = re.compile(
    r"(?i)(?:^|[^a-z0-9])(?:req|org|acct|account|cus|customer|user|inv|invoice|conv|conversation|session)\Z"
)
_LETTERS_THEN_DIGITS = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_NAMED_WORDS = (
    *("organisation", "organization", "org", "account", "acct", "workspace", "request", "req", "invoice", "receipt"),
    *(
        "conversation",
        "chat",
        "session",
        "customer",
        "user",
        "feedback",
        "support ticket",
        "support case",
        "subscription",
    ),
    *(
        "transaction",
        "payment",
        "order",
        "trace",
        "correlation",
        "message",
        "device",
        "machine",
        "tenant",
        "client",
        "member",
        "rechnungs",
        "kunden",
        "bestell",
    ),
)
_INVOICE_WORDS = ("facture", "factura", "fatura", "fattura", "rechnung ")
_NAMED_ID = re.compile(
    r"""(?:s|[ _-]?(?:ticket|case))?[ _-]{0,2}(?:ids?|uuid|number|nummer|num|no\.?|nr\.?|\#|№)
    [*_`]{0,3}\\?["'\]]?[ \t]{0,2}(?:is|was|:|=|\#)?[ \t*`]{0,6}(?:\r?\n){0,2}\\?["'`(\[#]{0,3}
    (?P<value>[A-Za-z0-9](?:[A-Za-z0-9_-]{3,}[A-Za-z0-9]))(?![A-Za-z0-9])""",
    re.VERBOSE | re.IGNORECASE,
)
_INVOICE = re.compile(
    r"(?:invoice|receipt|facture|factura|fatura|fattura|rechnung)s?(?:[ :#*`]|no\.?|n[°ºr]\.?|number){0,12}"
    r"(?P<value>[A-Z0-9]{4,}-[0-9]{3,}(?:-[0-9]+)*|\#?[0-9]{6,})\b",
    re.IGNORECASE,
)
_HEADER_IDS = (
    ("cf-ray", re.compile(r"(?i)cf-ray[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?P<value>[0-9a-f]{16}(?:-[A-Z]{3})?)")),
    ("traceparent", re.compile(r"(?i)traceparent\W{1,6}(?P<value>[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})")),
    (
        "trace-id",
        re.compile(r"(?i)trace-id[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:root=)?(?P<value>1-[0-9a-f]{8}-[0-9a-f]{24})"),
    ),
    ("arn:aws", re.compile(r"arn:aws[\w-]{0,12}:[\w-]{0,40}:[\w-]{0,30}:(?P<value>\d{12}(?::user/[\w+=,.@-]{1,64})?)")),
    ("account", re.compile(r"(?i)account[s ]?[:#=\t ]{0,4}(?P<value>\d{12})(?!\w)")),
)
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T.*)?")

_SEPARATOR = r"(?:[/\\]|%2[fF]|%5[cC]){1,8}"
_NOT_IN_NAME = r"\s/\\:\"'<>|*?`,;()\[\]{}$"
_HOME_WORDS = ("users", "home", "documents and settings")
_HOME_BEFORE = re.compile(rf"(?:{_SEPARATOR}|(?<![A-Za-z0-9_.-])|(?:^|(?<=[^A-Za-z0-9]))(?P<dash>-))\Z")
_HOME = re.compile(
    rf"(?:users|documents and settings|home)(?:(?P<dash>-)|(?P<sep>{_SEPARATOR}))"
    rf"(?P<name>(?:(?!%2[fF]|%5[cC])[^{_NOT_IN_NAME}%#&=]){{1,64}})"
    rf"(?P<more>(?: [^{_NOT_IN_NAME}]{{1,40}}){{1,2}}(?=\\)|(?: (?-i:[A-Z])[^{_NOT_IN_NAME}]{{1,40}}){{1,2}}(?=/))?",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    {"shared", "public", "default", "linuxbrew", "runner", "runneradmin", "vsts", "vscode", "codespace", "..."}
)
_MACHINE_USERS = frozenset({"git", "root", "ubuntu", "node", "ec2-user", "pi", "user", "npm", "docker", "admin"})


def find_personal(text: str, folded: str) -> Iterator[Span]:
    """Spans of personal data in `text`; `folded` is `text` in ASCII lower case, of the same length."""
    yield from _addresses(text)
    yield from _ids(text, folded)
    yield from _home_names(text, folded)


def _addresses(text: str) -> Iterator[Span]:
    if any(sign in text for sign in ("@", "%40", "\\u0040", "&#64;")):
        yield from _written_addresses(text)
    for at in _AT_SAID.finditer(text):
        domain = _DOMAIN_SAID.match(text, at.end())
        local = _LOCAL.search(text, max(0, at.start() - _LOCAL_MOST), at.start()) if domain else None
        if domain and local and not _FILE_ENDING.match(domain["top"]):
            yield local.start(), domain.end(), "email"


def _written_addresses(text: str) -> Iterator[Span]:
    for at in _AT.finditer(text):
        yield from _prompt_name(text, at)
        domain = _DOMAIN.match(text, at.end())
        before = max(0, at.start() - _LOCAL_MOST - 2)
        local = (
            (_LOCAL.search(text, before, at.start()) or _LOCAL_QUOTED.search(text, before, at.start()))
            if domain
            else None
        )
        if domain is None or local is None or _is_no_address(text, local[0], domain):
            continue
        escaped = text[max(0, local.start() - 1) : local.start()] == "\\" and local[0][0] in "nrt" and len(local[0]) > 1
        yield local.start() + escaped, domain.end(), "email"


def _prompt_name(text: str, at: re.Match[str]) -> Iterator[Span]:
    """The user's name in `maria@laptop:~/code` and `maria@laptop code %`."""
    if _HOST.match(text, at.end()):
        name = _PROMPT_NAME.search(text, max(0, at.start() - 32), at.start())
        if name and name[0].lower() not in _NOBODY | _MACHINE_USERS:
            yield (*name.span(), "user")


def _is_no_address(text: str, local: str, domain: re.Match[str]) -> bool:
    if local == "git" or local.endswith("/git"):
        return True
    return _SOURCE_FILE.match(text, domain.start("top")) is not None


def _ids(text: str, folded: str) -> Iterator[Span]:
    yield from _uuids(text)
    yield from _header_ids(text, folded)
    if not has_digits(text):
        return
    for found in _ID_BODY.finditer(text):
        if _is_mixed(found["value"]) or found["value"].isdigit():
            prefix = _ID_PREFIX.search(text, max(0, found.start() - _ID_PREFIX_MOST), found.start())
            if prefix is not None and (not found["value"].isdigit() or _COUNTED.search(prefix[0])):
                yield prefix.start(), found.end(), "id"
    for word in (*_NAMED_WORDS, *_INVOICE_WORDS):
        for start in occurrences(folded, word):
            yield from _named_id(text, start, start + len(word))


def _header_ids(text: str, folded: str) -> Iterator[Span]:
    for literal, pattern in _HEADER_IDS:
        for start in occurrences(folded, literal):
            if found := pattern.match(text, start):
                yield (*found.span("value"), "id")


def _uuids(text: str) -> Iterator[Span]:
    if text.count("-") < 4:
        return
    for tail in _UUID_TAIL.finditer(text):
        start = tail.start() - 8
        if start < 0 or not _UUID_HEAD.match(text, start, tail.start()):
            continue
        near = text[max(0, start - _BEFORE) : start], text[tail.end() : tail.end() + _AFTER]
        if any(_OWNER_WORD.search(part) for part in near):
            yield start, tail.end(), "id"


def _named_id(text: str, start: int, end: int) -> Iterator[Span]:
    for pattern, position in ((_NAMED_ID, end), (_INVOICE, start)):
        found = pattern.match(text, position)
        if found is not None and any(c.isdigit() for c in found["value"]) and not _DATE.fullmatch(found["value"]):
            yield (*found.span("value"), "id")


def _is_mixed(value: str) -> bool:
    """Whether letters and digits alternate as in an id, unlike a word with a number or a year behind it."""
    changes = len(_LETTERS_THEN_DIGITS.findall(value))
    return changes >= 2 or (changes >= 1 and len(value) >= 12 and value != value.lower() != value.upper())


def _home_names(text: str, folded: str) -> Iterator[Span]:
    for signs, pattern in ((("USER", "LOGNAME"), _USER_SET), (("~",), _TILDE)):
        for user in pattern.finditer(text) if any(sign in text for sign in signs) else ():
            if user["name"].lower() not in _NOBODY | _MACHINE_USERS:
                yield (*user.span("name"), "user")
    for word in _HOME_WORDS:
        for start in occurrences(folded, word):
            before = _HOME_BEFORE.search(text, max(0, start - 24), start)
            found = _HOME.match(text, start) if before else None
            if before is None or found is None or bool(before["dash"]) != bool(found["dash"]):
                continue
            name = re.match(r"[^-]+", found["name"]) if found["dash"] else re.match(r".+", found["name"])
            if name and name[0].strip("._~") and name[0].lower() not in _NOBODY and not _is_address(text, found):
                yield (
                    found.start("name"),
                    found.end("more") if found["more"] else found.start("name") + name.end(),
                    "user",
                )


def _is_address(text: str, found: re.Match[str]) -> bool:
    """Whether the path belongs to a web address, or is a relative one such as `users/12`."""
    if found["dash"]:
        return False
    head = text[max(0, found.start() - 200) : found.start()]
    token = re.split(r"[\s\"'`(<=]", head)[-1]
    if re.search(r"(?i)(?:https?|git|ssh)://", token):
        return True
    lower = found[0].startswith("users")
    return lower and ":" not in token and "\\" not in found["sep"] and "/mnt/" not in token
