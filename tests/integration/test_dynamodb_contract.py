"""The DynamoDB adapters keep the contracts of their ports on the local AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import override

import pytest

from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_owners import DynamoOwnerDirectory
from framehook.adapters.dynamodb_table import Table
from framehook.errors import ResultTooLarge, StaleJob, UnreadableItem
from framehook.jobs import OutputRecord, ResultFile, Status
from framehook.ports import GateStore, OwnerDirectory
from tests.contracts.job_store import JobStoreContract, StoreFactory
from tests.contracts.samples import NOW, a_job
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


def test_state_item_has_what_indexes_streams_and_ttl_need(table: Table) -> None:
    store, job = DynamoJobStore(table, retention_days=2), a_job(due_at=NOW + 9)
    store.put_new(job)
    stored = _raw(table, job.id)
    assert stored["notify"] == {"BOOL": True}
    assert stored["due_at"] == {"N": str(NOW + 9)}
    assert stored["due_shard"]["S"] in ("0", "1", "2", "3")
    assert (stored["owner"], stored["created_at"]) == ({"S": job.owner}, {"N": str(NOW)})
    assert len(str(stored["writer"]["S"])) == 16
    assert "expires_at" not in stored
    done = replace(job, status=Status.SUCCEEDED, due_at=None, finished_at=NOW)
    done = store.replace(done, job)
    store.replace(replace(done, look_ups=1), done)
    stored = _raw(table, job.id)
    assert stored["notify"] == {"BOOL": False}
    assert stored["expires_at"] == {"N": str(NOW // 1000 + 2 * 86400)}
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


def test_record_result_text_too_large_even_when_compressed_is_refused(table: Table) -> None:
    noise = "".join(chr(0x4E00 + (number * 7919 + number * number) % 20_000) for number in range(300_000))
    with pytest.raises(ResultTooLarge):
        DynamoJobStore(table).record_result(a_job().id, OutputRecord(0, result=ResultFile(text=noise)))


def test_get_file_without_request_is_unreadable(table: Table) -> None:
    store, job = DynamoJobStore(table), a_job()
    store.put_new(job)
    with pytest.raises(UnreadableItem):
        store.get_file(job.id)


def _raw(table: Table, job_id: str) -> dict[str, dict[str, object]]:
    item = table.get(f"JOB#{job_id}", "STATE")
    assert item is not None
    return item
