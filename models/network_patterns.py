"""Where a text holds what leads to a person: public and hardware addresses, telephone numbers, logins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import chain

from models.secret_patterns import Span, has_digits, occurrences

_QUAD = re.compile(r"(?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.[\w*])(?!\+\w)")
_OCTET_OF_VERSIONS = 100  # the parts of a version are seldom larger, an address's mostly
_FIRST_OF_VERSIONS = 64
_SAYS_ADDRESS = re.compile(
    r"(?i)(?:(?<![a-z])(?:ip|ipv4|addr|address|ping|dial|tcp|udp|ssh|nslookup|dns|traceroute|remote_addr|x-forwarded-for"
    r"|x-real-ip|connect(?:ed|ing|ion)? (?:to|from))[\"'`*_\]]{0,3}"
    r"(?:[\s:=(]{1,4}(?:is|was|of|to|for)?[\s\"'`*]{0,4}(?:[\w.-]{1,32}@)?|\()|://(?:[\w.-]{1,32}@)?)"
)
_SAYS_VERSION = re.compile(
    r"(?i)(?:(?<![a-z])(?:v|ver|versions?|releases?|builds?|kernel|driver|firmware|bios|linux|windows|darwin|python|chrome"
    r"|edge|(?:up|down)grad\w{0,5}|updat\w{0,5}|install\w{0,5})(?![a-z])[\"'`*_\]]{0,3}[\s:=(\"'`*]{0,4}"
    r"(?:(?:from|to|is|was)\s)?"
    r"|[=<>~^!]=?\s?|(?<=[a-z0-9)])/|(?<=[a-z])@)"
)
_PORT_AFTER = re.compile(r":\d{2,5}(?![\w.:])|/\d{1,2}(?![\w.])")
_EXAMPLES_V4 = tuple(IPv4Network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
_EXAMPLES_V6 = IPv6Network("2001:db8::/32")
_EVERYBODYS = frozenset(  # name servers that everybody uses, and what people write in place of an address
    {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "4.2.2.2", "208.67.222.222", "208.67.220.220", "1.2.3.4"}
    | {"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe"}
)
_SIX = re.compile(r"(?<![\w:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{0,35}[0-9A-Fa-f:](?![\w:]|\.\d)")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_MAC_SIGNS = 5
_EMPTY_MACS = frozenset({"00" * 6, "ff" * 6})

_INTERNATIONAL = re.compile(r"(?<![\w+./=])\+[1-9](?:[ \u00a0().-]{0,2}\d){7,14}(?![\w+])(?![.,]\d)")
_NATIONAL = re.compile(r"(?<![\w.)+/-])(?:\(\d{3}\) ?\d{3}[-. ]\d{4}|[2-9]\d\d-\d{3}-\d{4})(?![\w-]|[.,]\d)")
_AMOUNT = re.compile(r"\+\d{1,3}([ \u00a0.])\d{3}(?:\1\d{3}){1,2}|\+\d{1,9}|\+\d{1,9}0{5}")
_PHONE_WORDS = (
    *("phone", "mobile", "whatsapp", "telefon", "téléphone", "teléfono", "telefone", "móvil", "celular", "handynummer"),
    *(
        "tel:",
        "tel.",
        "tel ",
        "fax",
        "sms",
        "call me",
        "cell is",
        "cell:",
        "cell number",
        "handy:",
        "电话",
        "手机",
        "電話",
        "телефон",
    ),
)
_SAID_PHONE = re.compile(
    r"(?:[\w-]{0,6}(?: ?(?:number|nummer|no\.?|nr\.?|is|to|at|on|号码|番号)){0,3})[\"'`*\]]{0,3}[ \t]{0,2}[:：#=]?"
    r"(?:\r?\n){0,2}[ \t\"'`*(（]{0,4}(?P<value>\+?\(?\d(?:[ \u00a0()./-]{0,2}\d){6,14})(?![\w%]|[.,:]\d)",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:19|20)\d\d[-/. ]?[01]\d[-/. ]?[0-3]\d.*|\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d.*")

_LOGIN = re.compile(
    r"(?<![\w\\/%.-])(?P<domain>[A-Za-z0-9][A-Za-z0-9-]{0,20}(?:\.[A-Za-z0-9-]{1,30}){0,3})\\{1,2}"
    r"(?P<name>[A-Za-z][\w.-]{1,40})(?![\w\\/(\[{*+$:])"
)
_OF_MACHINES = re.compile(r"(?:DESKTOP|LAPTOP|WIN|PC)-[A-Z0-9]{5,12}|(?i:azuread|microsoftaccount)")
_SAYS_LOGIN = re.compile(
    r"(?i)(?:(?<![a-z])(?:(?:log(?:ged|ging)? ?(?:in|on)|running|runs?|run ?as|signed in|executed|started) as"
    r"|login|logon|user(?: ?name)?|account(?: ?name)?|owner|identity|principal|whoami|denied (?:to|for)"
    r"|failed for)(?: user)?|/user|/u|-u)[\"'`*\]]{0,3}(?: is| was)?[\s:=]{1,8}[\"'`*(]{0,3}"
)
_NOT_A_DOMAIN = re.compile(
    r"(?i)(?:hk[a-z_]+|nt (?:authority|service)|builtin|authority|service|apppool|src|lib|bin|test|app)s?"
)
_FILE = re.compile(r"(?i)\.(?:[a-z]{1,4}|xaml|json|java|toml|yaml|html)\Z")


def find_network(text: str, folded: str) -> Iterator[Span]:
    """Spans of such addresses, numbers and names in `text`; `folded` is `text` in lower case, of the same length.

    What says nothing of a person stays, since it is a fact: versions, private addresses, public name servers.
    """
    yield from _addresses(text)
    if has_digits(text):
        yield from _phones(text, folded)
    if "\\" in text:
        yield from _logins(text)


def _addresses(text: str) -> Iterator[Span]:
    if "." in text:
        yield from _quads(text)
    for six in _SIX.finditer(text) if ":" in text else ():
        value = six[0] if six[0].endswith("::") else six[0].rstrip(":")
        if _is_public_six(value):
            yield six.start(), six.start() + len(value), "ip"
    for mac in _MAC.finditer(text) if max(text.count(":"), text.count("-")) >= _MAC_SIGNS else ():
        digits = re.sub(r"[:-]", "", mac[0])
        if digits.lower() not in _EMPTY_MACS and not digits.isdigit():
            yield (*mac.span(), "mac")


def _quads(text: str) -> Iterator[Span]:
    quads = [quad for quad in _QUAD.finditer(text) if _is_public(quad[0])]
    if not quads:
        return
    addresses, versions = _ends(_SAYS_ADDRESS, text), _ends(_SAYS_VERSION, text)
    for quad in quads:
        if quad.start() in addresses or (quad.start() not in versions and _reads_as_address(quad)):
            yield (*quad.span(), "ip")


@lru_cache(maxsize=4_096)  # a log repeats its addresses
def _is_public(value: str) -> bool:
    try:
        address = IPv4Address(value)
    except AddressValueError:
        return False
    if value in _EVERYBODYS or address.is_multicast:
        return False
    return address.is_global or any(address in net for net in _EXAMPLES_V4)


def _is_public_six(value: str) -> bool:
    try:
        address = IPv6Address(value)
    except AddressValueError:
        return False
    return str(address) not in _EVERYBODYS and (address.is_global or address in _EXAMPLES_V6)


def _reads_as_address(quad: re.Match[str]) -> bool:
    """Whether four numbers of which nothing is said are no version, by what follows or by their size."""
    if _PORT_AFTER.match(quad.string, quad.end()):
        return True
    parts = [int(part) for part in quad[0].split(".")]
    large = sum(part >= _OCTET_OF_VERSIONS for part in parts)
    return ".0.0" not in quad[0] and (parts[0] >= _FIRST_OF_VERSIONS or large > 1)


def _ends(pattern: re.Pattern[str], text: str) -> frozenset[int]:
    """Where a match ends: one pass over the text, whatever stands in it."""
    return frozenset(found.end() for found in pattern.finditer(text))


def _phones(text: str, folded: str) -> Iterator[Span]:
    international = _INTERNATIONAL.finditer(text) if "+" in text else ()
    for found in chain(international, _NATIONAL.finditer(text)):
        if not _AMOUNT.fullmatch(found[0]):
            yield (*found.span(), "phone")
    for word in _PHONE_WORDS:
        for start in occurrences(folded, word):
            if not (start and folded[start - 1].isalnum() and folded[start].isascii()):
                yield from _said_phone(text, start + len(word))


def _said_phone(text: str, position: int) -> Iterator[Span]:
    said = _SAID_PHONE.match(text, position)
    if said is not None and not _DATED.fullmatch(said["value"]):
        yield (*said.span("value"), "phone")


def _logins(text: str) -> Iterator[Span]:
    """The user's name in `DESKTOP-1AB2C3D\\maria`, and in `CORP\\maria` where the text says that it is a login."""
    logins = [login for login in _LOGIN.finditer(text) if not _is_no_login(login)]
    said = _ends(_SAYS_LOGIN, text) if logins else frozenset()
    for login in logins:
        if login.start() in said or _OF_MACHINES.fullmatch(login["domain"]):
            yield (*login.span("name"), "user")


def _is_no_login(found: re.Match[str]) -> bool:
    return _NOT_A_DOMAIN.fullmatch(found["domain"]) is not None or _FILE.search(found["name"]) is not None
