"""Stable fingerprints of error messages: two runs of one fault give the same one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from itertools import islice

from models.error_text import take_json_errors
from models.markdown import plain_characters
from models.text import Text

WORDS_MOST = 120  # characters of a message that is shown to a person
MESSAGES_MOST = 24  # messages of one issue that get a fingerprint
_LINE_MOST = 600
_WORDS_LEAST = 3
_LETTERS_LEAST = 8

_ADDRESS = re.compile(r"\b\w{2,10}://\S+|\b(?:[\w-]+\.)+(?:com|org|net|io|ai|dev|app|rs)\b(?:/\S*)?")
_PATH = re.compile(
    r"(?:[A-Za-z]:)?(?:[\w.@~+$-]*[/\\]){2,}[\w.@~+$-]*|[~.]{0,2}[/\\][\w.@+-]+|\b[\w-]+\.(?:[cm]?[jt]sx?|py|rs|go"
    r"|rb|java|toml|lock|json|ya?ml|txt|exe|dll|so)\b(?::\d+)*"
)
_HEX = re.compile(
    r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f-]*\d)[0-9a-f]{8}(?:-?[0-9a-f]{4}){0,8}[0-9a-f]*\b"
    r"|\b(?=\w*\d)(?=\w*[a-z])\w{12,}\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b\d{1,2}(?::\d\d){0,2}\s?[ap]m\b|\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d\d:\d\d\S*)?"
    r"|\b\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?Z?\b"
    r"|\((?:[A-Z]\w+/[A-Z]\w+(?:/\w+)?|UTC|GMT)[^)]{0,8}\)|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
    r"|dec)[a-z]* \d{1,2}\b|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b",
    re.IGNORECASE,
)
_VARIABLES = (_ADDRESS, _TIME, _PATH, _HEX)
_QUOTED = re.compile(r"'[^'\n]{1,160}'(?!\w)|\"[^\"\n]{1,160}\"|`[^`\n]{1,160}`|«[^»\n]{1,160}»")
_PLACEHOLDER = re.compile(r"\[redacted:[a-z-]+\]|<[^<>\s]{1,60}>")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LEAD = re.compile(
    r"^(?:[\W_]*(?:api error|uncaught|fatal|error|err|warning|caused by|exception|message|npm err|e|stderr|panic"
    r"|failed|[45]\d\d|status|code|[a-z]+(?:_[a-z]+)*_error(?=:))\b(?:\[\w+\])?[\s:!-]*)+",
    re.IGNORECASE,
)
_SERVICE_ERROR = re.compile(r"(?:[45]\d\d )?[a-z]+(?:_[a-z]+)*_error: ")
_STAMP = re.compile(r"^\W*(?:\d{4}-\d\d-\d\d[T ][\d:.,Z+-]+|\d\d:\d\d:\d\d\S*)\W*(?:\[?\w{1,8}\]?:?\s+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])|\s+[·•|—–]\s+|\n|;\s")
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED_MESSAGE = re.compile(
    r"\"([^\"\n]{12,300})\"|[\u201c\u201e]([^\u201d\n]{12,300})\u201d|`([^`\n]{12,300})`"
    r"|(?<!\w)'([^\n]{12,300}?)'(?!\w)"
)


def fingerprint(error_text: str) -> str | None:
    """Sixteen hex digits of the first error message in a text, or None where there is none that tells anything.

    Numbers, ids, paths, addresses, quoted names and times do not count, nor do case, spaces and punctuation.
    """
    return next(iter(_fingerprints([error_text[:20_000]])), None)


def fingerprints(text: Text) -> frozenset[str]:
    """Fingerprints of an issue's error messages, sentence by sentence, and of messages quoted in title or prose."""
    return frozenset(messages(text))


def messages(text: Text) -> dict[str, str]:
    """Each of an issue's fingerprints with the sentence that it was made of, as it was written."""
    quoted = [_unquoted(found) for part in (text.title, text.prose[:8_000]) for found in _QUOTED_MESSAGE.finditer(part)]
    return _fingerprints([*text.error.split("\n")[:MESSAGES_MOST], *quoted[:MESSAGES_MOST]])


def words_of(texts: Iterable[Text]) -> dict[str, str]:
    """Fingerprint → the sentence, in one line of at most WORDS_MOST characters, as the first text has it."""
    found: dict[str, str] = {}
    for text in texts:
        for name, sentence in messages(text).items():
            found.setdefault(name, shortened(sentence))
    return found


def shortened(sentence: str) -> str:
    """In one line, at most WORDS_MOST characters."""
    line = " ".join(sentence.split())
    return line if len(line) <= WORDS_MOST else f"{line[: WORDS_MOST - 1]}…"


def service_fingerprints(text: Text) -> frozenset[str]:
    """Fingerprints of the messages that a service answered with, with their type: of one request, one text."""
    return frozenset(_fingerprints(line for line in text.error.split("\n") if _SERVICE_ERROR.match(line)))


def _unquoted(found: re.Match[str]) -> str:
    return next(part for part in found.groups() if part)


def without_variables(message: str, by: str) -> str:
    """A message with what changes from run to run replaced: addresses, times, paths and identifiers."""
    for pattern in (_PLACEHOLDER, *_VARIABLES):
        message = pattern.sub(by, message)
    return message


def _fingerprints(texts: Iterable[str]) -> dict[str, str]:
    made: dict[str, str] = {}
    for text in texts:
        plain = plain_characters(text)
        taken = take_json_errors(plain)
        for message in (*taken.messages, *([] if taken.messages else [taken.rest])):
            for sentence in _SENTENCE.split(message[: 4 * _LINE_MOST]):
                if masked := masked_message(sentence):
                    made.setdefault(hashlib.sha256(masked.encode()).hexdigest()[:16], sentence)
    return dict(islice(made.items(), MESSAGES_MOST))


def masked_message(message: str) -> str | None:
    """The letters of a message that stay from run to run, or None if too few are left to tell it from others."""
    text = _LEAD.sub("", _STAMP.sub("", _PLACEHOLDER.sub(" ", message[:_LINE_MOST])))
    for pattern in _VARIABLES:
        text = pattern.sub(" ", text)
    text = _QUOTED.sub(lambda found: " " if len(found[0].split()) < 3 else found[0], text)
    words = _WORD.findall(_NUMBER.sub(" ", text).casefold())
    joined = "".join(words)
    dense = not joined.isascii() and len(joined) >= _LETTERS_LEAST // 2
    if not dense and (len(words) < _WORDS_LEAST or len(joined) < _LETTERS_LEAST):
        return None
    return joined
