"""What a job will cost, from a price rule of the catalogue and the body as it is sent. Exact, in micro-USD.

A price rule has `usd`, the price of one output, or with `per` of one unit of that field of the body; `usd`
may be a table `by` the values of some fields, joined by `x`. What can't be told exactly is not quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from framehook.money import MICROS


def quote(price: Mapping[str, Any] | None, body: Mapping[str, Any], count: int) -> int | None:
    """Micro-USD for `count` outputs; None when the price is unknown or hangs on what the body leaves open."""
    rate = _rate(price, body) if price else None
    if price is None or rate is None or count < 1:
        return None
    units = body.get(price["per"]) if "per" in price else 1
    if isinstance(units, bool) or not isinstance(units, int | float):
        return None
    amount = Decimal(str(units))
    if not amount.is_finite() or amount <= 0:
        return None
    return int((Decimal(rate) * amount * count * MICROS).to_integral_value(ROUND_CEILING))


def _rate(price: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    usd: str | Mapping[str, str] = price["usd"]
    if isinstance(usd, str):
        return usd
    return usd.get("x".join(str(body.get(name)) for name in price["by"]))
