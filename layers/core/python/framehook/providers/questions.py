"""What providers are asked beside jobs: how an account stands, and what a model's form is. Values and protocols. Pure.

What comes back is shown to people, so every text is bounded and fit for JSON, and every amount a decimal string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Protocol, Self

from framehook.errors import Failure
from framehook.money import MICROS, to_decimal
from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer

type Scalar = str | int | float | bool

_LARGEST_AMOUNT = 10**12
_LARGEST_COUNT = 10**9
_LONGEST_AMOUNT = 40
_CURRENCY = re.compile(r"[A-Z]{3}")


class Refusal(StrEnum):
    """What a provider's refusal of a question means for whoever asked."""

    NO_SUCH_THING = "no_such_thing"
    NOT_NOW = "not_now"
    NO = "no"


class QuestionRefused(Exception):
    """The provider understood the question, and did not answer it."""

    def __init__(self, failure: Failure, refusal: Refusal = Refusal.NO) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a provider tells of an account; None is what it did not tell. Amounts are decimal strings.

    `key_kind` is the provider's own word for the kind of key, in lower case.
    """

    currency: str | None = None
    balance: str | None = None
    coins: str | None = None
    running: int | None = None
    queued: int | None = None
    limit: int | None = None
    key_kind: str | None = None

    def or_else(self, other: Self) -> Self:
        """These facts, and the other's where there are none."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**{name: getattr(other, name) if had is None else had for name, had in own.items()})


@dataclass(frozen=True, slots=True)
class AccountQuestion:
    """One request. `read` raises QuestionRefused or UnreadableAnswer."""

    request: HttpRequest
    read: Callable[[HttpResponse], AccountFacts]


class AccountReader(Protocol):
    """Implemented by the modules of this package that know a provider's accounts; a module is passed as the object."""

    def questions(self, api_key: str, new_id: Callable[[], str]) -> Sequence[AccountQuestion]:
        """What to send to learn how the account stands; where two answers tell the same, the first counts."""
        ...


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing that can be filled in. `value` is what it has already, `type` a JSON type or `any`.

    `upload`: it takes a file.
    """

    name: str
    type: str
    value: Scalar | None = None
    node_id: str | None = None
    node_name: str | None = None
    description: str | None = None
    options: tuple[Scalar, ...] | None = None
    required: bool = False
    upload: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """`complete`: there are no more fields than these. `price`: what the provider says of it, for people."""

    name: str | None
    fields: tuple[FormField, ...]
    complete: bool = True
    price: str | None = None


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """`kind` and `example` are those of DescribedModel, `request` the request by the API key. `read` raises
    QuestionRefused or UnreadableAnswer."""

    kind: str
    request: Callable[[str], HttpRequest]
    read: Callable[[HttpResponse], Form]
    example: Callable[[Form], Mapping[str, Any]]


class FormReader(Protocol):
    """Implemented by the modules of this package that know how a provider tells forms."""

    def question(self, offering: str, /) -> FormQuestion | None:
        """What to send to learn what can be filled in of this; None: the provider can't be asked about it."""
        ...


def amount(value: object) -> Decimal | None:
    """A provider's number or decimal string, rounded to millionths; None where there is none.

    Raises UnreadableAnswer for anything else: an amount that nobody can read is not zero.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise UnreadableAnswer("an amount is no number")
    try:
        number = Decimal(str(value)[:_LONGEST_AMOUNT])
    except (InvalidOperation, ValueError):
        raise UnreadableAnswer("an amount is no number") from None
    if not number.is_finite() or abs(number) > _LARGEST_AMOUNT:
        raise UnreadableAnswer("an amount is beyond all bounds")
    return Decimal(round(number * MICROS)) / MICROS


def money(value: object) -> str | None:
    """As a decimal string with at least two decimals."""
    number = amount(value)
    return None if number is None else to_decimal(int(number * MICROS))


def units(value: object) -> str | None:
    """Points or coins, as a decimal string."""
    number = amount(value)
    return None if number is None else f"{number.normalize():f}"


def currency(value: object) -> str | None:
    """An ISO 4217 code, if that is what it is."""
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def count(value: object) -> int | None:
    number = amount(value)
    if number is None:
        return None
    if number != int(number) or not 0 <= number <= _LARGEST_COUNT:
        raise UnreadableAnswer("a count is no whole number")
    return int(number)
