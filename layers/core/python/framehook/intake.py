"""A request becomes a job: checked, priced and stored before anything is sent. Used by serve_api and submit_job.

The conditional put of a derived id is the idempotency check. Next: submit_job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook.changes import Changes
from framehook.due_times import first_due
from framehook.errors import Failure, IdempotencyConflict, RequestError
from framehook.inputs import InputKeeper
from framehook.jobs import Job, Kind, Request, Status, TimelineEntry
from framehook.offerings import Plan, plan
from framehook.requests import JobRequest, fingerprint
from framehook.transitions import Event, move

_SHOWN_MODEL = 200
_SHOWN_REASON = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """`replayed`: the same request had been accepted before, and this is its job as it is now."""

    job: Job
    request: Request
    replayed: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    changes: Changes
    inputs: InputKeeper

    def accept(self, owner: str, job_id: str, asked: JobRequest) -> Accepted:
        """The job for this request, stored as queued. Idempotent by `job_id`.

        Raises InvalidRequest before anything is written; IdempotencyConflict when the id belongs to another request.
        """
        mark = fingerprint(asked)
        known = self._known(job_id, mark)
        if known is not None:
            return known
        planned = plan(asked.model, asked.input, asked.provider)
        # A folder of its own: another request under the same key must not write over what was accepted.
        kept, spilled_key = self.inputs.kept(owner, f"{job_id}/{mark[:16]}", asked.input, planned.media)
        request = Request(asked.model, kept, planned.count, mark, asked.metadata, spilled_key)
        accepted = self._store(self._queued(owner, job_id, planned), request)
        return replace(accepted, warnings=tuple(planned.warnings))

    def refuse(
        self, owner: str, job_id: str, model: str, metadata: Mapping[str, str], mark: str, why: RequestError
    ) -> Accepted:
        """A readable request that can't be served becomes a failed job of its owner, so that it is not lost."""
        now = self.changes.clock.now()
        queued = Job(
            id=job_id,
            owner=owner,
            model=_storable(model)[:_SHOWN_MODEL] or "unknown",
            provider="none",
            offering="",
            kind=Kind.ANY,
            status=Status.QUEUED,
            created_at=now,
            updated_at=now,
            queued_at=now,
            timeline=(TimelineEntry(Status.QUEUED, now),),
        )
        failed = move(queued, Event.REFUSED, now, Failure(why.code, _storable(str(why))[:_SHOWN_REASON]))
        return self._store(failed, Request(queued.model, {}, 0, mark, metadata))

    def _known(self, job_id: str, mark: str) -> Accepted | None:
        """What was accepted under this id before, whatever the catalogue says today."""
        request = self.changes.jobs.get_request(job_id)
        if request is None:
            return None
        if request.fingerprint != mark:
            raise IdempotencyConflict("the idempotency key was used before, for another request")
        job = self.changes.jobs.get(job_id)
        return Accepted(job, request, replayed=True) if job else None

    def _store(self, job: Job, request: Request) -> Accepted:
        """Request first: a job that exists can always be sent."""
        stored = self.changes.jobs.put_request(job.id, request)
        if stored.fingerprint != request.fingerprint:
            raise IdempotencyConflict("the idempotency key was used before, for another request")
        existing = self.changes.jobs.put_new(job)
        if existing is None:
            return Accepted(job, stored, replayed=False)
        return Accepted(existing, stored, replayed=True)

    def _queued(self, owner: str, job_id: str, planned: Plan) -> Job:
        now = self.changes.clock.now()
        job = Job(
            id=job_id,
            owner=owner,
            model=planned.model,
            provider=planned.provider,
            offering=planned.offering,
            kind=planned.kind,
            status=Status.QUEUED,
            created_at=now,
            updated_at=now,
            queued_at=now,
            count=planned.count,
            uploads=planned.uploads,
            usual_seconds=planned.usual_seconds,
            look_up_growth=planned.look_up_growth,
            quoted=planned.quoted,
            timeline=(TimelineEntry(Status.QUEUED, now),),
        )
        return replace(job, due_at=first_due(job, self.changes.policy))


def _storable(text: str) -> str:
    """JSON can spell half a surrogate pair; the table can't keep it."""
    return text.encode("utf-8", "backslashreplace").decode()
