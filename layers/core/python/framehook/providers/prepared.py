"""What the planning side of every provider makes of an input: a body that can be sent, and what it will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framehook.jobs import Kind
from framehook.media_references import MediaValue


@dataclass(frozen=True, slots=True)
class Prepared:
    """A body that can be sent `count` times, once each task has its ids and URLs. `offering` is the provider's id.

    `look_up_growth` is that of Job: None where the provider calls us.
    """

    offering: str
    kind: Kind
    body: Mapping[str, Any]
    uploads: bool
    usual_seconds: int
    look_up_growth: int | None = None
    count: int = 1
    media: tuple[MediaValue, ...] = ()
    warnings: tuple[str, ...] = ()
