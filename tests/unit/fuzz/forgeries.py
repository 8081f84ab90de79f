"""Calls on webhook URLs that no provider makes: by people who know jobs, attempts and tokens of other jobs, never one
that opens what they ask for. Random by a seed, so that a failure comes again.

Also for the deployed stack: knows URLs and bodies, not how they are sent.
"""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

_BASE64URL = f"{string.ascii_letters}{string.digits}-_"
_PROVIDERS = (
    "runware",
    "runninghub",
    "runcomfy",
    "lumen",
    "",
    "RUNWARE",
    "runware ",
    "..",
    "none",
    "\u0072\u0301",
)
_MALFORMED_IDS = (
    "",
    "1",
    "..",
    "*",
    "null",
    "../../../etc/passwd",
    "%2e%2e%2f",
    "JOB#1",
    "a" * 5000,
    "\u0661" * 36,
)
_MALFORMED_PLACES = (
    "",
    "0",
    "00",
    "01",
    "-1",
    "1.",
    "1.00",
    "1.10",
    ".0",
    "1.0.0",
    "1e0",
    "\u0661",
    "1" * 40,
    "1\n",
    " 1",
    "+1",
)
_OTHER_PLACES = ("2", "2.0", "3", "999999", "17.9")
_TRAVERSAL = ("../", "..%2f", "./", "//", "%00", "\x00", "\n", "?", "#", "..\\")


@dataclass(frozen=True, slots=True)
class Address:
    """A webhook URL in its parts."""

    provider: str
    job_id: str
    place: str
    token: str

    @classmethod
    def of(cls, url: str) -> Address:
        _, provider, job_id, place, token = url.rsplit("/", 4)
        return cls(provider, job_id, place, token)

    @property
    def opens(self) -> tuple[str, str, str, str]:
        """What it opens. Every place of an attempt is the same one: they are all its provider's."""
        return self.provider, self.job_id, self.place.partition(".")[0], self.token


@dataclass(frozen=True, slots=True)
class Forgery:
    """`kind` is for people. `malformed`: nothing that it could open can exist, so nothing needs to be read."""

    kind: str
    address: Address
    body: bytes
    malformed: bool = False


type _Forge = Callable[["Forger", Address], Address]


class Forger:
    """`known` are URLs that are good, `bodies` what providers call with."""

    def __init__(self, known: Sequence[Address], bodies: Sequence[bytes], seed: int = 1) -> None:
        self.random = random.Random(seed)  # noqa: S311 - it must repeat itself
        self.known = known
        self.bodies = bodies
        self.good = {address.opens for address in known}

    def forgeries(self, number: int) -> Iterator[Forgery]:
        """Of every kind in turn; none that happens to be good."""
        kinds = [*((kind, forge, False) for kind, forge in _WELL_FORMED.items())]
        kinds += [*((kind, forge, True) for kind, forge in _MALFORMED.items())]
        made = 0
        while made < number:
            kind, forge, malformed = kinds[made % len(kinds)]
            address = forge(self, self.random.choice(self.known))
            if address.opens not in self.good:
                made += 1
                yield Forgery(kind, address, self._body(address), malformed)

    def token(self) -> str:
        return "".join(self.random.choices(_BASE64URL, k=43))

    def other(self, address: Address) -> Address:
        return self.random.choice([each for each in self.known if each.token != address.token])

    def _body(self, address: Address) -> bytes:
        body = self.random.choice(self.bodies)
        return self.random.choice(
            (
                body,
                body,
                body,
                b"",
                b"{}",
                b"[" * 5000,
                b"x" * 300_000,
                address.token.encode("utf-8", "replace"),
            )
        )


def _near(forger: Forger, token: str) -> str:
    """One character is another; the last one's lowest bits are in no decoded token."""
    at = forger.random.choice((0, len(token) - 1, forger.random.randrange(len(token))))
    return token[:at] + forger.random.choice(_BASE64URL.replace(token[at], "")) + token[at + 1 :]


def _same_bits(address: Address) -> Address:
    """Another spelling of the same 256 bits."""
    raw = base64.urlsafe_b64decode(address.token + "=")
    last = next(
        each for each in _BASE64URL if each != address.token[-1] and _decodes(address.token[:-1] + each, raw)
    )
    return replace(address, token=address.token[:-1] + last)


def _decodes(token: str, raw: bytes) -> bool:
    return base64.urlsafe_b64decode(token + "=") == raw


def _traversing(forger: Forger, address: Address) -> Address:
    part = forger.random.choice(("job_id", "place", "token"))
    step, value = forger.random.choice(_TRAVERSAL), getattr(address, part)
    changed: dict[str, Any] = {
        part: forger.random.choice((step + value, value + step, value[:9] + step + value[9:]))
    }
    return replace(address, **changed)


def _percent_encoded(forger: Forger, address: Address) -> Address:
    """Every character spelled out, and once more: as text it is none of our tokens."""
    spelled = "".join(f"%{ord(each):02X}" for each in address.token)
    return replace(
        address, token=forger.random.choice((spelled, quote(spelled), f"{spelled[:3]}{address.token[1:]}"))
    )


def _malformed_id(forger: Forger, address: Address) -> Address:
    job_id = address.job_id
    odd = (
        *_MALFORMED_IDS,
        job_id.upper(),
        f"{job_id}\n",
        f" {job_id}",
        job_id.replace("-", ""),
        f"{{{job_id}}}",
        job_id[:-1],
    )
    return replace(address, job_id=forger.random.choice([each for each in odd if each != job_id]))


# What could be a good call, by its form.
_WELL_FORMED: dict[str, _Forge] = {
    "random token": lambda forger, good: replace(good, token=forger.token()),
    "near token": lambda forger, good: replace(good, token=_near(forger, good.token)),
    "same bits": lambda _, good: _same_bits(good),
    "token in other case": lambda _, good: replace(good, token=good.token.swapcase()),
    "token backwards": lambda _, good: replace(good, token=good.token[::-1]),
    "token of another job or attempt": lambda forger, good: replace(good, token=forger.other(good).token),
    "another job's whole place": lambda forger, good: replace(forger.other(good), token=good.token),
    "other attempt": lambda forger, good: replace(good, place=forger.random.choice(_OTHER_PLACES)),
    "other provider": lambda forger, good: replace(good, provider=forger.random.choice(_PROVIDERS)),
    "unknown job": lambda forger, good: replace(
        good, job_id=str(uuid.UUID(int=forger.random.getrandbits(128), version=4))
    ),
    "known job, all else random": lambda forger, good: replace(
        good, place=forger.random.choice(("1", "1.0", "1.9", *_OTHER_PLACES)), token=forger.token()
    ),
}
# What can be none.
_MALFORMED: dict[str, _Forge] = {
    "truncated token": lambda forger, good: replace(good, token=good.token[: forger.random.randrange(43)]),
    "extended token": lambda forger, good: replace(
        good, token=good.token + forger.random.choice("=Aa/. \n\x00é%")
    ),
    "padded token": lambda _, good: replace(good, token=good.token[:-1] + "="),
    "huge token": lambda forger, good: replace(good, token=good.token * forger.random.choice((2, 100))),
    "empty token": lambda _, good: replace(good, token=""),
    "token with a foreign letter": lambda forger, good: replace(
        good, token=good.token[:-1] + forger.random.choice("é+/.=~ \u0430\uff21")
    ),
    "percent-encoded token": _percent_encoded,
    "malformed id": _malformed_id,
    "malformed attempt": lambda forger, good: replace(good, place=forger.random.choice(_MALFORMED_PLACES)),
    "traversal": _traversing,
}
