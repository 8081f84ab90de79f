"""Every simulated provider: the one place that makes them."""

from collections.abc import Mapping

import httpx

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.provider import ProviderSimulator
from tests.sandbox.simulators.runcomfy.simulator import RunComfySimulator
from tests.sandbox.simulators.runninghub.simulator import RunningHubSimulator
from tests.sandbox.simulators.runware.simulator import RunwareSimulator


def simulators(
    keys: Mapping[str, str], origin: str, clock: Clock, media: MediaHost, client: httpx.AsyncClient
) -> list[ProviderSimulator]:
    """All of them, with a key for each of `tests.sandbox.simulators.KEYS`."""
    return [
        RunwareSimulator(origin, keys["runware"], clock, media, client),
        RunningHubSimulator(origin, (keys["runninghub"], keys["runninghub-cn"]), clock, media, client),
        RunComfySimulator(origin, keys["runcomfy"], clock, media, client),
    ]
