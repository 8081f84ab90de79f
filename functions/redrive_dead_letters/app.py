"""A person's order, such as {"queue": "jobs"}: does again what lies in a dead-letter queue. Next: whatever failed."""

from typing import Any

from framehook.redrive_edge import answer, order_in
from framehook.telemetry import observed
from framehook.wiring.redrive_dead_letters import redriving


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    order = order_in(event)
    return answer(order, redriving().redrive(order, context.get_remaining_time_in_millis))
