"""Names of operating systems, terminals, plans and language models as reporters write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_OS = (
    ("wsl", re.compile(r"\bwsl ?[12]?\b|windows subsystem for linux|microsoft-standard", re.IGNORECASE)),
    ("macos", re.compile(
        r"\bmac ?os\b|\bos ?x\b|\bdarwin(?![a-z])|\bmac(?:book\w*|intosh)?\b|\b(?:sonoma|sequoia|ventura|tahoe)\b"
        r"|apple silicon", re.IGNORECASE)),
    ("windows", re.compile(r"\bwin(?:dows)?(?:_nt|[ -]?(?:7|8|10|11|xp|32|64|server))?(?![^\W_])", re.IGNORECASE)),
    ("android", re.compile(r"\bandroid\b|\btermux\b", re.IGNORECASE)),
    ("ios", re.compile(r"\biOS\b|\bi[Pp]hone\b|\bi[Pp]ad(?:OS|os)?\b")),
    ("freebsd", re.compile(r"\b(?:free|open|net)bsd\b", re.IGNORECASE)),
    ("linux", re.compile(
        r"\blinux(?![^\W_])|\bubuntu\b|\bdebian\b|\bfedora\b|\barch ?linux\b|\bcentos\b|\brhel\b|\balpine\b|\bnixos\b"
        r"|\bmanjaro\b|\bgentoo\b|\bopensuse\b|\braspbian\b|\braspberry pi os\b|pop[!_]{1,2}os"
        r"|linux mint", re.IGNORECASE)),
)  # fmt: skip
_TERMINALS = (
    ("vscode", re.compile(r"\bvs ?code\b|visual studio code\b", re.IGNORECASE)),
    ("cursor", re.compile(r"\bcursor\b", re.IGNORECASE)),
    ("jetbrains", re.compile(
        r"\bjetbrains\b|intellij|pycharm|webstorm|goland|\brider\b|phpstorm|clion", re.IGNORECASE)),
    ("iterm2", re.compile(r"\biterm2?\b", re.IGNORECASE)),
    ("terminal.app", re.compile(
        r"\bterminal\.app\b|apple_terminal|apple terminal|macos terminal|mac terminal", re.IGNORECASE)),
    ("windows-terminal", re.compile(r"windows[ -]terminal", re.IGNORECASE)),
    ("powershell", re.compile(r"\bpowershell\b|\bpwsh\b", re.IGNORECASE)),
    ("cmd", re.compile(r"\bcmd(?:\.exe)?\b|command prompt", re.IGNORECASE)),
    ("git-bash", re.compile(r"git[ -]?bash|mingw|msys", re.IGNORECASE)),
    *((name, re.compile(rf"\b{name}\b", re.IGNORECASE)) for name in (
        *("ghostty", "kitty", "alacritty", "wezterm", "warp", "gnome-terminal", "konsole", "tmux", "hyper", "xterm"),
        *("zed", "neovim", "emacs", "tabby", "rio", "windsurf", "zellij", "terminator", "tilix", "xcode"),
    )),
)  # fmt: skip
_PROSE_TERMINALS = frozenset(
    {"vscode", "jetbrains", "iterm2", "ghostty", "alacritty", "wezterm", "windows-terminal", "kitty"}
)

_CALLED = re.compile(
    r"\b(?P<name>cursor|warp|zed|neovim|nvim|emacs|hyper|tabby|rio|windsurf|zellij|terminator|tilix|konsole|xterm|tmux)"
    r" (?:terminal|editor|ide|session)\b",
    re.IGNORECASE,
)
_UNMISTAKABLE = tuple(named for named in _TERMINALS if named[0] in _PROSE_TERMINALS)

_PLAN_NAME = (
    r"(?P<plan>free|pro|max|team|teams|enterprise|business|plus|premium|starter|hobby|student|education|individual)"
)
_PLAN = re.compile(rf"\b{_PLAN_NAME}\b(?:[ -]?plan)?[ (-]{{0,2}}(?P<size>\d{{1,3}}x)?(?![\w])", re.IGNORECASE)
_PLAN_SAID = re.compile(
    rf"\b{_PLAN_NAME}(?:[ -](?P<before>\d{{1,3}}x)| \((?P<inside>\d{{1,3}}x)\))?[ -](?:plan|subscription|subscriber"
    rf"|account|user|tier|seat|customer|member|abo|seats)s?\b"
    rf"|\b(?P<first>\d{{1,2}}x) (?P<sized>max|pro)\b"
    rf"|\b(?:max|pro)(?: plan)?[ -]?\(?(?P<size>\d{{1,3}}x)\)?(?!\w)"
    rf"|\b(?:on|have|using|with|bought|upgraded to|subscribed to|paying for|i'm|plan:?|subscription:?) (?:the |a "
    rf"|my |claude )?(?P<said>max|pro|team|enterprise)\b(?! tip| code)(?: plan)?(?:[ -]?\(?(?P<much>\d{{1,3}}x)\b)?",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\b(?P<family>opus|sonnet|haiku|gpt|gemini|llama|mistral|mixtral|qwen|deepseek|grok|phi|gemma"
    r"|codex)(?:[ -]?v?(?P<version>\d{1,2}(?:[.-]\d{1,2}(?!\d))?)(?:[a-z]\b)?(?![\d%x]))?",
    re.IGNORECASE,
)


def operating_systems(answers: Iterable[str], prose: str) -> frozenset[str]:
    """Operating systems by family, from a form's answers or, where these name none, from the prose."""
    found = _named(_OS, " ".join(answers)) or _named(_OS, prose)
    return frozenset({"wsl"}) if "wsl" in found else frozenset(found)


def terminals(answers: Iterable[str], prose: str) -> frozenset[str]:
    """Terminals and editors, from a form's answers or, where these name none, the unmistakable ones from the prose."""
    return frozenset(_named(_TERMINALS, " ".join(answers)) or _named(_UNMISTAKABLE, prose) | _called(prose))


def _called(prose: str) -> set[str]:
    names = {found["name"].lower() for found in _CALLED.finditer(prose)}
    return {"neovim" if name == "nvim" else name for name in names}


def plans_in(answers: Iterable[str], prose: str) -> frozenset[str]:
    """Plans such as "pro" or "max 5x", from a form's answers or, where these name none, from the prose."""
    answered = {_sized(found["plan"], found["size"]) for found in _PLAN.finditer(" ".join(answers))}
    return frozenset(answered or _plans_said(prose))


def _plans_said(prose: str) -> Iterator[str]:
    for found in _PLAN_SAID.finditer(prose):
        name = found["plan"] or found["said"] or found["sized"] or found[0][:3]
        yield _sized(name, found["first"] or found["before"] or found["inside"] or found["size"] or found["much"])


def _sized(name: str, size: str | None) -> str:
    plain = name.lower().removesuffix("s") if name.lower() == "teams" else name.lower()
    return f"{plain} {size.lower()}" if size else plain


def models_in(answers: Iterable[str], prose: str) -> frozenset[str]:
    """Language models such as "opus" or "opus 4.6", from a form's answers or, where these name none, from the prose."""
    return frozenset(_models(" ".join(answers)) or _models(prose))


def _models(text: str) -> set[str]:
    return {
        f"{found['family']} {found['version'].replace('-', '.')}".lower()
        if found["version"]
        else found["family"].lower()
        for found in _MODEL.finditer(text)
    }


def _named(names: Iterable[tuple[str, re.Pattern[str]]], text: str) -> set[str]:
    return {name for name, pattern in names if pattern.search(text)}
