from models.cluster import Part
from models.document import Facts
from models.variants import variants


def stated(name: str, *values: str | None) -> dict[int, Facts]:
    """Issues 1, 2, … and the values that they state, several divided by a comma."""
    return {at: {name: frozenset(value.split(", "))} if value else {} for at, value in enumerate(values, start=1)}


def test_a_fact_divides_a_cluster_where_both_sides_have_enough_members() -> None:
    found = variants(stated("plan", *["pro"] * 4, *["team"] * 5, None, "free", "pro, team"))
    assert found == (Part("plan", "team", (5, 6, 7, 8, 9)), Part("plan", "pro", (1, 2, 3, 4)))


def test_a_few_others_are_no_variant() -> None:
    assert variants(stated("plan", *["pro"] * 9, "team", "team")) == ()
    assert variants(stated("plan", *["pro"] * 90, *["team"] * 3)) == ()
    assert variants(stated("plan", *["pro"] * 9)) == ()
    assert variants({}) == ()


def test_values_that_include_each_other_do_not_divide() -> None:
    assert variants(stated("plan", *["max"] * 5, *["max 5x"] * 5)) == ()
    found = variants(stated("plan", *["max, max 5x"] * 5, *["pro"] * 5))
    assert [(part.value, len(part.members)) for part in found] == [("max 5x", 5), ("pro", 5)]


def test_a_repositorys_own_fact_divides_and_fingerprints_do_not() -> None:
    assert len(variants(stated("colour", *["red"] * 4, *["blue"] * 4))) == 2
    assert variants(stated("error_message", *["0123456789abcdef"] * 4, *["fedcba9876543210"] * 4)) == ()
