"""The vocabulary of every provider's table of error codes: what a code means for people and for a submission, and the
verdict that follows. Holds no codes, and reads no answers; messages never decide anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from framehook.errors import Failure
from framehook.providers.contract import Refused, RefusedForNow, Unknown
from framehook.providers.provider_words import MAX_MESSAGE

NO_AUTH = "provider_auth_failed"
"""The code of every meaning that is about our key, or what it may do, and nothing else."""

_NAME = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")  # of an error, such as InsufficientResources
_MEANINGLESS = ("", "success", "ok", "null")  # "failed: success": github.com/ATH-MaaS/Pixelle-Video/issues/39


class Effect(StrEnum):
    """What an error says of a submission that brought no task.

    Where a provider's error can prove an acceptance, its reader deals with that before anything here is asked.
    """

    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused_for_now"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`code` is ours and stable. `says` stands in where the provider sent no text; `advice` is added to any text.

    `retry_after` in seconds; `tries` as in RefusedForNow. What a code says of a task that was accepted differs from
    provider to provider: where that matters, a table extends this.
    """

    code: str
    says: str
    effect: Effect = Effect.REFUSED
    alarm: bool = False
    retry_after: float | None = None
    tries: int | None = None
    advice: str = ""


def failure_of(meaning: Meaning, code: str, message: str = "", reason: str = "") -> Failure:
    """`code` and `message` are the provider's own, `reason` what is behind them; all of them without secrets."""
    said = meaning.says if message.strip().lower() in _MEANINGLESS else message
    if _NAME.fullmatch(said):
        said = f"{said}: {meaning.says}"
    text = f"{said}: {reason}" if reason else said
    advice = f" ({meaning.advice})" if meaning.advice else ""
    return Failure(meaning.code, text[: MAX_MESSAGE - len(advice)] + advice, code or None)


def cancelled_at(title: str, code: str) -> Failure:
    """That somebody else stopped the task, at the provider of this title."""
    return Failure("provider_cancelled", f"the task was cancelled at {title}", code or None)


def verdict_of(
    meaning: Meaning, failure: Failure, why: str, retry_after: float | None = None
) -> Refused | RefusedForNow | Unknown:
    """The verdict on a submission that brought no task. `retry_after` is the wait that the answer itself asks for;
    `why` is what to say where nobody can tell."""
    match meaning.effect:
        case Effect.REFUSED:
            return Refused(failure, meaning.alarm)
        case Effect.REFUSED_FOR_NOW:
            return RefusedForNow(failure, retry_after or meaning.retry_after, meaning.tries)
        case Effect.UNKNOWN:
            return Unknown(why)
