"""Which lines of the transition table were taken, and which were asked for that it does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import override

from framehook import transitions
from framehook.jobs import Status
from framehook.transitions import Event

type Line = tuple[Status, Event]


@dataclass(slots=True)
class Coverage:
    """`taken`: how often each allowed line was; `asked`: how often each forbidden one was asked for, and refused."""

    taken: Counter[Line] = field(default_factory=Counter)
    asked: Counter[Line] = field(default_factory=Counter)

    def add(self, other: Coverage) -> None:
        self.taken.update(other.taken)
        self.asked.update(other.asked)

    @property
    def never_taken(self) -> list[Line]:
        return [line for line in transitions.TRANSITIONS if line not in self.taken]

    @property
    def never_asked(self) -> list[Line]:
        """Forbidden ones that nothing has tried."""
        forbidden = (line for line in product(Status, Event) if line not in transitions.TRANSITIONS)
        return [line for line in forbidden if line not in self.asked]


class _Observed(dict[Line, Status]):
    def __init__(self, table: Mapping[Line, Status], seen: Coverage) -> None:
        super().__init__(table)
        self._seen = seen

    @override
    def __getitem__(self, line: Line) -> Status:
        found = self.get(line)
        if found is None:
            self._seen.asked[line] += 1
            raise KeyError(line)
        self._seen.taken[line] += 1
        return found

    @override
    def __contains__(self, line: object) -> bool:
        found = super().__contains__(line)
        if not found and isinstance(line, tuple):
            self._seen.asked[line] += 1
        return found


@contextmanager
def covered() -> Iterator[Coverage]:
    """Counts while the block runs."""
    table, seen = transitions.TRANSITIONS, Coverage()
    setattr(transitions, "TRANSITIONS", _Observed(table, seen))  # noqa: B010 - a constant, for everybody else
    try:
        yield seen
    finally:
        setattr(transitions, "TRANSITIONS", table)  # noqa: B010
