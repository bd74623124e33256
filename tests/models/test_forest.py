"""The duplicate relation stays a forest, and its roots are found in one pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.case import root_of
from models.forest import chosen, forest, roots_of

NUMBERS = st.integers(1, 12)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=30)
FOES = st.lists(st.frozensets(NUMBERS, min_size=2, max_size=2), max_size=6)
LONG = 5_000


def way_up(number: int, found: dict[int, int]) -> list[int]:
    way = [number]
    while way[-1] in found:
        way.append(found[way[-1]])
    return way


def plainly(pairs: list[tuple[int, int]], separated: list[frozenset[int]]) -> dict[int, int]:
    """The same relation, chain by chain."""
    found: dict[int, int] = {}
    for number in sorted({one for one, _ in pairs}):
        for one, to in reversed(pairs):
            ways = way_up(to, found)
            if one == number and to < number and all(frozenset((number, step)) not in separated for step in ways):
                found[number] = to
                break
    return found


@given(pairs=PAIRS, separated=FOES)
def test_inv_01_02_08_a_forest_of_earlier_issues_without_whom_people_told_apart(
    pairs: list[tuple[int, int]], separated: list[frozenset[int]]
) -> None:
    found = forest(pairs, separated)
    assert all(to < number for number, to in found.items())
    ways = [way_up(number, found) for number in found]
    assert all(frozenset((way[0], step)) not in separated for way in ways for step in way[1:])


@given(pairs=PAIRS, separated=FOES)
def test_words_about_earlier_issues_make_what_a_plain_reading_makes(
    pairs: list[tuple[int, int]], separated: list[frozenset[int]]
) -> None:
    earlier = [(number, to) for number, to in pairs if to < number]
    assert forest(earlier, separated) == plainly(earlier, separated)


@given(pairs=st.dictionaries(NUMBERS, NUMBERS))
def test_all_roots_at_once_are_those_that_are_found_one_by_one(pairs: dict[int, int]) -> None:
    assert roots_of(pairs) == {number: root_of(number, pairs) for number in pairs}


def test_a_word_that_names_a_later_issue_leads_where_that_leads() -> None:
    assert forest([(10, 12), (12, 6)], []) == {10: 6, 12: 6}
    assert forest([(10, 12)], []) == {}
    assert forest([(10, 12), (12, 10)], []) == {12: 10}
    assert forest([(10, 12), (12, 6)], [frozenset((10, 12))]) == {12: 6}
    assert forest([(10, 12), (12, 8), (8, 6)], [frozenset((10, 8))]) == {8: 6, 12: 8}


def test_who_names_an_issue_for_which_people_chose_a_later_one_is_led_to_that() -> None:
    assert chosen([(10, 11), (12, 10), (11, 14)], []) == [(10, 11), (12, 11), (11, 14)]
    assert chosen([(10, 13), (12, 10)], []) == [(10, 13), (12, 10)]
    assert chosen([(10, 11), (12, 10)], [frozenset((12, 10))]) == [(10, 11), (12, 10)]


def test_a_chain_of_thousands_is_read_in_one_pass() -> None:
    """Step by step this would take 25 million steps, many times."""
    chain = [(number + 1, number) for number in range(1, LONG)]
    apart = [frozenset((number, 1)) for number in range(LONG // 2, LONG)]
    found = forest(chain, [])
    assert set(roots_of(found).values()) == {1}
    assert root_of(LONG, found) == 1
    parted = forest(chain, apart)
    assert LONG // 2 not in parted
    assert set(roots_of(parted).values()) == {1, LONG // 2}
