"""What may go wrong at a simulated provider for one job, and the chance of it. Only data.

The names and options are those of the simulators' control API; `times` None means for as long as the run breaks things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """`weight`: how likely it is picked among its provider's."""

    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    times: int | None = None
    weight: int = 2


ONCE = 1
WEBHOOKS: Sequence[Fault] = (
    Fault("webhook_drop", weight=6),
    Fault("webhook_duplicate", {"copies": 3}, weight=6),
    Fault("webhook_reorder", {"hold_seconds": 3}, weight=4),
    Fault("webhook_delay", {"seconds": 120}, weight=4),
    Fault("webhook_before_ack", {"ack_delay": 0.5}, ONCE, weight=4),
    Fault("webhook_wrong_token", {"then_right": True}, weight=4),
    Fault("webhook_wrong_token"),
    Fault("webhook_body", {"body": "<html>not what was promised</html>"}, ONCE),
    Fault("webhook_slow", {"seconds": 1}),
)
ANSWERS: Sequence[Fault] = (
    Fault("accept_then_timeout", {"mode": "cut"}, ONCE, weight=8),
    Fault("accept_then_timeout", {"mode": "hold", "hold_seconds": 6}, ONCE, weight=3),
    Fault("non_json_body", {"accept": True}, ONCE, weight=6),
    Fault("non_json_body", {"accept": False}, ONCE, weight=3),
    Fault("non_json_body", {"accept": True, "status": 500}, ONCE),
)
MEDIA: Sequence[Fault] = (
    Fault("media_404", times=ONCE, weight=3),
    Fault("media_truncated", {"cut": True}, ONCE, weight=3),
    Fault("media_truncated", {"cut": False}, ONCE),
    Fault("media_slow", {"seconds": 1}, ONCE),
)
RUNWARE: Sequence[Fault] = (
    Fault("reject", {"status": 429}, ONCE),
    Fault("reject", {"status": 503}, ONCE),
    Fault("upload_never", weight=6),
    Fault("upload_truncated", weight=4),
    Fault("upload_corrupted", weight=3),
    Fault("upload_empty"),
    Fault("upload_delayed", {"seconds": 90}, weight=3),
    Fault("upload_before_webhook", weight=3),
    Fault("upload_wrong_content_type"),
    Fault("lookup_empty", times=ONCE, weight=3),
    Fault("lookup_error", {"status": 503}, ONCE),
    Fault("task_fails", {"code": "providerError"}),
)
RUNNINGHUB: Sequence[Fault] = (
    Fault("submit_error", {"code": 421}, ONCE, weight=1),
    Fault("failed_then_success", {"where": "webhook"}, weight=3),
    Fault("failed_then_success", {"where": "both"}, weight=3),
    Fault("query_error", {"code": 1005}, ONCE),
    Fault("query_missing", times=ONCE),
    Fault("query_non_json_body", times=ONCE),
    Fault("outcome", {"outcome": "1015"}),
)
RUNCOMFY: Sequence[Fault] = (
    Fault("submit_error", {"status": 429}, ONCE, weight=1),
    Fault("submit_error", {"status": 503}, ONCE, weight=3),
    Fault("submit_dropped", times=ONCE),
    Fault("ack_without_id", {"accept": True}, ONCE),
    Fault("submit_slow", {"seconds": 2, "begins": "first"}, ONCE, weight=3),
    Fault("lookup_error", {"status": 503}, 2, weight=4),
    Fault("lookup_non_json_body", times=ONCE, weight=3),
    Fault("request_expired", times=2),
    Fault("result_late", {"seconds": 45}, weight=3),
    Fault("cancel_race"),
    Fault("outcome", {"outcome": "failed"}),
)
FAULTS: Mapping[str, Sequence[Fault]] = {
    "runware": (*WEBHOOKS, *ANSWERS, *MEDIA, *RUNWARE),
    "runninghub": (*WEBHOOKS, *ANSWERS, *MEDIA, *RUNNINGHUB),
    "runcomfy": (*WEBHOOKS, *ANSWERS, *MEDIA, *RUNCOMFY),
}
