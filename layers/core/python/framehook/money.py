"""Money as whole micro-USD, so that sums are exact, and its decimal form for people. No currency conversion."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MICROS = 1_000_000
_SMALLEST_SHOWN = Decimal("0.01")


def to_micros(amount: object) -> int | None:
    """Micro-USD of a provider's number or decimal string; None for anything that is not an amount above zero.

    A provider's 0 means "not priced", not "free" (seen in public clients of Runware).
    """
    return exact_micros(amount) or None


def exact_micros(amount: object) -> int | None:
    """The same where a provider's 0 is an amount, because it has another way to say "not known"."""
    if isinstance(amount, bool) or not isinstance(amount, int | float | str | Decimal):
        return None
    try:
        value = Decimal(str(amount))
    except (InvalidOperation, ValueError):  # no number, or one with thousands of digits
        return None
    if not value.is_finite() or not 0 <= value < 1_000_000:
        return None
    return int((value * MICROS).to_integral_value(ROUND_HALF_UP))


def to_decimal(micros: int | None) -> str | None:
    """`4000000` → `"4.00"`, `1300` → `"0.0013"`: exact, at least two decimals."""
    if micros is None:
        return None
    value = (Decimal(micros) / MICROS).normalize()
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > -2:
        value = value.quantize(_SMALLEST_SHOWN)
    return f"{value:f}"
