"""What Runware sends on its own: a webhook per finished result, and the file to the task's uploadEndpoint.

Webhooks: https://runware.ai/docs/platform/webhooks. The file follows the webhook, once, and silently. Faults
of both are applied here; what a result contains is decided before.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from tests.sandbox.simulators.fault_rules import FaultRule
from tests.sandbox.simulators.runware.jobs import Job, Result
from tests.sandbox.simulators.runware.shared import Shared
from tests.sandbox.simulators.runware.task_errors import alone
from tests.sandbox.simulators.webhook_sender import RetrySchedule, WebhookAttempt, WebhookCall, WebhookSender

SECRET_PARAMETERS = ("token", "apiKey", "secret")


class Outbound:
    """Delivers finished results; one call per result, to be awaited off the request path."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._sender = WebhookSender(shared.client, shared.clock, self._record_attempt)
        self._held: dict[str, asyncio.Event] = {}

    async def announce_start(self, job: Job) -> None:
        """Normally nothing: Runware documents no calls before a result."""
        rule = self._shared.faults.take(
            "webhook_stray_processing", job.subject, lambda rule: not rule.options["late"]
        )
        if rule is not None:
            await self._send_processing(job)

    async def deliver(self, job: Job, result: Result) -> None:
        """The webhook with its retries, and beside it the upload. Ends when both have."""
        uploads = result.media is not None and "uploadEndpoint" in job.task
        if uploads and self._shared.faults.take("upload_before_webhook", job.subject):
            await self._upload(job, result)
            uploads = False
        attempted = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._webhook(job, result, attempted))
            if uploads:
                group.create_task(self._upload_after(attempted, job, result))

    async def _webhook(self, job: Job, result: Result, attempted: asyncio.Event) -> None:
        try:
            await self._webhook_with_faults(job, result, attempted)
        finally:
            job.webhook_over()

    async def _webhook_with_faults(self, job: Job, result: Result, attempted: asyncio.Event) -> None:
        take, subject = self._shared.faults.take, job.subject
        unwanted = result.error is not None and (
            not self._shared.settings.failure_webhook or take("failure_webhook_off", subject)
        )
        if "webhookURL" not in job.task or unwanted or take("webhook_drop", subject):
            attempted.set()
            return
        if delay := take("webhook_delay", subject):
            # Only the webhook is late: the upload goes its own way.
            attempted.set()
            await self._shared.clock.sleep(delay.options["seconds"])
        if reorder := take("webhook_reorder", subject):
            attempted.set()
            await self._reordered(reorder, lambda: self._send_result(job, result, attempted))
        else:
            await self._send_result(job, result, attempted)
        if duplicate := take("webhook_duplicate", subject):
            for _ in range(duplicate.options["copies"] - 1):
                await self._shared.clock.sleep(duplicate.options["gap"])
                await self._send_result(job, result, attempted)
        if take("webhook_stray_processing", subject, lambda rule: bool(rule.options["late"])):
            await self._send_processing(job)

    async def _send_result(self, job: Job, result: Result, attempted: asyncio.Event) -> None:
        take, subject, schedule = self._shared.faults.take, job.subject, self._shared.settings.retry_schedule
        body = self._body(job, result)
        slow = take("webhook_slow", subject)
        seconds = slow.options["seconds"] if slow else 0.0
        url = str(job.task["webhookURL"])
        if wrong := take("webhook_wrong_token", subject):
            call = WebhookCall(job.task_uuid, with_wrong_token(url), body, "wrong_token", seconds)
            if not wrong.options["then_right"]:
                await self._sender.deliver(call, schedule, attempted)
                return
            await self._sender.deliver(call, RetrySchedule(attempts=1, timeout=schedule.timeout), attempted)
        await self._sender.deliver(
            WebhookCall(job.task_uuid, url, body, "result", seconds), schedule, attempted
        )

    async def _reordered(self, rule: FaultRule, send: Callable[[], Awaitable[None]]) -> None:
        waiting = self._held.pop(rule.id, None)
        if waiting is not None:
            await send()
            waiting.set()
            return
        self._held[rule.id] = overtaken = asyncio.Event()
        try:
            async with asyncio.timeout(rule.options["hold_seconds"]):
                await overtaken.wait()
        except TimeoutError:
            self._held.pop(rule.id, None)
        await send()

    async def _send_processing(self, job: Job) -> None:
        if "webhookURL" not in job.task:
            return
        item = {"taskType": job.task["taskType"], "taskUUID": job.task_uuid, "status": "processing"}
        body = json.dumps(item if self._shape(job) == "flat" else {"data": [item]}).encode()
        call = WebhookCall(job.task_uuid, str(job.task["webhookURL"]), body, "processing")
        await self._sender.deliver(call, self._shared.settings.retry_schedule)

    def _body(self, job: Job, result: Result) -> bytes:
        if replaced := self._shared.faults.take("webhook_body", job.subject):
            body = replaced.options["body"]
            return body.encode() if isinstance(body, str) else json.dumps(body).encode()
        shape = self._shape(job)
        document: Mapping[str, Any]
        if result.error is not None:
            form = result.error_form or self._shared.settings.failed_item_form
            document = alone(result.error, "flat" if shape == "flat" and form == "errors" else form)
        else:
            item = result.item or {}
            document = item if shape == "flat" else {"data": [item]}
        return json.dumps(document).encode()

    def _shape(self, job: Job) -> str:
        rule = self._shared.faults.take("webhook_shape", job.subject)
        return str(rule.options["shape"]) if rule else self._shared.settings.webhook_shape

    async def _upload_after(self, attempted: asyncio.Event, job: Job, result: Result) -> None:
        await attempted.wait()
        if self._shared.faults.take("upload_never", job.subject):
            return
        late = self._shared.faults.take("upload_delayed", job.subject)
        await self._shared.clock.sleep(
            late.options["seconds"] if late else self._shared.settings.upload_delay
        )
        await self._upload(job, result)

    async def _upload(self, job: Job, result: Result) -> None:
        assert result.media is not None
        take, subject = self._shared.faults.take, job.subject
        content = await self._shared.media.content_of(result.media)
        if truncated := take("upload_truncated", subject):
            content = content[: int(len(content) * truncated.options["fraction"])]
        if take("upload_corrupted", subject):
            content = content.translate(bytes(value ^ 0x5A for value in range(256)))
        if take("upload_empty", subject):
            content = b""
        kind = take("upload_wrong_content_type", subject)
        content_type = kind.options["content_type"] if kind else self._content_type(result.media.content_type)
        await self._put(job, result, content, content_type)

    def _content_type(self, of_media: str) -> str | None:
        kinds = {"media": of_media, "octet-stream": "application/octet-stream", "absent": None}
        return kinds[self._shared.settings.upload_content_type]

    async def _put(self, job: Job, result: Result, content: bytes, content_type: str | None) -> None:
        url, status, error = str(job.task["uploadEndpoint"]), None, None
        headers = {"Content-Length": str(len(content))}
        if content_type is not None:
            headers["Content-Type"] = content_type
        started_at = self._shared.clock.wall()
        try:
            answer = await self._shared.client.put(url, content=content, headers=headers, timeout=60)
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            error = f"{type(failure).__name__}: {failure}"
        self._shared.journal.uploads.append(
            {
                "taskUUID": job.task_uuid,
                "mediaUUID": result.media_uuid,
                "url": url,
                "started_at": started_at,
                "finished_at": self._shared.clock.wall(),
                "bytes": len(content),
                "content_type": content_type,
                "status": status,
                "error": error,
            }
        )

    def _record_attempt(self, attempt: WebhookAttempt) -> None:
        document = attempt.document()
        self._shared.journal.webhooks.append({"taskUUID": document.pop("task_uuid"), **document})


def with_wrong_token(url: str) -> str:
    """A near miss of the same length: comparison of lengths or prefixes alone must not accept it."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(name in SECRET_PARAMETERS for name, _ in query):
        wrong = [(name, _miss(value) if name in SECRET_PARAMETERS else value) for name, value in query]
        return urlunsplit(parts._replace(query=urlencode(wrong)))
    head, _, secret = parts.path.rpartition("/")
    return urlunsplit(parts._replace(path=f"{head}/{_miss(secret)}"))


def _miss(secret: str) -> str:
    return secret[:-1] + ("A" if secret[-1:] != "A" else "B")
