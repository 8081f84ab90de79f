"""Messages of the Jobs queue: takes jobs in and makes the paid calls. Next: the provider calls receive_webhook."""

from typing import Any

from framehook.telemetry import observed
from framehook.wiring.submit_job import edge


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return edge().take(event, context.get_remaining_time_in_millis)
