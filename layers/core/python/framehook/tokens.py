"""The webhook token: what authenticates a provider's call. Only its hash is ever stored or compared."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits, base64url without padding


def is_well_formed(token: str) -> bool:
    """False for what can't be one of our tokens, before anything is read for it."""
    return _TOKEN.fullmatch(token) is not None


def hash_token(job_id: str, attempt: int, token: str) -> bytes:
    """SHA-256 that binds the token to its job and attempt: a token is worth nothing in another URL."""
    return hashlib.sha256(f"{job_id}/{attempt}/{token}".encode()).digest()


def matches_any(candidate: bytes, hashes: Iterable[bytes]) -> bool:
    """Constant-time comparison with every hash of the job, so that timing tells nothing."""
    found = False
    for known in hashes:
        found |= hmac.compare_digest(candidate, known)
    return found
