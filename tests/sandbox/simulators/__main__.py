"""Command line: run all simulators in one process and say, as one JSON line, where they are.

No simulation logic. SIGTERM and SIGINT end the process with status 0.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import override

import uvicorn

from tests.sandbox.simulators import KEYS
from tests.sandbox.simulators.application import build_application
from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connections import CuttableProtocol
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.outbound_client import make_client
from tests.sandbox.simulators.provider import ProviderSimulator
from tests.sandbox.simulators.registry import simulators

# Held connections are part of the simulation and must not hold up the end of the process.
GRACE_SECONDS = 1


class AnnouncingServer(uvicorn.Server):
    """Announces itself once it accepts connections, and leaves signals to `serve`."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    def stop(self) -> None:
        self.should_exit = True

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again after shutdown and so end with a status other than 0.
        yield


def main() -> None:
    asyncio.run(serve(_arguments()))


async def serve(arguments: argparse.Namespace) -> None:
    """Runs until a signal; binds before building, because result URLs contain the port."""
    listener = socket.create_server((arguments.host, arguments.port), reuse_port=False)
    origin = f"http://{arguments.host}:{listener.getsockname()[1]}"
    clock = Clock(arguments.speed)
    renderer = MediaRenderer()
    media = MediaHost(origin, clock, renderer)
    async with make_client() as client:
        keys = {name: getattr(arguments, f"{name}_api_key".replace("-", "_")) for name in KEYS}
        providers = simulators(keys, origin, clock, media, client)
        config = uvicorn.Config(
            build_application(providers, clock, media, renderer),
            http=CuttableProtocol,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = AnnouncingServer(config, lambda: _announce(providers, media, origin, arguments.ready_file))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        await server.serve(sockets=[listener])


def _announce(
    providers: list[ProviderSimulator], media: MediaHost, origin: str, ready_file: Path | None
) -> None:
    where = {
        provider.name: {
            **provider.access(),
            "control_url": f"{origin}/_control/{provider.name}",
            "media_url": media.base_url,
        }
        for provider in providers
    }
    line = json.dumps(where)
    if ready_file is not None:
        # Renamed into place, so that a reader waiting for the file never sees half a line.
        unfinished = ready_file.with_name(f"{ready_file.name}.part")
        unfinished.write_text(line + "\n")
        unfinished.rename(ready_file)
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.simulators", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    for name in KEYS:
        parser.add_argument(f"--{name}-api-key", required=True)
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per real second")
    parser.add_argument("--ready-file", type=Path, help="where the JSON line is written as well")
    return parser.parse_args()


if __name__ == "__main__":
    main()
