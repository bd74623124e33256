"""Renames and change counters under any order of events, against a model in memory, over both engines."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from tests.fakes.stored import stored_issue, stored_vectors

IDS = st.integers(1, 3)
NAMES = st.sampled_from(["a/one", "A/One", "a/two", "b/three"])
NUMBERS = st.sets(st.integers(1, 6), min_size=1, max_size=3)


class Machine(RuleBasedStateMachine):
    """`names`: key → (id, spelling); `issues` and `pending`: id → numbers there, and those a reader must be told."""

    storage: Storage

    def __init__(self) -> None:
        super().__init__()
        for repository_id in (1, 2, 3):
            self.storage.forget_repository(repository_id)
        self.names: dict[str, tuple[int, str]] = {}
        self.issues: dict[int, set[int]] = {}
        self.pending: dict[int, set[int]] = {}
        self.versions: dict[int, int] = {}

    @rule(repository_id=IDS, name=NAMES)
    def save(self, repository_id: int, name: str) -> None:
        self.storage.save_repository(RepositoryRecord(repository_id, name))
        self.names = {key: held for key, held in self.names.items() if held[0] != repository_id}
        self.names[name.lower()] = (repository_id, name)
        self.issues.setdefault(repository_id, set())
        self.pending.setdefault(repository_id, set())

    @rule(repository_id=IDS)
    def forget(self, repository_id: int) -> None:
        self.storage.forget_repository(repository_id)
        self.names = {key: held for key, held in self.names.items() if held[0] != repository_id}
        for model in (self.issues, self.pending):
            model.pop(repository_id, None)

    @rule(repository_id=IDS, numbers=NUMBERS)
    def save_issues(self, repository_id: int, numbers: set[int]) -> None:
        if repository_id in self.issues:
            self.storage.save_issues(repository_id, [stored_issue(n) for n in numbers])
            self.issues[repository_id] |= numbers
            self.pending[repository_id] |= numbers

    @rule(repository_id=IDS, numbers=NUMBERS)
    def save_vectors(self, repository_id: int, numbers: set[int]) -> None:
        if repository_id in self.issues:
            self.storage.save_vectors(repository_id, [stored_vectors(n) for n in numbers & self.issues[repository_id]])
            self.pending[repository_id] |= numbers & self.issues[repository_id]

    @rule(repository_id=IDS, number=st.integers(1, 6))
    def delete(self, repository_id: int, number: int) -> None:
        self.storage.delete_issue(repository_id, number)
        if number in self.issues.get(repository_id, set()):
            self.issues[repository_id].discard(number)
            self.pending[repository_id].add(number)

    @rule(repository_id=IDS)
    def read(self, repository_id: int) -> None:
        before = self.versions.get(repository_id, 0)
        version, numbers = self.storage.changes_since(repository_id, before)
        if repository_id not in self.issues:
            assert (version, list(numbers)) == (0, [])
            return
        assert version >= before
        assert list(numbers) == sorted(self.pending[repository_id])
        self.versions[repository_id] = version
        self.pending[repository_id] = set()

    @invariant()
    def names_lead_to_their_present_holders(self) -> None:
        listed = [(record.id, record.full_name) for record in self.storage.repositories()]
        assert listed == [held for _, held in sorted(self.names.items())]
        for name in ("a/one", "a/two", "b/three"):
            found = self.storage.repository(name)
            assert (found and (found.id, found.full_name)) == self.names.get(name)

    @invariant()
    def issues_are_those_saved_and_not_deleted(self) -> None:
        for repository_id in (1, 2, 3):
            numbers = [stored.issue.number for stored in self.storage.issues(repository_id)]
            assert numbers == sorted(self.issues.get(repository_id, set()))


def test_any_order_of_events_agrees_with_the_model(storage: Storage) -> None:
    machine = type("Bound", (Machine,), {"storage": storage})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=checks)
    )
