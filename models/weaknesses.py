"""Whether a text reports a weakness in security: words that only such reports use, and their denials."""

from __future__ import annotations

import re

_PROSE_MOST = 6_000

_SURE = re.compile(
    r"\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-[0-9a-z]{4}){3}\b|\bCWE-\d{1,4}\b|\bsecurity (?:vulnerabilit(?:y|ies)"
    r"|advisory|flaw|hole|disclosure|exploit|weakness)\b"
    r"|\bvulnerabilit(?:y|ies) (?:report|disclosure|in\b)|\b(?:remote|arbitrary) (?:code|command"
    r"|shell command) (?:execution|injection)\b|\b(?:sql|command|shell|code|header|log|template"
    r"|prompt) injection (?:vulnerab|attack|allow|in\b|via\b)"
    r"|\bprivilege escalation\b|\b(?:path|directory) traversal\b|\bcross[- ]site (?:scripting|request forgery)\b"
    r"|\bserver[- ]side request forgery\b|\b(?:stored|reflected|dom[- ]based) xss\b"
    r"|\bxss (?:vulnerab|attack|in\b|via\b|payload)|\bbuffer overflow (?:vulnerab|attack|exploit)"
    r"|\b(?:auth(?:entication|ori[sz]ation)?|permission|sandbox|security) (?:bypass|escape)\b"
    r"|\bsandbox[- ]escape\b|\bzip[- ]slip\b|\bzero[- ]day\b|\b0[- ]?day (?:exploit|vulnerab)"
    r"|\bresponsible(?:ly)? disclos|\bcoordinated disclosure\b|\bproof[- ]of[- ]concept exploit\b"
    r"|\battackers? (?:can|could|may|might|is able|gains?)\b"
    r"|\bmalicious (?:actor|user|repo(?:sitory)?|package|server|website|file|input|project)s? (?:can|could|may"
    r"|might|to)\b|\bReDoS\b|\bexploit(?:able|ed)? (?:by an?|remotely|vulnerab|via|to (?:run|execute|gain|read"
    r"|steal|bypass))"
    r"|\b(?:leak|expos|disclos)(?:s|es|ed|ing|ure of)? (?:other|another|all) (?:users?|customers?|accounts?"
    r"|tenants?)(?:'s?)? |\bsicherheitsl[uü]cke\b|\bvulnerabilidad de seguridad\b|\bfaille de s[eé]curit[eé]\b"
    r"|уязвимост|脆弱性|安全漏洞|보안 취약점",
    re.IGNORECASE,
)
_IN_TITLE = re.compile(
    r"\bvulnerab(?:le|ility|ilities)\b|\bRCE\b|\bXSS\b|\bSSRF\b|\bCSRF\b|\[security\]|^security\s*:", re.IGNORECASE
)
_DENIED = re.compile(
    r"\b(?:not?|isn't|aren't|nothing|without|no known|neither|never|unlike|false positives?|if|whether|scan(?:ner"
    r"|ning)?(?: for)?)\b[^.!?\n]{0,30}\Z",
    re.IGNORECASE,
)


def describes_weakness(title: str, prose: str) -> bool:
    """Whether the words are those of a security report; "security" alone, or a denial, is not enough."""
    text = f"{title}\n{prose[:_PROSE_MOST]}"
    if _IN_TITLE.search(title) and not _is_denied(title, _IN_TITLE):
        return True
    return any(
        _DENIED.search(text[max(0, found.start() - 40) : found.start()]) is None for found in _SURE.finditer(text)
    )


def _is_denied(title: str, pattern: re.Pattern[str]) -> bool:
    return all(_DENIED.search(title[: found.start()]) for found in pattern.finditer(title))
