"""How a job ends: by a fault rule, by a marker in its prompt such as `[[failed]]`, or else well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.prompt_markers import marked_outcome
from tests.sandbox.simulators.runcomfy.jobs import CANCELLED, FAILED, Ending, Job

SUCCESS, NEVER, NO_OUTPUT, MODERATED = "success", "never", "no-output", "moderated"
OUTCOMES = (SUCCESS, FAILED, MODERATED, CANCELLED, NEVER, NO_OUTPUT)
ERROR_VALUES = ("text", "object", "array", "absent")
MESSAGES: Mapping[str, str] = {
    FAILED: "Model run failed",
    MODERATED: "The model refused the prompt: content moderation",
    CANCELLED: "",
}
# No code of a failed run is documented; this one only shows where codes stand.
ANY_CODE = 99999


@dataclass(frozen=True)
class Outcome:
    """`ending` is set unless it succeeds; `has_output` is false for a success without any, as after a cache hit."""

    ending: Ending | None = None
    ends: bool = True
    has_output: bool = True


def outcome_of(job: Job, faults: FaultBook) -> Outcome:
    """A rule goes before a marker."""
    rule = faults.take("outcome", job.subject)
    if rule is not None:
        return _named(rule.options["outcome"], rule.options["message"], rule.options["error_form"])
    return _named(marked_outcome(job.order.prompt, OUTCOMES.__contains__) or SUCCESS)


def _named(name: str, message: str | None = None, error_form: str | None = None) -> Outcome:
    if name in MESSAGES:
        state = CANCELLED if name == CANCELLED else FAILED
        return Outcome(Ending(state, message=message or MESSAGES[name], error_form=error_form))
    return Outcome(ends=name != NEVER, has_output=name != NO_OUTPUT)


def error_value(message: str, form: str) -> Any:
    """The error of a failed job as a text, as an object, or as an array of one."""
    if form == "text":
        return message
    entry = {"errorCode": ANY_CODE, "error": message, "details": message, "debugInfo": ""}
    return [entry] if form == "array" else entry
