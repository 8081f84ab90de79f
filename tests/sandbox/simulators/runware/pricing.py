"""Prices in USD for one result. Sora's are published; the rest are small made-up constants."""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.runware.sora import SIZES, sora_price

MADE_UP_PRICES = {
    "videoInference": 0.2,
    "audioInference": 0.01,
    "3dInference": 0.05,
    "training": 1.5,
    "textInference": 0.0005,
    "caption": 0.0005,
    "promptEnhance": 0.0005,
}
OTHER_PRICE = 0.0013


def price_per_result(task: Mapping[str, Any]) -> float:
    if task.get("model") in SIZES:
        return sora_price(task)
    return MADE_UP_PRICES.get(task["taskType"], OTHER_PRICE)


def as_json_number(amount: float) -> float | int:
    """Runware prints whole dollars as integers (`"cost": 4`)."""
    rounded = round(amount, 6)
    return int(rounded) if rounded.is_integer() else rounded
