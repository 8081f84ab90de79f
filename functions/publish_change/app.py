"""The table's stream: announces what was stored. Next: whoever listens on the bus, and fetch_output."""

from typing import Any

from framehook.telemetry import observed
from framehook.wiring.publish_change import edge


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    edge().take(event)
