"""A loopback server that answers every connection with the bytes it is told to, right or wrong."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket], None]
STARTS: Mapping[str, bytes] = {
    "status line": b"",
    "headers": b"HTTP/1.1 200 OK\r\nX: ",
    "body": b"HTTP/1.1 200 OK\r\n\r\n",
    "announced body": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
}
"""Of answers that `trickling` goes on with. The third tells no length: cut off, it looks whole."""


@dataclass(slots=True)
class RawServer:
    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def raw_server(*answers: Answer) -> Iterator[RawServer]:
    """Reads a request, gives the next answer, closes the connection; the last answer is repeated."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server, answers), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(5)


def ok(body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def trickling(start: bytes, cut_off: threading.Event | None = None) -> Callable[[socket.socket], None]:
    """An answer of which each byte comes in time, and the whole takes ten seconds. `cut_off` is set when the client
    ends the connection before."""

    def trickle(connection: socket.socket) -> None:
        connection.sendall(start)
        try:
            for _ in range(500):
                connection.sendall(b"H")
                time.sleep(0.02)
        except OSError:
            if cut_off is not None:
                cut_off.set()

    return trickle


def _serve(listener: socket.socket, server: RawServer, answers: tuple[Answer, ...]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.settimeout(5)
            server.requests.append(_request(connection))
            answer = answers[min(len(server.requests), len(answers)) - 1]
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return received
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
        missing -= len(chunk)
    return received
