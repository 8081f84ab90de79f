"""What a provider simulator must offer to join the process: routes, records, and the controls that all of them have."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.routing import BaseRoute

from tests.sandbox.simulators.controls import Controls


class ProviderSimulator(Protocol):
    """One simulated provider. Records are kept in memory and returned as JSON-ready values."""

    @property
    def name(self) -> str: ...

    @property
    def controls(self) -> Controls: ...

    def routes(self) -> Sequence[BaseRoute]: ...

    def access(self) -> Mapping[str, str]:
        """What a client needs to use it: `base_url`, `api_key` and the like."""
        ...

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        """Everything that happened, or only what concerns one task."""
        ...
