"""What Runware's error codes mean for a task and for money: tables, read by code first, by HTTP status last.

Codes are hundreds of strings that still change (runware.ai/docs/platform/errors), so families are matched as
well as names. Message texts are shown to people and never decide anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from framehook.providers.error_meanings import NO_AUTH, Effect, Meaning

KEPT_URLS = r"(?i)https://(?:[a-z-]+\.)?runware\.ai/[\w./#-]*[).,;]?"  # Runware's own pages


class Tells(StrEnum):
    """When an error ends a task that was accepted before, and not just the call that asked about it."""

    ALWAYS = "always"
    IF_MARKED = "if_marked"  # with the `status: "error"` of asynchronous failures, or in a webhook
    IN_LOOK_UP = "in_look_up"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RunwareMeaning(Meaning):
    """`alive`: it shows, in a webhook, that the task was accepted; `accepted`: in the answer to a submission."""

    tells: Tells = Tells.IF_MARKED
    alive: bool = False
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class RunwareError:
    """One error of an answer. `marked`: Runware says that the task itself ended with it."""

    task_id: str | None
    code: str
    message: str
    marked: bool = False
    retry_after: float | None = None
    cost: int | None = None


_FOR_NOW, _UNKNOWN = Effect.REFUSED_FOR_NOW, Effect.UNKNOWN

INVALID = RunwareMeaning("invalid_request", "the request is wrong")
CONTENT = RunwareMeaning("content_refused", "the content was refused", tells=Tells.ALWAYS)
AUTH = RunwareMeaning(NO_AUTH, "the key or its account was refused", alarm=True)
NO_CREDIT = RunwareMeaning("no_credit", "no money is left", alarm=True)
NO_MODEL = RunwareMeaning("model_unavailable", "there is no such model")
RATE_LIMITED = RunwareMeaning("rate_limited", "too much at once", _FOR_NOW)
UNAVAILABLE = RunwareMeaning("provider_unavailable", "Runware has no room", _FOR_NOW)
TIMEOUT = RunwareMeaning("provider_timeout", "the model took too long", _UNKNOWN, tells=Tells.ALWAYS)
FAILED = RunwareMeaning("provider_error", "the generation failed", _UNKNOWN, tells=Tells.ALWAYS)
SERVER = RunwareMeaning("provider_error", "Runware did not say why", _UNKNOWN)
# The result itself may exist: ask again.
UPLOAD = RunwareMeaning(
    "provider_error", "the upload of the result failed", _UNKNOWN, tells=Tells.IN_LOOK_UP, alive=True
)
# The task was taken before: our protection against paying twice.
DUPLICATE = RunwareMeaning(
    "duplicate_task", "the task is under way", _UNKNOWN, tells=Tells.NEVER, alive=True, accepted=True
)
DELIVERY = RunwareMeaning(
    "provider_error", "our webhook was not reached", _UNKNOWN, tells=Tells.NEVER, alive=True
)
NO_VERDICT = RunwareMeaning("provider_error", "this says nothing of a task", _UNKNOWN, tells=Tells.NEVER)

_BY_CODE: Mapping[str, RunwareMeaning] = {
    "conflicttaskuuid": DUPLICATE,
    "duplicatetaskuuid": NO_VERDICT,
    "webhooktimeout": DELIVERY,
    "tasknotfound": NO_VERDICT,
    "taskexpired": NO_VERDICT,
    "taskfailedornotfound": NO_VERDICT,
    "uploadfailed": UPLOAD,
    "invalidmodel": NO_MODEL,
    "unknownmodel": NO_MODEL,
    "modelnotfound": NO_MODEL,
    "modelunavailable": NO_MODEL,
    "modeldisabled": NO_MODEL,
    "internalservererror": SERVER,
    "unknownerror": SERVER,
}

# Order matters: a refused content may be called invalidProviderContent, which looks like a bad parameter.
_BY_FAMILY: tuple[tuple[str, RunwareMeaning], ...] = (
    (r"contentpolicy|providercontent|(sensitive|unsafe|nsfw)content", CONTENT),
    (r"moderation|(prompt|image|video)blocked", CONTENT),
    (r"apikey|^unauthori[sz]ed|^forbidden|^account", AUTH),
    (r"ratelimit|toomanyrequests|queue|concurren", RATE_LIMITED),
    (r"^(invalid|missing|unsupported|conflict|duplicate|value|array|max|min)", INVALID),
    (r"^(unknownparam|incompatible|validation|media(notfound|expired))", INVALID),
    (r"insufficient(credit|balance|fund)|quota|paymentrequired", NO_CREDIT),
    (r"timeout|timedout", TIMEOUT),
    (r"unavailable|noavailable|notready|overload|capacity", UNAVAILABLE),
    (r"^(provider|inference|processing|download|task)", FAILED),
)

_BY_STATUS: Mapping[int, RunwareMeaning] = {
    400: INVALID,
    401: AUTH,
    402: NO_CREDIT,
    403: AUTH,
    404: INVALID,
    413: INVALID,
    415: INVALID,
    422: INVALID,
    429: RATE_LIMITED,
    503: UNAVAILABLE,
    504: UNAVAILABLE,  # "maximum queue wait exceeded"
}
_REFUSES_ALL = (429, 503, 504)


def meaning_of(code: str, status: int) -> RunwareMeaning:
    """What an error with this code means, and with this HTTP status where the code itself does not say."""
    plain = code.lower().replace("_", "").replace("-", "")
    found = _BY_CODE.get(plain)
    found = found or next((meaning for family, meaning in _BY_FAMILY if re.search(family, plain)), None)
    if found and not (status in _REFUSES_ALL and found in (SERVER, INVALID)):
        return found
    if status >= 500 and not plain[:1].isalpha():
        return SERVER  # a gateway on the way may have said that, after passing the call on
    return _BY_STATUS.get(status, SERVER)


def of_submission(code: str, status: int) -> RunwareMeaning:
    """The same of an answer to a submission. Few statuses can prove a refusal: after others, work may go on."""
    meaning = meaning_of(code, status)
    proving = 200 <= status < 300 or status in _BY_STATUS
    return meaning if proving else replace(meaning, effect=Effect.UNKNOWN)
