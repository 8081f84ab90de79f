"""The faults the RunComfy simulator can show, with their options; the README has the table for readers."""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.connection_faults import BEFORE_ACK_FAULTS, CONNECTION_FAULTS, HTML
from tests.sandbox.simulators.fault_rules import FaultKind, one_of
from tests.sandbox.simulators.media_faults import MEDIA_FAULTS
from tests.sandbox.simulators.runcomfy.jobs import STATES
from tests.sandbox.simulators.runcomfy.outcomes import ERROR_VALUES, OUTCOMES
from tests.sandbox.simulators.runcomfy.refusals import ERROR_FORMS
from tests.sandbox.simulators.webhook_delivery import WEBHOOK_FAULTS

LOOKUPS = one_of("both", "status", "result")
SHAPES = ("plural", "text", "list", "mixed", "empty", "absent")
ERROR: Mapping[str, Any] = {
    "status": 503,
    "error_code": None,
    "message": None,
    "retry_after": None,
    "form": "code",
}
SUBMIT: Mapping[str, FaultKind] = {
    "submit_error": FaultKind(
        "answer the submission with this status and error; `accept`: the job exists all the same",
        {**ERROR, "accept": False},
        {"form": one_of(*ERROR_FORMS)},
    ),
    "submit_dropped": FaultKind("cut the connection before anything is accepted"),
    "submit_slow": FaultKind(
        "answer after this many real seconds; the job begins first, or last, when the client may be gone",
        {"seconds": 2.0, "begins": "first"},
        {"begins": one_of("first", "last")},
    ),
    "ack_without_id": FaultKind(
        "answer 200 without request_id; `accept` says if the job exists", {"accept": True}
    ),
}
RUN: Mapping[str, FaultKind] = {
    "run_time": FaultKind("run for this many simulated seconds", {"seconds": 600.0}),
    "queue_time": FaultKind("wait in the queue for this many simulated seconds", {"seconds": 300.0}),
    "outcome": FaultKind(
        "end like this, with this message and form of the error",
        {"outcome": "failed", "message": None, "error_form": None},
        {"outcome": one_of(*OUTCOMES), "error_form": one_of(None, *ERROR_VALUES)},
    ),
}
LOOKUP: Mapping[str, FaultKind] = {
    "lookup_error": FaultKind(
        "look-ups answer this status and error; `at` is both, status or result",
        {**ERROR, "at": "both"},
        {"at": LOOKUPS, "form": one_of(*ERROR_FORMS)},
    ),
    "lookup_non_json_body": FaultKind(
        "look-ups answer this", {"at": "both", "status": 502, "body": HTML}, {"at": LOOKUPS}
    ),
    "lookup_slow": FaultKind(
        "look-ups answer after this many real seconds", {"at": "both", "seconds": 2.0}, {"at": LOOKUPS}
    ),
    "request_expired": FaultKind("an ended job is unknown (404001)"),
    "result_late": FaultKind(
        "the result stays unready for so long after the status says completed", {"seconds": 20.0}
    ),
    "state_word": FaultKind(
        "this word for a state, or for any of them",
        {"word": "processing", "state": "in_progress", "at": "both"},
        {"state": one_of("any", *STATES), "at": LOOKUPS},
    ),
    "output_shape": FaultKind(
        "another form of `output`: plural, text, list, mixed (a picture beside it), empty, absent",
        {"shape": "plural"},
        {"shape": one_of(*SHAPES)},
    ),
    "echo_input": FaultKind("the result repeats model_id and input before the output"),
    "cost_omitted": FaultKind("no `cost`, although it was asked for"),
    "cost_zero": FaultKind("`cost` is 0; the price is charged"),
}
CANCEL: Mapping[str, FaultKind] = {
    "cancel_race": FaultKind("answer `cancelled`, but the job goes on to its end"),
    "cancel_answer": FaultKind(
        "requested (outcome cancellation_requested) or legacy (status of that name, no outcome); the job "
        "ends `seconds` later",
        {"form": "requested", "seconds": 5.0},
        {"form": one_of("requested", "legacy")},
    ),
    "cancel_error": FaultKind(
        "a cancel is answered with this status and error, and not done",
        dict(ERROR),
        {"form": one_of(*ERROR_FORMS)},
    ),
}
FAULTS: Mapping[str, FaultKind] = {
    **CONNECTION_FAULTS,
    **BEFORE_ACK_FAULTS,
    **WEBHOOK_FAULTS,
    **MEDIA_FAULTS,
    **SUBMIT,
    **RUN,
    **LOOKUP,
    **CANCEL,
}
