"""What the parts of one provider have in common: time, the outside, and what is switched on and remembered."""

from dataclasses import dataclass

import httpx

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.media_host import MediaHost


@dataclass(frozen=True, slots=True)
class Surroundings[SettingsType, JournalType]:
    clock: Clock
    client: httpx.AsyncClient
    media: MediaHost
    faults: FaultBook
    settings: SettingsType
    journal: JournalType
