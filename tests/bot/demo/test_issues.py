"""A file of issues is read line by line; what is wrong is named and left out."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.issues import ending_at, gathered, load, read
from bot.errors import TriageError


def line(number: int = 1, **changes: Any) -> bytes:
    data = {"number": number, "title": f"title {number}", "body": "text", "created_at": "2026-05-01", **changes}
    return json.dumps(data).encode()


def test_a_line_needs_no_more_than_number_title_and_time():
    (one,) = read([b'{"number": 3, "title": "t", "created_at": "2026-05-01"}']).issues
    assert (one.number, one.body, one.author, one.state) == (3, None, "ghost", "open")
    assert one.created_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_issues_are_in_the_order_of_filing_and_then_of_number():
    lines = [line(3, created_at="2026-05-02"), line(2), line(1, created_at="2026-05-01T00:00:00+00:00"), b"", line(9)]
    assert [one.number for one in read(lines).issues] == [1, 2, 9, 3]


def test_github_s_own_objects_are_as_good_as_names():
    (one,) = read([line(user={"login": "ann"}, labels=[{"name": "bug"}, "docs"])]).issues
    assert (one.author, one.labels) == ("ann", ("bug", "docs"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "line 1: not JSON: Expecting property name"),
        (b"[]", "line 1: not a JSON object"),
        (b"\xff", "line 1: not"),
        (line(0), "line 1: number"),
        (line(True), "line 1: number"),
        (line(2**60), "line 1: number"),
        (line(title=" "), "line 1: title"),
        (line(title=None), "line 1: title"),
        (line(body=5), "line 1: body"),
        (line(body="\ud800"), "line 1: body: half a character"),
        (line(created_at="yesterday"), "line 1: created_at"),
        (line(created_at=None), "line 1: created_at"),
        (line(created_at="0001-01-01T00:00:00+14:00"), "line 1: created_at"),
        (line(labels="bug"), "line 1: labels"),
        (line(labels=["x" * 51]), "line 1: labels"),
        (line(author=7), "line 1: author"),
        (line(state="merged"), "line 1: state"),
        (line(gold_cluster=7), "line 1: gold_cluster"),
        (b'{"number": 1' + b"0" * 5000 + b"}", "line 1: not JSON that can be read"),
        (b"[" * 100_000, "line 1: not JSON that can be read"),
    ],
)
def test_a_malformed_line_is_named_with_its_reason_and_the_others_are_kept(content, reason):
    found = read([content, line(5)])
    assert [one.number for one in found.issues] == [5]
    (problem,) = found.problems
    assert problem.startswith(reason)


def test_a_number_that_was_there_before_is_left_out():
    found = read([line(1), line(1, title="again")])
    assert [one.title for one in found.issues] == ["title 1"]
    assert found.problems == ("line 2: issue 1 was there before",)


def test_the_truth_is_known_only_where_the_file_speaks_of_it():
    assert not read([line(1)]).truth
    assert read([line(1, gold_cluster=None)]).truth
    assert read([line(1, duplicate_of=None)]).truth


def test_groups_are_gold_clusters_and_chains_of_duplicates():
    found = read([line(1, gold_cluster="a"), line(2, gold_cluster="a"), line(3, duplicate_of=2), line(4)])
    assert found.groups() == {1: 1, 2: 1, 3: 1, 4: 4}


def test_a_gzipped_file_is_read_by_its_name(tmp_path: Path):
    path = tmp_path / "issues.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([line(1), line(2)])))
    assert len(load(path).issues) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl.gz", b"not gzip"), ("b.jsonl.gz", gzip.compress(b"x" * 99, mtime=0)[:20]), ("c.jsonl", b"")],
)
def test_a_file_without_an_issue_is_named(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TriageError, match=name.partition(".")[0]):
        load(path)


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_whatever_break_the_reader(lines: list[bytes]):
    found = read(lines)
    assert len(found.issues) + len(found.problems) <= len(lines)


def test_what_came_since_a_moment_is_gathered_in_its_order_and_the_rest_stays():
    file = read([line(number, created_at=f"2026-05-{number:02d}") for number in range(1, 10)])
    found = gathered(file, datetime(2026, 5, 5, tzinfo=UTC), timedelta(hours=4)).issues
    assert found[:4] == file.issues[:4]
    assert [one.number for one in found] == [one.number for one in file.issues]
    last = file.issues[-1].created_at
    assert [(last - one.created_at) / timedelta(hours=1) for one in found[4:]] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("day", [1, 2, 30])
def test_what_is_near_already_stays_as_it_is(day):
    since = datetime(2026, 5, day, tzinfo=UTC)
    file = read([line(number, created_at="2026-05-01") for number in (1, 2, 3)])
    assert gathered(file, since, timedelta(hours=1)) == file
    assert gathered(read([]), since, timedelta(hours=1)).issues == ()
    assert ending_at(read([]), since).issues == ()
