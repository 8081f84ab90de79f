"""What a provider's word for the state of a task can mean: the right side of every provider's table of such words."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What a word of the provider's says of a task."""

    ALIVE = "alive"
    ENDED = "ended"  # how it did is told elsewhere
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
