"""The faults the Runware simulator can show, with their options; the README has the table for readers."""

from collections.abc import Mapping

from tests.sandbox.simulators.connection_faults import BEFORE_ACK_FAULTS, CONNECTION_FAULTS
from tests.sandbox.simulators.fault_rules import FaultKind
from tests.sandbox.simulators.media_faults import MEDIA_FAULTS
from tests.sandbox.simulators.webhook_delivery import WEBHOOK_FAULTS

SUBMIT: Mapping[str, FaultKind] = {
    "reject": FaultKind(
        "refuse the task with this status and error; `retry_after` adds `retryAfter` to the error",
        {
            "status": 503,
            "code": None,
            "message": None,
            "retry_after": None,
            "form": "errors",
            "fields": {},
        },
    ),
    "model_retired": FaultKind(
        "answer as if the model had left the registry",
        {"status": 400, "code": "invalidModel", "message": "This model is no longer available."},
    ),
    "ack_without_task": FaultKind(
        "answer 200 with empty `data`; `accept` says if the job exists", {"accept": True}
    ),
    "reuse_bills_again": FaultKind("a finished taskUUID sent again is run and billed again"),
}
RUN: Mapping[str, FaultKind] = {
    "run_time": FaultKind("run for this many simulated seconds", {"seconds": 600.0}),
    "never_finishes": FaultKind("stay in `processing` for ever"),
    "task_fails": FaultKind(
        "accept, then fail: all results, or the one with `result_index`; `form` is one of errors, flat, "
        "error_object, error_text, in webhooks and in polling",
        {
            "code": "timeoutProvider",
            "message": "The external provider did not respond within the timeout window.",
            "form": "errors",
            "result_index": None,
        },
    ),
    "cost_omitted": FaultKind("no `cost`, although includeCost was asked for"),
    "cost_zero": FaultKind("`cost` is 0 in the result; the real price is charged"),
}
WEBHOOK: Mapping[str, FaultKind] = {
    "webhook_shape": FaultKind("send this shape, wrapped or flat", {"shape": "flat"}),
    "webhook_stray_processing": FaultKind(
        "send a call with status `processing` first: when the task starts, or with `late` after the result",
        {"late": False},
    ),
    "failure_webhook_off": FaultKind("send no webhook for failed results"),
}
UPLOAD: Mapping[str, FaultKind] = {
    "upload_never": FaultKind("never PUT the file"),
    "upload_before_webhook": FaultKind("finish the PUT before the webhook is sent"),
    "upload_delayed": FaultKind("PUT this many simulated seconds after the webhook", {"seconds": 120.0}),
    "upload_truncated": FaultKind("PUT only this fraction of the file", {"fraction": 0.5}),
    "upload_corrupted": FaultKind("PUT the right number of wrong bytes"),
    "upload_empty": FaultKind("PUT no bytes at all"),
    "upload_wrong_content_type": FaultKind("PUT with this Content-Type", {"content_type": "text/plain"}),
}
LOOKUP: Mapping[str, FaultKind] = {
    "lookup_empty": FaultKind("getResponse answers empty `data`, as for an unknown id"),
    "lookup_error": FaultKind(
        "getResponse answers this HTTP status",
        {"status": 503, "code": None, "message": None, "form": "errors", "retry_after": None, "fields": {}},
    ),
    "lookup_item_error": FaultKind(
        "failed results stand in `data` with status `error`, in this form", {"form": "error_object"}
    ),
    "lookup_progress": FaultKind("running results carry `progress`"),
    "lookup_expired": FaultKind(
        "the result is past its retention: empty `data`, or an error with this `code`", {"code": None}
    ),
}
FAULTS: Mapping[str, FaultKind] = {
    **CONNECTION_FAULTS,
    **BEFORE_ACK_FAULTS,
    **WEBHOOK_FAULTS,
    **MEDIA_FAULTS,
    **SUBMIT,
    **RUN,
    **WEBHOOK,
    **UPLOAD,
    **LOOKUP,
}
