"""A call made once more in another form, where its answer asks for that (Transport)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from framehook.ports import Transport
from framehook.providers.contract import HttpRequest, HttpResponse

_QUICK_SECONDS = 2.0  # an answer that took longer is the last: callers count on what one call may take


@dataclass(frozen=True, slots=True)
class SecondTry:
    """`again` makes the second request of the first and its answer; None: the answer stands.

    Whoever writes `again` sees to it that nothing is ever sent twice that may be paid twice.
    """

    transport: Transport
    again: Callable[[HttpRequest, HttpResponse], HttpRequest | None]
    seconds: Callable[[], float] = time.monotonic

    def send(self, request: HttpRequest) -> HttpResponse:
        begun = self.seconds()
        response = self.transport.send(request)
        second = self.again(request, response)
        if second is None or self.seconds() - begun > _QUICK_SECONDS:
            return response
        return self.transport.send(second)
