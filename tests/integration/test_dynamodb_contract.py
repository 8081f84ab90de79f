"""The DynamoDB adapters keep the contracts of their ports on the local AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import override

import pytest

from framehook.adapters import dynamodb_texts
from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_owners import DynamoOwnerDirectory
from framehook.adapters.dynamodb_table import Table
from framehook.errors import ResultTooLarge, StaleJob
from framehook.jobs import Output, OutputRecord, ResultFile, Status, Task
from framehook.ports import GateStore, OwnerDirectory
from tests.contracts.job_store import NOISE, JobStoreContract, StoreFactory
from tests.contracts.samples import NOW, a_job, a_request
from tests.contracts.small_ports import GateStoreContract, OwnerDirectoryContract
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


class TestDynamoJobStore(JobStoreContract):
    @override
    @pytest.fixture
    def new_store(self, clock: FakeClock, table: Table) -> StoreFactory:
        own = replace(table, clock=clock)
        return lambda retention_days: DynamoJobStore(own, retention_days)


class TestDynamoGateStore(GateStoreContract):
    @override
    @pytest.fixture
    def gates(self, table: Table) -> GateStore:
        return DynamoGateStore(table)


class TestDynamoOwnerDirectory(OwnerDirectoryContract):
    @override
    @pytest.fixture
    def owners(self, table: Table) -> OwnerDirectory:
        key = {"pk": {"S": "KEY#" + "a" * 64}, "sk": {"S": "KEY"}, "owner_id": {"S": "acme"}}
        table.client.put_item(TableName=table.name, Item=key)
        return DynamoOwnerDirectory(table)


def test_end_that_came_too_late_takes_nothing_of_a_job_that_goes_on(table: Table, clock: FakeClock) -> None:
    store, job = DynamoJobStore(replace(table, clock=clock), 1), a_job(status=Status.SUBMITTING)
    store.put_request(job.id, a_request())
    store.put_new(job)
    store.replace(replace(job, status=Status.PARKED), job)
    with pytest.raises(StaleJob):
        store.replace(replace(job, status=Status.FAILED, finished_at=NOW), job)

    clock.advance(days=9)

    assert store.get_request(job.id) == a_request()
    assert store.get_file(job.id) is not None


def test_state_item_has_what_indexes_streams_and_ttl_need(table: Table) -> None:
    store, job = DynamoJobStore(table, retention_days=2), a_job(due_at=NOW + 9)
    store.put_new(job)
    stored = _raw(table, job.id)
    assert stored["notify"] == {"S": "queued"}
    assert stored["due_at"] == {"N": str(NOW + 9)}
    assert stored["due_shard"]["S"] in ("0", "1", "2", "3")
    assert (stored["owner"], stored["created_at"]) == ({"S": job.owner}, {"N": str(NOW)})
    assert len(str(stored["writer"]["S"])) == 16
    assert "expires_at" not in stored
    done = replace(job, status=Status.SUCCEEDED, due_at=None, finished_at=NOW)
    done = store.replace(done, job)
    store.replace(replace(done, look_ups=1), done)
    stored = _raw(table, job.id)
    assert "notify" not in stored
    assert stored["expires_at"] == {"N": str(NOW // 1000 + 9 * 86400)}
    assert stored.keys().isdisjoint(("due_at", "due_shard"))


def test_replace_lost_reply_to_my_own_write_is_success(table: Table) -> None:
    """botocore sends a put again when its reply was lost; here the same writer does it."""
    job = a_job()
    DynamoJobStore(table).put_new(job)
    repeated = DynamoJobStore(replace(table, new_writer=lambda: "0123456789abcdef"))
    changed = replace(job, refusals=1)
    assert repeated.replace(changed, job) == repeated.replace(changed, job) == replace(changed, version=1)
    with pytest.raises(StaleJob):
        DynamoJobStore(table).replace(changed, job)


def test_put_new_lost_reply_to_my_own_write_is_success(table: Table) -> None:
    repeated = DynamoJobStore(replace(table, new_writer=lambda: "0123456789abcdef"))
    job = a_job()
    assert repeated.put_new(job) is None
    assert repeated.put_new(job) is None
    assert DynamoJobStore(table).put_new(job) == job


def test_record_result_text_too_large_even_in_parts_is_refused(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_texts, "_MOST_PARTS", 1)
    with pytest.raises(ResultTooLarge):
        DynamoJobStore(table).record_result(a_job().id, OutputRecord(0, result=ResultFile(text=NOISE)))


def test_get_file_request_is_deleted_before_the_state(table: Table) -> None:
    """DynamoDB deletes what has expired when it likes, each item by itself."""
    store, job = DynamoJobStore(table), a_job()
    store.put_new(job)
    assert store.get_file(job.id) is None


def test_items_beside_a_finished_job_expire_with_it(table: Table) -> None:
    """What DynamoDB deletes: every part two days after the end, the state a week later, nothing of an open job."""
    store = DynamoJobStore(table, retention_days=2)
    tasks = Task("one", 1, 1), Task("two", 1, 2), Task("three", 0, 1)
    job = a_job(count=2, attempt=2, tasks=tasks, outputs=(Output(0), Output(1, 2), Output(3, 2)))
    store.put_request(job.id, a_request())
    store.put_new(job)
    for index, attempt in ((0, 1), (1, 1), (1, 2), (3, 2)):
        store.record_result(job.id, OutputRecord(index, attempt, seed=1))
    store.record_answer(job.id, 2, "early")
    assert _expiries(table, job.id) == dict.fromkeys((PARTS | {"STATE"}) - {"ATTEMPT#1"})
    store.replace(replace(job, status=Status.FAILED, finished_at=NOW), job)
    store.record_answer(job.id, 1, "late")
    end = NOW // 1000 + 2 * 86400
    assert _expiries(table, job.id) == dict.fromkeys(PARTS, end) | {"STATE": end + 7 * 86400}


def test_request_of_a_replay_after_the_first_one_was_deleted_expires_too(table: Table) -> None:
    store, job = DynamoJobStore(table, retention_days=2), a_job()
    store.put_request(job.id, a_request())
    store.put_new(job)
    done = store.replace(replace(job, status=Status.FAILED, finished_at=NOW), job)
    table.client.delete_item(TableName=table.name, Key={"pk": {"S": f"JOB#{job.id}"}, "sk": {"S": "REQUEST"}})
    store.put_request(job.id, a_request())
    assert store.put_new(a_job(id=job.id)) == done
    assert _expiries(table, job.id)["REQUEST"] == NOW // 1000 + 2 * 86400


PARTS = {"REQUEST", "OUTPUT#0", "OUTPUT#1", "OUTPUT#1.2", "OUTPUT#3.2", "ATTEMPT#1", "ATTEMPT#2"}


def _expiries(table: Table, job_id: str) -> dict[str, int | None]:
    found = {item["sk"]["S"]: item.get("expires_at") for item in table.all_of(f"JOB#{job_id}")}
    return {sk: int(end["N"]) if end else None for sk, end in found.items()}


def _raw(table: Table, job_id: str) -> dict[str, dict[str, object]]:
    item = table.get(f"JOB#{job_id}", "STATE")
    assert item is not None
    return item
