"""Whether a text reports a weakness in security: words that only such reports use, weighed, and their denials."""

from __future__ import annotations

import re

_PROSE_MOST = 6_000
_ENOUGH = 3  # points; a word counts once, in the title twice
_STRONG, _WEAK = 2, 1
_STEM = 7  # letters by which "exploit" and "exploited" are one word

_STRONG_WORDS = re.compile(
    r"\bCVE-\d{4}-\d{4,7}\b|\bGHSA(?:-[0-9a-z]{4}){3}\b|\bCWE-\d{1,4}\b"
    r"|\bsecurity (?:vulnerabilit(?:y|ies)(?! scan)|advisory|flaw|hole|disclosure|exploit|weakness|bug)\b"
    r"|\bvulnerabilit(?:y|ies) (?:report|disclosure|in|allows?|lets)\b|\bvulnerable to\b"
    r"|\b(?:remote|arbitrary) (?:(?:code|(?:shell )?command)s? ?(?:execution|injection)?)\b|\bRCE\b"
    r"|\b(?:sql|(?:os |shell )?command|shell|code|header|log|template|prompt) injection\b|\bprivilege escalation\b"
    r"|\b(?:path|directory) traversal\b|\bcross[- ]site (?:scripting|request forgery)\b"
    r"|\bserver[- ]side request forgery\b"
    r"|\bXSS\b|\bCSRF\b|\bSSRF\b|\bXXE\b|\bReDoS\b|\bzip[- ]slip\b|\b(?:zero|0)[- ]day\b"
    r"|\b(?:auth(?:entication|ori[sz]ation)?|permission|sandbox|security|signature) (?:bypass|escape)(?:es|ed)?\b"
    r"|\bbypass(?:es|ing)? (?:the )?(?:auth\w*|permission|sandbox|signature)\b|\bsandbox[- ]escape\b"
    r"|\b(?:disclose|report|share|send|discuss)(?: \w+){0,3} (?:privately|in private|confidentially)\b"
    r"|\b(?:not|don't|avoid|without) (?:\w+ ){0,3}(?:post|disclos|publish|shar|detail)\w*(?: \w+){0,3}"
    r" (?:in public|publicly)\b"
    r"|\b(?:responsible|coordinated) disclosure\b|\bresponsibly disclos|\bCVSS\b|\bdependency confusion\b"
    r"|\battackers? (?:can|could|may|might|to|is able|gains?|controls?|who|with)\b|\battacker[- ]controlled\b"
    r"|\b(?:leak|expos|disclos|steal)(?:s|es|ed|ing|ure of)? (?:other|another|all) (?:users?|customers?|accounts?"
    r"|tenants?)"
    r"|\bsicherheitsl[uü]cke\b|\bvulnerabilidad\b|\bfaille de s[eé]curit[eé]\b|уязвимост|脆弱性|漏洞|취약점",
    re.IGNORECASE,
)
_WEAK_WORDS = re.compile(
    r"\bexploit(?:s|ed|able|ation|ing)?\b|\bvulnerab(?:le|ility|ilities)\b(?! scan)|\battackers?\b|\bmalicious\b"
    r"|\buntrusted\b"
    r"|\b(?:keys?|tokens?|credentials?|secrets?|passwords?|sessions?) (?:leak|theft|exposure|disclosure|exfiltration)\b"
    r"|\bsecurity (?:address|contact|e-?mail|policy)\b|\bSECURITY\.md\b"
    r"|\bany (?:web ?|other )?(?:page|site|website|origin|program|process|user) can"
    r" (?:read|open|call|connect|steal|run)\b"
    r"|\bproof[- ]of[- ]concept\b|\bPoC\b|\barbitrary (?:files?|memory)\b|\bunsanitized\b"
    r"|\bsecurity (?:issue|problem|risk|impact|researcher)s?\b|\b(?:leak|expos|steal)\w{0,4} (?:\w+ ){0,2}(?:keys?"
    r"|tokens?|credentials?|secrets?)\b"
    r"|\bunauthenticated\b|\bsensitive (?:data|information|files?)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not?|isn't|aren't|nothing|without|no known|neither|never|unlike|false positives?|scan(?:ner|ning"
    r"|s)?(?: for)?)\b"
    r"[^.!?\n]{0,30}\Z",
    re.IGNORECASE,
)


def describes_weakness(title: str, prose: str) -> bool:
    """Whether the words are those of a security report; "security" alone, or a denial, is not enough."""
    in_title = _words(title)
    in_prose = _words(prose[:_PROSE_MOST])
    return (
        2 * sum(in_title.values()) + sum(points for word, points in in_prose.items() if word not in in_title) >= _ENOUGH
    )


def _words(text: str) -> dict[str, int]:
    """Each telling word with its points."""
    found = {place[0].lower()[:_STEM]: _WEAK for place in _WEAK_WORDS.finditer(text) if not _is_denied(text, place)}
    found.update(
        {place[0].lower()[:_STEM]: _STRONG for place in _STRONG_WORDS.finditer(text) if not _is_denied(text, place)}
    )
    return found


def _is_denied(text: str, place: re.Match[str]) -> bool:
    return _DENIED.search(text[max(0, place.start() - 40) : place.start()]) is not None
