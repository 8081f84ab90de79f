"""What a task costs. Sora's prices are published for the Chinese site; the others are small made-up constants.

The dollar is taken as seven yuan: what OpenAI asks per second of Sora 2 Pro is RunningHub's price in yuan by seven.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.sandbox.simulators.runninghub.sora import RULES, sora_price

YUAN_PER_DOLLAR = 7
MADE_UP_PRICES = {"video": "2.8", "image": "0.14", "audio": "0.07", "3d": "1.4", "string": "0.007"}
# Of running a ComfyUI graph.
YUAN_PER_SECOND, COINS_PER_SECOND = Decimal("0.007"), Decimal("0.2")


@dataclass(frozen=True)
class Cost:
    """What ended tasks report as usage: money for a model call, money or coins for machine time."""

    third_party: Decimal | None = None
    money: Decimal | None = None
    coins: int | None = None

    @property
    def total(self) -> Decimal:
        """In the site's currency."""
        return (self.third_party or Decimal(0)) + (self.money or Decimal(0))


def model_price(path: str, output: str, body: Mapping[str, Any], currency: str) -> Decimal:
    yuan = sora_price(path, body) if path in RULES else Decimal(MADE_UP_PRICES[output])
    return _in(currency, yuan)


def machine_cost(seconds: float, key_kind: str, currency: str) -> Cost:
    """Consumers pay machine time in coins, enterprises in money."""
    if key_kind == "NORMAL":
        return Cost(coins=math.ceil(Decimal(str(seconds)) * COINS_PER_SECOND))
    return Cost(money=_in(currency, YUAN_PER_SECOND * Decimal(str(seconds))))


def decimal_text(amount: Decimal | int) -> str:
    """As RunningHub prints money: plain digits without trailing zeros."""
    return format(Decimal(amount).normalize(), "f")


def _in(currency: str, yuan: Decimal) -> Decimal:
    amount = yuan / YUAN_PER_DOLLAR if currency == "USD" else yuan
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
