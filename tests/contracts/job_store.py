"""The contract of JobStore: versions, idempotency, claims, retention, listing."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

import pytest

from framehook.adapters.job_index import KEPT_ANSWERS, due_shard
from framehook.errors import InvalidRequest, StaleJob
from framehook.jobs import AttemptRecord, Job, Output, OutputRecord, ResultFile, Status, Task
from framehook.ports import DUE_SHARDS, DueJob, JobFile, JobStore
from tests.contracts.samples import DAY, NOW, a_full_job, a_job, a_landed_file, a_request
from tests.fakes import FakeClock

NOISE = "".join(hashlib.sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(16_000))  # 1 MB
StoreFactory = Callable[[int | None], JobStore]


class JobStoreContract(ABC):
    """`new_store` makes an empty store with this retention, on `clock`."""

    @pytest.fixture
    @abstractmethod
    def new_store(self, clock: FakeClock) -> StoreFactory: ...

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(NOW)

    @pytest.fixture
    def store(self, new_store: StoreFactory) -> JobStore:
        return new_store(None)

    # state

    def test_get_unknown_job_is_none(self, store: JobStore) -> None:
        assert store.get(a_job().id) is None
        assert store.get_file(a_job().id) is None

    def test_put_new_then_get_gives_the_same_job(self, store: JobStore) -> None:
        plain, full = a_job(), a_full_job()
        assert store.put_new(plain) is None
        assert store.put_new(full) is None
        assert store.get(plain.id) == plain
        assert store.get(full.id) == full

    def test_put_new_existing_job_is_returned_and_kept(self, store: JobStore) -> None:
        job = a_job()
        store.put_new(job)
        assert store.put_new(replace(job, model="another")) == job
        assert store.get(job.id) == job

    def test_replace_seen_version_is_stored_with_the_next(self, store: JobStore) -> None:
        job = a_job(due_at=NOW)
        store.put_new(job)
        stored = store.replace(replace(job, status=Status.SUBMITTING, due_at=None), job)
        assert stored == replace(job, status=Status.SUBMITTING, due_at=None, version=1)
        assert store.get(job.id) == stored

    def test_replace_stale_version_raises_with_what_is_stored(self, store: JobStore) -> None:
        job = a_job()
        store.put_new(job)
        stored = store.replace(replace(job, refusals=1), job)
        with pytest.raises(StaleJob) as stale:
            store.replace(replace(job, refusals=2), job)
        assert stale.value.current == stored
        assert store.get(job.id) == stored

    def test_replace_missing_job_raises_with_nothing(self, store: JobStore) -> None:
        job = a_job()
        with pytest.raises(StaleJob) as stale:
            store.replace(job, job)
        assert stale.value.current is None
        assert store.get(job.id) is None

    def test_get_expired_job_is_none_but_its_id_is_taken(
        self, new_store: StoreFactory, clock: FakeClock
    ) -> None:
        store = new_store(1)
        done = _finished(store)
        clock.at = NOW + 8 * DAY
        assert store.get(done.id) is None
        assert store.get_file(done.id) is None
        assert store.put_new(a_job(id=done.id)) == done

    def test_get_open_job_never_expires(self, new_store: StoreFactory, clock: FakeClock) -> None:
        store = new_store(1)
        job = a_job()
        store.put_request(job.id, a_request())
        store.put_new(job)
        clock.advance(days=400)
        assert _file(store, job) == JobFile(job, a_request())

    # request

    def test_put_request_first_one_wins(self, store: JobStore) -> None:
        job, request = a_job(), a_request()
        assert store.get_request(job.id) is None
        assert store.put_request(job.id, request) == request
        assert store.put_request(job.id, a_request(fingerprint="other")) == request
        assert store.get_request(job.id) == request

    def test_put_request_large_or_spilled_input_comes_back(self, store: JobStore) -> None:
        large = a_request(input={"prompt": "狐" * 30_000}, metadata={})
        spilled = a_request(input={}, spilled_key="inputs/1.json")
        for request in (large, spilled):
            job = a_job()
            store.put_request(job.id, request)
            assert store.get_request(job.id) == request

    # outputs

    def test_record_result_leaves_what_landed_and_what_it_is_silent_about(self, store: JobStore) -> None:
        job_id = a_job().id
        assert store.get_output(job_id, 0, 1) is None
        assert store.claim_landing(job_id, 0, 1, "etag", NOW, NOW + 10)
        assert store.record_landing(job_id, 0, 1, "etag", a_landed_file())
        record = OutputRecord(0, 1, ResultFile("https://x.test/1", None, "p", "video/mp4"), 5, "v")
        store.record_result(job_id, record)
        store.record_result(job_id, record)
        store.record_result(job_id, OutputRecord(0, seed=6))
        assert store.get_output(job_id, 0, 1) == replace(record, seed=6, landed=a_landed_file())

    def test_record_result_new_result_replaces_the_old_one(self, store: JobStore) -> None:
        job_id = a_job().id
        store.record_result(
            job_id, OutputRecord(1, result=ResultFile(url="https://x.test/1", provider_id="a"))
        )
        store.record_result(job_id, OutputRecord(1, result=ResultFile(url="https://x.test/2")))
        assert store.get_output(job_id, 1, 1) == OutputRecord(1, result=ResultFile(url="https://x.test/2"))

    @pytest.mark.parametrize("text", ["", "short", "long text, 狐 " * 50_000, NOISE])
    def test_record_result_text_comes_back(self, store: JobStore, text: str) -> None:
        job_id = a_job().id
        record = OutputRecord(0, result=ResultFile(text=text))
        store.record_result(job_id, record)
        assert store.get_output(job_id, 0, 1) == record

    def test_claim_landing_held_for_another_object_is_refused_until_it_ran_out(self, store: JobStore) -> None:
        job_id = a_job().id
        assert store.claim_landing(job_id, 0, 1, "one", NOW, NOW + 10)
        assert store.claim_landing(job_id, 0, 1, "one", NOW + 1, NOW + 10)
        assert not store.claim_landing(job_id, 0, 1, "two", NOW + 10, NOW + 20)
        assert store.claim_landing(job_id, 0, 1, "two", NOW + 11, NOW + 20)
        assert not store.record_landing(job_id, 0, 1, "one", a_landed_file("outputs/one"))
        assert store.record_landing(job_id, 0, 1, "two", a_landed_file("outputs/two"))

    def test_claim_landing_landed_output_is_refused_to_everybody(self, store: JobStore) -> None:
        job_id = a_job().id
        store.claim_landing(job_id, 0, 1, "one", NOW, NOW + 10)
        assert store.record_landing(job_id, 0, 1, "one", a_landed_file())
        assert store.record_landing(job_id, 0, 1, "one", a_landed_file())  # repeated
        assert not store.claim_landing(job_id, 0, 1, "one", NOW + 11, NOW + 20)
        assert not store.claim_landing(job_id, 0, 1, "two", NOW + 11, NOW + 20)

    def test_record_landing_without_claim_is_refused(self, store: JobStore) -> None:
        job_id = a_job().id
        assert not store.record_landing(job_id, 0, 1, "one", a_landed_file())
        assert store.get_output(job_id, 0, 1) is None

    def test_release_landing_only_my_claim_is_given_back(self, store: JobStore) -> None:
        job_id = a_job().id
        store.release_landing(job_id, 0, 1, "one")
        store.claim_landing(job_id, 0, 1, "one", NOW, NOW + 10)
        store.release_landing(job_id, 0, 1, "two")
        assert not store.claim_landing(job_id, 0, 1, "two", NOW, NOW + 10)
        store.release_landing(job_id, 0, 1, "one")
        assert store.claim_landing(job_id, 0, 1, "two", NOW, NOW + 10)

    def test_release_landing_landed_output_stays(self, store: JobStore) -> None:
        job_id = a_job().id
        store.claim_landing(job_id, 0, 1, "one", NOW, NOW + 10)
        store.record_landing(job_id, 0, 1, "one", a_landed_file())
        store.release_landing(job_id, 0, 1, "one")
        assert store.record_landing(job_id, 0, 1, "one", a_landed_file())
        assert not store.claim_landing(job_id, 0, 1, "two", NOW + 11, NOW + 20)

    def test_outputs_of_a_later_attempt_are_apart_from_the_first(self, store: JobStore) -> None:
        job_id = a_job().id
        first, second = (
            OutputRecord(0, attempt, ResultFile(url=f"https://x.test/{attempt}")) for attempt in (1, 2)
        )
        store.record_result(job_id, second)
        assert store.get_output(job_id, 0, 1) is None
        store.record_result(job_id, first)
        assert store.claim_landing(job_id, 0, 1, "one", NOW, NOW + 10)
        assert store.claim_landing(job_id, 0, 2, "two", NOW, NOW + 10)
        assert store.record_landing(job_id, 0, 2, "two", a_landed_file())
        store.release_landing(job_id, 0, 1, "one")
        assert store.get_output(job_id, 0, 1) == first
        assert store.get_output(job_id, 0, 2) == replace(second, landed=a_landed_file())
        assert store.claim_landing(job_id, 0, 1, "three", NOW, NOW + 10)

    # answers

    def test_record_answer_keeps_the_first_few_and_none_twice(self, store: JobStore) -> None:
        job, answers = a_job(), ("x" * 5000, *(f"answer {number}" for number in range(KEPT_ANSWERS + 1)))
        store.put_request(job.id, a_request())
        store.put_new(job)
        for answer in answers:
            store.record_answer(job.id, 2, answer)
            store.record_answer(job.id, 2, answer)
        assert _file(store, job).attempts == (AttemptRecord(2, answers[:KEPT_ANSWERS]),)

    # everything of a job

    def test_get_file_holds_everything_in_order(self, store: JobStore) -> None:
        job, request = a_job(), a_request()
        store.put_request(job.id, request)
        store.put_new(job)
        for number in (11, 2):
            for attempt in (10, 9, 1):
                store.record_result(job.id, OutputRecord(number, attempt, seed=attempt))
            store.record_answer(job.id, number, "a")
        assert store.get_file(job.id) == JobFile(
            job,
            request,
            tuple(
                OutputRecord(number, attempt, seed=attempt) for number in (2, 11) for attempt in (1, 9, 10)
            ),
            (AttemptRecord(2, ("a",)), AttemptRecord(11, ("a",))),
        )

    # retention

    def test_parts_of_a_finished_job_are_gone_a_week_before_its_state(
        self, new_store: StoreFactory, clock: FakeClock
    ) -> None:
        """What a person wrote goes on the day; the state stays, so that nothing of the old job is left when its id is
        free again."""
        store = new_store(1)
        done = _finished(store)
        clock.at = NOW + DAY - 1
        assert _file(store, done).outputs == (OutputRecord(0, 1, seed=1), OutputRecord(0, 2, seed=2))
        assert _file(store, done).attempts == (AttemptRecord(1, ("a",)), AttemptRecord(2, ("b",)))
        assert store.page(done.owner, None, 10, None).jobs == (done,)
        clock.at = NOW + DAY
        assert store.get(done.id) == done
        assert store.get_file(done.id) is None
        assert store.get_request(done.id) is None
        assert [store.get_output(done.id, 0, attempt) for attempt in (1, 2)] == [None, None]
        assert store.page(done.owner, None, 10, None).jobs == ()
        clock.at = NOW + 8 * DAY - 1
        assert store.get(done.id) == done
        clock.at = NOW + 8 * DAY
        assert store.get(done.id) is None

    def test_later_write_of_a_finished_job_does_not_prolong_it(
        self, new_store: StoreFactory, clock: FakeClock
    ) -> None:
        store = new_store(1)
        done = _finished(store)
        clock.at = NOW + DAY - 1
        store.record_answer(done.id, 2, "late")
        store.replace(replace(done, charged=5, updated_at=clock.at), done)
        clock.at = NOW + DAY
        assert store.get_file(done.id) is None
        clock.at = NOW + 8 * DAY
        assert store.get(done.id) is None

    def test_job_that_is_stored_as_finished_goes_too(self, new_store: StoreFactory, clock: FakeClock) -> None:
        store, job = new_store(1), a_job(status=Status.FAILED, finished_at=NOW)
        for _ in range(2):
            store.put_request(job.id, a_request())
            store.put_new(job)
        assert _file(store, job).job == job
        clock.at = NOW + DAY
        assert store.get_file(job.id) is None
        assert store.get_request(job.id) is None

    def test_without_retention_nothing_goes(self, store: JobStore, clock: FakeClock) -> None:
        done = _finished(store)
        clock.advance(days=4000)
        assert _file(store, done).job == done

    # replays

    def test_replayed_request_and_job_change_nothing(self, store: JobStore) -> None:
        job, request = a_job(), a_request()
        store.put_request(job.id, request)
        store.put_new(job)
        now = store.replace(replace(job, status=Status.SUBMITTING), job)
        assert store.put_request(job.id, request) == request
        assert store.put_new(job) == now
        assert store.get_file(job.id) == JobFile(now, request)

    def test_replay_while_only_the_state_is_left_brings_nothing_back(
        self, new_store: StoreFactory, clock: FakeClock
    ) -> None:
        store = new_store(1)
        done = _finished(store)
        clock.at = NOW + DAY
        store.put_request(done.id, a_request())
        assert store.put_new(a_job(id=done.id)) == done
        assert store.get_file(done.id) is None
        assert store.get_request(done.id) is None

    # due times

    def test_due_open_jobs_of_the_shard_oldest_first(self, store: JobStore) -> None:
        jobs = [a_job(due_at=NOW - number) for number in range(12)]
        for job in [*jobs, a_job(due_at=NOW + 1), a_job()]:
            store.put_new(job)
        found = {shard: list(store.due(shard, NOW, 100)) for shard in range(DUE_SHARDS)}
        for shard, due in found.items():
            expected = [DueJob(job.id, NOW - n) for n, job in enumerate(jobs) if due_shard(job.id) == shard]
            assert due == expected[::-1]
            assert list(store.due(shard, NOW, 1)) == due[:1]

    def test_due_moved_and_finished_jobs_leave_the_index(self, store: JobStore) -> None:
        job = a_job(due_at=NOW)
        shard = due_shard(job.id)
        store.put_new(job)
        later = store.replace(replace(job, due_at=NOW + 5), job)
        assert list(store.due(shard, NOW, 10)) == []
        assert list(store.due(shard, NOW + 5, 10)) == [DueJob(job.id, NOW + 5)]
        store.replace(replace(later, due_at=None, status=Status.FAILED, finished_at=NOW), later)
        assert list(store.due(shard, NOW + 5, 10)) == []

    # listing

    def test_page_newest_first_and_only_of_the_owner(self, store: JobStore) -> None:
        jobs = _put_some(store, 5)
        store.put_new(a_job())
        assert _pages(store, jobs[0].owner, None, 100) == [jobs]
        assert store.page("nobody", None, 10, None).jobs == ()

    def test_page_cursors_lead_through_everything_once(self, store: JobStore) -> None:
        jobs = _put_some(store, 7)
        pages = _pages(store, jobs[0].owner, None, 3)
        assert [len(page) for page in pages if page] == [3, 3, 1]
        assert list(chain.from_iterable(pages)) == jobs

    def test_page_status_filter_fills_pages(self, store: JobStore) -> None:
        jobs = _put_some(store, 12, odd=Status.RUNNING)
        running = [job for job in jobs if job.status is Status.RUNNING]
        pages = _pages(store, jobs[0].owner, Status.RUNNING, 4)
        assert [len(page) for page in pages if page] == [4, 2]
        assert list(chain.from_iterable(pages)) == running

    def test_page_foreign_or_damaged_cursor_is_invalid(self, store: JobStore) -> None:
        jobs = _put_some(store, 3)
        owner = jobs[0].owner
        cursor = store.page(owner, None, 1, None).cursor
        assert cursor is not None
        assert cursor.isascii()
        assert set(cursor).isdisjoint("+/=&? ")
        damaged = ("B" if cursor[0] == "A" else "A") + cursor[1:]
        for wrong in ("", "x", "é", "AAAA", cursor[:-2], cursor + "A", damaged, "W10" * 9):
            with pytest.raises(InvalidRequest) as refused:
                store.page(owner, None, 1, wrong)
            assert [problem.field for problem in refused.value.problems] == ["cursor"]
        with pytest.raises(InvalidRequest):
            store.page("another-owner", None, 1, cursor)


def _finished(store: JobStore) -> Job:
    """A job that ended NOW in its second attempt, with everything that is stored beside one."""
    job = a_job(attempt=2, tasks=(Task("one", 0, 1), Task("two", 0, 2)), outputs=(Output(0, 2),))
    store.put_request(job.id, a_request())
    store.put_new(job)
    for attempt, answer in ((1, "a"), (2, "b")):
        store.record_result(job.id, OutputRecord(0, attempt, seed=attempt))
        store.record_answer(job.id, attempt, answer)
    return store.replace(replace(job, status=Status.FAILED, finished_at=NOW), job)


def _file(store: JobStore, job: Job) -> JobFile:
    file = store.get_file(job.id)
    assert file is not None
    return file


def _put_some(store: JobStore, count: int, odd: Status = Status.QUEUED) -> list[Job]:
    """Jobs of one owner, newest first."""
    owner = a_job().owner
    jobs = [
        a_job(owner=owner, created_at=NOW + number, status=odd if number % 2 else Status.QUEUED)
        for number in range(count)
    ]
    for job in jobs:
        store.put_new(job)
    return jobs[::-1]


def _pages(store: JobStore, owner: str, status: Status | None, limit: int) -> list[list[Job]]:
    pages: list[list[Job]] = []
    cursor: str | None = None
    while not pages or cursor is not None:
        page = store.page(owner, status, limit, cursor)
        pages.append(list(page.jobs))
        cursor = page.cursor
    return pages
