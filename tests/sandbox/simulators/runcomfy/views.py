"""Jobs as the look-ups show them. Status and result have words of their own: `completed` may be a failure.

https://docs.runcomfy.com/model-apis/async-queue-endpoints
"""

from datetime import UTC, datetime
from typing import Any

from tests.sandbox.simulators.runcomfy.jobs import (
    CANCELLED,
    COMFYUI,
    FAILED,
    MODEL,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Ending,
    Job,
)
from tests.sandbox.simulators.runcomfy.outcomes import error_value
from tests.sandbox.simulators.runcomfy.refusals import NOT_READY, Refusal
from tests.sandbox.simulators.runcomfy.results import cover_picture, output_object, outputs_by_node
from tests.sandbox.simulators.runcomfy.settings import Settings
from tests.sandbox.simulators.runcomfy.shared import Shared

COMPLETED = "completed"
# How many stand before a job that has just been accepted.
QUEUE_LENGTH = 3


class Views:
    """Builds the bodies; faults of wording and form count each time one is built."""

    def __init__(self, shared: Shared, origin: str) -> None:
        self._shared = shared
        self._origin = origin

    def acknowledgement(self, job: Job) -> dict[str, Any]:
        urls = {f"{name}_url": f"{self._origin}{job.path}/{name}" for name in ("status", "result", "cancel")}
        return {"request_id": job.id, **urls}

    def status(self, job: Job) -> dict[str, Any]:
        settings = self._shared.settings
        usual = status_word(job, settings)
        body: dict[str, Any] = {"request_id": job.id, "status": self._word(job, job.state, usual, "status")}
        if job.state == QUEUED:
            body["queue_position"] = self.queue_position(job)
        if job.state == RUNNING and job.order.api != MODEL:
            body["instance_id"] = job.instance_id
        if job.state == FAILED and settings.failed_status == FAILED and job.ending is not None:
            body["error"] = job.ending.message
        urls = self.acknowledgement(job)
        return body | {name: urls[name] for name in ("status_url", "result_url")}

    def result(self, job: Job, *, with_cost: bool) -> dict[str, Any]:
        """Raises a Refusal for a job under way if the settings want that."""
        settings, state = self._shared.settings, self._result_state(job)
        if state in (QUEUED, RUNNING) and settings.result_not_ready != "state":
            raise Refusal(NOT_READY)
        words = {SUCCEEDED: settings.success_result, CANCELLED: settings.cancelled_word}
        body: dict[str, Any] = {"request_id": job.id}
        if self._shared.faults.take("echo_input", job.subject):
            body |= {"model_id": job.order.target, "input": dict(job.order.body)}
        body["status"] = self._word(job, state, words.get(state, state), "result")
        if job.ending is None or state in (QUEUED, RUNNING):
            return body | {"created_at": moment(job.accepted_at)}
        body |= self.outcome(job, job.ending, "array" if job.order.api != MODEL else "text")
        body |= {"created_at": moment(job.accepted_at), "finished_at": moment(job.ended_at)}
        if job.order.api != MODEL:
            body["instance_id"] = job.instance_id
        return body | (self._cost(job) if with_cost else {})

    def outcome(self, job: Job, ending: Ending, error_form: str, key: str | None = None) -> dict[str, Any]:
        """`output` or `outputs` of a success, `error` of a failure; `key` goes before the usual name."""
        if ending.state == FAILED:
            form = ending.error_form or error_form
            return {} if form == "absent" else {"error": error_value(ending.message, form)}
        if ending.state != SUCCEEDED:
            return {}
        if job.order.api == COMFYUI:
            usual, value = "outputs", outputs_by_node(ending.outputs)
        else:
            usual, value = "output", output_object(ending.outputs)
        rule = self._shared.faults.take("output_shape", job.subject)
        shape = rule.options["shape"] if rule else "usual"
        return {} if shape == "absent" else {key or usual: self._shaped(job, ending, value, shape)}

    def queue_position(self, job: Job) -> int:
        """Falls to 0 while the job waits."""
        waited = self._shared.clock.now() - job.queued
        share = waited / job.queue_seconds if job.queue_seconds else 1.0
        return max(0, QUEUE_LENGTH - int(share * (QUEUE_LENGTH + 1)))

    def _shaped(self, job: Job, ending: Ending, value: dict[str, Any], shape: str) -> Any:
        """The Model API's ways to name the same files; a graph's outputs are only ever left empty."""
        if shape == "empty":
            return {}
        if job.order.api == COMFYUI or not ending.outputs:
            return value
        urls = [one.url for one in ending.outputs]
        plural = {f"{ending.outputs[0].piece.channel.removesuffix('s')}s": urls}
        if shape == "mixed":
            return {"image": cover_picture(job, self._shared), **plural}
        return {"plural": plural, "text": urls[0], "list": urls}.get(shape, value)

    def _result_state(self, job: Job) -> str:
        """The state, or `in_progress` while the result comes late."""
        if job.ended is None:
            return job.state
        age = self._shared.clock.now() - job.ended
        late = self._shared.faults.take(
            "result_late", job.subject, lambda rule: age < rule.options["seconds"]
        )
        return RUNNING if late else job.state

    def _word(self, job: Job, state: str, usual: str, at: str) -> str:
        rule = self._shared.faults.take(
            "state_word",
            job.subject,
            lambda rule: rule.options["state"] in (state, "any") and rule.options["at"] in (at, "both"),
        )
        return cased(str(rule.options["word"]) if rule else usual, self._shared.settings)

    def _cost(self, job: Job) -> dict[str, Any]:
        if self._shared.faults.take("cost_omitted", job.subject):
            return {}
        free = job.charge is None or self._shared.faults.take("cost_zero", job.subject) is not None
        return {"cost": 0 if free else job.order.price}


def status_word(job: Job, settings: Settings) -> str:
    """What the status calls the state of the job, in lower case."""
    ends = {SUCCEEDED: COMPLETED, FAILED: settings.failed_status, CANCELLED: settings.cancelled_word}
    return ends.get(job.state, job.state)


def cased(word: str, settings: Settings) -> str:
    return word.upper() if settings.upper_case_states else word


def moment(at: float | None) -> str:
    """ISO 8601 with an offset and six digits of a second."""
    return datetime.fromtimestamp(at or 0.0, UTC).isoformat(timespec="microseconds")
