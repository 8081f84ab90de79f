"""Jobs that meet one fault each: submitted as one batch, looked at one by one, held against the provider's books."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.user import User, unique_prompt, video

NO_LOOK_UP, ONE_LOOK_UP = 0, 1
# Jobs in one burst would have the local AWS unpack the layer for dozens of function instances at the same time.
PACE_SECONDS = 0.6


@dataclass(frozen=True)
class Case:
    """A fault, and the number of look-ups after it where that is certain. `job` is made of a prompt."""

    fault: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    times: int | None = None
    look_ups: int | None = None
    job: Callable[[str], Mapping[str, Any]] = video
    provider: str = "runware"


def submitted(user: User, cases: Mapping[str, Case]) -> dict[str, str]:
    """The id of each case's job."""
    return {name: _submitted(user, case) for name, case in cases.items()}


def _submitted(user: User, case: Case) -> str:
    prompt = unique_prompt()
    if case.fault:
        user.fault(case.fault, prompt, case.times, case.provider, **case.options)
    time.sleep(PACE_SECONDS)
    return str(user.submit(case.job(prompt))["id"])


def charges(seen: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(task["billed"]) for task in seen)


def look_ups(seen: Sequence[Mapping[str, Any]]) -> int:
    return sum(sum(task["lookups"].values()) for task in seen)
