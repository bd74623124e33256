"""What an embedder learns from: issues and their duplicates, dealt into batches of one project each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.document import embed_texts
from models.labelled import Labelled, groups
from models.text import normalise

DUPLICATES = 0.4  # most of a batch that comes as duplicates


@dataclass(frozen=True, slots=True)
class Corpus:
    """One project's issues: titles, salient texts and groups, in one order."""

    titles: Sequence[str]
    salient: Sequence[str]
    groups: Sequence[int]

    def __len__(self) -> int:
        return len(self.titles)


@dataclass(frozen=True, slots=True)
class Batch:
    """Issues dealt together: titles, salient texts and groups; two of one group are duplicates."""

    titles: Sequence[str]
    salient: Sequence[str]
    groups: Sequence[int]


def corpus(items: Sequence[Labelled]) -> Corpus:
    """The texts that the product compares; an issue without a text beside its title teaches nothing and is left out."""
    group = groups(items)
    read = [(item.issue.number, *embed_texts(normalise(item.issue.title, item.issue.body))) for item in items]
    kept = [row for row in read if row[1].strip() and row[1] != row[2]]
    return Corpus([row[1] for row in kept], [row[2] for row in kept], [group[row[0]] for row in kept])


def deal(corpora: Sequence[Corpus], *, steps: int, size: int, seed: int) -> Iterator[Batch]:
    """Batches of `size` issues of one corpus each, every corpus as often as it is large; the same for the same seed.

    A stranger of the same project is a harder negative than one of another. No issue is drawn again before all of its
    corpus have been.
    """
    random = np.random.default_rng(seed)
    sizes = np.array([len(each) for each in corpora], dtype=np.float64)
    dealers = [_dealt(each, size, random) for each in corpora]
    for at in random.choice(len(corpora), steps, p=sizes / sizes.sum()):
        yield next(dealers[at])


def _dealt(corpus: Corpus, size: int, random: np.random.Generator) -> Iterator[Batch]:
    pairs, alone = _pairs(corpus, random), ([place] for place in _cycle(len(corpus), random))
    while True:
        places: dict[int, None] = {}
        for source, enough in ((pairs, int(size * DUPLICATES) - 1), (alone, size)):
            # As many draws as could be needed, and no more: a small corpus does not fill a large batch.
            for _ in range(4 * size):
                if len(places) < enough:
                    places |= dict.fromkeys(next(source, ()))
        yield Batch(
            titles=[corpus.titles[place] for place in places],
            salient=[corpus.salient[place] for place in places],
            groups=[corpus.groups[place] for place in places],
        )


def _pairs(corpus: Corpus, random: np.random.Generator) -> Iterator[list[int]]:
    """Each later member of a group with another of its members, again and again."""
    members: dict[int, list[int]] = {}
    for place, group in enumerate(corpus.groups):
        members.setdefault(group, []).append(place)
    later = [place for places in members.values() for place in places[1:]]
    for at in _cycle(len(later), random):
        place = later[at]
        yield [int(random.choice([each for each in members[corpus.groups[place]] if each != place])), place]


def _cycle(count: int, random: np.random.Generator) -> Iterator[int]:
    while count:
        yield from random.permutation(count).tolist()
