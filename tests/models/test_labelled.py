import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labelled import KnownSoFar, groups, load, read


def line(number: object = 1, created_at: object = "2026-01-01", **more: object) -> str:
    return json.dumps({"number": number, "title": "t", "body": "b", "created_at": created_at, **more})


def test_issues_come_in_the_order_of_their_arrival() -> None:
    data = read([line(3, "2026-01-02"), line(2, "2026-01-02T00:00:00Z"), line(9, "2026-01-01"), "", "  \n"])
    assert [item.issue.number for item in data.items] == [9, 2, 3]
    assert data.malformed == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (b"\xff{}", "not UTF-8"),
        (line(None), "number"),
        (line(True), "number"),
        (line("7"), "number"),
        (line(0), "number"),
        (line(2**53 + 1), "number"),
        (line(created_at="soon"), "created_at"),
        (line(created_at=None), "created_at"),
        (line(title=3), "title"),
        (line(duplicate_of="#2"), "duplicate_of"),
        (line(duplicate_of=0), "duplicate_of: a whole number from 1"),
        (line(duplicate_of=2.5), "duplicate_of"),
        (line(duplicate_of=True), "duplicate_of"),
        (line(float("nan")), "number"),
        (line(float("inf")), "number"),
        (line(gold_cluster=[4]), "gold_cluster"),
        (line(gold_cluster=True), "gold_cluster"),
        ('{"number": ' + "9" * 5000 + "}", "too many digits"),
        ("[" * 100_000, "nested"),
        ('{"number": 7, "body": "b", "created_at": "2026-01-01"}', "title: missing"),
        ('{"title": "t", "body": "b", "created_at": "2026-01-01"}', "number: missing"),
        ('{"number": 7, "title": "t", "body": "b"}', "created_at: missing"),
        (line(7).encode("utf-16-le"), "not JSON"),
    ],
)
def test_a_malformed_line_is_named_with_its_number_and_reason(text: str | bytes, reason: str) -> None:
    data = read([line(5), text, line(6)])
    assert [item.issue.number for item in data.items] == [5, 6]
    assert [bad.line for bad in data.malformed] == [2]
    assert reason in str(data.malformed[0])
    assert str(data.malformed[0]).startswith("line 2: ")


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert [item.issue.number for item in read([b"\xef\xbb\xbf" + line(5).encode(), line(6).encode()]).items] == [5, 6]


def test_a_line_with_nothing_but_a_byte_order_mark_is_empty() -> None:
    data = read([b"\xef\xbb\xbf\r\n", b" \r\n", line(5).encode() + b"\r\n"])
    assert [item.issue.number for item in data.items] == [5]
    assert data.malformed == ()


def test_what_a_table_with_gaps_makes_of_numbers_is_read() -> None:
    first, second = read([line(1.0, duplicate_of=float("nan")), line(2, duplicate_of=1.0, gold_cluster=7)]).items
    assert (first.issue.number, first.duplicate_of) == (1, None)
    assert (second.duplicate_of, second.gold_cluster) == (1, "7")


def test_an_empty_name_is_no_cluster() -> None:
    items = read([line(1, gold_cluster=""), line(2, gold_cluster=" ")]).items
    assert [item.gold_cluster for item in items] == [None, None]
    assert all(item.judged for item in items)


def test_a_repeated_number_is_malformed() -> None:
    assert "before" in read([line(1), line(1)]).malformed[0].reason


def test_null_bodies_are_empty_and_unjudged_issues_are_told_from_lone_ones() -> None:
    first, second = read([line(1, body=None), line(2, gold_cluster=None)]).items
    assert first.issue.body == ""
    assert not first.judged
    assert second.judged
    assert second.gold_cluster is None


def test_inv_41_texts_are_redacted_on_the_way_in() -> None:
    assert "me@example.org" not in read([line(1, body="write to me@example.org")]).items[0].issue.body


def test_plain_and_gzipped_files_are_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_text(line(1) + "\n")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert load(plain) == load(packed)
    for name in ("a.jsonl.GZ", "packed.jsonl"):
        packed.rename(packed := tmp_path / name)
        assert load(packed) == load(plain)


def test_groups_are_joined_by_links_and_by_clusters() -> None:
    lines = [line(1), line(2, duplicate_of=1), line(3, gold_cluster="c"), line(4, gold_cluster="c", duplicate_of=2)]
    assert set(groups(read([*lines, line(5, duplicate_of=5), line(6, duplicate_of=99)]).items).values()) == {1, 5, 6}


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_linked_issues_share_a_group_whatever_the_links(targets: list[int]) -> None:
    items = read([line(number, duplicate_of=target) for number, target in enumerate(targets, start=1)]).items
    group = groups(items)
    for item in items:
        if item.duplicate_of in group:
            assert group[item.issue.number] == group[item.duplicate_of]
            assert group[item.issue.number] <= item.issue.number


def test_duplicates_of_an_issue_that_is_not_here_belong_together() -> None:
    items = read([line(3, duplicate_of=99), line(5, duplicate_of=98), line(7, duplicate_of=99)]).items
    assert groups(items) == {3: 3, 5: 5, 7: 3}


def test_a_language_goes_by_either_name() -> None:
    items = read([line(1, lang="de"), line(2, language="pt"), line(3)]).items
    assert [item.language for item in items] == ["de", "pt", None]


def test_what_is_known_so_far_is_what_earlier_labels_say() -> None:
    items = read(
        [
            line(1, "2026-01-01", gold_cluster="a"),
            line(2, "2026-01-02", duplicate_of=4),  # closed in favour of a later one
            line(3, "2026-01-03", duplicate_of=1),
            line(4, "2026-01-04"),
            line(5, "2026-01-05", gold_cluster="a", duplicate_of=2),
        ]
    ).items
    known, told = KnownSoFar(), []
    for item in items:
        told.append({number: known.group(number) for number in range(1, 6)})
        known.add(item)
    assert told[2] == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
    assert told[3] == {1: 1, 2: 2, 3: 1, 4: 4, 5: 5}
    assert told[4] == {1: 1, 2: 2, 3: 1, 4: 2, 5: 5}
    assert [known.group(number) for number in range(1, 6)] == [1] * 5


@given(st.lists(st.tuples(st.integers(1, 12), st.none() | st.sampled_from("abc")), max_size=12))
def test_at_the_end_everything_is_known(labels: list[tuple[int, str | None]]) -> None:
    items = read(
        line(number, f"2026-01-{number:02}", duplicate_of=to, gold_cluster=name)
        for number, (to, name) in enumerate(labels, start=1)
    ).items
    known = KnownSoFar()
    for item in items:
        known.add(item)
    assert {item.issue.number: known.group(item.issue.number) for item in items} == groups(items)
