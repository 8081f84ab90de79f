"""Puts the simulated providers, their control APIs and the media host into one ASGI application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.control_api import ControlApi
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.provider import ProviderSimulator


def build_application(
    providers: Sequence[ProviderSimulator], clock: Clock, media: MediaHost, renderer: MediaRenderer
) -> Starlette:
    """Providers keep their own base paths, so that each has a base URL of its own."""

    @asynccontextmanager
    async def lifespan(_application: Starlette) -> AsyncIterator[None]:
        yield
        for provider in providers:
            await provider.controls.stop()
        renderer.close()

    routes = [*media.routes()]
    for provider in providers:
        routes += [*provider.routes(), *ControlApi(provider, clock).routes()]
    application = Starlette(routes=routes, lifespan=lifespan)
    application.state.providers = list(providers)
    return application
