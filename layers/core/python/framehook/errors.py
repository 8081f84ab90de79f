"""Every error Framehook raises on purpose, and the values that say what went wrong. No AWS, no HTTP.

FramehookError
├── RequestError               the caller can put it right; nothing was written or paid
│   ├── UnreadableRequest      not JSON, or not a JSON object
│   ├── InvalidRequest         names each field, what was wrong and what is allowed
│   ├── IdempotencyConflict    the key was used before, for another request
│   ├── NotFound               no such thing, or another owner's
│   │   └── NoSuchModel        the provider knows no model of this id
│   ├── WrongState             the job exists, but its state does not allow this
│   └── NotConfigured          this stack has no key for the provider
├── Unavailable                something we depend on did not answer: try again
│   └── ProviderUnavailable    that was a provider, or it said that it can't answer now
├── ProviderTrouble            a provider answered, but not what it was asked
├── NotSendable                a job that no other try would bring to its provider; nothing was paid
├── InputDelayed               a file that a job needs can't be had or passed on now
├── StaleJob                   somebody else changed the job first: look again
├── NeverSent                  a call that surely did not reach the other side
├── ReplyLost                  a call whose outcome nobody knows
├── DownloadRefused            a URL that must not, or can't, be fetched
│   ├── ResultGone             the provider no longer has the file
│   └── FileTooLarge           the file behind it has more bytes than are taken
├── ResultTooLarge             a text result that does not fit into the table
├── EventTooLarge              an event that fits into no request to the bus
└── UnreadableItem             stored data that is not, or no longer, what we write
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of a request that can't be used. `field` is a dotted path such as `input.seconds`."""

    field: str
    message: str
    code: str = "invalid_value"
    value: Any = None
    allowed: Any = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task or a job ended badly, as the job shows it. `code` is stable; `message` is for people."""

    code: str
    message: str
    provider_code: str | None = None


class FramehookError(Exception):
    """Base of all. `code` is stable and may be relied on; the message may change. `provider_code` is the provider's
    own, where its answer is the reason."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, *words: object, provider_code: str | None = None) -> None:
        super().__init__(*words)
        self.provider_code = provider_code


class RequestError(FramehookError):
    code = "invalid_request"


class UnreadableRequest(RequestError):
    code = "unreadable_request"


class InvalidRequest(RequestError):
    """At least one field is wrong. Every problem found is listed, in the order of the request."""

    code = "invalid_request"

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


class IdempotencyConflict(RequestError):
    code = "idempotency_conflict"


class NotFound(RequestError):
    code = "not_found"


class NoSuchModel(NotFound):
    code = "no_such_model"


class WrongState(RequestError):
    code = "wrong_state"


class NotConfigured(RequestError):
    code = "provider_not_configured"


class Unavailable(FramehookError):
    code = "unavailable"
    retryable = True


class ProviderUnavailable(Unavailable):
    code = "provider_unavailable"


class ProviderTrouble(FramehookError):
    code = "provider_trouble"


class InputDelayed(FramehookError):
    code = "input_unavailable"
    retryable = True


class NotSendable(FramehookError):
    """`failure` is what the job ends with. `alarm`: it is not the request's fault, and only a person can mend it."""

    code = "not_sendable"

    def __init__(self, failure: Failure, *, alarm: bool = False) -> None:
        super().__init__(failure.message, provider_code=failure.provider_code)
        self.failure = failure
        self.alarm = alarm


class StaleJob(FramehookError):
    """The stored job is not the one that was read. `current` is what is stored now, where the refusal told it."""

    code = "stale_job"
    retryable = True

    def __init__(self, current: Any = None) -> None:
        super().__init__("the job was changed by somebody else")
        self.current = current


class NeverSent(FramehookError):
    code = "never_sent"
    retryable = True


class ReplyLost(FramehookError):
    code = "reply_lost"


class DownloadRefused(FramehookError):
    code = "download_refused"


class ResultGone(DownloadRefused):
    code = "result_gone"


class FileTooLarge(DownloadRefused):
    pass


class ResultTooLarge(FramehookError):
    code = "result_too_large"


class EventTooLarge(FramehookError):
    code = "event_too_large"


class UnreadableItem(FramehookError):
    code = "unreadable_item"
