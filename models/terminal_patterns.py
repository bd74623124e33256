"""Where a text holds a user's or a machine's name as a terminal prints it: listings, ids, host names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.secret_patterns import Span

_OWNER = re.compile(
    r"(?<![\w-])[bcdlps-](?:[r-][w-][xsStT-]){3}[.+@]?[ \t]{1,4}\d{1,6}[ \t]{1,8}(?P<owner>[^\s\d][^\s]{0,31})"
    r"[ \t]{1,8}(?P<group>[^\s\d][^\s]{0,31})(?=[ \t]{1,12}\d)"
)
_IDENTITY = re.compile(r"\b(?:uid|gid|euid|egid)=\d{1,10}\((?P<name>[^()\s]{1,32})\)")
_APPLE = re.compile(
    r"(?<![\w-])(?P<name>[^\W\d_][\w-]{1,30}?)(?=-(?:MacBook|iMac|Mac-?[Mm]ini|Mac-Studio|Mac-Pro|iPhone|iPad)(?![a-z]))"
)
_NOBODYS = frozenset(
    {
        "root",
        "staff",
        "wheel",
        "users",
        "user",
        "admin",
        "daemon",
        "nobody",
        "nogroup",
        "docker",
        "ubuntu",
        "node",
        "runner",
    }
    | {
        "www-data",
        "everyone",
        "none",
        "adm",
        "sudo",
        "bin",
        "sys",
        "git",
        "ec2-user",
        "vscode",
        "codespace",
        "my",
        "the",
        "new",
    }
)


def find_terminal(text: str, folded: str) -> Iterator[Span]:
    """Spans of such names in `text`; `folded` is `text` in lower case, of the same length."""
    if "r" in folded and "-" in text:
        for listed in _OWNER.finditer(text):
            yield from (span for group in ("owner", "group") for span in _named(listed, group))
    if "id=" in folded:
        for identity in _IDENTITY.finditer(text):
            yield from _named(identity, "name")
    if any(machine in folded for machine in ("-macbook", "-imac", "-mac", "-iphone", "-ipad")):
        for host in _APPLE.finditer(text):
            yield from _named(host, "name")


def _named(found: re.Match[str], group: str) -> Iterator[Span]:
    if found[group].lower() not in _NOBODYS and not found[group].startswith("["):
        yield (*found.span(group), "user")
