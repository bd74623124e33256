"""Which words of people's texts may stand in a name, and a title or message cut down to them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

from models.fingerprint import without_variables
from models.redact import redact
from models.terms import NO_SPACES, count_terms

Allowed = Callable[[str], bool]  # whether a term may be said

HIDDEN = "\x00"  # stands where something was that is nobody else's business
LONGEST = 70  # characters of a title
GAP = "…"
MOST_GAPS = 2  # parts of a message, with a gap between them; of more, only the longest is said
_WORDS_LEAST, _LETTERS_LEAST = 2, 4  # without so many a piece of a title says nothing
_PART_LEAST = 12  # characters of a part of a message that stands for all of it
_SPOKEN_LEAST = 3
_INITIALS_LEAST = 5  # letters of a login from which on it may be an initial or two and a name

_REFERENCE = re.compile(  # begun where a word begins: else an endless word takes time by the cube of its length
    r"\[redacted:[a-z-]+\]|[\w.+'-]+@[\w.-]+|(?:(?:(?<![\w.-])|(?<=\d)\b)(?:[\w.-]*/)?[\w.-]*)?(?<!&)#\d+\b|\bGH-\d+\b"
    r"|(?<![\w.])@[\w/-]+(?:\[bot\])?|(?i:\b(?:issues?|bugs?|tickets?|pull(?: request)?|pr|no\.|nr\.) ?)\d+\b"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(
    r"(\s+[·•|—–-]+\s+|[;:,!?]+(?:\s+|$)|\.+(?:\s+|$)|[。，；：！？、]+\s*|\s*[()\[\]{}（）【】「」]+\s*)"
)
_COMPOUND = re.compile(r"\w+(?:[._:/+-]{1,2}\w+)*")
_WORD = re.compile(r"[^\s" + GAP + "]+")
_DIGIT = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"\d{4,}|\d+(?:\.\d+){2,}")
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u0e80-\u0fff\u1000-\u109f\u1780-\u17ff"
_SIGNS = re.compile(f"[{_MARKS}]")  # accents and vowel signs that are no letters for a regular expression
_WITH_SIGNS = re.compile(rf"[\w{_MARKS}]*[{_MARKS}][\w{_MARKS}]*")
_ENDLESS = re.compile(r"\w{41,}")  # no term
_LETTER = re.compile(r"[^\W\d_]")
_EDGE = re.compile(r"^[\s·•|,;:!?…–—⎿│>*#]+|[\s·•|,;:–—-]+$|(?<!\.)\.$")
_LEADING = re.compile(r"^\s*caused by:\s*", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_NO_VALUE = re.compile(r"\s*\((?=\S)[^()]*\s\)")
_LOUD = re.compile(r"([!?])[!?]+")
_PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
_OPEN = re.compile(r"(?i)(?:\b(?:a|an|as|at|by|for|from|into|of|the|to|via|with)|[#=:])[\W_]*$")
_LEFT_OPEN = re.compile(
    r"(?i)(?:,? +(?:after|as|at|because|by|for|from|into|of|open|since|to|via|when|while|with))?(?: +(?:an?|the))?$"
)
_SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "ß": "ss", "ł": "l"}
NO_SPACES_RUN = re.compile(rf"(?:{NO_SPACES.pattern}|ー)+")


def without_private(text: str) -> str:
    """A (redacted) text with addresses, mentions, issue numbers, paths, ids and times hidden."""
    return without_variables(_REFERENCE.sub(HIDDEN, text), HIDDEN)


def mentioned(text: str) -> frozenset[str]:
    """The terms of the people whom a text mentions."""
    return frozenset(term for found in re.findall(r"(?<![\w.])@([\w-]+)", text) for term in names_in(found))


def names_in(login: str) -> frozenset[str]:
    """The terms by which a text may name the owner of a login: whole, and its parts."""
    parts = [part for part in re.split(r"[\W\d_]+", _HUMP.sub(" ", login)) if len(part) >= _SPOKEN_LEAST]
    whole = login.casefold()
    tails = [whole[1:], whole[2:]] if whole.isalpha() and len(whole) > _INITIALS_LEAST else []  # jsmith, mcsmith
    return frozenset(term for name in (login, *parts, *tails) for term in (name.casefold(), *count_terms(name)))


def terms_of(text: str) -> Counter[str]:
    """The terms of a text, and the whole words that accents and vowel signs would cut to pieces."""
    whole = _WITH_SIGNS.findall(text.lower()) if _SIGNS.search(text) else []
    return count_terms(_WITH_SIGNS.sub(" ", text)) + Counter(whole) if whole else count_terms(text)


def is_nameable(term: str) -> bool:
    """Whether a term is a word or a short number: no id, version or long number."""
    if _DIGIT.search(term) is None:
        return True
    return len(term) <= 12 and _LONG_NUMBER.search(term) is None


def cut_down(title: str, allowed: Allowed) -> str | None:
    """The parts of a title, between its punctuation, in which every word may be said; None where too little is left."""
    pieces = _BETWEEN.split(without_private(title))
    said = [piece for piece in pieces[::2] if piece.strip()]
    kept = [piece for piece in said if _may_stand(piece, allowed)]
    whole = len(kept) == len(said)
    if not whole:
        kept = [piece for piece in kept if _LETTER.search(piece)]
    text = _tidy("".join(pieces) if whole else ", ".join(piece.strip() for piece in kept))
    return text if _is_fit(text) and (whole or _is_a_phrase(text)) else None


def mask(message: str, allowed: Allowed) -> str | None:
    """An error message with every word that may not be said left out; None where too little is left."""
    hidden = _LEADING.sub("", without_private(message)).replace(HIDDEN, GAP)
    text = _WORD.sub(lambda found: found[0] if _may_stand(found[0], allowed) else GAP, hidden)
    text = re.sub(rf"(?:\W*{GAP}\W*)+", f" {GAP} ", text)
    parts = [_tidy(part) for part in _tidy(text).strip().split(GAP)]
    parts[:-1] = [_LEFT_OPEN.sub("", part) for part in parts[:-1]]
    said = [part for part in parts if part]
    if len(said) > MOST_GAPS:
        longest = max(said, key=len)
        return longest if _is_fit(longest) and len(longest) >= _PART_LEAST else None
    text = f" {GAP} ".join(said)
    return text if _is_fit(text) else None


def mask_title(title: str, allowed: Allowed) -> str | None:
    """The same of a title, of which at least three words have to be left."""
    found = mask(title, allowed)
    return found if found is not None and len(_WORD.findall(found)) > _WORDS_LEAST else None


def run_of_letters(title: str, allowed: Allowed) -> str | None:
    """The longest stretch of a title without spaces between its words in which every pair of characters may be said."""
    runs, run = [""], ""
    for word in NO_SPACES_RUN.findall(without_private(title)):
        run = ""
        for at in range(len(word) - 1):
            run = (run or word[at]) + word[at + 1] if allowed(word[at : at + 2].lower()) else ""
            runs.append(run)
    longest = max(runs, key=len)
    return longest if len(longest) >= _LETTERS_LEAST and redact(longest) == longest else None


def ends_open(title: str) -> bool:
    """Whether a title ends where something was left out: after a preposition, or before what had no value."""
    return _OPEN.search(title) is not None


def plain_letters(term: str) -> str:
    """A term as a login would spell it."""
    for letter, spelled in _SPELLED.items():
        term = term.replace(letter, spelled)
    return "".join(one for one in unicodedata.normalize("NFKD", term) if not unicodedata.combining(one))


def shorten(text: str) -> str:
    """At most LONGEST characters: whole sentences or parts where they say enough, else words."""
    if len(text) <= LONGEST:
        return text
    starts = (found.start() for found in _BETWEEN.finditer(text) if found[0].strip() not in {"(", "()"})
    ends = [start for start in starts if LONGEST // 2 <= start <= LONGEST]
    if ends:
        return _tidy(text[: ends[-1]])
    cut = text[: LONGEST - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[LONGEST // 2 :] else cut}{GAP}"


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """Each word of a text as its term and as it was written; without spaces a word is no more than its term."""
    for word in _COMPOUND.findall(text):
        found = _spelling(word)
        if found is not None:
            yield found


@lru_cache(maxsize=65_536)
def _spelling(word: str) -> tuple[str, str] | None:
    term = next(iter(count_terms(word)), None)
    if term is None:
        return None
    return term, term if NO_SPACES.search(word) else word


def _may_stand(piece: str, allowed: Allowed) -> bool:
    if HIDDEN in piece or not piece.strip() or _ENDLESS.search(piece):
        return False
    return all(allowed(term) for term in terms_of(piece))


def _is_fit(text: str) -> bool:
    """Whether a title says something, and holds nothing that the door would have redacted."""
    words = [word for word in text.split() if _LETTER.search(word)]
    dense = not text.isascii() and len(_LETTER.findall(text)) >= _LETTERS_LEAST
    return (len(words) >= _WORDS_LEAST or dense) and redact(text) == text


def _is_a_phrase(text: str) -> bool:
    """Whether what is left of a title is more than two loose words; writing without spaces has no such measure."""
    return len(text.split()) > _WORDS_LEAST or not text.isascii()


def _tidy(text: str) -> str:
    text = _SPACES.sub(" ", _LOUD.sub(r"\1", _PICTURES.sub(" ", _NO_VALUE.sub("", text)))).strip()
    for one, two in ("()", "[]", "{}", "“”", "«»"):
        if text.count(one) != text.count(two):
            text = text.replace(one, "").replace(two, "")
    for quote in '"`':
        if text.count(quote) % 2:
            text = text.replace(quote, "")
    return _EDGE.sub("", _EDGE.sub("", _SPACES.sub(" ", text))).strip()
