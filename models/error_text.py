"""Error messages and stack frames in a text: unwrapped from JSON, told apart from other output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_BLOB_MOST = 6_000  # characters of one JSON value that are looked at
_MESSAGE_MOST = 400
_LINES_MOST = 40
_FRAMES_MOST = 20
_DEPTH_MOST = 6

_START = re.compile(r"\{\s{0,8}\\{0,3}\"\w{1,40}\\{0,3}\"\s{0,4}:")
_BRACE = re.compile(r"[{}]|\n[ \t]*\n")
_LEAD = re.compile(
    r"(?:(?<![A-Za-z])(?:[A-Za-z]{2,20} ){0,3}[Ee]rror:? ?)?(?:status(?: code)?:? ?)?(?P<status>[1-5]\d\d)?"
    r"[\s:\"'`-]{0,4}\Z"
)
_ERROR_WORD = re.compile(r"error|fail|exception|denied|limit|message", re.IGNORECASE)
_KEY_MESSAGE = re.compile(
    r"\"(?:message|error|detail|error_description|error_message|msg|reason)\"\s*:\s*\"(?P<value>[^\"]{3,1000})"
)
_KEY_TYPE = re.compile(r"\"(?:type|code|error_type|error_code)\"\s*:\s*\"(?P<value>[A-Za-z][\w.-]{2,60})\"")
_MESSAGES = ("message", "detail", "error_description", "error_message", "msg", "reason", "error", "title")
_TYPES = ("type", "error_type", "code", "error_code", "name")
_STATUSES = ("status", "status_code", "statusCode", "code", "http_status")

_ERROR_LINE = re.compile(
    r"\b(?:error|exception|panic(?:ked)?|fatal|failed|failure|fails|denied|refused|forbidden|unauthori[sz]ed|cannot"
    r"|can't|could not|couldn't"
    r"|unable to|timed? ?out|segfault|segmentation fault|core dumped|aborted?|crash(?:ed)?|traceback|not found"
    r"|no such|invalid|exceeded|unexpected"
    r"|undefined reference|rejected|limit reached|hit your|out of|[A-Z]\w+(?:Error|Exception)|(?-i:E[A-Z]{4,})"
    r"|exit (?:code|status)|fehler|erreur|エラー|错误|ошибка)\b"
    r"|[a-z]_error\b|^\s*E\s{2,}\w|^\s*(?:[×✗✘⨯]|[├╰]─▶?)\s+\S|\bno solution\b"
    r"|\bunsatisfiable\b|\bexit(?:ed|s) with\b"
    r"|\bstatus ?code\W{1,3}[45]\d\d\b|\bHTTP/\d(?:\.\d)? [45]\d\d\b|(?-i:\bERR_[A-Z]|\bTS\d{4,5}\b)"
    r"|(?-i:(?<!\()\bSIG(?:SEGV|ABRT|ILL|BUS|KILL|FPE)\b(?!,))|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_ERROR_START = re.compile(
    r"[\s>$❯⎿●•│╰╭─×✗✘⨯❌*-]{0,8}(?:\[?(?:error|fatal|panic|failure|exception|caused by)(?:\[\w+\])?\]?\s*[:!]"
    r"|(?:[A-Za-z]+ ){0,2}error:|"
    r"(?:[A-Za-z_$][\w$]*[.:])*[A-Z]\w*(?:Error|Exception)\b\s*[:(]|thread '[^'\n]{0,80}' panicked"
    r"|segmentation fault|npm err!|exception in thread \"|unhandled exception\b|program received signal"
    r"|\*\* \(\w+Error\)|\[signal SIG|thread \d+ crashed|exit status \d|e:\s|error\b.{0,12}\b[45]\d\d\b|"
    r"traceback \(most|(?-i:(?:[a-z_]\w*\.){2,8}[A-Z]\w{2,60}: )|"
    r"[45]\d\d (?:\w+_error|bad request|unauthori|forbidden|not found|too many|internal))",
    re.IGNORECASE,
)
_THROWN = re.compile(r"\s{0,8}(?:Uncaught )?(?:[A-Za-z_$][\w$]{0,60}[.:]){0,8}[A-Z]\w{0,60}(?:Error|Exception): \S")
_FRAME = re.compile(
    r"""\s*(?:
      at\s(?:async\s|new\s)?(?P<js>[^\s(]{1,160})\s\((?P<jsfile>(?:[^()]|\([^()]{0,40}\)){1,300})\)?
    | at\s(?:async\s)?(?P<jsonly>(?:file://)?[^\s()]{1,300}:\d+(?::\d+)?)\)?
    | at\s(?P<dotnet>[\w.`<>\[\],$+]{3,160}\([^()]{0,300}\))(?:\sin\s(?P<netfile>[^\s:]{1,200}).*)?
    | File\s"(?P<pyfile>[^"]{1,300})",\sline\s\d+(?:,?\sin\s(?P<py>[\w<>.]{1,100}))?
    | \#\d{1,3}\s(?P<phpfile>[^\s():]{1,300}\.php)\(\d+\):\s(?P<php>[\w\\:>-]{2,160})\(.{0,400}
    | \d{1,3}\s{1,6}(?P<library>[\w.+-]{2,60})\s{1,40}0x[0-9a-fA-F]{8,16}\s(?P<symbol>\S{2,200})(?:\s\+\s\d+)?
    | \d{1,3}:\s(?P<unmangled>[a-z]+_[a-z_]{3,60})
    | (?P<gofunction>[\w./*-]{1,160}(?:\(\*?\w{1,60}\)\.\w{1,60})?)\(\{?0x[0-9a-f].{0,400}\)
    | \#?\d{1,3}[:\s]\s{0,6}(?:0x[0-9a-fA-F]{4,16}\s(?:-|in)?\s{0,4})?
      (?P<native>[\w:<>$~.]{3,200}(?:::|\s\()[\w:<>$~{}.]{0,200}).{0,400}
    | \#\d{1,3}\s{1,4}(?:0x[0-9a-fA-F]{4,16}\sin\s)?(?P<gdb>[\w:<>$~.]{2,160})\s{0,2}\(.{0,400}
    | at\s(?P<rustfile>(?:\./|/)[^\s:]{1,300}\.rs):\d+(?::\d+)?
    | (?:from\s)?(?P<rbfile>[^\s:]{1,200}\.rb):\d+:in\s[`'](?P<rb>[^'`\n]{1,100})['`]
    | (?P<go>[\w./*()~-]{3,200}\.go):\d+(?:\s\+0x[0-9a-f]+)?
    )\s*$""",
    re.VERBOSE,
)
_FRAME_STARTS = ("at ", 'File "', "from ", "#")
_FRAME_INSIDES = (".rb:", ".go:", "(0x", "({0x")
_FRAME_REST = re.compile(
    r"\s*(?:\.\.\. \d+ (?:more|common frames omitted)|goroutine \d+ \[[^\]\n]{1,60}\]:|main\.main\(\)|#\d+ \{main\}"
    r"|stack (?:back)?trace:|created by \S+(?: in goroutine \d+)?|thrown in \S+ on line \d+"
    r"|(?:current )?thread 0x[0-9a-f]{1,16} \(most recent call first\):)\s*",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"\[redacted:[a-z-]{1,20}\]")
_NUMBERS = re.compile(r"[0-9a-f]{6,}|\d+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was found: error messages, stack frames (innermost first), and the text that is left."""

    messages: tuple[str, ...]
    frames: tuple[str, ...]
    rest: str


def take_json_errors(text: str) -> Extracted:
    """Take JSON values that carry an error out of a text, also escaped, truncated or wrapped by a terminal."""
    if '"' not in text or "{" not in text:
        return Extracted((), (), text)
    messages: list[str] = []
    frames: list[str] = []
    parts: list[str] = []
    position = 0
    while (found := _START.search(text, position)) is not None:
        end = _end_of_value(text, found.start())
        blob = text[found.start() : end]
        if not _ERROR_WORD.search(blob):
            parts.append(text[position:end])
        else:
            lead = _LEAD.search(text, max(position, found.start() - 60), found.start())
            parts += (text[position : lead.start() if lead else found.start()], " ")
            _collect(blob, lead["status"] if lead else None, messages, frames)
        position = end
    parts.append(text[position:])
    return Extracted(tuple(_distinct(messages)), tuple(_distinct(frames)), "".join(parts))


def _end_of_value(text: str, start: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(text, start, start + _BLOB_MOST):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                return brace.end()
        elif depth and "{" not in text[start + 1 : brace.start()]:
            return brace.start()
    return min(len(text), start + _BLOB_MOST) if depth < 2 else _end_of_line(text, start)


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start, start + _BLOB_MOST)
    return end if end >= 0 else min(len(text), start + _BLOB_MOST)


def _collect(blob: str, status: str | None, messages: list[str], frames: list[str]) -> None:
    lines = list(_walk(_parsed(blob), 0)) or list(_scraped(blob))
    for line in lines:
        for row in line.split("\n"):
            if frame := frame_of(row):
                frames.append(frame)
            elif row.strip():
                head = f"{status} " if status and not row.startswith(status) else ""
                messages.append(f"{head}{row.strip()}"[:_MESSAGE_MOST])


def _parsed(blob: str) -> Any:
    joined = _unwrapped_lines(blob)  # first: a string of JSON has no line ends but those of a terminal
    for attempt in (joined, blob, _unescaped(joined), _unescaped(blob)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _unescaped(blob: str) -> str:
    return re.sub(r"\\+\"", '"', blob)


def _unwrapped_lines(blob: str) -> str:
    """Joined again what a terminal wrapped: trailing and extra leading spaces are real, the indent is not."""
    rows = blob.split("\n")
    indents = [len(row) - len(row.lstrip(" ")) for row in rows[1:] if row.strip()]
    indent = min(indents, default=0)
    joined = rows[0] + "".join(row[indent:] for row in rows[1:])
    return re.sub(r" {2,}", " ", joined)


def _walk(value: Any, depth: int) -> Iterator[str]:
    """Error lines, "type: message", of a JSON value and of the JSON inside its strings."""
    if depth > _DEPTH_MOST:
        return
    if isinstance(value, list):
        for item in value[:_LINES_MOST]:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        kind = next((v for k in _TYPES if isinstance(v := value.get(k), str) and v != "error"), "")
        status = next((str(v) for k in _STATUSES if isinstance(v := value.get(k), int) and 400 <= v <= 599), "")
        message = next((v for k in _MESSAGES if isinstance(v := value.get(k), str) and v.strip()), "")
        if message:
            yield from _message_lines(f"{status} {kind}".strip(), message, depth)
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _walk(item, depth + 1)


def _message_lines(head: str, message: str, depth: int) -> Iterator[str]:
    inner = take_json_errors(message) if "{" in message and depth < _DEPTH_MOST else Extracted((), (), message)
    yield from inner.messages
    rest = inner.rest.strip()
    if rest and not (inner.messages and len(rest) < 12):
        yield f"{head}: {rest}" if head and not inner.messages else rest


def _scraped(blob: str) -> Iterator[str]:
    """Error lines of something that only looks like JSON (cut short, or wrapped)."""
    flat = re.sub(r"\\+n", "\n", _unescaped(_unwrapped_lines(blob)))
    kinds = [found["value"] for found in _KEY_TYPE.finditer(flat) if found["value"] != "error"]
    for found in _KEY_MESSAGE.finditer(flat):
        head = f"{kinds[0]}: " if kinds else ""
        yield head + found["value"].rstrip("\\")


def frame_of(line: str) -> str | None:
    """A stack frame as `function file`, without paths and numbers, or None for another line."""
    if not may_be_frame(line):
        return None
    found = _FRAME.match(_HIDDEN.sub("~", line.strip()[:800]))
    if found is None:
        return None
    parts = {k: v for k, v in found.groupdict().items() if v}
    if "gofunction" in parts:
        parts["gofunction"] = re.sub(r"[(*)]", "", parts["gofunction"])
    files = [re.split(r"[/\\]", parts.pop(k))[-1] for k in list(parts) if k.endswith(("file", "only")) or k == "go"]
    name = " ".join([*parts.values(), *(re.sub(r"[:)].*", "", f) for f in files)])
    name = re.sub(r"::h[0-9a-f]{8,20}\w*|\(.*", "", name)
    return _NUMBERS.sub("0", name)[:120].strip() or None


def may_be_frame(line: str) -> bool:
    """Whether a line is worth a closer look; most are not."""
    stripped = line.lstrip()
    starts = stripped.startswith(_FRAME_STARTS) or stripped[:1].isdigit()
    return starts or any(inside in stripped for inside in _FRAME_INSIDES)


def is_frames_rest(line: str) -> bool:
    """Whether a line belongs to a stack trace and names no function of interest: `... 12 more`."""
    return _FRAME_REST.fullmatch(line[:200]) is not None


def is_thrown(line: str) -> bool:
    """Whether a line is an exception with its message, also where a block claims to be code."""
    return _THROWN.match(line[:_MESSAGE_MOST]) is not None


def is_error_line(line: str) -> bool:
    """Whether a line of output reports an error."""
    return _ERROR_LINE.search(line[:_MESSAGE_MOST]) is not None


def starts_like_error(line: str) -> bool:
    """Whether a line is an error message as a program prints it, not a person's sentence about one."""
    return _ERROR_START.match(line[:_MESSAGE_MOST]) is not None


def _distinct(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))[:_LINES_MOST]
