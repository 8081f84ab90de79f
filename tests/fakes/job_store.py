"""The job table in memory: versions, claims, the sparse index of due times and its staleness, and the stream
of changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from framehook.adapters.job_index import (
    KEPT_ANSWERS,
    cursor_after,
    due_shard,
    expires_at,
    notice,
    parts_expire_at,
    position_of,
)
from framehook.errors import ResultTooLarge, StaleJob
from framehook.jobs import AttemptRecord, Job, LandedFile, OutputRecord, Request, Status
from framehook.ports import Clock, DueJob, JobFile, Page
from tests.fakes.chance import FakeClock
from tests.fakes.trouble import Trouble, may_fail

LONGEST_TEXT = 8 * 1024 * 1024  # the real one counts compressed bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the table's stream. `notify`: whether its filter lets it through."""

    before: Job | None
    after: Job
    notify: bool


@dataclass(frozen=True, slots=True)
class _Claim:
    etag: str
    until: int


type _Indexed = tuple[str, int | None]  # a job's id and due time


class FakeJobStore:
    def __init__(self, clock: Clock | None = None, retention_days: int | None = None) -> None:
        self.trouble = Trouble()
        self.jobs: dict[str, Job] = {}
        self.requests: dict[str, Request] = {}
        self.outputs: dict[tuple[str, int, int], OutputRecord] = {}
        self.attempts: dict[tuple[str, int], AttemptRecord] = {}
        self.changes: list[Change] = []
        self._claims: dict[tuple[str, int, int], _Claim] = {}
        self._moves: list[tuple[int, _Indexed]] = []  # every change of the index, and when
        self._frozen_index: list[_Indexed] | None = None
        self._index_lag = 0
        self._clock = clock or FakeClock()
        self._retention_days = retention_days

    def freeze_index(self) -> None:
        """From now on `due` answers from the index as it is now, as a lagging index does."""
        self._frozen_index = list(self._indexed())

    def thaw_index(self) -> None:
        self._frozen_index = None

    def lag_index(self, ms: int) -> None:
        """From now on `due` answers as of so long ago; 0: as of now. An index that is frozen stays so."""
        self._index_lag = ms

    @may_fail
    def get(self, job_id: str) -> Job | None:
        job = self.jobs.get(job_id)
        return job if job and not self._expired(job) else None

    @may_fail
    def get_file(self, job_id: str) -> JobFile | None:
        job = self.jobs.get(job_id)
        if job is None or self._parts_are_past(job_id):
            return None
        return JobFile(
            job,
            self.requests[job_id],
            tuple(self.outputs[key] for key in sorted(self.outputs) if key[0] == job_id),
            tuple(self.attempts[key] for key in sorted(self.attempts) if key[0] == job_id),
        )

    @may_fail
    def get_request(self, job_id: str) -> Request | None:
        return None if self._parts_are_past(job_id) else self.requests.get(job_id)

    @may_fail
    def put_request(self, job_id: str, request: Request) -> Request:
        return self.requests.setdefault(job_id, request)

    @may_fail
    def put_new(self, job: Job) -> Job | None:
        if job.id in self.jobs:
            return self.jobs[job.id]
        self._store(None, job)
        return None

    @may_fail
    def replace(self, job: Job, seen: Job) -> Job:
        current = self.jobs.get(job.id)
        if current is None or current.version != seen.version:
            raise StaleJob(current)
        stored = replace(job, version=seen.version + 1)
        self._store(seen, stored)
        return stored

    @may_fail
    def get_output(self, job_id: str, index: int, attempt: int) -> OutputRecord | None:
        return None if self._parts_are_past(job_id) else self.outputs.get((job_id, index, attempt))

    @may_fail
    def record_result(self, job_id: str, record: OutputRecord) -> None:
        if record.result and record.result.text and len(record.result.text) > LONGEST_TEXT:
            raise ResultTooLarge("the text is longer than the table takes")
        key = (job_id, record.index, record.attempt)
        stored = self.outputs.get(key, OutputRecord(record.index, record.attempt))
        self.outputs[key] = replace(
            stored,
            result=_newer(record.result, stored.result),
            seed=_newer(record.seed, stored.seed),
            video_id=_newer(record.video_id, stored.video_id),
        )

    @may_fail
    def claim_landing(self, job_id: str, index: int, attempt: int, etag: str, now: int, until: int) -> bool:
        key = (job_id, index, attempt)
        claim = self._claims.get(key)
        stored = self.outputs.setdefault(key, OutputRecord(index, attempt))
        if stored.landed or (claim and claim.etag != etag and claim.until >= now):
            return False
        self._claims[key] = _Claim(etag, until)
        return True

    @may_fail
    def record_landing(self, job_id: str, index: int, attempt: int, etag: str, landed: LandedFile) -> bool:
        key = (job_id, index, attempt)
        claim = self._claims.get(key)
        if claim is None or claim.etag != etag:
            return False
        self.outputs[key] = replace(self.outputs[key], landed=landed)
        return True

    @may_fail
    def release_landing(self, job_id: str, index: int, attempt: int, etag: str) -> None:
        key = (job_id, index, attempt)
        claim = self._claims.get(key)
        if claim and claim.etag == etag and not self.outputs[key].landed:
            del self._claims[key]

    @may_fail
    def record_answer(self, job_id: str, number: int, answer: str) -> None:
        key = (job_id, number)
        stored = self.attempts.get(key, AttemptRecord(number))
        if len(stored.answers) < KEPT_ANSWERS and answer not in stored.answers:
            stored = replace(stored, answers=(*stored.answers, answer))
        self.attempts[key] = stored

    @may_fail
    def due(self, shard: int, now: int, limit: int) -> Sequence[DueJob]:
        found = [
            DueJob(job_id, due_at)
            for job_id, due_at in self._indexed()
            if due_at is not None and due_at <= now and due_shard(job_id) == shard
        ]
        return sorted(found, key=lambda due: due.due_at)[:limit]

    @may_fail
    def page(self, owner: str, status: Status | None, limit: int, cursor: str | None) -> Page:
        start = position_of(owner, cursor) if cursor is not None else None
        jobs = [job for job in self.jobs.values() if job.owner == owner and not self._parts_are_past(job.id)]
        jobs.sort(key=lambda job: (job.created_at, job.id), reverse=True)
        if start is not None:
            jobs = [job for job in jobs if (job.created_at, job.id) < (start.created_at, start.job_id)]
        found = [job for job in jobs if status is None or job.status is status]
        taken = found[:limit]
        more = len(found) > len(taken)
        return Page(tuple(taken), cursor_after(owner, taken[-1].created_at, taken[-1].id) if more else None)

    def _store(self, seen: Job | None, job: Job) -> None:
        before = self.jobs.get(job.id)
        if job.due_at != (before.due_at if before else None):
            self._moves.append((self._clock.now(), (job.id, job.due_at)))
        self.changes.append(Change(before, job, notice(seen, job) is not None))
        self.jobs[job.id] = job

    def _indexed(self) -> Iterable[_Indexed]:
        if self._frozen_index is not None:
            return self._frozen_index
        if not self._index_lag:
            return [(job.id, job.due_at) for job in self.jobs.values()]
        until = self._clock.now() - self._index_lag
        return dict(move for at, move in self._moves if at <= until).items()

    def _expired(self, job: Job) -> bool:
        return self._past(expires_at(job, self._retention_days))

    def _parts_are_past(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        return job is not None and self._past(parts_expire_at(job, self._retention_days))

    def _past(self, end: int | None) -> bool:
        return end is not None and end * 1000 <= self._clock.now()


def _newer[T](reported: T | None, stored: T | None) -> T | None:
    """What a later report is silent about stays."""
    return stored if reported is None else reported
