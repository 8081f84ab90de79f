"""What RunningHub's error codes mean for a task and for money: a table by code; messages never decide anything.

The same numbers come as `code` or as `errorCode`. Most are in www.runninghub.ai/runninghub-api-doc-en/doc-8287467,
others in github.com/sanjusss/runninghub-skill (references) and github.com/housirvip/runninghub-manager, and 40310 is in
github.com/johndelapena168/runninghub-agent-skills. A code that is not in the table proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from framehook.providers.error_meanings import NO_AUTH, Effect, Meaning


class Tells(StrEnum):
    """What a code says, where no status stands beside it, of a task that was accepted before."""

    FAILED = "failed"
    FAILED_IN_EVENT = "failed_in_event"  # where it is the event's data; elsewhere it may be about the look-up
    ALIVE = "alive"
    MISSING = "missing"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class RunningHubMeaning(Meaning):
    """A code may be about a task as well as about a call."""

    tells: Tells = Tells.FAILED_IN_EVENT


_UNKNOWN, _FOR_NOW = Effect.UNKNOWN, Effect.REFUSED_FOR_NOW
_ALIVE, _MISSING, _NOTHING = Tells.ALIVE, Tells.MISSING, Tells.NOTHING
_SITE = "the sites share no keys: is it one of the other site?"


def _invalid(says: str, advice: str = "") -> RunningHubMeaning:
    return RunningHubMeaning("invalid_request", says, advice=advice)


def _no_model(says: str, advice: str) -> RunningHubMeaning:
    return RunningHubMeaning("model_unavailable", says, advice=advice)


def _auth(says: str) -> RunningHubMeaning:
    return RunningHubMeaning(NO_AUTH, says, alarm=True, advice=_SITE, tells=_NOTHING)


def _key_rejected(says: str) -> RunningHubMeaning:
    """The gateway is known to refuse good keys at times; three times in a row it is the key."""
    return RunningHubMeaning(NO_AUTH, says, _FOR_NOW, alarm=True, tries=3, advice=_SITE, tells=_NOTHING)


def _no_credit(says: str) -> RunningHubMeaning:
    return RunningHubMeaning("no_credit", says, alarm=True)


def _setup(says: str, advice: str, code: str = "provider_misconfigured") -> RunningHubMeaning:
    return RunningHubMeaning(code, says, alarm=True, advice=advice, tells=_NOTHING)


def _full(code: str, says: str, retry_after: float | None = None) -> RunningHubMeaning:
    return RunningHubMeaning(code, says, _FOR_NOW, retry_after=retry_after, tells=_NOTHING)


def _trouble(says: str) -> RunningHubMeaning:
    return RunningHubMeaning("provider_unavailable", says, _FOR_NOW)


def _missing(says: str) -> RunningHubMeaning:
    return RunningHubMeaning("task_not_found", says, tells=_MISSING)


def _failed(says: str, code: str = "provider_error") -> RunningHubMeaning:
    return RunningHubMeaning(code, says, _UNKNOWN)


def _no_result(says: str, code: str = "provider_error") -> RunningHubMeaning:
    """A failure that proves as well that nothing is under way."""
    return RunningHubMeaning(code, says)


def _alive(says: str) -> RunningHubMeaning:
    return RunningHubMeaning("provider_error", says, _UNKNOWN, tells=_ALIVE)


def _once_more(code: str, says: str, advice: str = "") -> RunningHubMeaning:
    return RunningHubMeaning(code, says, _FOR_NOW, tries=2, advice=advice)


MEANINGS: Mapping[str, RunningHubMeaning] = {
    "1": RunningHubMeaning("provider_error", "there is no such thing", _UNKNOWN, tells=_MISSING),
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
    "805": RunningHubMeaning("provider_error", "the task failed or was stopped", tells=Tells.FAILED),
    "806": _auth("the key's user was not found"),
    "807": _missing("there is no such task"),
    "808": _once_more("provider_error", "an upload failed"),
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
    "1006": _failed("the task took too long", "provider_timeout"),
    "1007": _invalid("a parameter did not pass its check"),
    "1008": _invalid("a file is too large"),
    "1009": _invalid("the method is wrong"),
    "1010": _trouble("the service is unavailable"),
    "1011": _trouble("the service is busy"),
    "1012": _trouble("a service behind RunningHub failed"),
    "1013": _once_more("invalid_request", "a file of the input could not be used", "check its URL"),
    "1014": _setup(
        "the key is of the wrong kind", "standard models need an enterprise-shared key", "wrong_key_kind"
    ),
    "1015": _no_result("the generation failed"),
    "1101": _invalid("the nodeInfoList is invalid"),
    "1501": _no_result("the content was refused", "content_refused"),
    "1504": _failed("the model took too long", "provider_timeout"),
    "1505": _no_result("a picture of a real person was refused", "content_refused"),
    "1520": _full("concurrency_limit", "as many tasks are under way as the user may have", 15),
    "1620": _no_credit("the wallet holds only money that the API can't use"),
    "40310": _no_model("runninghub.cn does not offer this model any more", "use an account of runninghub.ai"),
}

OTHER = RunningHubMeaning("provider_error", "RunningHub did not say why", _UNKNOWN, tells=_NOTHING)
GATEWAY = _key_rejected("the gateway refused the API key")
_GATEWAY_CODE = "-1"  # of a submission only with HTTP 401
TOO_MANY = _full("rate_limited", "too many requests")
_REFUSED_BY_HTTP = _invalid("the request was refused")
_BY_STATUS: Mapping[int, RunningHubMeaning] = {
    403: _auth("the request was forbidden"),
    **dict.fromkeys((400, 404, 405, 413, 415, 422), _REFUSED_BY_HTTP),
}


def meaning_of(code: str) -> RunningHubMeaning:
    return MEANINGS.get(code, OTHER)


def refusal_of(code: str, status: int) -> RunningHubMeaning:
    """What an answer to a submission means that named no task."""
    if status == 429:
        return TOO_MANY
    if status == 401 and code in (_GATEWAY_CODE, "", "401"):
        return GATEWAY
    if status in range(200, 300) or (status in range(400, 500) and code in MEANINGS):
        return meaning_of(code)
    said_by_http = code in ("", _GATEWAY_CODE, str(status))
    return _BY_STATUS.get(status, OTHER) if said_by_http else OTHER  # after a 5xx, work may go on


def meaning_for_question(code: str) -> RunningHubMeaning:
    """What an answer means that is about no job: nothing hangs on it, so the gateway's word counts as it is."""
    return GATEWAY if code == _GATEWAY_CODE else meaning_of(code)


def refuses_key(code: str, status: int) -> bool:
    """Whether an answer about no job says that the key is not good, here or for anything."""
    return status == 401 or meaning_for_question(code).code == NO_AUTH
