"""From an issue's Markdown to its parts: title, prose, error text and code, with the template taken away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.denials import denied_issues, mentioned_issues
from models.error_text import starts_like_error, take_json_errors
from models.markdown import bounded, plain_characters, without_comments, without_marks
from models.sections import Parts, sort_body
from models.weaknesses import describes_weakness

TEXT_RECIPE = "5"

TITLE_MOST = 400
PROSE_MOST = 20_000
ERROR_MOST = 6_000
CODE_MOST = 20_000
FRAMES_MOST = 20
SALIENT_MOST = 1_000  # characters, about 256 tokens of English
SALIENT_ERROR = 320  # of which error text may take so many where there is prose enough

_TITLE_TAG = re.compile(
    r"[\s\W_]*(?:[\[(【<{]\s*(?:bugs?|bug report|feature(?: request)?|fr|enhancement|question|help(?: wanted)?|issue"
    r"|docs?|documentation|regression|"
    r"rfe|request|urgent|critical|blocker|crash|perf(?:ormance)?|discussion|proposal|security|model|ui|ux|cli"
    r"|backport|task|fehler|v?\d+(?:\.\d+){1,3}[\w.-]*)"
    r"(?:\s*[:/|,-]\s*[\w .:/-]{1,40})?\s*[\])】>}]|(?:bug(?: report)?|feature(?: request)?|enhancement|issue"
    r"|question|regression|urgent|problem)\s*(?::|\s[-–—]\s|：))[^\w\[(【{<]*",
    re.IGNORECASE,
)
_TITLE_EDGE = re.compile(r"^[^\w\"'`</\\$#@.(\[{&*+-]+")
_VERSION_TAG = re.compile(r"[\[(]\s*(v?\d+(?:\.\d+){1,3}[\w.-]*)\s*[\])]")

_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]{2,}")
_SPARSE_SCRIPT = re.compile(
    r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)  # scripts without spaces
_HOLLOW_WORDS = """
the and for with this that have has not but are was you your can cant please help bug issue error problem
broken work works working doesnt does dont did didnt will get got its it is im ive my me we us our they just
when what why how there here from into out all any some fix again still same very hi hello hey thanks thank
test testing title body new none nothing something anything need needs wrong see screenshot image attached
above below asap urgent report question in on of to be or so if no do at by an as am
"""
_HOLLOW = frozenset(_HOLLOW_WORDS.split())
_LITTLE = 2  # telling words or fewer say too little to be a target


@dataclass(frozen=True, slots=True)
class Text:
    """The parts of one issue that are its reporter's own.

    `frames` are stack frames, innermost first; `fields` the short answers of a form by lower-case heading; `headings`
    those that the reporter wrote; `mentions` the issues named as `#12`; `denies` those that it says it is not.
    """

    title: str
    prose: str = ""
    error: str = ""
    code: str = ""
    frames: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    headings: tuple[str, ...] = ()
    mentions: frozenset[int] = frozenset()
    denies: frozenset[int] = frozenset()


def normalise(title: str, body: str, boilerplate: frozenset[str] = frozenset()) -> Text:
    """Read a (redacted) title and body; `boilerplate` are line keys learned by `models.boilerplate.learn`.

    Takes time linear in the length; of a body of more than 100,000 characters the middle is not read.
    """
    plain_title = " ".join(plain_characters(title[: 4 * TITLE_MOST]).split())[:TITLE_MOST]
    plain_body = without_comments(plain_characters(bounded(body)))
    parts = sort_body(plain_body, boilerplate)
    in_title = take_json_errors(plain_title)
    parts.error[:0] = in_title.messages
    clean_title = _clean_title(in_title.rest if in_title.messages else plain_title)
    if starts_like_error(clean_title):
        parts.error.insert(0, clean_title)
    _keep_versions(parts, plain_title)
    own_words = "\n".join((plain_title, *parts.prose))
    return Text(
        title=clean_title,
        prose=_joined(_without_title(parts.prose, plain_title, clean_title) or _quoted_only(parts), PROSE_MOST),
        error=_joined(dict.fromkeys(parts.error), ERROR_MOST),
        code=_joined(parts.code, CODE_MOST),
        frames=tuple(dict.fromkeys(parts.frames))[:FRAMES_MOST],
        fields=parts.fields,
        headings=tuple(parts.headings[:50]),
        mentions=mentioned_issues(own_words),
        denies=denied_issues(own_words),
    )


def salient(text: Text) -> str:
    """What is embedded beside the title: the beginning of the prose and the error text, about 256 tokens."""
    error = _head(text.error.replace("\n", " "), max(SALIENT_ERROR, SALIENT_MOST - len(text.prose)))
    prose = _head(text.prose.replace("\n", " "), SALIENT_MOST - len(error))
    if not prose and not error:
        return _head(text.code.replace("\n", " "), SALIENT_MOST // 2) or text.title
    return f"{prose}\n{error}".strip()


def text_hash(text: Text) -> str:
    """The SHA-256, in hex, of everything that decides on vectors, facts and scores."""
    fields = "\x1f".join(f"{k}\x1e{v}" for k, v in sorted(text.fields.items()))
    numbers = ",".join(map(str, (*sorted(text.mentions), "-", *sorted(text.denies))))
    whole = "\x1d".join((text.title, text.prose, text.error, text.code, "\x1f".join(text.frames), fields, numbers))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def has_little_information(text: Text) -> bool:
    """Whether a report says almost nothing, so that it may never be a target (invariant 11)."""
    whole = f"{text.title}\n{text.prose[:4000]}\n{text.error[:2000]}\n{text.code[:2000]}"
    words = {
        word
        for word in _WORD.findall(whole.replace("'", "").lower())
        if word not in _HOLLOW and any(character.isalpha() for character in word)
    }
    return len(words) + len(set(_SPARSE_SCRIPT.findall(whole))) // 2 <= _LITTLE


def looks_like_security_report(text: Text) -> bool:
    """Whether a report is about a weakness that strangers could use, so not for the public (invariant 44)."""
    return describes_weakness(text.title, text.prose)


def _clean_title(title: str) -> str:
    cleaned = without_marks(title) or title
    for _ in range(3):
        found = _TITLE_TAG.match(cleaned)
        if found is None or found.end() == len(cleaned):
            break
        cleaned = cleaned[found.end() :]
    return _TITLE_EDGE.sub("", _VERSION_TAG.sub(" ", cleaned)).strip() or title


def _keep_versions(parts: Parts, title: str) -> None:
    if found := _VERSION_TAG.search(title):
        parts.fields.setdefault("version in title", found[1])


def _without_title(prose: list[str], *titles: str) -> list[str]:
    """Prose without the title said once more in its first lines."""
    said = {title.casefold() for title in titles}
    head = [row for row in prose[:4] if row.casefold() not in said and _clean_title(row).casefold() not in said]
    return head + prose[4:]


def _quoted_only(parts: Parts) -> list[str]:
    return parts.quotes if not parts.error and not parts.code else []


def _joined(rows: Iterable[str], most: int) -> str:
    return "\n".join(rows)[:most].strip()


def _head(text: str, most: int) -> str:
    """At most `most` characters, cut between words where there are any."""
    if len(text) <= most:
        return text
    cut = text[:most]
    return cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
