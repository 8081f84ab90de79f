"""What there is to know of a provider that takes a body, names it, and is asked for it by that name: the types of such
a description. `queue_provider` makes a provider of one. Holds no provider, and no code that reads answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from framehook.providers.contract import CancelAnswer
from framehook.providers.error_meanings import NO_AUTH, Meaning
from framehook.providers.task_states import State

WHOLE = ""
"""Names the answer itself where the name of one of its fields is asked for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One of the provider's APIs: which offerings it serves, and where its calls go.

    Paths are below the base URL of `service`. They may name `{model}` and each named group of `offerings`; all but
    `submit` also `{id}`, the task. Those patterns must let nothing through that has a meaning in a URL. An empty
    `status` or `cancel`: there is no such call. `webhook_query` is sent with a submission, with the webhook's URL for
    `{url}`; empty: this API never calls.
    """

    offerings: re.Pattern[str]
    submit: str
    result: str
    status: str = ""
    cancel: str = ""
    cancel_method: str = "POST"
    service: str = ""
    webhook_query: Mapping[str, str] | None = None
    result_query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers of one kind tell the state of a task.

    `words`, in lower case, say what the first of `fields` that holds a text means. `wordless` is what a 2xx answer
    means that has none of them and names no error. `media` are the fields that hold what was made; the first with
    something in it counts. `ended_with_error`: an error beside the word for an end says that it was a bad one.
    `doubtful_for` as in `contract.Failed`.
    """

    words: Mapping[str, State]
    fields: tuple[str, ...] = ("status",)
    wordless: State | None = None
    media: tuple[str, ...] = ()
    ended_with_error: bool = False
    doubtful_for: int = 0


@dataclass(frozen=True, slots=True)
class CancelReading:
    """How answers to a cancel are read: the first of `fields` that holds a text decides, by its own words in lower
    case. HTTP 404 says that there is nothing to cancel."""

    fields: Mapping[str, Mapping[str, CancelAnswer]]


@dataclass(frozen=True, slots=True)
class ErrorFields:
    """Where an answer says what went wrong. The first of `codes` counts, in the answer or in what its other fields
    hold; the first of `texts` is shown, and after it `details`. Each is a text, an object or a list of either; of an
    object, the first of `within` is read and after it `behind`, and nothing else. `remarks` are those of `texts` that
    may stand beside a success as well.
    """

    codes: tuple[str, ...] = ("error_code", "errorCode")
    texts: tuple[str, ...] = ("error_message", "message", "error")
    details: tuple[str, ...] = ("detail",)
    remarks: tuple[str, ...] = ("message",)
    within: tuple[str, ...] = ("error", "message", "error_message", "msg")
    behind: tuple[str, ...] = ("details",)


@dataclass(frozen=True, slots=True)
class Errors:
    """What the provider's error codes mean, and where they are.

    `by_code` counts whatever the HTTP status is. Another code that matches `by_prefix` means what the HTTP status in
    its first group means, and an answer without a code what its own means. `by_status` has no 5xx: after those, work
    may go on. `other` is for all the rest. `not_ready`: codes of a question that comes too early.
    """

    by_code: Mapping[str, Meaning]
    by_status: Mapping[int, Meaning]
    other: Meaning
    fields: ErrorFields = ErrorFields()
    by_prefix: re.Pattern[str] | None = None
    not_ready: frozenset[str] = frozenset()

    def http_of(self, code: str, status: int) -> int:
        """The HTTP status that an answer about no task's state amounts to; 0 where its code says something else."""
        if code in self.by_code or self._prefix(code):
            return self._prefix(code)
        return status

    def of_code(self, code: str) -> Meaning | None:
        """What a known code means by itself."""
        return self.by_code.get(code) or self.by_status.get(self._prefix(code))

    def refuse_key(self, code: str, status: int) -> bool:
        """Whether an answer about no task's state is about our key, or what it may do, and nothing else."""
        meaning = self.of_code(code) or self.by_status.get(self.http_of(code, status))
        return meaning is not None and meaning.code == NO_AUTH

    def of_submission(self, code: str, status: int) -> Meaning:
        """What an answer to a submission means that named no task. HTTP 429 is said before anything is done."""
        if status == 429:
            return self.by_status.get(status, self.other)
        if code in self.by_code:
            return self.by_code[code]
        if not (200 <= status < 300 or 400 <= status < 500):
            return self.other
        return self.by_status.get(self._prefix(code) if code else status, self.other)

    def _prefix(self, code: str) -> int:
        found = self.by_prefix.fullmatch(code) if self.by_prefix else None
        return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class QueueApi:
    """A provider. `title` is its name for people, `name` ours. The first of `routes` that serves an offering counts.

    `authorization` is the header's value, with `{key}`. `ids` are the fields that may name the task of an answer, and
    `task_id` is what its names look like. `result_hosts` matches host names in lower case. `cost` is the field of the
    result that has the price in USD. `texts` are the keys, in what was made, whose strings are results and not remarks;
    what `echoes` matches holds what was sent.
    """

    name: str
    title: str
    routes: tuple[Route, ...]
    authorization: str
    ids: tuple[str, ...]
    task_id: re.Pattern[str]
    result: Reading
    status: Reading
    webhook: Reading
    cancel: CancelReading
    errors: Errors
    result_hosts: re.Pattern[str]
    cost: str = ""
    texts: frozenset[str] = frozenset(("text", "texts", "string", "strings"))
    echoes: re.Pattern[str] = re.compile(
        r"(?i)inputs?(?:_.*)?|prompt|(?:status|result|response|cancel|log|logs)_url"
    )
