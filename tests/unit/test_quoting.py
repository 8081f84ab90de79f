"""Prices from the catalogue's rules: exact micro-USD, or none at all."""

from __future__ import annotations

import pytest

from framehook import catalogue
from framehook.quoting import quote

PER_SECOND = {"per": "duration", "usd": "0.10"}
BY_SIZE = {"per": "duration", "by": ["width", "height"], "usd": {"1280x720": "0.30", "1792x1024": "0.50"}}


@pytest.mark.parametrize(
    ("price", "body", "count", "expected"),
    [
        (PER_SECOND, {"duration": 8}, 1, 800_000),
        (PER_SECOND, {"duration": 8.0}, 3, 2_400_000),
        (BY_SIZE, {"duration": 8, "width": 1792, "height": 1024}, 1, 4_000_000),
        (BY_SIZE, {"duration": 4, "width": 1280, "height": 720}, 2, 2_400_000),
        ({"usd": "0.0013"}, {}, 4, 5_200),
        ({"usd": "0.0000001"}, {}, 1, 1),
        (BY_SIZE, {"duration": 4, "width": 720, "height": 1280}, 1, None),
        (BY_SIZE, {"duration": 4}, 1, None),
        (PER_SECOND, {}, 1, None),
        (PER_SECOND, {"duration": "4"}, 1, None),
        (PER_SECOND, {"duration": True}, 1, None),
        (PER_SECOND, {"duration": float("nan")}, 1, None),
        (PER_SECOND, {"duration": -4}, 1, None),
        (PER_SECOND, {"duration": 4}, 0, None),
        (None, {"duration": 4}, 1, None),
    ],
)
def test_quote(
    price: dict[str, object] | None, body: dict[str, object], count: int, expected: int | None
) -> None:
    assert quote(price, body, count) == expected


@pytest.mark.parametrize(
    ("model", "size", "dollars"),
    [
        ("sora-2", "1280x720", ["0.40", "0.80", "1.20", "1.60", "2.00"]),
        ("sora-2-pro", "720x1280", ["1.20", "2.40", "3.60", "4.80", "6.00"]),
        ("sora-2-pro", "1792x1024", ["2.00", "4.00", "6.00", "8.00", "10.00"]),
        ("sora-2-pro", "1920x1080", ["2.00", "4.00", "6.00", "8.00", "10.00"]),
    ],
)
def test_published_prices_of_sora(model: str, size: str, dollars: list[str]) -> None:
    price = catalogue.models()[model]["offerings"][0]["price"]
    width, height = map(int, size.split("x"))
    quotes = [
        quote(price, {"duration": each, "width": width, "height": height}, 1) for each in (4, 8, 12, 16, 20)
    ]
    assert quotes == [int(float(each) * 1_000_000) for each in dollars]


def test_every_size_of_an_offering_with_prices_has_one() -> None:
    for entry in catalogue.models().values():
        for offering in (each for each in entry["offerings"] if "price" in each):
            for size in entry["input"]["fields"]["size"]:
                width, height = map(int, size.split("x"))
                assert quote(offering["price"], {"duration": 4, "width": width, "height": height}, 1)
