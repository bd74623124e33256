"""Where a text holds the numbers of a person: cards, accounts of banks, orders, tickets, social security."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.secret_patterns import Span, has_digits, occurrences, says

_CARD = re.compile(r"\d(?<![0-9a-fA-F].)(?<!\d[.,].)(?:[ \u00a0\u2010-\u2014._-]?\d){12,40}(?![0-9])")
_DIGITS = re.compile(r"\d+")
_GROUPS_MOST = 5
_CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|3[0-9]|6")
_GROUPED = re.compile(
    r"\d{4}([ \u00a0\u2010-\u2014._-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ \u00a0\u2010-\u2014._-])\d{6}\2\d{4,5}"
)
_RARE_SIGN = re.compile(r"[._\u2010-\u2014]")  # between the digits of a card only in groups
_CARD_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": (16,), "6": (16, 17, 18, 19)}
_LAST_SIGNS = (
    "ending",
    "ends ",
    "ended ",
    "last four",
    "last 4",
    "***",
    "•••",
    "···",
    "endet auf",
    "terminada en",
    "terminant par",
)
_LAST_FOUR = re.compile(
    r"(?:[*•·]{3,16}[ -]?|(?:ending|ends|ended|endet|terminada|terminant)(?: (?:in|with|on|auf|en|par))?[ :*#•-]{1,4}"
    r"|last (?:four|4)(?: digits)?[ :*#•-]{1,4})"
    r"(?P<value>\d{4})(?!\d)",
    re.IGNORECASE,
)
_MASKED = re.compile(
    r"(?<![\w])(?:\d{4}(?P<first>\d\d)?[ -]?)?(?:[xX]{4,6}[ -]?){1,3}(?P<value>\d{4})(?!\w)"
    r"|\b(?:visa|master ?card|amex|maestro)[ ](?!(?:19|20)\d\d)(?P<after>\d{4})(?![\w%-]|[.,]\d)"
    r"|\bcard[ ]\((?P<inside>\d{4})\)"
    r"|\b(?:cvc2?|cvv2?)\W{1,4}(?:is )?(?P<code>\d{3,4})(?!\w)",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(
    r"(?i)card|[ck]arte|tarjeta|cart[aã]o|visa|amex|mastercard|maestro|debit|credit|discover|[*•·]{3}"
)
_IBAN = re.compile(
    r"[A-Z](?:(?<![A-Za-z0-9].)|(?<=\\[nrt].))[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)

_NUMBERED = re.compile(
    r"(?:(?:ticket|conversation|order|case(?= (?:number|no|id|#)))s?|注文番号|請求書番号|订单号?|訂單號?|发票号?"
    r"|주문번호|номер заказа|numéro de commande|número de pedido|transaction(?: id)?)[ :：#*`]{1,4}"
    r"(?:(?:number|no\.?|id)[ :#*`]{0,3}){0,2}(?P<value>\d{8,20}|[A-Z0-9]{17})(?![\w.-])",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"(?:ssn|social security(?: number)?)\W{0,4}(?:is )?(?P<value>\d{3}-\d{2}-\d{4})(?!\d)", re.IGNORECASE
)
_NUMBERED_WORDS = ("ticket", "conversation", "order", "case", "transaction")  # of those in ASCII
_SOCIAL_WORDS = ("ssn", "social security")
_MASKED_WORDS = ("xxxx", "visa", "master", "amex", "maestro", "card (", "cvc", "cvv")


def find_numbers(text: str, folded: str) -> Iterator[Span]:
    """Spans of such numbers in `text`; `folded` is `text` in lower case, of the same length."""
    if not has_digits(text):
        return
    yield from _cards(text, folded)
    for words, pattern in ((_NUMBERED_WORDS, _NUMBERED), (_SOCIAL_WORDS, _SOCIAL)):
        for found in pattern.finditer(text) if says(text, folded, words) else ():
            if any(c.isdigit() for c in found["value"]):
                yield (*found.span("value"), "id")


def _cards(text: str, folded: str) -> Iterator[Span]:
    for found in _CARD.finditer(text):
        yield from _cards_in(found)
    for found in _IBAN.finditer(text):
        if length := _iban_length(found[0]):
            yield found.start(), found.start() + length, "iban"
    if says(text, folded, _MASKED_WORDS):
        yield from _masked_cards(text)
    for sign in _LAST_SIGNS:
        for start in occurrences(folded, sign):
            last = _LAST_FOUR.match(text, start)
            if last is not None and _CARD_WORD.search(text, max(0, start - 60), last.end()):
                yield (*last.span("value"), "card")


def _masked_cards(text: str) -> Iterator[Span]:
    """Cards of which only the last digits are written, `xxxx-xxxx-xxxx-4242`, `Visa 4242`; and their codes."""
    for found in _MASKED.finditer(text):
        many = found[0].lower().count("xxxx") > 1
        if not found["value"] or many or _CARD_WORD.search(text, max(0, found.start() - 60), found.end()):
            yield (*found.span(), "card")


def _cards_in(found: re.Match[str]) -> Iterator[Span]:
    """Cards among digits that may begin or end with other numbers."""
    groups = list(_DIGITS.finditer(found[0]))
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + _GROUPS_MOST), first, -1):
            start, end = groups[first].start(), groups[last - 1].end()
            if 13 <= end - start <= 24 and _is_card(found[0][start:end]):
                yield found.start() + start, found.start() + end, "card"
                first = last - 1
                break
        first += 1


def _is_card(digits: str) -> bool:
    plain = re.sub(r"\D", "", digits)
    if not _GROUPED.fullmatch(digits) and not (
        not _RARE_SIGN.search(digits) and _CARD_STARTS.match(plain) and len(plain) in _CARD_LENGTHS[plain[0]]
    ):
        return False
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(plain)))
    return total % 10 == 0 and len(set(plain)) > 1


def _iban_length(value: str) -> int:
    """How many characters of `value` are an account number with right check digits; 0 where none are."""
    for end in range(len(value), 14, -1):
        plain = value[:end].replace(" ", "")
        if len(plain) < 15:
            break
        if value[end - 1] != " " and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1:
            return end
    return 0
