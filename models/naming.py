"""A cluster's name: a title that a maintainer would keep, and its key terms.

Class-based TF-IDF (Grootendorst, BERTopic, 2022) over what the members say, against the repository; an error message
that most of them share comes first, then a member's own title that covers the key terms. A word may stand in a name
only if it is common property: said by two people of the cluster, or in two people's titles anywhere in the repository.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.document import Document
from models.fingerprint import messages
from models.retrieval import IssueIndex
from models.terms import count_terms
from models.text import salient
from models.title_words import (
    cut_down,
    is_nameable,
    mask,
    mentioned,
    names_in,
    shorten,
    spellings,
    without_private,
)

TERMS = 8  # key terms kept
SAID = 4  # of them in a title that is made of nothing else
MOST = 0.5  # share of the members that most is, of an error message
OWN = 0.5  # share of a message's holders in the repository that have to be members
COVERED = 0.35  # share of the key terms' weight that the medoid's title has to hold
COVERED_BY_OTHER = 0.2  # and the best of the others' titles, which still says more than loose words
TITLE_COUNTS = 2.0  # a term in a title, beside one in the text
SPEAKERS = 50  # issues looked at for a term that two people say
LEAST_SHARE = 0.25  # of the members that say a key term
GENERIC = frozenset(
    count_terms(
        "bug error issue problem fail failed work working broken help please fix question "
        "ve re ll don doesn didn isn wasn aren hasn haven couldn wouldn shouldn won"
    )
)
NAMELESS = "Similar reports"


@dataclass(frozen=True, slots=True)
class Name:
    """A title of at most 70 characters, and the key terms, best first."""

    title: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Background:
    """The repository that a cluster stands out from: how rare a term is, the terms that two people's titles hold, and
    how many issues have each error message."""

    idf: Callable[[str], float]
    spoken: Container[str]
    messages: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _SpokenAround:
    """Whether two people's titles hold a term, found out for the terms that are asked about."""

    index: IssueIndex

    def __contains__(self, term: object) -> bool:
        titled = self.index.titled(term, SPEAKERS) if isinstance(term, str) else ()
        return len({_owner(one) for one in titled if term in count_terms(without_private(one.text.title))}) > 1


def around(index: IssueIndex) -> Background:
    """The same as `background` for one cluster: it looks at the issues that share its words, not at all of them."""
    held = index.rarity().counts
    return Background(
        index.words.idf, _SpokenAround(index), lambda fingerprint: held.get(("error_message", fingerprint), 0)
    )


def background(index: IssueIndex) -> Background:
    """Of a whole repository; make it once for all of its clusters."""
    first: dict[str, str] = {}
    spoken: set[str] = set()
    held: Counter[str] = Counter()
    for document in index.documents():
        held.update(document.facts.get("error_message", ()))
        for term in count_terms(without_private(document.text.title)):
            if first.setdefault(term, _owner(document)) != _owner(document):
                spoken.add(term)
    return Background(index.words.idf, frozenset(spoken), held.__getitem__)


def name(documents: Iterable[Document], known: Background, medoid: int) -> Name:
    """Name a cluster by its members; `medoid` is the number of the most central one.

    Deterministic, whatever the order of the members. Raises ValueError where there are none.
    """
    members = sorted(documents, key=lambda document: (document.number != medoid, document.number))
    if not members:
        raise ValueError("a cluster without members has no name")
    cluster = _Members(members, known)
    terms = cluster.key_terms()
    title = cluster.shared_message() or cluster.own_title(terms) or cluster.in_terms(terms) or NAMELESS
    return Name(shorten(title), tuple(terms))


class _Members:
    """A cluster's members, the medoid first, and the words that are theirs in common."""

    def __init__(self, members: Sequence[Document], known: Background) -> None:
        self._members = members
        self._known = known
        self._titles = [count_terms(without_private(one.text.title)) for one in members]
        self._bodies = [count_terms(without_private(salient(one.text))) for one in members]
        self._owners: dict[str, set[str]] = defaultdict(set)
        for one, title, body in zip(members, self._titles, self._bodies, strict=True):
            for term in title.keys() | body.keys():
                self._owners[term].add(_owner(one))
        people = (names_in(one.author) for one in members)
        texts = (mentioned(f"{one.text.title}\n{one.text.prose}") for one in members)
        self._people = frozenset().union(*people, *texts)

    def allowed(self, term: str) -> bool:
        """Whether a term is common property and names no person, version or id."""
        if term in self._people or not is_nameable(term):
            return False
        return len(self._owners.get(term, ())) > 1 or (term in self._known.spoken and not _has_digit(term))

    def key_terms(self) -> dict[str, float]:
        """The terms that tell the cluster from the repository, best first, with their weights."""
        weights: defaultdict[str, float] = defaultdict(float)
        shares: Counter[str] = Counter()
        for title, body in zip(self._titles, self._bodies, strict=True):
            for term in title.keys() | body.keys():
                shares[term] += 1
                weights[term] += TITLE_COUNTS if term in title else 1.0
        least = max(min(2, len(self._members)), LEAST_SHARE * len(self._members))
        scored = {
            term: weight / len(self._members) * self._known.idf(term)
            for term, weight in weights.items()
            if shares[term] >= least and term not in GENERIC and _has_letter(term) and self.allowed(term)
        }
        return dict(sorted(scored.items(), key=lambda item: (-item[1], item[0]))[:TERMS])

    def shared_message(self) -> str | None:
        """The error message that most members have, and not many others: as most of them spell it."""
        held = Counter(each for one in self._members for each in one.facts.get("error_message", ()))
        if max(held.values(), default=0) < MOST * len(self._members):
            return None
        sentences: dict[str, list[str]] = defaultdict(list)
        owners: dict[str, set[str]] = defaultdict(set)
        places: Counter[str] = Counter()
        for one in self._members:
            for place, (fingerprint, sentence) in enumerate(messages(one.text).items()):
                sentences[fingerprint].append(sentence)
                owners[fingerprint].add(_owner(one))
                places[fingerprint] += place
        ranked = sorted(sentences, key=lambda each: (-len(sentences[each]), places[each], each))
        for each in ranked:
            if self._is_theirs(each, len(sentences[each]), len(owners[each])):
                masked = Counter(mask(sentence, self.allowed) for sentence in sentences[each])
                found = min(masked, key=lambda text: (text is None, -masked[text], text or ""))
                if found is not None:
                    return found
        return None

    def _is_theirs(self, fingerprint: str, holders: int, owners: int) -> bool:
        everywhere = max(holders, self._known.messages(fingerprint))
        return owners > 1 and holders >= MOST * len(self._members) and holders >= OWN * everywhere

    def own_title(self, terms: Mapping[str, float]) -> str | None:
        """The medoid's title where it covers the key terms, else the member's that covers them best."""
        medoid, *others = self._members
        own = self._cut_down(medoid, terms, COVERED)
        found = [] if own else [self._cut_down(one, terms, COVERED_BY_OTHER) for one in others]
        return own or max((one for one in found if one), key=lambda title: _coverage(title, terms), default=None)

    def _cut_down(self, one: Document, terms: Mapping[str, float], least: float) -> str | None:
        if _coverage(one.text.title, terms) < least:  # less will not be more
            return None
        title = cut_down(one.text.title, self.allowed)
        return title if title is not None and _coverage(title, terms) >= least else None

    def in_terms(self, terms: Mapping[str, float]) -> str | None:
        """The key terms as most members write them, in the order in which they do."""
        written: dict[str, Counter[str]] = defaultdict(Counter)
        places: dict[str, list[int]] = defaultdict(list)
        for one in self._members:
            for place, (term, word) in enumerate(spellings(f"{one.text.title} {salient(one.text)}")):
                if term in terms:
                    written[term][word] += 1
                    places[term].append(place)
        said = [term for term in _without_parts(terms) if term][:SAID]
        said.sort(key=lambda term: (sum(places[term]) / max(1, len(places[term])), term))
        return " · ".join(min(written[term], key=lambda w: (-written[term][w], w), default=term) for term in said)


def _owner(document: Document) -> str:
    """Whose words a report's are; one without an author is its own."""
    return document.author.casefold() or f"#{document.number}"


def _coverage(title: str, terms: Mapping[str, float]) -> float:
    held = count_terms(title)
    whole = sum(terms.values())
    return sum(weight for term, weight in terms.items() if term in held) / whole if whole else 0.0


def _without_parts(terms: Iterable[str]) -> list[str]:
    """The terms that are not a part of one before them (`rate` of `rate_limit`), nor hold one."""
    kept: list[str] = []
    for term in terms:
        if not any(term in other or other in term for other in kept):
            kept.append(term)
    return kept


def _has_digit(term: str) -> bool:
    return any(character.isdigit() for character in term)


def _has_letter(term: str) -> bool:
    return any(character.isalpha() for character in term)
