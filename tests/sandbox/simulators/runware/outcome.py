"""What became of one task of a request, before the answers of all tasks are put into one envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.simulators.runware.jobs import Job
from tests.sandbox.simulators.runware.task_errors import TaskError


@dataclass
class Outcome:
    """`errors` report on work that was done; `refused` tasks were not taken and decide the HTTP status."""

    data: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[Mapping[str, Any], TaskError]] = field(default_factory=list)
    accepted: list[Job] = field(default_factory=list)
    awaited: list[Job] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.data += other.data
        self.errors += other.errors
        self.refused += other.refused
        self.accepted += other.accepted
        self.awaited += other.awaited


def refuse(task: Mapping[str, Any], *errors: TaskError) -> Outcome:
    return Outcome(refused=[(task, error) for error in errors])
