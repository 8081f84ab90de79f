"""What RunningHub's error codes mean for a task and for money: a table by code; messages never decide anything.

The same numbers come as `code` or as `errorCode`. Most are in www.runninghub.ai/runninghub-api-doc-en/doc-8287467,
others in github.com/sanjusss/runninghub-skill (references) and github.com/housirvip/runninghub-manager, and 40310 is in
github.com/johndelapena168/runninghub-agent-skills. A code that is not in the table proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from framehook.errors import Failure
from framehook.providers.provider_words import MAX_MESSAGE


class Effect(StrEnum):
    """What a code says of a submission that brought no task id."""

    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    UNKNOWN = "unknown"


class Tells(StrEnum):
    """What a code says, where no status stands beside it, of a task that was accepted before."""

    FAILED = "failed"
    FAILED_IN_EVENT = "failed_in_event"  # where it is the event's data; elsewhere it may be about the look-up
    ALIVE = "alive"
    MISSING = "missing"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`code` is ours and stable. `says` stands in where RunningHub sent no text; `advice` is added to any text.

    `retry_after` in seconds; `tries` as in RefusedForNow.
    """

    code: str
    says: str
    effect: Effect = Effect.REFUSED
    tells: Tells = Tells.FAILED_IN_EVENT
    alarm: bool = False
    retry_after: float | None = None
    tries: int | None = None
    advice: str = ""


_UNKNOWN, _FOR_NOW = Effect.UNKNOWN, Effect.REFUSED_FOR_NOW
_ALIVE, _MISSING, _NOTHING = Tells.ALIVE, Tells.MISSING, Tells.NOTHING
_SITE = "the sites share no keys: is it one of the other site?"
_NO_AUTH = "provider_auth_failed"


def _invalid(says: str, advice: str = "") -> Meaning:
    return Meaning("invalid_request", says, advice=advice)


def _no_model(says: str, advice: str) -> Meaning:
    return Meaning("model_unavailable", says, advice=advice)


def _auth(says: str) -> Meaning:
    return Meaning(_NO_AUTH, says, tells=_NOTHING, alarm=True, advice=_SITE)


def _no_credit(says: str) -> Meaning:
    return Meaning("no_credit", says, alarm=True)


def _setup(says: str, advice: str, code: str = "provider_misconfigured") -> Meaning:
    return Meaning(code, says, tells=_NOTHING, alarm=True, advice=advice)


def _full(code: str, says: str, retry_after: float | None = None) -> Meaning:
    return Meaning(code, says, _FOR_NOW, _NOTHING, retry_after=retry_after)


def _trouble(says: str) -> Meaning:
    return Meaning("provider_unavailable", says, _FOR_NOW)


def _missing(says: str) -> Meaning:
    return Meaning("task_not_found", says, tells=_MISSING)


def _failed(says: str, effect: Effect = _UNKNOWN, code: str = "provider_error") -> Meaning:
    return Meaning(code, says, effect)


def _alive(says: str) -> Meaning:
    return Meaning("provider_error", says, _UNKNOWN, _ALIVE)


def _key_rejected(says: str) -> Meaning:
    """The gateway is known to refuse good keys at times; three times in a row it is the key."""
    return replace(_auth(says), effect=_FOR_NOW, tries=3)


MEANINGS: Mapping[str, Meaning] = {
    "1": Meaning("provider_error", "there is no such thing", _UNKNOWN, _MISSING),
    "301": _invalid("a parameter is invalid"),
    "380": _no_model("there is no such workflow", "a workflow of the other site is not known here"),
    "401": _key_rejected("the gateway refused the API key"),
    "412": _setup("the API's path is not known", "check the base URL of this site"),
    "415": _full("no_free_machine", "no dedicated machine is free", 30),
    "416": _no_credit("the wallet holds too little"),
    "421": _full("concurrency_limit", "as many tasks are under way as the account allows", 15),
    "423": _missing("there is no such task"),
    "433": _invalid("the workflow did not pass its check"),
    "435": _invalid(
        "the account has no machine of this kind", 'with some plans `instanceType` must be "plus"'
    ),
    "436": _setup("a dedicated plan is needed", "it may have ended: see the plan of this key"),
    "500": _failed("an unknown error"),
    "605": _no_credit("the balance is too low"),
    "801": _auth("free users can't use the API"),
    "802": _auth("the API key is not authorised, or has expired"),
    "803": _invalid("the nodeInfoList is invalid"),
    "804": _alive("the task is running"),
    "805": replace(_failed("the task failed or was stopped", Effect.REFUSED), tells=Tells.FAILED),
    "806": _auth("the key's user was not found"),
    "807": _missing("there is no such task"),
    "808": replace(_failed("an upload failed", _FOR_NOW), tries=2),
    "809": _invalid("a file is too large"),
    "810": _no_model("the workflow was never saved or run", "save it and run it once on RunningHub's site"),
    "811": _auth("the enterprise key is invalid"),
    "812": _no_credit("the enterprise account holds too little"),
    "813": _alive("the task is queued"),
    "814": _full("concurrency_limit", "the personal queue is full", 60),
    "901": _no_model("there is no such AI app", "an app of the other site is not known here"),
    "1000": _failed("an unknown error"),
    "1001": _invalid("a URL is wrong", "either the model's endpoint or one in the input"),
    "1002": _auth("the API key is invalid"),
    "1003": _full("rate_limited", "too many requests"),
    "1004": _missing("the task is missing or has expired"),
    "1005": _trouble("an internal error"),
    "1006": _failed("the task took too long", code="provider_timeout"),
    "1007": _invalid("a parameter did not pass its check"),
    "1008": _invalid("a file is too large"),
    "1009": _invalid("the method is wrong"),
    "1010": _trouble("the service is unavailable"),
    "1011": _trouble("the service is busy"),
    "1012": _trouble("a service behind RunningHub failed"),
    "1013": Meaning(
        "invalid_request", "a file of the input could not be used", _FOR_NOW, tries=2, advice="check its URL"
    ),
    "1014": _setup(
        "the key is of the wrong kind", "standard models need an enterprise-shared key", "wrong_key_kind"
    ),
    "1015": _failed("the generation failed", Effect.REFUSED),
    "1101": _invalid("the nodeInfoList is invalid"),
    "1501": _failed("the content was refused", Effect.REFUSED, "content_refused"),
    "1504": _failed("the model took too long", code="provider_timeout"),
    "1505": _failed("a picture of a real person was refused", Effect.REFUSED, "content_refused"),
    "1520": _full("concurrency_limit", "as many tasks are under way as the user may have", 15),
    "1620": _no_credit("the wallet holds only money that the API can't use"),
    "40310": _no_model("runninghub.cn does not offer this model any more", "use an account of runninghub.ai"),
}

OTHER = Meaning("provider_error", "RunningHub did not say why", _UNKNOWN, _NOTHING)
GATEWAY = _key_rejected("the gateway refused the API key")
_GATEWAY_CODE = "-1"  # of a submission only with HTTP 401
TOO_MANY = _full("rate_limited", "too many requests")
_REFUSED_BY_HTTP = _invalid("the request was refused")
_BY_STATUS: Mapping[int, Meaning] = {
    403: _auth("the request was forbidden"),
    **dict.fromkeys((400, 404, 405, 413, 415, 422), _REFUSED_BY_HTTP),
}

_MEANINGLESS = ("", "success", "ok", "null")  # "failed: success": github.com/ATH-MaaS/Pixelle-Video/issues/39


def meaning_of(code: str) -> Meaning:
    return MEANINGS.get(code, OTHER)


def refusal_of(code: str, status: int) -> Meaning:
    """What an answer to a submission means that named no task."""
    if status == 429:
        return TOO_MANY
    if status == 401 and code in (_GATEWAY_CODE, "", "401"):
        return GATEWAY
    if status in range(200, 300) or (status in range(400, 500) and code in MEANINGS):
        return meaning_of(code)
    said_by_http = code in ("", _GATEWAY_CODE, str(status))
    return _BY_STATUS.get(status, OTHER) if said_by_http else OTHER  # after a 5xx, work may go on


def meaning_for_question(code: str) -> Meaning:
    """What an answer means that is about no job: nothing hangs on it, so the gateway's word counts as it is."""
    return GATEWAY if code == _GATEWAY_CODE else meaning_of(code)


def refuses_key(code: str, status: int) -> bool:
    """Whether an answer about no job says that the key is not good, here or for anything."""
    return status == 401 or meaning_for_question(code).code == _NO_AUTH


def failure_of(meaning: Meaning, code: str, message: str = "", reason: str = "") -> Failure:
    """`message` is RunningHub's own text, `reason` what a node of ComfyUI said, both without secrets."""
    said = meaning.says if message.strip().lower() in _MEANINGLESS else message
    text = f"{said}: {reason}" if reason else said
    advice = f" ({meaning.advice})" if meaning.advice else ""
    return Failure(meaning.code, text[: MAX_MESSAGE - len(advice)] + advice, code or None)
