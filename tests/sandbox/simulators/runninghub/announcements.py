"""Webhooks of ended tasks: their bodies by generation, their faults, and the record a client may ask for.

https://www.runninghub.ai/runninghub-api-doc/api-276642713. Delivery itself is webhook_delivery's.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.runninghub.error_codes import Generation
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Site
from tests.sandbox.simulators.runninghub.tasks import Ending, Task
from tests.sandbox.simulators.runninghub.views import event_data
from tests.sandbox.simulators.webhook_delivery import Letter, WebhookDelivery
from tests.sandbox.simulators.webhook_sender import WebhookAttempt

TASK_END = "TASK_END"
PENDING, DELIVERED, UNDELIVERED = "PENDING", "SUCCESS", "FAILED"
# RunningHub's times carry no zone; they are Beijing's.
BEIJING = timezone(timedelta(hours=8))


@dataclass
class Event:
    """The last webhook of a task, as getWebhookDetail shows it. Times are Unix seconds."""

    id: str
    site: Site
    task_id: str
    subject: FaultSubject
    generation: Generation
    url: str
    data: Any
    created: float
    updated: float
    status: str = PENDING
    response: str | None = None
    attempts: int = 0

    def document(self) -> dict[str, Any]:
        data = self.data if isinstance(self.data, str) else json.dumps(self.data, separators=(",", ":"))
        return {
            "id": self.id,
            "userApiKey": "*" * 18,
            "taskId": self.task_id,
            "webhookUrl": self.url,
            "eventData": data,
            "callbackStatus": self.status,
            "callbackResponse": self.response,
            "retryCount": max(0, self.attempts - 1),
            "createTime": _beijing(self.created),
            "updateTime": _beijing(self.updated),
        }


class Announcements:
    """Sends events, remembers the latest of each task and what came of it."""

    def __init__(self, shared: Shared, ids: Iterator[str]) -> None:
        self._shared = shared
        self._ids = ids
        self._delivery = WebhookDelivery(shared.client, shared.clock, shared.faults, self._note)
        self._events: dict[str, Event] = {}

    async def announce(self, task: Task, ending: Ending) -> None:
        """Deliver the event with its retries; nothing if the task has no webhook."""
        if task.order.webhook_url is None:
            return
        now = self._shared.clock.wall()
        event = Event(
            id=next(self._ids),
            site=task.site,
            task_id=task.id,
            subject=task.subject,
            generation=task.order.generation,
            url=task.order.webhook_url,
            data=event_data(task, ending),
            created=now,
            updated=now,
        )
        self._events[task.id] = event
        await self._deliver(event)

    async def send_again(self, event: Event, url: str | None) -> None:
        """What retryWebhook does: the same event, perhaps to another address."""
        event.url, event.status, event.attempts = url or event.url, PENDING, 0
        await self._deliver(event)

    def of_task(self, site: Site, task_id: object) -> Event | None:
        event = self._events.get(str(task_id))
        return event if event is not None and event.site is site else None

    def with_id(self, site: Site, event_id: object) -> Event | None:
        mine = (event for event in self._events.values() if event.site is site)
        return next((event for event in mine if event.id == str(event_id)), None)

    def forget(self) -> None:
        self._events.clear()

    async def _deliver(self, event: Event) -> None:
        letter = Letter(event.task_id, event.subject, event.url, lambda: self._body(event))
        await self._delivery.deliver(letter, self._shared.settings.retry_schedule)
        if event.status == PENDING:
            event.status = UNDELIVERED

    def _body(self, event: Event) -> bytes:
        take = self._shared.faults.take
        number = take("webhook_numeric_task_id", event.subject) is not None
        task_id = int(event.task_id) if number else event.task_id
        data = event.data
        if event.generation is Generation.OLD:
            document = {"event": TASK_END, "taskId": task_id, "eventData": data}
        else:
            shape = take("webhook_shape", event.subject)
            form = shape.options["shape"] if shape else "object"
            document = _v2_document(form, data, task_id)
        if large := take("webhook_large", event.subject):
            document["extra"] = "x" * max(0, large.options["bytes"] - len(json.dumps(document)))
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()

    def _note(self, attempt: WebhookAttempt) -> None:
        entry = attempt.document()
        self._shared.journal.webhooks.append({"taskId": entry.pop("task_uuid"), **entry})
        event = self._events.get(attempt.task_uuid)
        if event is None:
            return
        event.attempts = attempt.attempt
        event.status = DELIVERED if attempt.delivered else UNDELIVERED
        event.response = _response(attempt)
        event.updated = self._shared.clock.wall()


def _v2_document(form: str, data: dict[str, Any], task_id: str | int) -> dict[str, Any]:
    if form == "bare":
        return {**data, "taskId": task_id}
    shapes: dict[str, Any] = {"string": json.dumps(data), "wrapped": {"data": data}}
    return {"eventData": shapes.get(form, data), "event": TASK_END, "taskId": task_id}


def _response(attempt: WebhookAttempt) -> str:
    if attempt.status is not None:
        return f"HTTP {attempt.status}"
    return f'I/O error on POST request for "{attempt.url}": {attempt.error}'


def _beijing(moment: float) -> str:
    local = datetime.fromtimestamp(moment, UTC).astimezone(BEIJING)
    return local.replace(tzinfo=None).isoformat(timespec="seconds")
