"""Webhooks: their bodies in either edition of the documentation. Delivery itself is webhook_delivery's.

https://docs.runcomfy.com/serverless/webhooks. Nothing signs them.
"""

import json
from collections.abc import Coroutine
from typing import Any

from tests.sandbox.simulators.runcomfy.jobs import CANCELLED, MODEL, QUEUED, RUNNING, Job
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.views import COMPLETED, Views, cased, moment
from tests.sandbox.simulators.webhook_delivery import Letter, WebhookDelivery
from tests.sandbox.simulators.webhook_sender import WebhookAttempt


class Announcements:
    """Sends the events of jobs that have a webhook."""

    def __init__(self, shared: Shared, views: Views) -> None:
        self._shared = shared
        self._views = views
        self._delivery = WebhookDelivery(shared.client, shared.clock, shared.faults, self._note)

    def announce(self, job: Job) -> Coroutine[object, object, None]:
        """Tell, with retries, the state that the job has at the time of this call; nobody, if nobody asked for it."""
        return self._deliver(self._letter(job))

    async def _deliver(self, letter: Letter | None) -> None:
        if letter is not None:
            await self._delivery.deliver(letter, self._shared.settings.retry_schedule)

    def _letter(self, job: Job) -> Letter | None:
        hook = job.order.hook
        wanted = hook is not None and (hook.intermediate or not job.under_way)
        if hook is None or not wanted or not self._is_told(job.state):
            return None
        body = json.dumps(self._body(job), separators=(",", ":"), ensure_ascii=False).encode()
        return Letter(job.id, job.subject, hook.url, lambda: body, job.state)

    def _is_told(self, state: str) -> bool:
        return state != CANCELLED or self._shared.settings.webhook_on_cancel

    def _body(self, job: Job) -> dict[str, Any]:
        settings = self._shared.settings
        document: dict[str, Any] = {"request_id": job.id}
        if job.order.api != MODEL:
            document["deployment_id"] = job.order.target
        document |= self._words(job)
        if job.state == QUEUED:
            document["queue_position"] = self._views.queue_position(job)
        if job.ending is not None and not job.under_way:
            key = settings.webhook_outputs if settings.webhook_outputs != "result" else None
            document |= self._views.outcome(job, job.ending, "object", key)
        document["created_at"] = moment(job.accepted_at)
        if not job.under_way:
            document["finished_at"] = moment(job.ended_at)
        return document

    def _words(self, job: Job) -> dict[str, str]:
        settings = self._shared.settings
        shape = settings.webhook_shape if job.state not in (QUEUED, RUNNING) else "status"
        word = cased(settings.cancelled_word if job.state == CANCELLED else job.state, settings)
        shapes = {
            "status": {"status": word},
            "outcome": {"outcome": word},
            "both": {"status": cased(COMPLETED, settings), "outcome": word},
        }
        return shapes[shape]

    def _note(self, attempt: WebhookAttempt) -> None:
        entry = attempt.document()
        self._shared.journal.webhooks.append({"request_id": entry.pop("task_uuid"), **entry})
