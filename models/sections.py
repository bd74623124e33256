"""A Markdown body sorted into the reporter's prose, error messages, code, stack frames and form fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from models import forms
from models.error_text import (
    frame_of,
    is_error_line,
    is_frames_rest,
    is_thrown,
    may_be_frame,
    starts_like_error,
    take_json_errors,
)
from models.markdown import Kind, Line, line_key, lines_of, without_marks

_PROSE_LANGUAGES = frozenset({"text", "txt", "markdown", "md", "plain"})
_OUTPUT_LANGUAGES = frozenset(
    {
        "",
        "shell",
        "sh",
        "bash",
        "console",
        "terminal",
        "text",
        "txt",
        "log",
        "logs",
        "plain",
        "plaintext",
        "output",
        "json",
    }
    | {"powershell", "zsh", "cmd", "bat", "none", "pytb", "shell-session", "sh-session", "error", "ansi", "raw"}
)
_LISTED_LEAST = 3  # rows
_SHORT_QUOTE = 3  # lines: a longer quotation is another's text
_NAMES_ANOTHER = re.compile(r"(?:#\d|@\w|\b(?:wrote|writes|commented|schrieb|escribió)\b).*:\W*$", re.IGNORECASE)
_OWN_ERROR = re.compile(r"\b(?:same|i (?:get|got|see)|gets?|shows?|says|prints?)\b", re.IGNORECASE)
_IN_PERSON = re.compile(r"\bI(?:'m|'ve|'d|'ll)?\b(?![/.]\w)|\b[Mm]y\b|\b[Oo]ur\b|^We\b")
_FIELD_MOST = 200
_OWN_FIELD_WORDS = 4  # of a heading that only this repository asks with
_FORM_LEVEL = 3  # of the headings that GitHub makes of a form's labels; so many there must be at least,
_FORM_KNOWN = 2  # and so many that forms are known to ask with
_LISTED = re.compile(r"[^|]{0,80}\|.*|\[?[\w .()/@+-]{1,40}\]?\s{0,30}(?:[:=]|==)\s*\S.{0,200}|-{3,}.*|\[\w{1,9}\] .*")
_DOTTED = re.compile(r"\d\.\d")
_NAME = re.compile(r"[a-z][\w.-]{1,30}(?= )")
_VERSION_ROW = re.compile(
    r"[^\w\n]{0,8}(?P<name>[a-z][\w.-]{1,30})\s{0,30}[:=(]{0,2}[^\d\n]{0,20}(?P<version>\d+\.\d+[\w.+-]{0,20})"
)
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(slots=True)
class Parts:
    """The growing parts of one issue, in the order of its text."""

    prose: list[str] = field(default_factory=list)
    error: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Section:
    heading: str = ""
    is_form: bool = False
    role: str = ""
    ticked: int = 0
    answer: list[str] = field(default_factory=list)
    product: frozenset[str] = frozenset()


def sort_body(body: str, boilerplate: frozenset[str]) -> Parts:
    """Sort a body (plain characters, no comments) into its parts; lines whose key is in `boilerplate` are left out."""
    parts = Parts()
    section = _Section()
    quote: list[Line] = []
    lines = list(lines_of("\n".join(_without_json(parts, body))))
    from_form, product = _is_form(lines), _product(lines)
    for line in lines:
        if line.kind is not Kind.QUOTE and quote:
            _take_quote(parts, quote, "".join(section.answer[-1:]))
            quote = []
        if line.kind is Kind.QUOTE:
            quote.append(line)
        elif line.kind is Kind.HEADING and not (line.language and forms.is_empty_answer(line.text)):
            _close(parts, section, boilerplate)
            section = _open(line, boilerplate, product, from_form=from_form)
        elif line.kind is Kind.CODE:
            _take_code(parts, section, line)
        elif line.kind is Kind.TASK:
            _take_task(section, line, boilerplate)
        elif line.kind is Kind.TEXT and not _take_frame(parts, line.text) and not _take_field(parts, line.text):
            section.answer.append(line.text)
    _take_quote(parts, quote, "".join(section.answer[-1:]))
    _close(parts, section, boilerplate)
    return parts


def _without_json(parts: Parts, body: str) -> Iterator[str]:
    """A body's pieces without the errors in JSON, which are taken; what another is quoted with stays as it is.

    A body that is nothing but a quotation is its reporter's.
    """
    before, alone = "", all(_is_quoted(line) or not line.strip() for line in body.split("\n"))
    for is_quote, rows in groupby(body.split("\n"), key=_is_quoted):
        lines = list(rows)
        if is_quote and not alone and _is_told(lines, before):
            yield from lines
        else:
            taken = take_json_errors("\n".join(lines))
            parts.error += taken.messages
            parts.frames += taken.frames
            yield taken.rest
        before = next((line for line in reversed(lines) if line.strip()), before)


def _is_told(lines: Sequence[str], before: str) -> bool:
    """Whether quoted lines are another's words; a message that is wrapped over many lines is none."""
    rows = [row for line in lines if (row := line.strip("> \t"))]
    return _is_anothers(rows, before) and not (len(rows) > _SHORT_QUOTE and starts_like_error(rows[0]))


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _is_anothers(rows: Sequence[str], before: str) -> bool:
    """Whether quoted rows, after the line before them, are another's words and not a message that the reporter saw."""
    return len(rows) > _SHORT_QUOTE or (
        _NAMES_ANOTHER.search(before[-_FIELD_MOST:]) is not None and not _OWN_ERROR.search(before)
    )


def _is_form(lines: Sequence[Line]) -> bool:
    """Whether a body is what GitHub makes of an issue form: then its headings are the form's labels, known or not."""
    first = next((line for line in lines if line.kind is not Kind.BLANK), None)
    labels = [line.text for line in lines if line.level == _FORM_LEVEL]
    if first is None or first.level != _FORM_LEVEL or len(labels) < _FORM_LEVEL:
        return False
    known = sum(forms.is_template_heading(without_marks(label)) for label in labels)
    return forms.is_template_heading(without_marks(first.text)) and known >= max(_FORM_KNOWN, len(labels) / 3)


def _product(lines: Sequence[Line]) -> frozenset[str]:
    """What the headings that ask for versions name: `pandas` of "Pandas version checks"."""
    titles = (line.text.lower() for line in lines if line.kind is Kind.HEADING)
    asked = [title for title in titles if "version" in title or forms.role_of(title) == "environment"]
    first = {name[0] for title in asked if (name := _NAME.match(title))}
    return frozenset(name for name in first if not forms.asks_what_lies_beneath(name))


def _open(line: Line, boilerplate: frozenset[str], product: frozenset[str], *, from_form: bool) -> _Section:
    title = without_marks(line.text)
    label = from_form and line.level == _FORM_LEVEL
    is_form = label or forms.is_template_heading(title) or line_key(title) in boilerplate
    return _Section(title, is_form, forms.role_of(title) if is_form else "", product=product)


def _close(parts: Parts, section: _Section, boilerplate: frozenset[str]) -> None:
    """File a section's answer under prose, error text or a field."""
    listed = section.is_form and section.role in forms.LISTING_ROLES
    if listed:
        _take_version(parts, section)
    rows = [row for raw in section.answer if not (listed and _is_listed(raw, section)) and (row := without_marks(raw))]
    if section.heading and not section.is_form:
        parts.headings.append(section.heading)
        parts.prose.append(section.heading)
    is_field = section.is_form or 0 < len(section.heading.split()) <= _OWN_FIELD_WORDS
    if is_field and section.role != "checklist" and 0 < len(rows) <= 3 and not forms.is_empty_answer(" ".join(rows)):
        parts.fields.setdefault(forms.field_name(section.heading), "\n".join(rows)[:_FIELD_MOST])
    if section.role in forms.FIELD_ROLES | {"checklist"} and len(rows) <= 3:
        rows = rows[max(1, section.ticked) :]
    if section.is_form and forms.is_empty_answer(" ".join(rows)):
        return
    for row in rows:
        _take_row(parts, row, section.role, boilerplate)


def _is_listed(row: str, section: _Section) -> bool:
    """Whether a row is one of a long list of versions, parts and settings: the environment's, not the reporter's."""
    return ("|" in row or len(section.answer) > _LISTED_LEAST) and _LISTED.fullmatch(row.strip()) is not None


def _take_version(parts: Parts, section: _Section) -> None:
    """The product's own line in a list of versions: `pandas : 2.2.3`."""
    for row in section.answer:
        found = _VERSION_ROW.match(row.lower())
        if found is not None and found["name"] in section.product:
            parts.fields.setdefault(f"{found['name']} version", found["version"])


def _take_row(parts: Parts, row: str, role: str, boilerplate: frozenset[str]) -> None:
    if line_key(row) in boilerplate or forms.is_instruction(row) or forms.is_empty_answer(row):
        return
    if starts_like_error(row) or (role == "error" and is_error_line(row)):
        parts.error.append(row)
    elif not (row.endswith(":") and forms.is_template_heading(row)) and _LETTERS.search(row):
        parts.prose.append(row)


def _take_field(parts: Parts, row: str) -> bool:
    found = forms.field_of(row)
    if found is None:
        return False
    key, value = found
    plain = without_marks(value)
    if plain and not forms.is_empty_answer(plain) and forms.role_of(key) != "id":
        parts.fields.setdefault(key, plain[:_FIELD_MOST])
    return True


def _take_frame(parts: Parts, row: str) -> bool:
    """Whether a line, as it was written, is of a stack trace."""
    if may_be_frame(row) and (frame := frame_of(row)):
        parts.frames.append(frame)
        return True
    return is_frames_rest(row)


def _take_task(section: _Section, line: Line, boilerplate: frozenset[str]) -> None:
    """A ticked box of a form is an answer where it names a product or a platform, and otherwise nothing."""
    if (
        line.language
        and section.role != "ignore"
        and section.role in forms.FIELD_ROLES
        and line_key(line.text) not in boilerplate
    ):
        section.ticked += 1
        section.answer.append(line.text)


def _take_code(parts: Parts, section: _Section, line: Line) -> None:
    row = line.text.strip()
    if not _LETTERS.search(row) or (section.is_form and (forms.is_empty_answer(row) or forms.is_instruction(row))):
        return
    if _take_frame(parts, row):
        return
    if _is_error_in_code(row, line.language, section.role):
        parts.error.append(row)
    elif line.language in _PROSE_LANGUAGES and section.role not in forms.LISTING_ROLES | {"error"}:
        parts.prose.append(row)
    else:
        parts.code.append(row)
    if section.role in forms.FIELD_ROLES and len(row) <= _FIELD_MOST and _is_output(row):
        if section.role != "version" or _DOTTED.search(row):
            parts.fields.setdefault(forms.field_name(section.heading), row)
    elif section.is_form and section.role in {"environment", "error"}:
        _take_platform(parts, row)


def _take_platform(parts: Parts, row: str) -> None:
    """What a program prints of the system it runs on; its versions are those of many things."""
    found = forms.field_of(row)
    if found is not None and found[1] and forms.role_of(found[0]) in {"os", "terminal"}:
        parts.fields.setdefault(found[0], without_marks(found[1])[:_FIELD_MOST])


def _is_error_in_code(row: str, language: str, role: str) -> bool:
    printed = language in _OUTPUT_LANGUAGES and is_error_line(row) and (role == "error" or _is_output(row))
    return printed or is_thrown(row)


def _is_output(row: str) -> bool:
    return not row.startswith(("$ ", "> ", "# ", "//", "import ", "from ", "if ", "return ", "throw ", "raise "))


def _take_quote(parts: Parts, quote: list[Line], before: str) -> None:
    """A short quotation of an error is the reporter's evidence; anything else that is quoted is another's words."""
    rows = [row for line in quote if (row := without_marks(line.text))]
    parts.quotes.extend(rows)
    if not _is_anothers(rows, before):
        parts.error.extend(row for row in rows if _is_printed(row))


def _is_printed(row: str) -> bool:
    """Whether a quoted line is a program's error, not what somebody tells of one."""
    return starts_like_error(row) or (is_error_line(row) and _IN_PERSON.search(row) is None)
