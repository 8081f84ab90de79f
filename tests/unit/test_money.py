"""Money: exact, and nothing that is not an amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.money import exact_micros, to_decimal, to_micros

amounts = st.integers(1, 10**12 - 1)


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        (4, 4_000_000),
        (0.0013, 1_300),
        (0.1 + 0.2, 300_000),
        ("0.10", 100_000),
        ("1e-3", 1_000),
        (Decimal("0.000001"), 1),
        (0.0000005, 1),
        (999_999.999999, 999_999_999_999),
    ],
)
def test_amount_of_any_form_becomes_whole_micros(amount: object, micros: int) -> None:
    assert to_micros(amount) == exact_micros(amount) == micros


@pytest.mark.parametrize("nothing", [0, 0.0, -0.0, "0", "0.00", Decimal(0), "0.0000001"])
def test_zero_means_not_priced_unless_it_is_asked_for_exactly(nothing: object) -> None:
    assert to_micros(nothing) is None
    assert exact_micros(nothing) == 0


@pytest.mark.parametrize(
    "other",
    [
        *(None, True, False, [], {}, b"1"),
        *(-1, -0.001, "-1"),
        *(float("nan"), float("inf"), -float("inf"), "NaN", "sNaN", "Infinity"),
        *(1_000_000, 1e300, "1e999999999999", 10**400),
        *("", "free", "1,50", "$1", "0x10", "1 2"),
    ],
)
def test_what_is_not_an_amount_is_none(other: object) -> None:
    assert to_micros(other) is None
    assert exact_micros(other) is None


@given(st.text() | st.floats() | st.decimals() | st.integers(-(10**300), 10**300))
def test_nothing_from_outside_raises_or_is_out_of_bounds(amount: object) -> None:
    micros = exact_micros(amount)

    assert micros is None or 0 <= micros <= 10**12
    assert to_micros(amount) == (micros or None)


@given(amounts)
def test_micros_are_shown_and_read_back_exactly(micros: int) -> None:
    shown = to_decimal(micros)

    assert shown is not None
    assert Decimal(shown) * 1_000_000 == micros
    assert to_micros(shown) == to_micros(Decimal(shown)) == to_micros(micros / 1_000_000) == micros


@given(amounts)
def test_amount_is_shown_plainly_with_two_decimals_or_as_many_as_it_needs(micros: int) -> None:
    whole, _, decimals = str(to_decimal(micros)).partition(".")

    assert whole.isdecimal()
    assert decimals.isdecimal()
    assert len(decimals) == 2 or (len(decimals) <= 6 and not decimals.endswith("0"))


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (None, None),
        (0, "0.00"),
        (1, "0.000001"),
        (1_300, "0.0013"),
        (4_000_000, "4.00"),
        (100_000_000, "100.00"),
        (10**15, "1000000000.00"),
        (-1_500_000, "-1.50"),
    ],
)
def test_decimal_form(micros: int | None, shown: str | None) -> None:
    assert to_decimal(micros) == shown
