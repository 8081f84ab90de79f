"""Files under incoming/, told by the bucket or by follow_up_job in the same form. Next: publish_change."""

from typing import Any
from urllib.parse import unquote_plus

from framehook.telemetry import note, observed
from framehook.wiring.land_output import landing


@observed
def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes both
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        note(key=key)
        landing(record["s3"]["bucket"]["name"]).land(key)
