"""The wire format of Lumen, as data. Lumen is imaginary; its API is modelled on that of fal, whose pages are
fal.ai/docs/documentation/model-apis/inference/queue, docs.fal.ai/model-apis/model-endpoints/webhooks and
fal.ai/docs/documentation/model-apis/request-errors. Holds tables alone: `queue_provider` says how they are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from framehook.providers.contract import CancelAnswer
from framehook.providers.error_meanings import NO_AUTH, Effect, Meaning
from framehook.providers.queue_api import (
    WHOLE,
    CancelReading,
    ErrorFields,
    Errors,
    QueueApi,
    Reading,
    Route,
)
from framehook.providers.queue_provider import QueueProvider
from framehook.providers.task_states import State

NAME = "lumen"

# Nothing that could be another call than that of a model: no dots alone, and no `requests`, which names calls.
_SEGMENT = r"(?!requests(?:/|\Z))[a-z0-9][a-z0-9._-]*"
_REQUEST = "/{model}/requests/{id}"
_ROUTE = Route(
    offerings=re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{1,3}}"),
    submit="/{model}",
    result=_REQUEST,
    status=f"{_REQUEST}/status",
    cancel=f"{_REQUEST}/cancel",
    cancel_method="PUT",
    webhook_query={"lumen_webhook": "{url}"},
)

# The body of a result is what the model made and has no word for a state: it may well have fields of that name.
_RESULT = Reading(words={}, fields=(), wordless=State.SUCCEEDED, media=(WHOLE,))
_STATUS = Reading(
    words={"in_queue": State.ALIVE, "in_progress": State.ALIVE, "completed": State.ENDED},
    ended_with_error=True,
)
# Lumen has tried again by itself before it calls, so that an ERROR is never taken back.
_WEBHOOK = Reading(words={"ok": State.SUCCEEDED, "error": State.FAILED}, media=("payload",))
_CANCEL = CancelReading(
    {
        "status": {
            "cancellation_requested": CancelAnswer.TAKEN,
            "already_completed": CancelAnswer.REFUSED,
        }
    }
)

_INVALID = Meaning("invalid_request", "the request was refused")
# Somebody may be changing the key; three times in a row it is the key.
_KEY_REFUSED = Meaning(NO_AUTH, "the key was refused", Effect.REFUSED_FOR_NOW, alarm=True, tries=3)
_BY_STATUS: Mapping[int, Meaning] = {
    **dict.fromkeys((400, 413, 422), _INVALID),
    **dict.fromkeys((401, 403), _KEY_REFUSED),
    402: Meaning("no_credit", "the balance is too low", alarm=True),
    404: Meaning("model_unavailable", "there is no such model"),
    429: Meaning("rate_limited", "too many requests", Effect.REFUSED_FOR_NOW),
}
_ERRORS = Errors(
    by_code={"request_timeout": Meaning("provider_timeout", "the run took too long", Effect.UNKNOWN)},
    by_status=_BY_STATUS,
    other=Meaning("provider_error", "Lumen did not say why", Effect.UNKNOWN),
    fields=ErrorFields(codes=("error_type",), texts=("error",), within=("msg",)),
)

LUMEN = QueueApi(
    name=NAME,
    title="Lumen",
    routes=(_ROUTE,),
    authorization="Key {key}",
    ids=("request_id",),
    task_id=re.compile(r"[0-9a-f-]{36}"),
    result=_RESULT,
    status=_STATUS,
    webhook=_WEBHOOK,
    cancel=_CANCEL,
    errors=_ERRORS,
    result_hosts=re.compile(r"(?:[a-z0-9-]+\.)*lumen\.example"),
)

PROVIDER = QueueProvider(LUMEN)
