"""What the Runware simulator remembers beyond what every provider does: its refusals."""

from dataclasses import dataclass, field
from typing import Any, override

from tests.sandbox.simulators.journal import Journal


@dataclass
class RunwareJournal(Journal):
    task_key: str = "taskUUID"
    # The last request and answer of each UUID: getTaskDetails shows a refused replay in place of the outcome.
    refusals: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    @property
    def spent(self) -> float:
        return sum(float(charge["cost"]) for charge in self.billed)

    @override
    def clear(self) -> None:
        super().clear()
        self.refusals.clear()
