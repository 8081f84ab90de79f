"""Webhooks with the faults every provider's may show: lost, repeated, late, reordered, slow, mistaken.

What stands in a body is the provider's business; so is which faults of its own it adds.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.fault_rules import FaultBook, FaultKind, FaultRule, FaultSubject
from tests.sandbox.simulators.webhook_sender import RetrySchedule, WebhookAttempt, WebhookCall, WebhookSender

SECRET_PARAMETERS = ("token", "apiKey", "secret")
WEBHOOK_FAULTS: Mapping[str, FaultKind] = {
    "webhook_drop": FaultKind("never send it"),
    "webhook_duplicate": FaultKind(
        "send it again after delivery, `copies` times in all, `gap` simulated seconds apart",
        {"copies": 2, "gap": 1.0},
    ),
    "webhook_reorder": FaultKind(
        "hold it until the next webhook that meets this rule was delivered, at most `hold_seconds` real ones",
        {"hold_seconds": 5.0},
    ),
    "webhook_delay": FaultKind("send it this many simulated seconds late", {"seconds": 60.0}),
    "webhook_slow": FaultKind("send the body in two halves, `seconds` real seconds apart", {"seconds": 2.0}),
    "webhook_wrong_token": FaultKind(
        "change the secret in the URL: the query values token, apiKey and secret, or else the last path "
        "segment; `then_right` sends the right one afterwards",
        {"then_right": False},
    ),
    "webhook_body": FaultKind("send this JSON value, or this text as it stands, instead", {"body": {}}),
}


@dataclass(frozen=True)
class Letter:
    """One event to announce; `body` is asked for at each delivery, so that its faults count each."""

    task_uuid: str
    subject: FaultSubject
    url: str
    body: Callable[[], bytes]
    kind: str = "result"


class WebhookDelivery:
    """Delivers letters, each with the faults that its task is under."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        faults: FaultBook,
        record: Callable[[WebhookAttempt], None],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._sender = WebhookSender(client, clock, record)
        self._held: dict[str, asyncio.Event] = {}

    async def deliver(
        self, letter: Letter, schedule: RetrySchedule, attempted: asyncio.Event | None = None
    ) -> bool:
        """Ends when the last copy has been delivered or given up; false if it was dropped instead.

        `attempted` is set when what follows the first attempt may begin.
        """
        attempted = attempted or asyncio.Event()
        take, subject = self._faults.take, letter.subject
        if take("webhook_drop", subject):
            attempted.set()
            return False
        if delay := take("webhook_delay", subject):
            # Only the webhook is late: whatever follows it goes its own way.
            attempted.set()
            await self._clock.sleep(delay.options["seconds"])
        if reorder := take("webhook_reorder", subject):
            attempted.set()
            await self._reordered(reorder, lambda: self._send(letter, schedule, attempted))
        else:
            await self._send(letter, schedule, attempted)
        if duplicate := take("webhook_duplicate", subject):
            for _ in range(duplicate.options["copies"] - 1):
                await self._clock.sleep(duplicate.options["gap"])
                await self._send(letter, schedule, attempted)
        return True

    async def send_as_is(self, letter: Letter, schedule: RetrySchedule) -> None:
        """Deliver without any of these faults."""
        await self._sender.deliver(
            WebhookCall(letter.task_uuid, letter.url, letter.body(), letter.kind), schedule
        )

    async def _send(self, letter: Letter, schedule: RetrySchedule, attempted: asyncio.Event) -> None:
        body = self._body(letter)
        slow = self._faults.take("webhook_slow", letter.subject)
        seconds = slow.options["seconds"] if slow else 0.0
        if wrong := self._faults.take("webhook_wrong_token", letter.subject):
            url = with_wrong_token(letter.url)
            call = WebhookCall(letter.task_uuid, url, body, "wrong_token", seconds)
            if not wrong.options["then_right"]:
                await self._sender.deliver(call, schedule, attempted)
                return
            await self._sender.deliver(call, RetrySchedule(attempts=1, timeout=schedule.timeout), attempted)
        call = WebhookCall(letter.task_uuid, letter.url, body, letter.kind, seconds)
        await self._sender.deliver(call, schedule, attempted)

    def _body(self, letter: Letter) -> bytes:
        if replaced := self._faults.take("webhook_body", letter.subject):
            body = replaced.options["body"]
            return body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return letter.body()

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
