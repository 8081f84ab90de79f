"""The in-memory fakes keep the contracts of the ports they stand for, and misbehave only on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import override

import pytest

from framehook.adapters.job_index import due_shard
from framehook.errors import StaleJob, Unavailable
from framehook.jobs import AttemptRecord, Output, OutputRecord, OutputState, Status
from framehook.ports import (
    Chance,
    Clock,
    DeadLetters,
    Downloader,
    DueJob,
    EventBus,
    FileSender,
    FollowUpQueue,
    FunctionStarter,
    GateStore,
    JobFile,
    JobQueue,
    JobStore,
    MediaStore,
    OwnerDirectory,
    PoisonQueue,
    Transport,
    UploadSigner,
)
from tests.contracts.job_store import JobStoreContract, StoreFactory
from tests.contracts.media_store import MediaStoreContract
from tests.contracts.samples import NOW, a_job, a_landed_file, a_request
from tests.contracts.small_ports import (
    Arrivals,
    FollowUpQueueContract,
    GateStoreContract,
    OwnerDirectoryContract,
    SecretsContract,
)
from tests.fakes import (
    FakeClock,
    FakeDownloader,
    FakeFileSender,
    FakeGateStore,
    FakeJobStore,
    FakeMediaStore,
    FakeOwnerDirectory,
    FakeSecrets,
    FakeUploadSigner,
    RecordingBus,
    RecordingDeadLetters,
    RecordingFollowUps,
    RecordingPoisonQueue,
    RecordingQueue,
    RecordingStarter,
    ScriptedTransport,
    SeededChance,
)


class TestFakeJobStore(JobStoreContract):
    @override
    @pytest.fixture
    def new_store(self, clock: FakeClock) -> StoreFactory:
        return lambda retention_days: FakeJobStore(clock, retention_days)


class TestFakeMediaStore(MediaStoreContract):
    @override
    @pytest.fixture
    def media(self) -> MediaStore:
        return FakeMediaStore()


class TestFakeGateStore(GateStoreContract):
    @override
    @pytest.fixture
    def gates(self) -> GateStore:
        return FakeGateStore()


class TestFakeOwnerDirectory(OwnerDirectoryContract):
    @override
    @pytest.fixture
    def owners(self) -> OwnerDirectory:
        return FakeOwnerDirectory({"a" * 64: "acme"})


class TestFakeSecrets(SecretsContract):
    @override
    @pytest.fixture
    def secrets(self) -> FakeSecrets:
        return FakeSecrets({"runware": "sk-1", "runcomfy": ""})

    @override
    @pytest.fixture
    def change(self, secrets: FakeSecrets) -> Callable[[str], None]:
        return lambda key: secrets.api_keys.update(runware=key)


class TestRecordingFollowUps(FollowUpQueueContract):
    @override
    @pytest.fixture
    def follow_ups(self) -> RecordingFollowUps:
        return RecordingFollowUps()

    @override
    @pytest.fixture
    def arrivals(self, follow_ups: RecordingFollowUps) -> Arrivals:
        taken: list[DueJob] = []

        def arrived(seconds: float) -> list[DueJob]:
            new = [due for due, delay in follow_ups.sent if delay <= seconds and due not in taken]
            taken.extend(new)
            return new

        return arrived


def test_fail_next_not_applied_leaves_the_store_as_it_was() -> None:
    store, job = FakeJobStore(), a_job()
    store.trouble.fail_next()
    with pytest.raises(Unavailable):
        store.put_new(job)
    assert store.get(job.id) is None


def test_fail_next_applied_loses_only_the_reply() -> None:
    store, job = FakeJobStore(), a_job()
    store.put_new(job)
    store.trouble.fail_next(applied=True, method="replace")
    with pytest.raises(Unavailable):
        store.replace(replace(job, refusals=1), job)
    with pytest.raises(StaleJob) as stale:
        store.replace(replace(job, refusals=1), job)
    assert stale.value.current == replace(job, refusals=1, version=1)


def test_fail_next_counts_calls_of_its_method() -> None:
    store, job = FakeJobStore(), a_job()
    store.trouble.fail_next(2, method="get")
    assert store.put_new(job) is None
    for _ in range(2):
        with pytest.raises(Unavailable):
            store.get(job.id)
    assert store.get(job.id) == job


def test_freeze_index_due_lags_behind_the_table() -> None:
    store, job = FakeJobStore(), a_job(due_at=NOW)
    store.put_new(job)
    store.freeze_index()
    store.replace(replace(job, due_at=None), job)
    assert store.due(due_shard(job.id), NOW, 10) == [DueJob(job.id, NOW)]
    store.thaw_index()
    assert store.due(due_shard(job.id), NOW, 10) == []


def test_lag_index_due_answers_as_of_then() -> None:
    clock = FakeClock(NOW)
    store, job = FakeJobStore(clock), a_job(due_at=NOW)
    shard = due_shard(job.id)
    store.put_new(job)
    clock.advance(seconds=60)
    store.replace(replace(job, due_at=NOW + 1), job)
    store.lag_index(60_000)
    assert store.due(shard, clock.at, 10) == [DueJob(job.id, NOW)]
    store.lag_index(60_001)
    assert store.due(shard, clock.at, 10) == []
    store.lag_index(1)
    clock.advance(ms=1)
    assert store.due(shard, clock.at, 10) == [DueJob(job.id, NOW + 1)]


def test_lag_index_shows_a_finished_job_until_it_has_caught_up() -> None:
    clock = FakeClock(NOW)
    store, job = FakeJobStore(clock), a_job(due_at=NOW)
    shard = due_shard(job.id)
    store.put_new(job)
    clock.advance(ms=1)
    store.replace(replace(job, due_at=None, status=Status.FAILED, finished_at=NOW), job)
    store.lag_index(1)
    assert store.due(shard, clock.at, 10) == [DueJob(job.id, NOW)]
    store.lag_index(0)
    assert store.due(shard, clock.at, 10) == []


def test_freeze_index_while_it_lags_keeps_what_it_showed() -> None:
    clock = FakeClock(NOW)
    store, job = FakeJobStore(clock), a_job(due_at=NOW)
    shard = due_shard(job.id)
    store.lag_index(1)
    store.put_new(job)
    store.freeze_index()
    clock.advance(ms=1)
    assert store.due(shard, clock.at, 10) == []
    store.thaw_index()
    assert store.due(shard, clock.at, 10) == [DueJob(job.id, NOW)]


def test_second_try_after_a_lost_reply_is_answered_as_by_the_table() -> None:
    """By a caller: what the SDK itself repeats counts as done, and shows in no fake."""
    store, job, request = FakeJobStore(), a_job(), a_request()
    landed = a_landed_file()
    twice = partial(_twice, store)
    assert twice("put_request", job.id, request) == request
    assert twice("put_new", job) == job
    assert twice("claim_landing", job.id, 0, 1, "etag", NOW, NOW + 10)
    assert twice("record_landing", job.id, 0, 1, "etag", landed)
    twice("record_answer", job.id, 1, "once")
    twice("release_landing", job.id, 0, 1, "etag")
    expected = JobFile(job, request, (OutputRecord(0, landed=landed),), (AttemptRecord(1, ("once",)),))
    assert store.get_file(job.id) == expected


def _twice(store: FakeJobStore, method: str, *args: object) -> object:
    store.trouble.fail_next(applied=True, method=method)
    with pytest.raises(Unavailable):
        getattr(store, method)(*args)
    return getattr(store, method)(*args)


def test_overtake_next_replace_that_was_done_looks_stale() -> None:
    store, job = FakeJobStore(), a_job()
    store.put_new(job)
    mine = replace(job, refusals=1, version=1)
    store.trouble.overtake_next("replace", lambda: store.replace(replace(mine, look_ups=1), mine))
    with pytest.raises(StaleJob) as stale:
        store.replace(replace(job, refusals=1), job)
    assert stale.value.current == store.get(job.id) == replace(job, refusals=1, look_ups=1, version=2)


def test_changes_tell_which_writes_are_worth_announcing() -> None:
    store = FakeJobStore()
    job = a_job(outputs=(Output(0),))
    store.put_new(job)
    job = store.replace(replace(job, refusals=1), job)
    job = store.replace(replace(job, outputs=(replace(job.outputs[0], state=OutputState.TO_FETCH),)), job)
    job = store.replace(replace(job, look_ups=1), job)
    job = store.replace(replace(job, charged=5), job)
    job = store.replace(replace(job, status=Status.FAILED), job)
    job = store.replace(replace(job, charged=6), job)
    store.replace(replace(job, look_ups=1), job)
    assert [change.notify for change in store.changes] == [True, False, True, False, False, True, True, False]
    assert store.changes[0].before is None
    assert store.changes[1].before == store.changes[0].after


def test_seeded_chance_repeats_itself() -> None:
    one, two = SeededChance(3), SeededChance(3)
    assert (one.uuid(), one.token(), one.fraction()) == (two.uuid(), two.token(), two.fraction())
    assert len(one.token()) == 43


def test_fakes_are_what_they_stand_for() -> None:
    """mypy is the judge of this one."""
    store: JobStore = FakeJobStore()
    transport: Transport = ScriptedTransport()
    downloader: Downloader = FakeDownloader()
    sender: FileSender = FakeFileSender()
    clock: Clock = FakeClock()
    chance: Chance = SeededChance()
    signer: UploadSigner = FakeUploadSigner()
    queue: JobQueue = RecordingQueue()
    follow_ups: FollowUpQueue = RecordingFollowUps()
    letters: DeadLetters = RecordingDeadLetters()
    poison: PoisonQueue = RecordingPoisonQueue()
    starter: FunctionStarter = RecordingStarter()
    bus: EventBus = RecordingBus()
    fakes = (store, transport, downloader, sender, clock, chance, signer, queue, follow_ups, letters, poison)
    assert all((*fakes, starter, bus))
