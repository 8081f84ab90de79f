"""One result that was not uploaded: {"job_id", "index"}. Next: land_output."""

from typing import Any

from framehook.telemetry import note, observed
from framehook.wiring.fetch_output import fetching


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    note(job_id=event["job_id"], output=event["index"])
    fetching().fetch(event["job_id"], event["index"])
