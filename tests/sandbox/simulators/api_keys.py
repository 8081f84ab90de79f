"""How keys arrive and are compared, the same for every provider."""

import hmac

from starlette.requests import Request


def bearer_key(request: Request) -> str:
    """The key in the Authorization header, or nothing."""
    return header_key(request, "bearer")


def header_key(request: Request, scheme: str) -> str:
    """The same where the provider calls it by another word; `scheme` is in lower case."""
    given, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if given.lower() == scheme else ""


def is_same_key(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
