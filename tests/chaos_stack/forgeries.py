"""Webhooks that no provider sent: what an outsider may try at the public URL. Pure.

Every one of them has to be answered by a 404, and to change nothing.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit

PROVIDERS = ("runware", "runninghub", "runcomfy")


class Trick(StrEnum):
    GUESSED_TOKEN = "guessed token"
    NEAR_MISS = "token with one letter changed"
    ANOTHER_JOBS_TOKEN = "another job's token"
    UNKNOWN_JOB = "job that does not exist"
    OTHER_PROVIDER = "right token under another provider's name"
    OTHER_ATTEMPT = "right token of another attempt"
    MALFORMED_TOKEN = "malformed token"
    MALFORMED_JOB = "malformed job id"
    GARBAGE = "garbage for a body"


@dataclass(frozen=True, slots=True)
class Hook:
    """The parts of a webhook's URL that a provider was really given."""

    provider: str
    job_id: str
    place: str
    token: str

    @property
    def path(self) -> str:
        return f"/webhooks/{self.provider}/{self.job_id}/{self.place}/{self.token}"


@dataclass(frozen=True, slots=True)
class Forgery:
    trick: Trick
    path: str
    body: bytes


def hook_of(url: str) -> Hook | None:
    """None for a URL of another form."""
    _, found, tail = urlsplit(url).path.partition("/webhooks/")
    parts = tail.split("/")
    return Hook(*parts) if found and len(parts) == 4 else None


def forged(chance: random.Random, known: Sequence[Hook]) -> Forgery:
    """One forgery; `known` are the webhooks that the forger has somehow heard of, at least one."""
    trick, hook = chance.choice(list(Trick)), chance.choice(known)
    body = json.dumps(_claimed_success(chance, hook)).encode()
    if trick is Trick.GARBAGE:
        body = chance.randbytes(chance.randrange(0, 2000))
    return Forgery(trick, replace(hook, **_changes(trick, hook, chance, known)).path, body)


def _changes(trick: Trick, hook: Hook, chance: random.Random, known: Sequence[Hook]) -> dict[str, str]:
    """What of the true URL is not true in the forged one."""
    match trick:
        case Trick.UNKNOWN_JOB:
            return {"job_id": str(uuid.UUID(bytes=chance.randbytes(16), version=4))}
        case Trick.MALFORMED_JOB:
            return {"job_id": chance.choice(["1", hook.job_id.replace("-", "_"), f"{hook.job_id}0", "STATE"])}
        case Trick.OTHER_PROVIDER:
            return {"provider": chance.choice([name for name in PROVIDERS if name != hook.provider])}
        case Trick.OTHER_ATTEMPT:
            attempt, dot, slot = hook.place.partition(".")
            return {"place": f"{int(attempt) + chance.randint(1, 9)}{dot}{slot}"}
        case _:
            return {"token": _wrong_token(trick, hook, chance, known)}


def _wrong_token(trick: Trick, hook: Hook, chance: random.Random, known: Sequence[Hook]) -> str:
    match trick:
        case Trick.NEAR_MISS:
            return _one_letter_off(chance, hook.token)
        case Trick.MALFORMED_TOKEN:
            return chance.choice(["x", "%00", hook.token[:-1], f"{hook.token}A", "..%2f"])
        case Trick.ANOTHER_JOBS_TOKEN:
            others = [other.token for other in known if other.job_id != hook.job_id]
            return chance.choice(others) if others else _token(chance)
        case _:
            return _token(chance)


def _token(chance: random.Random) -> str:
    return base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip("=")


def _one_letter_off(chance: random.Random, token: str) -> str:
    """Not in its last letter, some bits of which mean nothing."""
    at = chance.randrange(len(token) - 1)
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


def _claimed_success(chance: random.Random, hook: Hook) -> dict[str, object]:
    """A result as each of the providers tells it, with a file of the forger's own."""
    url = "https://example.com/forged.png"
    task = str(chance.randrange(10**18, 10**19))
    match hook.provider:
        case "runware":
            item = {"taskType": "imageInference", "taskUUID": hook.job_id, "imageURL": url, "cost": 0.0}
            return {"data": [item]}
        case "runninghub":
            result = {"url": url, "outputType": "png"}
            data = {"taskId": task, "status": "SUCCESS", "results": [result]}
            return {"event": "TASK_END", "taskId": task, "eventData": data}
        case _:
            return {"request_id": hook.job_id, "status": "succeeded", "result": {"images": [{"url": url}]}}
