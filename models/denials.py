"""Which issues a text names, and which of them it says it is not a duplicate of."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\w/&#-])(?:GH-|#)(?P<number>[1-9]\d{0,8})(?![\w-])|github\.com/[\w.-]{1,100}/[\w.-]{1,100}/issues/(?P<address>[1-9]\d{0,8})")
_HERE = re.compile(r"(?<![\w/&#-])(?:GH-|#)([1-9]\d{0,8})(?![\w-])")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？;])\s+|\n")
_SENTENCE_MOST = 600

_DENIAL = re.compile(
    r"\bnot (?:really |actually |exactly |quite |simply |just |merely )?(?:(?:an?|the|another|one more) )?(?:exact |true |real )?(?:dup(?:e|licates?)?|same(?: \w+)?|identical|related|covered|fixed|caused|about|solved)\b"
    r"|(?:isn't|isnt|wasn't|aren't|is no|are no|ain't) (?:(?:an?|the) )?(?:exact |true )?(?:dup(?:e|licates?)?|same|related|identical)\b"
    r"|\bno dup(?:e|licate)\b|\b(?:different|differs?|distinct|separate|unlike|unrelated|differently|independent)(?: \w+){0,3}? (?:from|than|to|of)\b|\bunlike\b|\bother than\b"
    r"|\bnot? (?:= ?)?(?=#)|!=\s*(?=#)"
    r"|\bkein(?:e)? (?:duplikat|dublette)|\bnicht (?:das|die|der)selbe|\bnicht identisch|\bno es (?:un )?duplicad|\bno es (?:lo|el) mismo|\bdistinto (?:de|a|del)\b|\bdiferente (?:de|a|al|del|do)\b"
    r"|\bn[aã]o [eé] (?:uma? )?duplica|\bpas (?:un |le )?(?:doublon|m[eê]me|duplicat)|\bdiff[eé]rent (?:de|du)\b|\bnon [eè] (?:un )?duplicat|\bне (?:является )?(?:дубл|дупл|то же)|\bотличается от"
    r"|\bnie jest duplikat|\bniet (?:het|een|de)(?:zelfde)? ?(?:duplicaat)?|重複ではな|とは(?:別|異な|違)|不是.{0,12}(?:重复|重復|同)|与.{0,14}不同|중복(?:이)? 아|과 다[른르]",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:is|are|was|were|seems?|looks?|describes?|concerns?|reports?|has|covers?) (?:\w+ ){0,2}?(?:different|unrelated|distinct|separate|not the same|something else|another|not related|not it)\b"
    r"|とは(?:別|異な|違)|と(?:異な|違)|不同|과 다[른르]|の重複ではな|的重复|и это не|не то же",
    re.IGNORECASE,
)
_CHINESE_NOT = re.compile(r"不是|并非")
_BUT = re.compile(r"\b(?:but|however|rather|instead|sondern|aber|pero|mais)\b", re.IGNORECASE)
_REACH = 80  # characters between the denial and the first number it speaks of


def mentioned_issues(text: str) -> frozenset[int]:
    """Numbers of this repository's issues that are named as `#12` or `GH-12`."""
    return frozenset(int(found[1]) for found in _HERE.finditer(text)) if "#" in text or "GH-" in text else frozenset()


def denied_issues(text: str) -> frozenset[int]:
    """Numbers of issues that the text says it does not repeat ("not a duplicate of #12 or #13"); questions do not count."""
    if "#" not in text and "GH-" not in text and "/issues/" not in text:
        return frozenset()
    denied: set[int] = set()
    for sentence in _SENTENCE_END.split(text):
        part = sentence[:_SENTENCE_MOST]
        if ("#" in part or "/issues/" in part or "GH-" in part) and not part.rstrip().endswith("?"):
            denied |= _denied_in(part)
    return frozenset(denied)


def _denied_in(sentence: str) -> set[int]:
    numbers = [(found.start(), found.end(), int(found["number"] or found["address"])) for found in _NUMBER.finditer(sentence)]
    denied: set[int] = set()
    for denial in _DENIAL.finditer(sentence):
        reach = denial.end()
        for start, end, number in numbers:
            between = sentence[reach:start]
            if start >= denial.end() and len(between) <= _REACH and not _BUT.search(between):
                denied.add(number)
                reach = end
    for _, end, number in numbers:
        after = _AFTER.search(sentence, end, end + 60)
        if after is not None and (after.start() - end <= 2 or not after[0].startswith(("的",))) and _BUT.search(sentence[end : after.start()]) is None:
            if not after[0].startswith("的") or _CHINESE_NOT.search(sentence):
                denied.add(number)
    return denied
