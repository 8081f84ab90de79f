"""A provider's call about one job. Next: publish_change, and land_output once the file is there."""

from typing import Any

from framehook.telemetry import observed
from framehook.webhook_edge import answer
from framehook.wiring.receive_webhook import completion


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    return answer(completion(), event)
