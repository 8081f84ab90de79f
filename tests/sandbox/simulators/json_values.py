"""Questions about JSON values that every provider's validation asks."""

from urllib.parse import urlsplit


def is_number(value: object) -> bool:
    """A JSON number: Python's booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole_number(value: object) -> bool:
    return is_number(value) and float(str(value)).is_integer()


def is_web_address(value: object) -> bool:
    """An absolute http or https URL."""
    try:
        address = urlsplit(str(value))
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)
