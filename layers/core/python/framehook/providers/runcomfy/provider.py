"""RunComfy's wire format, as data: its Model API and its Serverless API (deployments of ComfyUI workflows and LoRAs).

On docs.runcomfy.com, model-apis/async-queue-endpoints and serverless/async-queue-endpoints have the calls to RunComfy,
serverless/webhooks has the calls from it; no page has the Model API call anybody. What only RunComfy's own clients know
is from github.com/runcomfy-com: runcomfy-cli, runcomfy-mcp and comfyui-runcomfy-partner-nodes. Holds tables alone:
`queue_provider` says how they are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from framehook.providers.contract import CancelAnswer
from framehook.providers.error_meanings import NO_AUTH, Effect, Meaning
from framehook.providers.queue_api import CancelReading, Errors, QueueApi, Reading, Route
from framehook.providers.queue_provider import QueueProvider
from framehook.providers.runcomfy.ids import DEPLOYMENTS, MODELS
from framehook.providers.task_states import State

NAME = "runcomfy"
SERVERLESS = "serverless"
"""The service of an account that has its deployments; the first one has the models."""

_DEPLOYMENT = "/prod/v2/deployments/{deployment}"
_ROUTES = (
    Route(
        offerings=DEPLOYMENTS,
        service=SERVERLESS,
        submit=f"{_DEPLOYMENT}/inference",
        result=f"{_DEPLOYMENT}/requests/{{id}}/result",
        status=f"{_DEPLOYMENT}/requests/{{id}}/status",
        cancel=f"{_DEPLOYMENT}/requests/{{id}}/cancel",
        # The call that a task is in the queue proves early that it was accepted.
        webhook_query={"webhook": "{url}", "webhook_intermediate_status": "true"},
    ),
    Route(
        offerings=MODELS,
        submit="/v1/models/{model}",
        result="/v1/requests/{id}/result",
        status="/v1/requests/{id}/status",
        cancel="/v1/requests/{id}/cancel",
        result_query={"include_cost": "true"},
    ),
)

_ALIVE = ("in_queue", "in_progress", "pending", "waiting", "starting", "processing", "queued", "running")
_NOT_ENDED_WELL: Mapping[str, State] = {
    **dict.fromkeys(_ALIVE, State.ALIVE),
    **dict.fromkeys(("failed", "error"), State.FAILED),
    **dict.fromkeys(("cancelled", "canceled"), State.CANCELLED),
}
_ENDS = ("succeeded", "completed", "success")
_WORDS: Mapping[str, State] = {**_NOT_ENDED_WELL, **dict.fromkeys(_ENDS, State.SUCCEEDED)}
_MEDIA = ("output", "outputs")  # of models and LoRAs, and of ComfyUI by node

_RESULT = Reading(words=_WORDS, media=_MEDIA)
# "completed" is said of failures too: only the result tells how a task has ended.
_STATUS = Reading(words={**_NOT_ENDED_WELL, **dict.fromkeys(_ENDS, State.ENDED)}, doubtful_for=10)
# Older deployments have the state in `status`, newer ones "completed" there and the end in `outcome`. A callback has no
# signature, so that a look-up is to say so as well when it brings bad news.
_WEBHOOK = Reading(words=_WORDS, fields=("outcome", "status"), media=_MEDIA, doubtful_for=1)

_TAKEN = dict.fromkeys(("cancelled", "canceled", "cancellation_requested"), CancelAnswer.TAKEN)
# The official example has "completed" beside the outcome "cancelled": the outcome is what counts.
_CANCEL = CancelReading(
    {
        "outcome": {**_TAKEN, "not_cancellable": CancelAnswer.REFUSED},
        "status": {**_TAKEN, "completed": CancelAnswer.REFUSED},
    }
)


def _refused_key(says: str) -> Meaning:
    """The operator may be changing the token, which kills the old one at once; three times in a row it is the token."""
    advice = "check the token on RunComfy's Profile page: it may have been regenerated there"
    return Meaning(NO_AUTH, says, Effect.REFUSED_FOR_NOW, alarm=True, tries=3, advice=advice)


def _closed(says: str) -> Meaning:
    return Meaning("model_unavailable", says, advice="see the deployment on RunComfy's site")


_INVALID = Meaning("invalid_request", "the request was refused")
_NO_CREDIT = Meaning("no_credit", "the balance is too low", alarm=True)
_NO_MODEL = Meaning("model_unavailable", "there is no such model, deployment or request")
# No alarm, and not the key's: whoever asks for a job names the deployment.
_FOREIGN = Meaning(
    "model_unavailable",
    "this belongs to another account",
    advice="is the token one of the account that owns it?",
)
_UNKNOWN = Meaning("provider_error", "RunComfy did not say why", Effect.UNKNOWN)

MEANINGS: Mapping[str, Meaning] = {
    "10001": _NO_CREDIT,
    "10002": _closed("the deployment is disabled"),
    "10003": _closed("the deployment was deleted"),
    "400001": Meaning("model_unavailable", "there is no such model"),
    "400002": _NO_CREDIT,
    "400004": _refused_key("the token is missing, wrong or expired, or its account is not active"),
    "400005": Meaning("provider_error", "the request is not completed", Effect.UNKNOWN),
    "401001": _refused_key("the token was refused"),
    "403001": _FOREIGN,
    "403003": _FOREIGN,
    "404001": _NO_MODEL,
    "422001": Meaning("invalid_request", "the input did not pass its check"),
    "500001": Meaning("provider_error", "an internal error", Effect.UNKNOWN),
}
"""docs.runcomfy.com/model-apis/error-codes and docs.runcomfy.com/serverless/error-codes; only a client knows 400005."""

_BY_STATUS: Mapping[int, Meaning] = {
    **dict.fromkeys((400, 413, 415, 422), _INVALID),
    401: _refused_key("the token was refused"),
    402: _NO_CREDIT,
    403: _refused_key("the request was forbidden"),
    404: _NO_MODEL,
    429: Meaning("rate_limited", "too many requests", Effect.REFUSED_FOR_NOW),
}

RUNCOMFY = QueueApi(
    name=NAME,
    title="RunComfy",
    routes=_ROUTES,
    authorization="Bearer {key}",
    ids=("request_id",),
    task_id=re.compile(r"[A-Za-z0-9_-]{1,128}"),
    result=_RESULT,
    status=_STATUS,
    webhook=_WEBHOOK,
    cancel=_CANCEL,
    errors=Errors(
        by_code=MEANINGS,
        by_status=_BY_STATUS,
        other=_UNKNOWN,
        by_prefix=re.compile(r"(4[0-9]{2})(?:[0-9]{3})?"),
        not_ready=frozenset(("400005",)),
    ),
    result_hosts=re.compile(r"(?:[a-z0-9-]+\.)*runcomfy\.(?:net|com)"),
    cost="cost",
)

PROVIDER = QueueProvider(RUNCOMFY)
