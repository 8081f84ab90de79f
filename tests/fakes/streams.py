"""A table's stream with its event source mapping, in memory: one shard, in order, for as long as the mapping tries.

Calls no function and does not know which records fail: the caller asks for a batch and says how much of it is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from framehook.ports import Clock

HOUR = 3_600_000


class FakeStream[T]:
    """A record that keeps failing blocks those behind it until it is older than `longest` ms, as the mapping of the
    template has it. Whoever bisects a batch asks for a smaller one.

    docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and services-ddb-params.html
    """

    def __init__(self, clock: Clock, longest: int = 23 * HOUR) -> None:
        self._clock = clock
        self._longest = longest
        self._records: deque[tuple[int, T]] = deque()
        self.discarded: list[T] = []

    def put(self, record: T) -> None:
        self._records.append((self._clock.now(), record))

    def batch(self, limit: int = 25) -> Sequence[T]:
        """The oldest records that were not passed yet, the same ones until they are. What is too old by now is
        discarded first, unprocessed."""
        records, too_old = self._records, self._clock.now() - self._longest
        while records and records[0][0] < too_old:
            self.discarded.append(records.popleft()[1])
        return [record for _, record in islice(records, limit)]

    def passed(self, count: int) -> None:
        """The first `count` records of the last batch are done. Raises IndexError when there are not so many."""
        for _ in range(count):
            self._records.popleft()

    def __len__(self) -> int:
        """Everything that was neither passed nor discarded."""
        return len(self._records)
