"""A cluster's name: a title that a maintainer would keep, and its key terms.

Class-based TF-IDF (Grootendorst, BERTopic, 2022) over what the members say, against the repository; an error message
that most of them share comes first, then a member's own title that covers the key terms. A word may stand in a name
only if it is common property: said by two people of the cluster, or in two people's titles anywhere in the repository.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.document import Document
from models.fingerprint import fingerprint as fingerprint_of
from models.fingerprint import messages
from models.languages import ENGLISH, language_of, stop_terms
from models.retrieval import IssueIndex
from models.terms import NO_SPACES, count_terms
from models.text import salient
from models.title_words import (
    LONGEST,
    cut_down,
    ends_open,
    is_nameable,
    mask,
    mask_title,
    mentioned,
    names_in,
    plain_letters,
    run_of_letters,
    shorten,
    spellings,
    terms_of,
    without_private,
)

TERMS = 8  # key terms kept
SAID = 4  # of them in a title that is made of nothing else
MOST = 0.5  # share of the members that most is, of an error message
OWN = 0.5  # share of a message's holders in the repository that have to be members
COVERED = 0.2  # share of the key terms' weight that a member's title has to hold, to say more than loose words
PARTLY = 0.7  # what a title counts of which some parts may not be said, beside a whole one
INNER = 0.7  # and one whose beginning may not
UNEVEN = 0.5  # and one in capitals alone, one that ends where something was left out, or that has to be cut
CENTRAL = 1.8  # what the medoid's counts, beside the others'
ORDINARY = 0.4  # a term of the list of English stop words, which has some that mean something (`free`, `page`)
TITLE_COUNTS = 2.0  # a term in a title, beside one in the text
READ = 12  # members whose spelling is looked at
SPEAKERS = 50  # issues looked at for a term that two people say
USUAL = 5  # people whose titles hold a login, from which on it is a word like others
LEAST_SHARE = 0.25  # of the members that say a key term
GENERIC = frozenset(
    count_terms(
        "bug error issue problem fail failed work working broken help please fix question "
        "ve re ll don doesn didn isn wasn aren hasn haven couldn wouldn shouldn won"
    )
)
TRACEBACK = "Traceback (most recent call last):"
HEADINGS = frozenset(
    fingerprint_of(line)
    for line in (
        TRACEBACK,
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "A complete log of this run can be found in:",
    )
)  # lines that stand beside every error of a language, and are none
LATER = 0.8  # what an error message counts that stands below another, for each that is above it
NAMELESS = "Similar reports"
BETWEEN = " · "  # loose key terms
FIRST = 12  # letters by which a title is known to begin as another
_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Name:
    """A title of at most 70 characters, and the key terms, best first."""

    title: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Background:
    """The repository that a cluster stands out from: how rare a term is, the terms that two people's titles hold, how
    many issues have each error message, and the terms that are a reporter's login."""

    idf: Callable[[str], float]
    spoken: Container[str]
    messages: Callable[[str], int]
    logins: Container[str]


@dataclass(frozen=True, slots=True)
class _SpokenAround:
    """Whether two people's titles hold a term, found out for the terms that are asked about."""

    index: IssueIndex

    def __contains__(self, term: object) -> bool:
        titled = self.index.titled(term, SPEAKERS) if isinstance(term, str) else ()
        return len({_owner(one) for one in titled if term in count_terms(without_private(one.text.title))}) > 1


@dataclass(frozen=True, slots=True)
class _Logins:
    """Whether a term is the login of somebody who reported here, and not a word that many people's titles hold too."""

    index: IssueIndex

    def __contains__(self, term: object) -> bool:
        if not isinstance(term, str) or not self.index.is_login(term):
            return False
        return len({_owner(one) for one in self.index.titled(term, SPEAKERS)}) < USUAL


def around(index: IssueIndex) -> Background:
    """The same as `background` for one cluster: it looks at the issues that share its words, not at all of them."""
    held = index.rarity().counts
    return Background(
        index.words.idf,
        _SpokenAround(index),
        lambda fingerprint: held.get(("error_message", fingerprint), 0),
        _Logins(index),
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
    return Background(index.words.idf, frozenset(spoken), held.__getitem__, _Logins(index))


def name(documents: Iterable[Document], known: Background, medoid: int, before: str = "") -> Name:
    """Name a cluster by its members; `medoid` is the number of the most central one, `before` the title so far, which
    stays where another member's would say no more.

    Deterministic, whatever the order of the members. Raises ValueError where there are none.
    """
    members = sorted(documents, key=lambda document: (document.number != medoid, document.number))
    if not members:
        raise ValueError("a cluster without members has no name")
    cluster = _Members(members, known)
    terms = cluster.key_terms()
    title = cluster.shared_message() or cluster.own_title(terms, before=before)
    if title is None:
        loose = cluster.in_terms(terms)
        enough = loose is not None and loose.count(BETWEEN) > 1
        title = loose if enough and not cluster.is_dense() else cluster.what_is_left(terms)
        title = title or (loose if len(terms) > 1 else None) or cluster.own_title(terms, 0.0) or loose or NAMELESS
    return Name(shorten(title), cluster.written(terms))


class _Members:
    """A cluster's members, the medoid first, and the words that are theirs in common."""

    def __init__(self, members: Sequence[Document], known: Background) -> None:
        self._members = members
        self._known = known
        languages = {language_of(f"{one.text.title}\n{one.text.prose}") for one in members}
        self._empty = frozenset().union(*(stop_terms(language) for language in languages - {ENGLISH}))
        self._public = self._empty | stop_terms(ENGLISH)
        self._titles = [terms_of(without_private(one.text.title)) for one in members]
        self._bodies = [terms_of(without_private(salient(one.text).replace(TRACEBACK, ""))) for one in members]
        self._owners: dict[str, set[str]] = defaultdict(set)
        for one, title, body in zip(members, self._titles, self._bodies, strict=True):
            for term in title.keys() | body.keys():
                self._owners[term].add(_owner(one))
        people = (names_in(one.author) for one in members)
        texts = (mentioned(f"{one.text.title}\n{one.text.prose}") for one in members)
        self._people = frozenset().union(*people, *texts)

    def allowed(self, term: str) -> bool:
        """Whether a term is common property and names no person, version or id."""
        if term in self._people or term in self._known.logins or not is_nameable(term):
            return False
        if not term.isascii() and plain_letters(term) in self._people:
            return False
        return term in self._public or self._is_common(term)

    def _is_common(self, term: str) -> bool:
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
            term: weight / len(self._members) * self._known.idf(term) * (ORDINARY if term in self._public else 1.0)
            for term, weight in weights.items()
            if shares[term] >= least and self._says_something(term) and self._is_common(term) and self.allowed(term)
        }
        return dict(sorted(scored.items(), key=lambda item: (-item[1], item[0]))[:TERMS])

    def _says_something(self, term: str) -> bool:
        return term not in GENERIC and term not in self._empty and _has_letter(term)

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
        ranked = sorted(
            sentences.keys() - HEADINGS,
            key=lambda each: (-len(sentences[each]) * LATER ** (places[each] / len(sentences[each])), each),
        )
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

    def own_title(self, terms: Mapping[str, float], least: float = COVERED, before: str = "") -> str | None:
        """The member's title that covers the key terms best, the medoid's before others, a whole one before parts; of
        equals the one of before."""
        found: dict[str, float] = {}
        usual = all(term in self._public for term in terms)  # then two of them together say what there is to say
        for place, one in enumerate(self._members):
            title = None if _coverage(one.text.title, terms) < least else cut_down(one.text.title, self.allowed)
            if title is None or (covered := _coverage(title, terms)) < least:
                continue
            words = terms_of(title).keys()
            if not any(term not in self._public and self._says_something(term) for term in words) and not (
                usual and len(words & terms.keys()) > 1
            ):
                continue
            is_central = place == 0 or shorten(title) == before
            worth = covered * (CENTRAL if is_central else 1.0) * _wholeness(title, one.text.title)
            found[title] = max(worth, found.get(title, 0.0))
        return max(found, key=lambda title: (found[title], shorten(title) == before), default=None)

    def in_terms(self, terms: Mapping[str, float]) -> str | None:
        """The first key terms, in the order in which most members write them."""
        said = _without_parts(terms)[:SAID]
        spelled, places = self._spelled(terms)
        said.sort(key=lambda term: (sum(places[term]) / max(1, len(places[term])), term))
        return BETWEEN.join(spelled.get(term, term) for term in said)

    def is_dense(self) -> bool:
        """Whether most titles are written without spaces between words, so that their terms are pieces of words."""
        return 2 * sum(NO_SPACES.search(one.text.title) is not None for one in self._members) > len(self._members)

    def what_is_left(self, terms: Mapping[str, float]) -> str | None:
        """The title that covers the key terms best, without the words that may not be said, where these are at an end
        of it or are one place."""
        cut = run_of_letters if self.is_dense() else mask_title
        found = {left for one in self._members if (left := cut(one.text.title, self.allowed)) is not None}
        ranked = sorted(found, key=lambda left: (-_coverage(left, terms) * (UNEVEN if ends_open(left) else 1.0), left))
        return ranked[0] if ranked and _coverage(ranked[0], terms) else None

    def written(self, terms: Mapping[str, float]) -> tuple[str, ...]:
        """Terms as most members write them."""
        spelled, _ = self._spelled(terms)
        said = [spelled[term] for term in terms if term in spelled]  # the others are parts of identifiers
        return tuple(dict.fromkeys(said or terms))

    def _spelled(self, terms: Container[str]) -> tuple[dict[str, str], dict[str, list[int]]]:
        """Term → how most members write it, and where."""
        written: dict[str, Counter[str]] = defaultdict(Counter)
        places: dict[str, list[int]] = defaultdict(list)
        for one in self._members[:READ]:
            for place, (term, word) in enumerate(spellings(f"{one.text.title} {salient(one.text)}")):
                if term in terms:
                    written[term][word] += 1
                    places[term].append(place)
        spelled = {term: min(words, key=lambda word: (-words[word], word)) for term, words in written.items()}
        return spelled, places


def _owner(document: Document) -> str:
    """Whose words a report's are; one without an author is its own."""
    return document.author.casefold() or f"#{document.number}"


def _wholeness(title: str, of: str) -> float:
    """What a title that was cut down counts."""
    words, said = terms_of(without_private(of)), terms_of(title)
    begins = _LETTERS.sub("", of.casefold()).startswith(_LETTERS.sub("", title.casefold())[:FIRST])
    aloud = title.isupper() or ends_open(title) or len(title) > LONGEST
    return (1.0 if words == said else PARTLY) * (1.0 if begins else INNER) * (UNEVEN if aloud else 1.0)


def _coverage(title: str, terms: Mapping[str, float]) -> float:
    held = terms_of(title)
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
