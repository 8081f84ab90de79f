"""Whether a host is one of those that a provider serves results from. Knows no provider."""

from __future__ import annotations

import re

_LONGEST = 253


def is_among(hosts: re.Pattern[str], host: str) -> bool:
    """`hosts` matches names in lower case; `host` comes without a port."""
    return len(host) <= _LONGEST and hosts.fullmatch(host.lower()) is not None
