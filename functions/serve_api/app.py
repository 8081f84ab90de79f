"""GET and POST under /v1: the HTTP API. Next for a new job: submit_job."""

from pathlib import Path
from typing import Any

from framehook.telemetry import observed
from framehook.wiring.serve_api import resolver

_DESCRIPTION = Path(__file__).with_name("openapi.json")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolver(_DESCRIPTION).resolve(event, context)
