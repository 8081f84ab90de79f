"""What the control API and the process may do to any provider: change its settings, start over, stop it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.journal import Journal
from tests.sandbox.simulators.setting_changes import change, restore
from tests.sandbox.simulators.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Controls:
    """`choices` lists the words that a setting may have; `stop` ends what is still running; `forget` is for what the
    provider remembers beyond its journal."""

    shared: Surroundings[Any, Journal]
    choices: Mapping[str, Sequence[str]]
    stop: Callable[[], Awaitable[None]]
    forget: Sequence[Callable[[], None]]

    @property
    def faults(self) -> FaultBook:
        return self.shared.faults

    def defaults(self) -> dict[str, Any]:
        return asdict(self.shared.settings)

    def change_defaults(self, changes: Mapping[str, Any]) -> None:
        """All or nothing, or an InvalidSettingError; objects such as `run_seconds` are merged."""
        change(self.shared.settings, changes, self.choices)

    async def reset(self) -> None:
        """Forget all tasks, records, faults and changed defaults; stop what is still running."""
        await self.stop()
        self.shared.faults.clear()
        for forget in self.forget:
            forget()
        self.shared.journal.clear()
        restore(self.shared.settings)
