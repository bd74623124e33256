"""Facts that tell reports apart: status, error, versions, platform, plan, …; how two compare; how rare a value is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.decision import Agreement
from models.fact_patterns import FactPattern, compile_pattern, values_of
from models.fingerprint import fingerprints, service_fingerprints
from models.forms import asks_what_lies_beneath, role_of
from models.platforms import models_in, operating_systems, plans_in, terminals
from models.text import Text

__all__ = [
    "DISCRIMINATING",
    "FACT_ALIASES",
    "FACT_NAMES",
    "FactPattern",
    "Rarity",
    "compare",
    "compile_pattern",
    "extract",
    "full_name",
    "value_weights",
]

FACT_NAMES = (
    *("status_code", "error_type", "service_error", "error_message", "exit_code", "exception", "frames"),
    *("version", "os", "terminal", "plan", "model"),
)
FACT_ALIASES = {
    "status": "status_code",
    "error": "error_type",
    "message": "error_message",
    "exit": "exit_code",
    "operating_system": "os",
}  # what a maintainer may write instead
DISCRIMINATING = frozenset(
    {"status_code", "error_type", "service_error", "exit_code"}
)  # to differ in one contradicts "duplicate"
_NESTED = frozenset({"plan", "model", "version"})  # "max" and "max 5x" do not contradict each other

_PROSE_MOST = 8_000  # characters of prose that are searched
_FRAMES_MOST = 8
_VALUES_MOST = 12

_STATUS_BEFORE = (
    r"(?:\bhttp(?:/\d(?:\.\d)?)?|\bstatus(?:[ _]?code)?|\berrors?(?:[ _]code)?|\bcode|\bresponse|\bapi error"
    r"|\b(?:gets?|got|return(?:s|ed|ing)?|throws?|responds?|answers?|with)(?: with)?(?: an?)?)"
)
_UNIT = (
    r"(?! ?(?:credits?|tokens?|dollars?|usd|euros?|eur|bucks|cents?|ms|milliseconds?|s|secs?|seconds?|min|minutes?"
    r"|hours?|days?|lines?|files?|issues?|items?|rows?|users?|messages?|requests?|times|characters?|chars|bytes?|[kmgt]i?b|px"
    r"|pixels|percent|tests?|records?|pages?|images?|prompts?|calls?|words?|people|%|€|\$)\b)"
)
_STATUS = re.compile(
    rf"{_STATUS_BEFORE}[\s:=#\"'`(]{{1,4}}(?P<after>[45]\d\d)(?![\w%]|[.,]\d){_UNIT}"
    r"|(?<![\w$€£.,#:/-])(?P<before>[45]\d\d)\)?[\s:\"'`-]{1,3}(?:errors?\b|[a-z]+_error|bad request"
    r"|unauthori[sz]ed|forbidden|not found|payment required|conflict|unprocessable|too many"
    r"|internal server|bad gateway|service unavailable|gateway time|status|responses?\b|overloaded|invalid)"
    r"|^(?P<first>[45]\d\d)(?=[\s:]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_MAYBE_STATUS = re.compile(r"[45]\d\d")
_ERROR_TYPE = re.compile(
    r"\b(?P<snake>[a-z]{2,20}(?:_[a-z]{2,20}){0,4}_(?:error|exceeded|exception|denied|failed))\b"
    r"|\b(?P<errno>E(?:CONN|NO|ACC|PERM|EXIST|TIMED|PIPE|ADDR|HOST|NET|RES|MFILE|INVAL|BUSY|ISDIR|XDEV"
    r"|AGAIN)[A-Z]{0,12}|EAI_[A-Z]{3,10})\b"
    r"|\b(?P<quota>(?:insufficient|invalid)_[a-z]{2,20}(?:_[a-z]{2,20}){0,2})\b"
    r"|\b(?P<ora>ORA-\d{5})\b|\bSQLSTATE\[(?P<sql>\w{5})\]|\b(?P<hresult>0x8[0-9A-Fa-f]{7})\b"
    r"|\berror\[(?P<rust>E\d{4})\]|\b(?P<ts>TS\d{4,5})\b|\b(?P<msvc>LNK\d{4}|CS\d{4}|MSB\d{4})\b"
    r"|\b(?P<net>ERR_[A-Z_]{3,40})\b|\b(?P<signal>SIG(?:SEGV|ABRT|ILL|BUS|KILL|TRAP|FPE))\b"
)
_EXIT = re.compile(
    r"\b(?:exit(?:ed|s)?|return(?:ed)?|terminated|failed)\b(?: with)?(?: (?:exit|error|return|non-zero))? ?(?:code"
    r"|status|value)s?[\s:=(]{1,3}(?P<code>-?\d{1,10}|0x[0-9a-f]{1,8})\b"
    r"|\bexit(?:ed)?(?: with)? (?P<plain>\d{1,3})\b|\bexit_?code\W{1,4}(?P<joined>-?\d{1,10})\b",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"\b(?:[a-z_][\w]*\.){0,6}(?P<name>[A-Z][A-Za-z0-9]{2,60}(?:Error|Exception|Panic|Fault))\b")
_NOT_EXCEPTION = frozenset({"apierror", "processerror", "unknownerror", "internalerror"})
_VERSION = re.compile(
    r"(?<![\w./@-])[vV]?(?P<version>\d{1,4}\.\d{1,4}(?:\.\d{1,6}){0,2}(?:-?(?:alpha|beta|rc|dev|preview|nightly"
    r"|canary|pre|post)[.-]?\d{0,8})?)(?![\w%]|\.\d)"
)
_NAME_BEFORE = re.compile(r"\b[A-Za-z][A-Za-z_-]{1,30}[-@](?=v?\d)")  # of app-1.2.3
_VERSION_SAID = re.compile(
    r"(?:\b(?:version|ver|build|release|since|in|on|v|to|update[ds]? to|upgraded to|using|with|the|claude[ -]code|cli"
    r"|code)[\s:=(`\"']{0,3}|\bv)(?P<version>\d{1,4}\.\d{1,4}\.\d{1,6}(?:-?(?:alpha|beta|rc|dev"
    r"|nightly)[.-]?\d{0,8})?)(?![\w%]|\.\d)",
    re.IGNORECASE,
)
_UNHARMED = re.compile(
    r"\b(?:not reproducible|work(?:s|ed|ing)?|(?:was|is|were) (?:fine|ok(?:ay)?)|unaffected"
    r"|(?:downgrad|revert)(?:e|ed|ing)?|roll(?:ed|ing)? back|funktioniert\w*|fonctionn\w+)"
    r"(?: (?:again|as expected|correctly|fine|great|normally|ok(?:ay)?|perfectly|properly|well)\b)?,?"
    r"(?: (?:in|on|with|using|until|till|up to|before|to|at|version|release|build|v|[A-Za-z][\w.-]{0,20}))?"
    r"(?: (?:version|release|build|v))?(?: ?[:=])?[ `\"'(]{0,3}"
    r"(?:[vV]?\d+(?:\.\d+){1,3}[\w.-]*(?:,? (?:and|or|to|&) |, |/)?){1,8}",
    re.IGNORECASE,
)  # versions in which there is no fault
_NEGATED = re.compile(
    r"(?:n[o']t|\bam|i'm|never|no longer|stop\w*|quit|cannot|fail\w*|still|nicht|pas)(?: \w+){0,2} ?\Z", re.IGNORECASE
)
_KERNEL = re.compile(r"#\d{1,4}(?:[~-]\S*)?(?!\S)")  # what uname calls its version
_GENERIC_FRAMES = re.compile(
    r"^(?:<anonymous>|anonymous|new promise|processticksandrejections|next|step|fulfilled|rejected|main(?=$|\s)"
    r"|__libc_start|_start|start_thread|clone|module\.|node:|native|object\.|function\."
    r"|std::|core::|rust_begin_unwind|begin_unwind|sys::|rt::|panicking::|backtrace::|runtime\.|java\.|sun\.|jdk\."
    r"|threading|runpy|asyncio|<module>|<frozen)",
    re.IGNORECASE,
)


def extract(text: Text, patterns: Sequence[FactPattern] = ()) -> dict[str, frozenset[str]]:
    """Every fact that the issue states, by name; a name without a value is left out.

    A repository's own pattern with the name of a built-in fact takes that fact's place where it finds something.
    """
    errors = text.error
    prose = f"{text.title}\n{text.prose[:_PROSE_MOST]}"
    everything = f"{prose}\n{errors}"
    facts = {
        "status_code": _statuses(everything),
        "error_type": _some(next(g for g in found.groups() if g) for found in _ERROR_TYPE.finditer(everything)),
        "service_error": service_fingerprints(text),
        "error_message": fingerprints(text),
        "exit_code": _some(
            code
            for found in _EXIT.finditer(everything)
            if (code := found["code"] or found["plain"] or found["joined"]) != "0"
        ),
        "exception": _exceptions(everything),
        "frames": _some(frame for frame in text.frames[: 3 * _FRAMES_MOST] if not _GENERIC_FRAMES.match(frame)),
        "version": _versions(text, prose),
        "os": operating_systems(_answers(text, "os", "environment"), prose),
        "terminal": terminals(_answers(text, "terminal", "environment"), prose),
        "plan": plans_in(_answers(text, "plan"), prose),
        "model": models_in(_answers(text, "model"), prose),
    }
    facts.update({fact.name: values for fact in patterns if (values := values_of(fact, text))})
    return {name: values for name, values in facts.items() if values}


def full_name(name: str) -> str:
    """The fact that a maintainer means; a repository's own fact has no other name."""
    return FACT_ALIASES.get(name, name)


def compare(name: str, a: frozenset[str], b: frozenset[str]) -> Agreement:
    """Whether two issues' values of one fact agree, differ, or cannot be compared since one is missing."""
    if not a or not b:
        return Agreement.UNKNOWN
    if not a.isdisjoint(b) or (name in _NESTED and any(_is_within(x, y) for x in a for y in b)):
        return Agreement.AGREE
    return Agreement.DIFFER


def _is_within(a: str, b: str) -> bool:
    return a.startswith(f"{b} ") or b.startswith(f"{a} ")


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many of `total` issues each value of a fact occurs."""

    counts: Mapping[tuple[str, str], int]
    total: int

    def weight(self, name: str, value: str) -> float:
        """Between 0 (half the tracker has it) and 1 (no other issue has it): the inverse document frequency, scaled."""
        count = min(self.counts.get((name, value), 0), self.total)
        most = math.log(1 + (self.total + 0.5) / 1.5)
        return max(0.0, min(1.0, math.log((self.total + 1) / (max(count, 1) + 0.5)) / most))


def value_weights(all_facts: Iterable[Mapping[str, frozenset[str]]]) -> Rarity:
    """Count the values of every fact over a repository's issues."""
    counts: Counter[tuple[str, str]] = Counter()
    total = 0
    for facts in all_facts:
        total += 1
        counts.update((name, value) for name, values in facts.items() for value in values)
    return Rarity(counts, total)


def _some(values: Iterable[str]) -> frozenset[str]:
    kept: dict[str, None] = {}
    for value in values:
        kept[value.lower()] = None
        if len(kept) >= _VALUES_MOST:
            break
    return frozenset(kept)


def _statuses(text: str) -> frozenset[str]:
    if _MAYBE_STATUS.search(text) is None:
        return frozenset()
    return _some(next(group for group in found.groups() if group) for found in _STATUS.finditer(text))


def _exceptions(text: str) -> frozenset[str]:
    if not any(ending in text for ending in ("Error", "Exception", "Panic", "Fault")):
        return frozenset()
    return _some(found["name"] for found in _EXCEPTION.finditer(text) if found["name"].lower() not in _NOT_EXCEPTION)


def _versions(text: Text, prose: str) -> frozenset[str]:
    """Versions from the form's answers, and only where it has none, from the prose."""
    answers = {name: answer for name, answer in text.fields.items() if role_of(name) == "version"}
    own = [answer for name, answer in answers.items() if not asks_what_lies_beneath(name)] or answers.values()
    plain = (_NAME_BEFORE.sub(" ", _of_the_fault(_KERNEL.sub(" ", answer))) for answer in own)
    answered = _some(found["version"] for answer in plain for found in _VERSION.finditer(answer))
    return answered or _some(found["version"] for found in _VERSION_SAID.finditer(_of_the_fault(prose)))


def _of_the_fault(text: str) -> str:
    """A text without the versions that it says are well."""

    def without(found: re.Match[str]) -> str:
        doubted = _NEGATED.search(text, max(0, found.start() - 30), found.start())
        return found[0] if doubted else " "

    return _UNHARMED.sub(without, text)


def _answers(text: Text, *roles: str) -> Iterator[str]:
    return (answer for heading, answer in text.fields.items() if role_of(heading) in roles)
