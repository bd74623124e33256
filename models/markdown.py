"""An issue's Markdown as a list of lines, each with its kind; characters and inline marks made plain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

BODY_MOST = 100_000  # characters that are read of a body: GitHub allows 65,536; the rest is cut out of the middle
LINE_MOST = 2_000
_TAIL = 20_000

_INVISIBLE = dict.fromkeys(
    [
        *(*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, 0xFFFC),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE0080),
    ]
)
_PUNCTUATION = {0x2018: "'", 0x2019: "'", 0x201B: "'", 0x02BC: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"', 0x00A0: " "}
_PLAIN: dict[int, str | None] = {**_PUNCTUATION, **_INVISIBLE}

_FENCE = re.compile(r"[ \t]{0,3}(?:[-*+] |\d+\. )?(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[^`\n]*)$")
_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})(?:[ \t]+|(?=[^\W\d_]))(?P<title>[^#\s].*?)[ \t]*#*$")
_BOLD_LINE = re.compile(r"[ \t]{0,3}(?:\*\*|__)(?P<title>[^*_]{2,80})(?:\*\*|__)[ \t]*:?[ \t]*$")
_SUMMARY = re.compile(
    r"(?:</?[a-z]{1,10}>\s{0,3}){0,4}(?:<details[^>]{0,20}>\s{0,3})?<summary>(?P<title>.{1,160}?)</summary>"
    r"(?:\s{0,3}</?[a-z]{1,10}>){0,4}\s*",
    re.IGNORECASE,
)
_TASK = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[(?P<tick>[ xX✓✔]?)\][ \t]*(?P<label>.*)$")
_UNDERLINE = re.compile(r"[ \t]{0,3}(?:-{3,}|={3,}|\*{3,}|_{3,})[ \t]*$")
_LIST_MARK = re.compile(r"^(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_TABLE_RULE = re.compile(r"[|:\- \t]+")

_IMAGE = re.compile(
    r"!\[[^\]\n]{0,300}\]\([^)\n]{0,600}\)|!\[[^\]\n]{0,300}\]\[[^\]\n]{0,80}\]|<img\b[^>]{0,800}>?", re.IGNORECASE
)
_LINK = re.compile(r"\[(?P<label>[^\[\]\n]{0,300})\]\((?P<target>[^()\s]{0,600})(?:[ ]\"[^\"\n]{0,200}\")?\)")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>]{0,300})?/?>")
_URL = re.compile(r"https?://(?:www\.)?(?P<rest>[^\s<>\"'`)\]]{1,2000})")
_ASSET = re.compile(
    r"(?:github\.com/user-attachments|user-images\.githubusercontent|private-user-images|img\.shields\.io|i\.imgur)"
)
_MARKS = re.compile(r"\*{1,3}|`+|~~")
_EMPHASIS = re.compile(r"(?<![\w.:/-])(_{1,3})(?=[^\s_])((?:[^\n_]|(?<=\w)_(?=\w)){1,200})(?<=\S)\1(?!\w)")
_PLACEHOLDER = re.compile(r"\[redacted:[a-z-]{1,20}\]")
_SAID_CODE = re.compile(r"`([^`\s]{1,60} [^`\s]{1,60} [^`\n]{1,300})`")  # three words or more are a message
_SPACES = re.compile(r"[ \t]{2,}")


class Kind(StrEnum):
    """What a line is."""

    TEXT = "text"
    HEADING = "heading"
    CODE = "code"
    QUOTE = "quote"
    TASK = "task"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of Markdown; `text` is without its mark, `language` that of its code block, counted by `block`.

    A ticked box has the language "x", a heading that is only a bold line "bold", the summary of details "summary".
    `level` is a heading's number of marks.
    """

    kind: Kind
    text: str
    language: str = ""
    block: int = 0
    level: int = 0


def plain_characters(text: str) -> str:
    """NFKC with straight quotes, without control, bidi and zero-width characters; lines end with a line feed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.translate(_PLAIN) if not (text.isascii() and text.isprintable()) else text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def bounded(text: str) -> str:
    """At most BODY_MOST characters: the beginning and, of a longer text, its end."""
    return text if len(text) <= BODY_MOST else f"{text[: BODY_MOST - _TAIL]}\n\n{text[-_TAIL:]}"


def without_comments(text: str) -> str:
    """The text without HTML comments; one that is never closed hides nothing."""
    if "<!--" not in text:
        return text
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts.append(text[position:start])
        position = end + 3
    return "".join([*parts, text[position:].replace("<!--", "")])


def lines_of(text: str) -> Iterator[Line]:
    """The lines of a Markdown text in order, each with its kind."""
    fence, language, block, previous = "", "", 0, Kind.BLANK
    for raw in text.split("\n"):
        row = raw[:LINE_MOST]
        mark = _fence_mark(row, fence)
        if mark is not None:
            fence, language = ("", "") if fence else mark
            block += bool(fence)
            continue
        if fence:
            yield Line(Kind.CODE, row, language, block)
            continue
        line = _plain_line(row, previous, block)
        previous = line.kind
        yield line


def _fence_mark(row: str, fence: str) -> tuple[str, str] | None:
    """The fence that a line opens or closes, with the language."""
    if "```" not in row and "~~~" not in row and "<" not in row:
        return None
    lowered = row.strip().lower()
    if lowered in ("<pre>", "<pre><code>") and not fence:
        return "</pre>", ""
    if fence == "</pre>":
        return ("", "") if lowered.endswith("</pre>") else None
    found = _FENCE.match(row)
    if found is None:
        return None
    if fence and not (found["mark"].startswith(fence) and not found["language"].strip()):
        return None
    return found["mark"], found["language"].strip().lower()


def _plain_line(row: str, previous: Kind, block: int) -> Line:
    if not row or row.isspace():
        return Line(Kind.BLANK, "")
    if row.startswith(("    ", "\t")) and previous in (Kind.BLANK, Kind.CODE) and not _LIST_MARK.match(row.lstrip()):
        return Line(Kind.CODE, row.strip(), "", -1 - block)
    if row.lstrip().startswith(">"):
        return Line(Kind.QUOTE, row.lstrip()[1:].strip())
    return _marked_line(row, row.lstrip()[0])


def _marked_line(row: str, first: str) -> Line:
    if first == "#" and (heading := _HEADING.match(row)):
        return Line(Kind.HEADING, heading["title"], level=len(heading["level"]))
    if first in "*_" and (bold := _BOLD_LINE.match(row)):
        return Line(Kind.HEADING, bold["title"], "bold")
    if first == "<" and (summary := _SUMMARY.fullmatch(row.strip())):
        return Line(Kind.HEADING, _TAG.sub(" ", summary["title"]).strip(), "summary")
    if first in "-*+0123456789" and (task := _TASK.match(row)):
        return Line(Kind.TASK, task["label"], "x" if task["tick"].strip() else "")
    if _UNDERLINE.match(row) or (first == "|" and _TABLE_RULE.fullmatch(row)):
        return Line(Kind.BLANK, "")
    return Line(Kind.TEXT, row)


def without_marks(line: str) -> str:
    """A line without images, link targets, tags, emphasis and list marks; long inline code becomes a quotation."""
    if "![" in line or "<" in line:
        line = _TAG.sub(" ", _IMAGE.sub(" ", line))
    if "](" in line:
        line = _LINK.sub(lambda found: "" if _ASSET.search(found["target"]) else found["label"], line)
    if "://" in line:
        line = _URL.sub(_short_address, line)
    if "[redacted:" in line:
        line = _PLACEHOLDER.sub(" ", line)
    if "`" in line:
        line = _SAID_CODE.sub(r'"\1"', line)
    if "|" in line:
        line = line.replace("|", " ")
    if "_" in line:
        line = _EMPHASIS.sub(r"\2", line)
    line = _MARKS.sub("", _LIST_MARK.sub("", line.strip()))
    return _SPACES.sub(" ", line).strip()


def _short_address(found: re.Match[str]) -> str:
    rest = found["rest"]
    return " " if _ASSET.match(rest) else re.split(r"[?#]", rest, maxsplit=1)[0].rstrip("/.,;:")


def line_key(line: str) -> str:
    """What makes two lines of a template the same: their letters and digits, in lower case."""
    return " ".join(re.findall(r"\w+", line.casefold()))[:200]
