from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.activities.curate import act
from bot.activities.overridden import curation_of, kept_out_of, overridden, refusal
from bot.activities.people import pending
from bot.errors import TriageError
from bot.repo_config import parse
from bot.storage.protocol import Storage
from models.curation import Edit
from tests.fakes.small_world import CLUSTER_LABEL, World
from tests.fakes.small_world import CONFIG as OF_THE_WORLD

AT = datetime(2026, 5, 1, tzinfo=UTC)
CONFIG = parse(
    "ignore: {labels: [wontfix]}\n"
    "clusters:\n"
    "  - {slug: extra, title: Extra usage, label: money, canonical: 5}\n"
    "  - {slug: dark, title: Dark mode, label: look}\n"
)
AS_CONFIGURED = {"extra": ("Extra usage", "money", 5), "dark": ("Dark mode", "look", None)}


def edit(kind: str, cluster: str, place: int = 0, **more: Any) -> Edit:
    return Edit(kind, AT + timedelta(minutes=place), "mia", cluster, **more)


def clusters_under(*edits: Edit) -> dict[str, tuple[str, str | None, int | None]]:
    storage = cast(Storage, SimpleNamespace(edits=lambda _: pending(1, edits)))
    return {one.slug: (one.title, one.label, one.canonical) for one in overridden(storage, 1, CONFIG).clusters}


def test_what_a_person_set_stands_over_the_file_and_the_newest_wins() -> None:
    assert clusters_under() == AS_CONFIGURED
    found = clusters_under(
        edit("rename", "extra", value="Money"),
        edit("rename", "extra", 1, value="Money that cannot be used"),
        edit("label", "extra", 2, value=None),
        edit("canonical", "extra", 3, numbers=(9,)),
        edit("pin", "dark", 4, numbers=(3,)),
    )
    assert found == AS_CONFIGURED | {"extra": ("Money that cannot be used", None, 9)}


def test_what_was_set_on_a_found_cluster_ends_where_it_goes_into_a_known_one() -> None:
    set_elsewhere = edit("canonical", "c-7", numbers=(9,))
    assert clusters_under(set_elsewhere) == AS_CONFIGURED
    found = clusters_under(set_elsewhere, edit("merge", "dark", 1, value="c-7", numbers=(9,), stayed=(3,)))
    assert found == AS_CONFIGURED  # the file keeps its say where nobody set anything on the cluster itself


@pytest.mark.parametrize("label", ["possible-duplicate", "WontFix", "look", "Duplicate", ".", "..", "\u3164"])
def test_inv_16_a_label_that_means_something_else_is_refused_and_one_that_came_to_mean_it_gives_way_to_the_files(
    label: str,
) -> None:
    assert refusal(label, "extra", CONFIG) is not None
    assert clusters_under(edit("label", "extra", value=label))["extra"][1] == "money"
    assert refusal("area: money", "extra", CONFIG) is None
    assert refusal("money", "extra", CONFIG) is None


def test_inv_16_a_label_that_a_person_gave_to_another_cluster_is_refused_and_so_is_that_clusters_own(
    known: World,
) -> None:
    dark = b"  - {slug: dark, title: Dark mode, label: look, examples: [the sidebar is grey on grey]}\n"
    known.fake.config = OF_THE_WORLD + dark
    known.clock.forward(minutes=2)
    known.learn()
    act(known.services, known.repository, known.config, edit("label", "extra", value="area: money"))
    for taken in ("Area: Money", CLUSTER_LABEL):  # the file's comes back when the act is undone
        with pytest.raises(TriageError, match="another cluster's"):
            act(known.services, known.repository, known.config, edit("label", "dark", 1, value=taken))


@pytest.mark.parametrize(("kind", "value"), [("label", ".."), ("label", "\u3164"), ("rename", "\u3164" * 3)])
def test_inv_24_a_name_that_has_no_address_or_shows_nothing_is_refused(known: World, kind: str, value: str) -> None:
    with pytest.raises(TriageError):
        act(known.services, known.repository, known.config, edit(kind, "extra", value=value))


def test_an_issue_is_kept_out_of_what_it_was_taken_out_of_and_of_all_others_where_it_was_put_into_one() -> None:
    def out(number: int, *edits: Edit) -> frozenset[str]:
        storage = cast(Storage, SimpleNamespace(edits=lambda _: pending(1, edits)))
        return kept_out_of(curation_of(storage, 1, CONFIG), CONFIG, number)

    split = edit("split", "extra", value="c-9", numbers=(9,), stayed=(3,))
    assert (out(9), out(9, split), out(3, split)) == (frozenset(), {"extra", "dark"}, frozenset())
    assert out(9, split, edit("merge", "extra", 1, value="c-9", numbers=(9,), stayed=(3,))) == {"dark"}
    assert out(9, edit("merge", "extra", 1, value="c-9", numbers=(9,), stayed=(3,))) == frozenset()
    assert out(9, edit("exclude", "extra", numbers=(9,))) == {"extra"}
    assert out(9, edit("exclude", "extra", numbers=(9,)), edit("pin", "extra", 1, numbers=(9,))) == {"dark"}
