"""A provider's switches and records as tests reach for them, past the control API."""

from typing import Any

from tests.sandbox.simulators.provider import ProviderSimulator


class ProviderSwitches:
    """What tests of one provider's account inherit."""

    simulator: ProviderSimulator

    def fault(self, fault: str, times: int | None = None, **options: Any) -> None:
        self.simulator.controls.faults.add({"fault": fault, "times": times, "options": options})

    def defaults(self, **changes: Any) -> None:
        self.simulator.controls.change_defaults(changes)

    def records(self, name: str, task_id: str | None = None) -> Any:
        return self.simulator.records(task_id)[name]
