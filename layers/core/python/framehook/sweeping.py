"""Finds the open jobs whose due time has come and starts a follow-up for each. Used by sweep_overdue, once a minute.

A stale index entry starts a follow-up that finds nothing to do; the follow-up, not the sweep, claims the job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from framehook.ports import DUE_SHARDS, Clock, FunctionStarter, JobStore

_PER_SHARD = 250  # what one run starts within its minute; the rest is older next minute and comes first then
_MARGIN_MS = 5_000


@dataclass(frozen=True, slots=True)
class Sweeping:
    jobs: JobStore
    starter: FunctionStarter
    clock: Clock

    def sweep(self, remaining: Callable[[], int]) -> int:
        """Starts follow-ups, oldest first, while `remaining` ms last; returns how many. Raises Unavailable."""
        started = 0
        for shard in range(DUE_SHARDS):
            for due in self.jobs.due(shard, self.clock.now(), _PER_SHARD):
                if remaining() < _MARGIN_MS:
                    return started
                self.starter.follow_up(due)
                started += 1
        return started
