"""A posted form: bounded, plain, and its values only as what they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from webhooks.dashboard.page import lines, one_line

LARGEST = 64 * 1024  # bytes
MOST_FIELDS = 2000
LARGEST_NUMBER = 2**53


class Wrong(Exception):
    """A form cannot be taken; the sentence says why, for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of an urlencoded form."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str, *, what: str, longest: int = 200) -> str:
        """A text that has to be there; raises Wrong."""
        found = self.maybe(name, longest=longest, what=what)
        if not found:
            raise Wrong(f"{what} is missing")
        return found

    def maybe(self, name: str, *, what: str, longest: int = 200) -> str:
        """The same for one that may be missing; then it is empty."""
        return one_line(self.lines(name, what=what, longest=longest))

    def lines(self, name: str, *, what: str, longest: int = 200) -> str:
        """A text that may be missing, whose line breaks stay."""
        text = next(iter(self.fields.get(name, ())), "").replace("\r\n", "\n").strip()
        if len(text) > longest:
            raise Wrong(f"{what} is longer than {longest} characters")
        return lines(text)

    def number(self, name: str, *, what: str) -> int:
        """An issue's number, also as #12; raises Wrong."""
        (number, *_) = self.numbers(name, what=what)
        return number

    def numbers(self, name: str, *, what: str) -> tuple[int, ...]:
        """One or more of them: several fields, or one with spaces or commas between; raises Wrong."""
        words = " ".join(self.fields.get(name, ())).replace(",", " ").split()
        texts = [word.removeprefix("#") for word in words]
        if not texts:
            raise Wrong(f"{what} is missing")
        if not all(
            text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < LARGEST_NUMBER for text in texts
        ):
            raise Wrong(f"{what} must be a number like 123")
        return tuple(dict.fromkeys(int(text) for text in texts))


async def read(request: Request) -> Form:
    """The request's form; raises Wrong where it is too large or no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Wrong("the form is too large")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Wrong("this is not a form") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)


def local(path: str, otherwise: str = "/") -> str:
    """The path where it leads to this server and nowhere else, else the other one."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return otherwise
    strange = any(not char.isprintable() or char in "\\ " for char in path) or len(path) > 2000
    if strange or parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//"):
        return otherwise
    return path
