"""The contracts of the small ports: gates, owners, secrets, delayed messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import pytest

from framehook.ports import DueJob, FollowUpQueue, Gate, GateStore, OwnerDirectory, Secrets

JOB = "0c9d6d6c-44c5-4a5b-8a33-1f5a2f6d9a01"
OTHER_JOB = "0c9d6d6c-44c5-4a5b-8a33-1f5a2f6d9a02"

# What has arrived when so many seconds have passed; asked again, what has arrived since.
type Arrivals = Callable[[float], Sequence[DueJob]]


class GateStoreContract(ABC):
    @pytest.fixture
    @abstractmethod
    def gates(self) -> GateStore: ...

    def test_get_gate_unknown_provider_is_open(self, gates: GateStore) -> None:
        assert gates.get_gate("runware") == Gate()

    def test_replace_gate_first_writer_wins(self, gates: GateStore) -> None:
        seen = gates.get_gate("runware")
        assert gates.replace_gate("runware", Gate(closed_until=5, failures=1, unknowns=2), seen)
        assert not gates.replace_gate("runware", Gate(closed_until=6, failures=1), seen)
        stored = gates.get_gate("runware")
        assert stored == Gate(closed_until=5, failures=1, unknowns=2, version=1)
        assert gates.replace_gate("runware", Gate(), stored)
        assert gates.get_gate("runware") == Gate(version=2)

    def test_replace_gate_providers_are_apart(self, gates: GateStore) -> None:
        gates.replace_gate("runware", Gate(closed_until=5), Gate())
        assert gates.get_gate("runcomfy") == Gate()


class OwnerDirectoryContract(ABC):
    """`owners` knows the key hash "a" * 64 as the owner "acme"."""

    @pytest.fixture
    @abstractmethod
    def owners(self) -> OwnerDirectory: ...

    def test_owner_of_known_and_unknown_keys(self, owners: OwnerDirectory) -> None:
        assert owners.owner_of("a" * 64) == "acme"
        assert owners.owner_of("b" * 64) is None


class SecretsContract(ABC):
    """`secrets` has the key "sk-1" for runware, an empty one for runcomfy and none for runninghub."""

    @pytest.fixture
    @abstractmethod
    def secrets(self) -> Secrets: ...

    @pytest.fixture
    @abstractmethod
    def change(self) -> Callable[[str], None]:
        """Puts a new key for runware there."""

    def test_api_key_missing_or_empty_is_none(self, secrets: Secrets) -> None:
        assert secrets.api_key("runware") == "sk-1"
        assert secrets.api_key("runcomfy") is None
        assert secrets.api_key("runninghub") is None
        assert secrets.api_key("nobody") is None

    def test_key_that_is_forgotten_is_read_anew(
        self, secrets: Secrets, change: Callable[[str], None]
    ) -> None:
        assert secrets.api_key("runware") == "sk-1"
        change("sk-2")
        assert secrets.api_key("runware") == "sk-1"
        secrets.forget("runware")
        secrets.forget("nobody")
        assert secrets.api_key("runware") == "sk-2"


class FollowUpQueueContract(ABC):
    @pytest.fixture
    @abstractmethod
    def follow_ups(self) -> FollowUpQueue: ...

    @pytest.fixture
    @abstractmethod
    def arrivals(self) -> Arrivals: ...

    def test_send_job_and_due_time_arrive(self, follow_ups: FollowUpQueue, arrivals: Arrivals) -> None:
        follow_ups.send(DueJob(JOB, 1_700_000_000_001), 0)
        assert arrivals(0) == [DueJob(JOB, 1_700_000_000_001)]

    def test_send_arrives_after_its_delay_and_not_before(
        self, follow_ups: FollowUpQueue, arrivals: Arrivals
    ) -> None:
        follow_ups.send(DueJob(JOB, 5), 2)
        follow_ups.send(DueJob(OTHER_JOB, 6), 0)
        assert arrivals(0) == [DueJob(OTHER_JOB, 6)]
        assert arrivals(2.5) == [DueJob(JOB, 5)]

    def test_send_longest_delay_is_taken(self, follow_ups: FollowUpQueue, arrivals: Arrivals) -> None:
        follow_ups.send(DueJob(JOB, 5), 900)
        assert arrivals(0) == []
