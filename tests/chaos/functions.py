"""The functions of the stack: each invocation runs a real use case, for as long as its function may, and is told apart
from all others. What a function raises is its end, and nobody else's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from framehook.errors import FramehookError
from tests.chaos.scheduler import Killed
from tests.chaos.world import SECOND, World

# Timeouts of the template's functions.
LIMITS = {
    "serve_api": 29 * SECOND,
    "submit_job": 300 * SECOND,
    "receive_webhook": 10 * SECOND,
    "land_output": 90 * SECOND,
    "fetch_output": 900 * SECOND,
    "publish_change": 60 * SECOND,
    "sweep_overdue": 55 * SECOND,
    "follow_up_job": 400 * SECOND,
}


class Functions:
    """`failures` counts the invocations that did not succeed; `defects` are errors that nobody raises on purpose."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures: Counter[str] = Counter()
        self.defects: list[str] = []

    def run(self, name: str, subject: str, act: Callable[[], Any], ended: Callable[[Any], None]) -> None:
        """Runs a function. `ended` is told what came of it: its result, or the exception that ended it."""

        def body() -> None:
            invocation = self.world.scheduler.current
            assert invocation is not None
            result = self._outcome(name, subject, act)
            invocation.ended = True
            if isinstance(result, BaseException):
                self.failures[name] += 1
            ended(result)

        self.world.invoke(name, subject, LIMITS[name], body)

    def _outcome(self, name: str, subject: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Killed as killed:
            return killed
        except FramehookError as error:
            self.world.story.tell(name, subject, "failed:", error.code, error)
            return error
        except Exception as defect:  # noqa: BLE001 - whatever it is, it is a defect to report
            self.defects.append(f"{name} of {subject}: {type(defect).__name__}: {defect}")
            self.world.story.tell(name, subject, "DEFECT", repr(defect))
            return defect

    @property
    def remaining(self) -> int:
        """The ms that the invocation has left which asks."""
        current = self.world.scheduler.current
        return current.remaining if current else 0
