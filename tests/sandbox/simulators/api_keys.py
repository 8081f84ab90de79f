"""How keys arrive and are compared, the same for every provider."""

import hmac

from starlette.requests import Request


def bearer_key(request: Request) -> str:
    """The key in the Authorization header, or nothing."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def is_same_key(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
