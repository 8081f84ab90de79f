"""What Runware's error codes mean for a task and for money: a table, read by code first, by HTTP status last.

Codes are hundreds of strings that still change (runware.ai/docs/platform/errors), so families are matched as
well as names. Message texts are shown to people and never decide anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from framehook.errors import Failure

KEPT_URLS = r"(?i)https://(?:[a-z-]+\.)?runware\.ai/[\w./#-]*[).,;]?"  # Runware's own pages


class Effect(StrEnum):
    """What an error says of a task that was just submitted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    UNKNOWN = "unknown"


class Tells(StrEnum):
    """When an error ends a task that was accepted before, and not just the call that asked about it."""

    ALWAYS = "always"
    IF_MARKED = "if_marked"  # with the `status: "error"` of asynchronous failures, or in a webhook
    IN_LOOK_UP = "in_look_up"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Meaning:
    code: str
    effect: Effect
    tells: Tells = Tells.IF_MARKED
    alarm: bool = False
    alive: bool = False  # in a webhook, it shows that the task was accepted


@dataclass(frozen=True, slots=True)
class RunwareError:
    """One error of an answer. `marked`: Runware says that the task itself ended with it."""

    task_id: str | None
    code: str
    message: str
    marked: bool = False
    retry_after: float | None = None
    cost: int | None = None


INVALID = Meaning("invalid_request", Effect.REFUSED)
CONTENT = Meaning("content_refused", Effect.REFUSED, Tells.ALWAYS)
AUTH = Meaning("provider_auth_failed", Effect.REFUSED, alarm=True)
NO_CREDIT = Meaning("no_credit", Effect.REFUSED, alarm=True)
NO_MODEL = Meaning("model_unavailable", Effect.REFUSED)
RATE_LIMITED = Meaning("rate_limited", Effect.REFUSED_FOR_NOW)
UNAVAILABLE = Meaning("provider_unavailable", Effect.REFUSED_FOR_NOW)
TIMEOUT = Meaning("provider_timeout", Effect.UNKNOWN, Tells.ALWAYS)
FAILED = Meaning("provider_error", Effect.UNKNOWN, Tells.ALWAYS)
SERVER = Meaning("provider_error", Effect.UNKNOWN)
# The result itself may exist: ask again.
UPLOAD = Meaning("provider_error", Effect.UNKNOWN, Tells.IN_LOOK_UP, alive=True)
DUPLICATE = Meaning("duplicate_task", Effect.ACCEPTED, Tells.NEVER, alive=True)
DELIVERY = Meaning("provider_error", Effect.UNKNOWN, Tells.NEVER, alive=True)  # of our webhook
NO_VERDICT = Meaning("provider_error", Effect.UNKNOWN, Tells.NEVER)

_BY_CODE: Mapping[str, Meaning] = {
    "conflicttaskuuid": DUPLICATE,  # the task was taken before: our protection against paying twice
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
_BY_FAMILY: tuple[tuple[str, Meaning], ...] = (
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

_BY_STATUS: Mapping[int, Meaning] = {
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


def meaning_of(code: str, status: int) -> Meaning:
    """What an error with this code means, and with this HTTP status where the code itself does not say."""
    plain = code.lower().replace("_", "").replace("-", "")
    found = _BY_CODE.get(plain)
    found = found or next((meaning for family, meaning in _BY_FAMILY if re.search(family, plain)), None)
    if found and not (status in _REFUSES_ALL and found in (SERVER, INVALID)):
        return found
    if status >= 500 and not plain[:1].isalpha():
        return SERVER  # a gateway on the way may have said that, after passing the call on
    return _BY_STATUS.get(status, SERVER)


def effect_of(meaning: Meaning, status: int) -> Effect:
    """Whether the task was accepted. Few statuses can prove that it was not: after others, work may go on."""
    proving = 200 <= status < 300 or status in _BY_STATUS
    return meaning.effect if proving or meaning.effect is Effect.ACCEPTED else Effect.UNKNOWN


def failure_of(error: RunwareError, meaning: Meaning) -> Failure:
    return Failure(meaning.code, error.message or f"Runware answered {error.code}", error.code or None)
