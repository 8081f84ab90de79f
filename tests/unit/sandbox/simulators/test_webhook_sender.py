"""Delivery of one webhook: judged by status, repeated on the schedule, never redirected."""

import asyncio
from itertools import pairwise

import httpx
import pytest

from tests.sandbox.simulators.webhook_sender import RetrySchedule, WebhookAttempt, WebhookCall, WebhookSender
from tests.unit.sandbox.simulators.simulation import HOOK, Receiver, VirtualClock


def deliver(statuses: list[int]) -> tuple[bool, list[WebhookAttempt], list[float]]:
    """The verdict, the recorded attempts, and when they were made."""

    async def run() -> tuple[bool, list[WebhookAttempt], list[float]]:
        clock = VirtualClock()
        receiver = Receiver(clock, statuses)
        attempts: list[WebhookAttempt] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(receiver))
        sender = WebhookSender(client, clock, attempts.append)
        delivery = asyncio.create_task(sender.deliver(WebhookCall("uuid", HOOK, b"{}"), RetrySchedule()))
        await clock.advance(120)
        return delivery.result(), attempts, [at for at, _ in receiver.requests]

    return asyncio.run(run())


def test_first_2xx_ends_the_delivery() -> None:
    delivered, attempts, _ = deliver([503, 302, 204])
    assert delivered
    assert [attempt.status for attempt in attempts] == [503, 302, 204]
    assert [attempt.attempt for attempt in attempts] == [1, 2, 3]


def test_receiver_that_never_accepts_is_given_up_after_six_attempts() -> None:
    delivered, attempts, times = deliver([500] * 20)
    assert not delivered
    assert len(attempts) == 6
    pauses = [later - earlier for earlier, later in pairwise(times)]
    for pause, delay in zip(pauses, [0.25, 0.5, 1, 2, 4], strict=True):
        assert delay <= pause <= delay * 1.2


def test_delays_are_capped() -> None:
    delays = list(RetrySchedule(attempts=9).delays(chance=lambda: 0.0))
    assert delays == [0.25, 0.5, 1, 2, 4, 8, 8, 8]


@pytest.mark.parametrize("answer_after", [None, 10.0])
def test_receiver_that_fails_or_hangs_is_recorded_without_status(answer_after: float | None) -> None:
    async def receiver(request: httpx.Request) -> httpx.Response:
        if answer_after is None:
            raise httpx.ConnectError("refused", request=request)
        await asyncio.sleep(answer_after)
        return httpx.Response(200)

    async def run() -> list[WebhookAttempt]:
        attempts: list[WebhookAttempt] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(receiver))
        schedule = RetrySchedule(attempts=1, timeout=0.02)
        sender = WebhookSender(client, VirtualClock(), attempts.append)
        await sender.deliver(WebhookCall("uuid", HOOK, b"{}"), schedule)
        return attempts

    (attempt,) = asyncio.run(run())
    assert attempt.status is None
    assert attempt.error is not None
    assert attempt.document()["delivered"] is False
