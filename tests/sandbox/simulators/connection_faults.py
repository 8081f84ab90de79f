"""Faults of the answer to a submission: lost, unreadable, or later than the webhooks. Provider-neutral.

A provider decides whether the task exists all the same, by the rule's `accept`.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox.simulators.connections import cut
from tests.sandbox.simulators.fault_rules import FaultBook, FaultKind, FaultRule, FaultSubject, one_of

# Real seconds; a webhook that another fault holds back must not hold the answer for ever.
LONGEST_WAIT_FOR_WEBHOOKS = 30.0
HTML = "<html><body>502 Bad Gateway</body></html>"
CONNECTION_FAULTS: Mapping[str, FaultKind] = {
    "non_json_body": FaultKind(
        "answer the submission with a body that is not JSON; `accept` says if the task exists",
        {"status": 502, "body": HTML, "accept": False},
    ),
    "accept_then_timeout": FaultKind(
        "the task exists but the answer never comes: `hold` keeps the connection open for `hold_seconds` "
        "real seconds, `cut` resets it at once",
        {"mode": "cut", "hold_seconds": 60.0},
        {"mode": one_of("cut", "hold")},
    ),
}
BEFORE_ACK_FAULTS: Mapping[str, FaultKind] = {
    "webhook_before_ack": FaultKind(
        "finish at once and answer the submission only after the webhooks were delivered or given up, "
        "and another `ack_delay` real seconds",
        {"ack_delay": 0.0},
    ),
}


def take_connection_fault(faults: FaultBook, subject: FaultSubject) -> FaultRule | None:
    return next((rule for name in CONNECTION_FAULTS if (rule := faults.take(name, subject))), None)


def starts_task(rule: FaultRule | None) -> bool:
    """Whether the submission counts although its answer is broken."""
    return rule is None or bool(rule.options.get("accept", True))


async def broken_answer(rule: FaultRule, request: Request) -> Response | None:
    """The answer the rule asks for; None once the connection has been cut."""
    if rule.fault != "accept_then_timeout":
        return Response(rule.options["body"], rule.options["status"], media_type="text/html")
    if rule.options["mode"] == "hold":
        # Longer than any sensible client waits; one that does wait gets nothing all the same.
        await asyncio.sleep(rule.options["hold_seconds"])
    await cut(request)
    return None


async def wait_for_webhooks(over: asyncio.Event, ack_delay: float) -> None:
    """Hold an answer until the webhooks are `over`, and then for `ack_delay` real seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_WAIT_FOR_WEBHOOKS):
            await over.wait()
    await asyncio.sleep(ack_delay)
