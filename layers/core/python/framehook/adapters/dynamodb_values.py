"""Plain Python values as DynamoDB JSON and back. Only the types we store; numbers are whole.

Reads both forms of binary values: bytes, as boto3 gives them, and base64 text, as a stream event in Lambda
carries them.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

Item = dict[str, Any]  # attribute name → {"S": …} and the like
_WORTH_COMPRESSING = 1024


def encode(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": encode_item(value)}
        case Sequence():
            return {"L": [encode(element) for element in value]}
    raise TypeError(f"{type(value).__name__} is not stored")


def encode_item(values: Mapping[str, Any]) -> Item:
    """What is None is left out: it costs bytes and says nothing."""
    return {name: encode(value) for name, value in values.items() if value is not None}


def decode(attribute: Mapping[str, Any]) -> Any:
    """Raises ValueError, TypeError or KeyError for what `encode` does not make."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" if isinstance(value, str):
            return value
        case "BOOL" if isinstance(value, bool):
            return value
        case "N" if isinstance(value, str):
            return int(value)
        case "B" if isinstance(value, str | bytes | bytearray):
            return base64.b64decode(value, validate=True) if isinstance(value, str) else bytes(value)
        case "M":
            return decode_item(value)
        case "L":
            return [decode(element) for element in value]
    raise ValueError(f"unexpected attribute {kind}")


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: decode(attribute) for name, attribute in item.items()}


def packed(text: str) -> str | bytes:
    """Long text as compressed bytes. The same text gives the same value, so that values compare."""
    raw = text.encode()
    return zlib.compress(raw, 6) if len(raw) > _WORTH_COMPRESSING else text


def unpacked(value: str | bytes) -> str:
    return value if isinstance(value, str) else zlib.decompress(value).decode()
