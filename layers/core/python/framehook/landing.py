"""A file that entered under `incoming/` is checked and promoted to `outputs/`: claim, copy, record, delete.

Used by land_output. Nothing appears under `outputs/` that was not checked; a crash at any point is finished by the next
delivery or follow-up. Next: publish_change announces the job once its last file is in.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from framehook.changes import Changes
from framehook.due_times import SECOND
from framehook.errors import Failure, Unavailable
from framehook.identifiers import IncomingKey, output_key, parse_incoming_key
from framehook.jobs import Job, Kind, LandedFile, Output, OutputState
from framehook.media import MediaType, UnusableMedia, inspect
from framehook.outputs import wanted_output, with_landed, with_refused
from framehook.ports import JobStore, MediaStore, ObjectHead

logger = logging.getLogger(__name__)

_CLAIM = 120 * SECOND  # longer than the function may run
_HARD_LIMIT = (
    5 * 1024**3
)  # one CopyObject copies no more: docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html


@dataclass(frozen=True, slots=True)
class Landing:
    changes: Changes
    media: MediaStore
    max_bytes: int

    @property
    def jobs(self) -> JobStore:
        return self.changes.jobs

    def land(self, key: str) -> None:
        """Takes the file under `key` into the job it belongs to, if it is still wanted. Idempotent.

        Raises Unavailable when it must be tried again.
        """
        incoming = parse_incoming_key(key)
        job = self.jobs.get(incoming.job_id) if incoming else None
        place = wanted_output(job, incoming) if job and incoming else None
        if incoming is None or job is None or place is None:
            logger.debug("a file that no job waits for is left to expire", extra={"key": key})
            return
        if place.state is OutputState.LANDED:
            self.media.delete(key)
            return
        head = self.media.head(key)
        if head is None:
            self._recover(job, place)
            return
        try:
            found = self._inspected(key, head, place.kind or job.kind)
        except UnusableMedia as unusable:
            self._refuse(job, place, head, str(unusable))
            return
        self._promote(job, place, head, found)

    def _inspected(self, key: str, head: ObjectHead, kind: Kind) -> MediaType:
        if head.bytes > min(self.max_bytes, _HARD_LIMIT):
            raise UnusableMedia(f"the file has {head.bytes} bytes; at most {self.max_bytes} are taken")

        def read(start: int, length: int) -> bytes:
            found = self.media.read(key, head.etag, start, length)
            if found is None:
                raise Unavailable("the file was replaced while it was checked")
            return found

        return inspect(read, head.bytes, kind)

    def _promote(self, job: Job, place: Output, head: ObjectHead, found: MediaType) -> None:
        now = self.changes.clock.now()
        index = place.index
        incoming = IncomingKey(job.id, place.attempt, index)
        if not self.jobs.claim_landing(job.id, index, place.attempt, head.etag, now, now + _CLAIM):
            self._recover(job, place)
            return
        target = output_key(job.owner, job.id, index, found.extension, place.attempt)
        metadata = {
            "job-id": job.id,
            "output": str(index),
            "owner": job.owner,
            "model": job.model,
            "provider": job.provider,
        }
        checksum = self.media.promote(str(incoming), head.etag, target, found.content_type, metadata)
        if checksum is None:
            self.jobs.release_landing(job.id, index, place.attempt, head.etag)
            raise Unavailable("the file was replaced before it was copied")
        landed = LandedFile(target, head.bytes, found.content_type, checksum)
        if not self.jobs.record_landing(job.id, index, place.attempt, head.etag, landed):
            raise Unavailable("another file was claimed for this output")
        self._note_landed(job, place)
        self.media.delete(str(incoming))

    def _recover(self, job: Job, place: Output) -> None:
        """The file is gone or claimed: finish what an earlier run recorded, or let that run finish."""
        record = self.jobs.get_output(job.id, place.index, place.attempt)
        if record and record.landed:
            self._note_landed(job, place)
            self.media.delete(str(IncomingKey(job.id, place.attempt, place.index)))
        elif self.media.head(str(IncomingKey(job.id, place.attempt, place.index))):
            raise Unavailable("the output is being landed by another invocation")

    def _refuse(self, job: Job, place: Output, head: ObjectHead, why: str) -> None:
        """An unusable upload is replaced from the result URL; with the second unusable copy of that the output is lost.

        An unusable upload stays under `incoming/` until it expires, for whoever wants to know.
        """
        logger.warning("unusable file", extra={"job_id": job.id, "output": place.index, "why": why})
        if head.fetched:  # the provider has it still; a second fetch must not be taken for the first
            self.media.delete(str(IncomingKey(job.id, place.attempt, place.index)))
        failure = Failure("output_invalid", why)

        def refused(seen: Job, now: int) -> Job:
            if place not in seen.outputs:
                return seen  # another delivery of this notification was first: one bad file counts once
            return with_refused(seen, place.index, place.attempt, failure, head.fetched, now)

        self.changes.apply(job, refused)

    def _note_landed(self, job: Job, place: Output) -> None:
        self.changes.apply(job, lambda seen, now: with_landed(seen, place.index, place.attempt, now))
