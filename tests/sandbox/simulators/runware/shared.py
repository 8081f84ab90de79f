"""What the parts of the simulator have in common: time, the outside, and what is switched on and remembered."""

from dataclasses import dataclass

import httpx

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.runware.journal import Journal
from tests.sandbox.simulators.runware.settings import Settings


@dataclass(frozen=True, slots=True)
class Shared:
    clock: Clock
    client: httpx.AsyncClient
    media: MediaHost
    faults: FaultBook
    settings: Settings
    journal: Journal
