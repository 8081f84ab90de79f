"""What a provider simulator must offer to join the process: routes, records, switches and a clean end."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.routing import BaseRoute

from tests.sandbox.simulators.fault_rules import FaultBook


class InvalidSettingError(ValueError):
    """A default that does not exist or has the wrong type."""


class ProviderSimulator(Protocol):
    """One simulated provider. Records are kept in memory and returned as JSON-ready values."""

    @property
    def name(self) -> str: ...

    @property
    def faults(self) -> FaultBook: ...

    def routes(self) -> Sequence[BaseRoute]: ...

    def access(self) -> Mapping[str, str]:
        """What a client needs to use it: `base_url`, `api_key` and the like."""
        ...

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        """Everything that happened, or only what concerns one task."""
        ...

    def defaults(self) -> dict[str, Any]: ...

    def change_defaults(self, changes: Mapping[str, Any]) -> None:
        """Raises InvalidSettingError and then changes nothing."""
        ...

    async def reset(self) -> None:
        """Forget all tasks, records, faults and changed defaults; stop what is still running."""
        ...

    async def close(self) -> None: ...
