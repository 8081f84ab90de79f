"""Once a minute: finds the jobs whose due time has come. Next: follow_up_job for each."""

from typing import Any

from framehook.telemetry import note, observed
from framehook.wiring.sweep_overdue import sweeping


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda passes both
    started = sweeping().sweep(context.get_remaining_time_in_millis)
    note(started=started)
    return {"started": started}
