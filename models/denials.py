"""Which issues a text names, and which of them it says it is not a duplicate of."""

from __future__ import annotations

import re

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_/&#-])(?:GH-|#)(?P<number>[1-9]\d{0,8})(?![A-Za-z0-9_-])"
    r"|github\.com/[\w.-]{1,100}/[\w.-]{1,100}/issues/(?P<address>[1-9]\d{0,8})"
)
_HERE = re.compile(r"(?<![A-Za-z0-9_/&#-])(?:GH-|#)([1-9]\d{0,8})(?![A-Za-z0-9_-])")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？;])\s+|\n")
_SENTENCE_MOST = 600

_EXACT = (
    r"(?:really |actually |exactly |quite |simply |just |merely )?"
    r"(?:an? |the |another |one more )?(?:exact |true |real )?"
)
_NOT_SAME = re.compile(
    rf"\bnot {_EXACT}(?:dup(?:e|licates?)?|same(?: \w+)?|identical|related|covered)\b"
    r"|\b(?:isn't|isnt|wasn't|aren't|ain't|is no|are no) (?:an? |the )?(?:exact |true )?"
    r"(?:dup(?:e|licates?)?|same|related|identical)\b"
    r"|\bno dup(?:e|licate)\b"
    r"|\b(?:don't|dont|do not) (?:think|believe) (?:that )?(?:this|it|mine)(?: is|'s) (?:an? |the )?(?:exact |true )?"
    r"(?:dup(?:e|licate)?|same|related|identical)\b"
    r"|\b(?:don't|dont|do not|never) (?:close|mark|flag|merge|treat)(?: \w+){0,3}? as (?:an? )?dup(?:e|licate)?\b"
    r"|\b(?:different|differs?|distinct|separate|unrelated|differently)(?: \w+){0,2}? (?:from|than|to)\b"
    r"|\bunlike\b|\bnot (?=#)|!= ?(?=#)|\bkeine? (?:duplikat|dublette)|\bnicht (?:das|die|der)selbe|\bnicht identisch"
    r"|\bno es (?:un )?duplicad|\bno es (?:lo|el) mismo|\bdistinto (?:de|a|del)\b|\bdiferente (?:de|a|al|del|do)\b"
    r"|\bn[aã]o [eé] (?:uma? )?duplica|\bpas (?:un |le )?(?:doublon|m[eê]me|duplicat)|\bdiff[eé]rent (?:de|du)\b"
    r"|\bnon [eè] (?:un )?duplicat|\bне (?:является )?(?:дубл|дупл|то же)|\bотличается от|\bnie jest duplikat"
    r"|\bgeen duplicaat|不是 ?(?=#)|不是.{0,12}(?:重复|重復|同)|与(?= ?#)",
    re.IGNORECASE,
)
_IS_OTHER = re.compile(
    r" ?(?:\(\w[^()]{0,40}\) )?(?:(?:is|are|was|seems?|looks?|describes?|concerns?) (?:\w+ ){0,2}?"
    r"(?:different|unrelated|distinct|separate|not the same|something else|not related|not it)\b"
    r"|,?(?: [\w']+){0,4}?,? (?:but|however|yet),? "
    r"(?:(?:it|this|that|mine)(?: is|'s| was| seems?| looks?) (?:\w+ ){0,2}?"
    r"(?:unrelated|something else|not the same|different(?= ?[.,;!)]| ?$| (?:issue|problem|bug|cause|case|one)\b))"
    r"|not (?:quite |exactly |really )?the same\b)"
    r"| ?とは(?:別|異な|違)| ?と(?:異な|違)| ?の重複では(?:な|あり)|不同|와 다[른르]|과 다[른르]|[의와]? ?중복이? 아)",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|however|rather|instead|sondern|aber|pero|mais|see|like|same)\b", re.IGNORECASE)
_REACH = 50  # characters between the denial and the first number it speaks of
_LIST_REACH = 12  # and between that number and the next


def mentioned_issues(text: str) -> frozenset[int]:
    """Numbers of this repository's issues that are named as `#12` or `GH-12`."""
    return frozenset(int(found[1]) for found in _HERE.finditer(text)) if "#" in text or "GH-" in text else frozenset()


def denied_issues(text: str) -> frozenset[int]:
    """Numbers of issues that a text says it does not repeat ("not a duplicate of #12"); questions do not count."""
    if "#" not in text and "GH-" not in text and "/issues/" not in text:
        return frozenset()
    denied: set[int] = set()
    for sentence in _SENTENCE_END.split(text):
        part = sentence[:_SENTENCE_MOST]
        if ("#" in part or "/issues/" in part or "GH-" in part) and not part.rstrip().endswith("?"):
            denied |= _denied_in(part)
    return frozenset(denied)


def _denied_in(sentence: str) -> set[int]:
    found = list(_NUMBER.finditer(sentence))
    denied = {_number(place) for place in found if _IS_OTHER.match(sentence, place.end())}
    for denial in _NOT_SAME.finditer(sentence):
        position, reach = denial.end(), _REACH
        for place in found:
            between = sentence[position : place.start()]
            if place.start() < denial.end() or len(between) > reach or _BUT.search(between):
                continue
            denied.add(_number(place))
            position, reach = place.end(), _LIST_REACH
    return denied


def _number(place: re.Match[str]) -> int:
    return int(place["number"] or place["address"])
