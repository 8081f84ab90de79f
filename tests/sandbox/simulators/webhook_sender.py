"""Delivery of webhooks: one POST, judged by its status, repeated on the provider's own retry schedule.

Provider-neutral. Bodies and fault switches are decided by the caller; redirects are never followed.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from tests.sandbox.simulators.clock import Clock

# Below this a receiver that is just restarting would see all retries in one instant at high clock speeds.
SHORTEST_REAL_DELAY = 0.05


@dataclass(frozen=True)
class RetrySchedule:
    """Delays are simulated seconds. The timeout is real: the receiver's machine is not sped up."""

    attempts: int = 6
    timeout: float = 5.0
    first_delay: float = 0.25
    factor: float = 2.0
    longest_delay: float = 8.0
    jitter: float = 0.2

    def delays(self, chance: Callable[[], float] = random.random) -> Iterator[float]:
        """The pauses between the attempts: one fewer than there are attempts."""
        delay = self.first_delay
        for _ in range(self.attempts - 1):
            yield delay * (1 + self.jitter * chance())
            delay = min(delay * self.factor, self.longest_delay)


@dataclass(frozen=True)
class WebhookCall:
    """One event to deliver. `slow_seconds` (real) stretches the sending of the body."""

    task_uuid: str
    url: str
    body: bytes
    kind: str = "result"
    slow_seconds: float = 0.0


@dataclass(frozen=True)
class WebhookAttempt:
    """What the control API shows about one POST; `status` is None when no answer came."""

    task_uuid: str
    kind: str
    attempt: int
    url: str
    body: str
    started_at: float
    seconds: float
    status: int | None
    error: str | None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "delivered": self.delivered}


class WebhookSender:
    """Sends calls and hands each attempt to `record`."""

    def __init__(
        self, client: httpx.AsyncClient, clock: Clock, record: Callable[[WebhookAttempt], None]
    ) -> None:
        self._client = client
        self._clock = clock
        self._record = record

    async def deliver(
        self, call: WebhookCall, schedule: RetrySchedule, first_attempt_made: asyncio.Event | None = None
    ) -> bool:
        """Try until a 2xx answer or the end of the schedule; says whether it was delivered."""
        delays = schedule.delays()
        for number in range(1, schedule.attempts + 1):
            attempt = await self._attempt(call, number, schedule.timeout)
            self._record(attempt)
            if first_attempt_made is not None:
                first_attempt_made.set()
            if attempt.delivered:
                return True
            if (delay := next(delays, None)) is not None:
                await self._clock.sleep(delay, at_least=SHORTEST_REAL_DELAY)
        return False

    async def _attempt(self, call: WebhookCall, number: int, seconds: float) -> WebhookAttempt:
        started_at, status, error = self._clock.wall(), None, None
        headers = {"Content-Type": "application/json", "Content-Length": str(len(call.body))}
        content = _trickle(call.body, call.slow_seconds) if call.slow_seconds else call.body
        try:
            async with asyncio.timeout(seconds + call.slow_seconds):
                answer = await self._client.post(
                    call.url, content=content, headers=headers, follow_redirects=False
                )
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            error = f"{type(failure).__name__}: {failure}".rstrip(": ")
        return WebhookAttempt(
            task_uuid=call.task_uuid,
            kind=call.kind,
            attempt=number,
            url=call.url,
            body=call.body.decode("utf-8", "replace"),
            started_at=started_at,
            seconds=round(self._clock.wall() - started_at, 4),
            status=status,
            error=error,
        )


async def _trickle(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    half = len(body) // 2
    yield body[:half]
    await asyncio.sleep(seconds)
    yield body[half:]
