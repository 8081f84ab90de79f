"""Ends an exchange when its time is up. httpx bounds the wait for each piece of an answer, never the whole of it: a
host that sends one byte every few seconds would be waited for without an end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from framehook.errors import Unavailable

_CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class CutOff:
    """For as long as it is entered: shuts the exchange's connection down after `seconds`. What then waits for it fails,
    or sees an end that is none, so `check` is to be asked before an answer is believed. A look-up of a name is not cut
    off, and a connection not until it stands: both have timeouts of their own.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(max(0, seconds), self._end)
        self._timer.daemon = True
        self._over = threading.Event()
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def observe(self, event: str, info: Mapping[str, Any]) -> None:
        """A request's `trace` extension: https://www.python-httpx.org/advanced/extensions/#trace"""
        if event.endswith(_CONNECTED):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._over.is_set():
                self._end()

    def check(self) -> None:
        """Raises Unavailable when the time is up."""
        if self._over.is_set():
            raise Unavailable("it took too long")

    def _end(self) -> None:
        self._over.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already, or in the middle of the TLS handshake
                # Not SSLSocket.shutdown: that ends the encryption first, and another thread may be about to write.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
