"""A result that the provider did not upload is fetched into `incoming/`, as if it had been.

Used by fetch_output. Streams; never holds a file. Next: the object's notification starts land_output.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from framehook.changes import Changes
from framehook.deadlines import entered_at
from framehook.due_times import MINUTE
from framehook.errors import DownloadRefused, Failure, ResultGone, Unavailable
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, ResultFile, Status
from framehook.outputs import to_fetch, with_lost
from framehook.ports import Downloader, MediaStore

logger = logging.getLogger(__name__)

_GONE_FOR_GOOD = (
    30 * MINUTE
)  # a host may answer 404 while it still copies the file to where it serves it from


@dataclass(frozen=True, slots=True)
class Fetching:
    changes: Changes
    media: MediaStore
    downloaders: Mapping[str, Downloader]
    max_bytes: int

    def fetch(self, job_id: str, index: int) -> None:
        """Brings output `index` of the job under `incoming/`, if it is still to be fetched. Idempotent.

        Raises Unavailable when it must be tried again.
        """
        job = self.changes.jobs.get(job_id)
        place = to_fetch(job, index) if job else None
        if job is None or place is None:
            logger.debug("nothing to fetch", extra={"job_id": job_id, "output": index})
            return
        record = self.changes.jobs.get_output(job_id, index, place.attempt)
        if record is None or record.result is None:
            self._lose(job, place, Failure("output_missing", "the provider reported no file for this output"))
            return
        key = str(IncomingKey(job_id, place.attempt, index))
        try:
            size = self.media.write_stream(key, self._content(job.provider, record.result))
        except ResultGone as gone:
            storing_since = entered_at(job, Status.STORING)
            if job.status is not Status.STORING or self.changes.clock.now() < storing_since + _GONE_FOR_GOOD:
                raise Unavailable("the result is not there, or not yet") from gone
            self._lose(job, place, Failure(gone.code, str(gone)))
            return
        except DownloadRefused as refused:
            self._lose(job, place, Failure(refused.code, str(refused)))
            return
        logger.debug("fetched", extra={"job_id": job_id, "output": index, "bytes": size})

    def _content(self, provider: str, result: ResultFile) -> Iterator[bytes]:
        """From the hosts of this provider only, or the text itself."""
        if result.url:
            return self.downloaders[provider].stream(result.url, self.max_bytes)
        return iter([(result.text or "").encode()])

    def _lose(self, job: Job, place: Output, failure: Failure) -> None:
        self.changes.apply(job, lambda seen, now: with_lost(seen, place.index, place.attempt, failure, now))
