"""The faults the RunningHub simulator can show, with their options; the README has the table for readers."""

from collections.abc import Mapping

from tests.sandbox.simulators.connection_faults import BEFORE_ACK_FAULTS, CONNECTION_FAULTS, HTML
from tests.sandbox.simulators.fault_rules import FaultKind, one_of
from tests.sandbox.simulators.media_faults import MEDIA_FAULTS
from tests.sandbox.simulators.runninghub.outcomes import is_outcome
from tests.sandbox.simulators.webhook_delivery import WEBHOOK_FAULTS

REQUEST: Mapping[str, FaultKind] = {
    "key_refused": FaultKind(
        "HTTP 401 with code -1 for a good key, as the gateway sometimes answers; `at` is submit, query or "
        "upload",
        {"at": "submit"},
        {"at": one_of("submit", "query", "upload")},
    ),
    "submit_error": FaultKind("refuse the submission with this code", {"code": 1011, "message": None}),
    "upload_error": FaultKind("refuse an uploaded file with this code", {"code": 808, "message": None}),
}
RUN: Mapping[str, FaultKind] = {
    "run_time": FaultKind("run for this many simulated seconds", {"seconds": 600.0}),
    "outcome": FaultKind(
        "end like this: a code, success, never, no-results, preview, text, json, image, video, audio, 3d, zip",
        {"outcome": "1015", "message": None},
        {"outcome": lambda value: is_outcome(str(value))},
    ),
    "failed_then_success": FaultKind(
        "be FAILED with this code `seconds` before the success, where it shows: query, webhook or both",
        {"where": "query", "code": 1000, "seconds": 20.0},
        {"where": one_of("query", "webhook", "both")},
    ),
    "cost_omitted": FaultKind("no money in the usage; the price is charged"),
    "cost_zero": FaultKind("the usage says 0; the price is charged"),
}
WEBHOOK: Mapping[str, FaultKind] = {
    "webhook_shape": FaultKind(
        "another form of v2 events: string (eventData is text), wrapped (eventData.data), bare (no envelope)",
        {"shape": "string"},
        {"shape": one_of("string", "wrapped", "bare")},
    ),
    "webhook_numeric_task_id": FaultKind("the outer taskId is a JSON number"),
    "webhook_large": FaultKind("fill the body up to about this size", {"bytes": 3_000_000}),
}
QUERY: Mapping[str, FaultKind] = {
    "query_error": FaultKind("answer with this code", {"code": 1005, "message": None}),
    "query_missing": FaultKind("answer as for an unknown task; the webhook event is still there"),
    "query_non_json_body": FaultKind("answer with this status and body", {"status": 502, "body": HTML}),
    "query_slow": FaultKind("answer after this many real seconds", {"seconds": 2.0}),
}
FAULTS: Mapping[str, FaultKind] = {
    **CONNECTION_FAULTS,
    **BEFORE_ACK_FAULTS,
    **WEBHOOK_FAULTS,
    **MEDIA_FAULTS,
    **REQUEST,
    **RUN,
    **WEBHOOK,
    **QUERY,
}
