"""The size of a DynamoDB item by AWS's rules, which decide what a write costs.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONTAINER = 3  # a list or a map, whatever is in it
_ELEMENT = 1  # each of its elements


def item_size(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return _number_size(value)
        case "B":
            return len(value)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _CONTAINER + sum(_ELEMENT + _value_size(element) for element in value)
        case "M":
            return _CONTAINER + _ELEMENT * len(value) + item_size(value)
    raise ValueError(kind)


def _number_size(text: str) -> int:
    """One byte for every two significant digits, and one more."""
    digits = text.lstrip("-").strip("0") or "0"
    return (len(digits) + 1) // 2 + 1
