"""Failures on demand: the next calls of a fake raise Unavailable before or after they took effect, or are overtaken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Protocol

from framehook.errors import Unavailable


@dataclass(slots=True)
class _Planned:
    calls: int
    applied: bool
    method: str | None
    meanwhile: Callable[[], object] | None = None


class Trouble:
    """What is going to fail. Each fake has one, as `trouble`; it is also the lock around its calls."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.planned: list[_Planned] = []

    def fail_next(self, calls: int = 1, *, applied: bool = False, method: str | None = None) -> None:
        """The next `calls` calls (of `method`, or of any) raise Unavailable. With `applied` they take effect
        first: the reply to a write that was done is lost."""
        self.planned.append(_Planned(calls, applied, method))

    def overtake_next(self, method: str, meanwhile: Callable[[], object]) -> None:
        """The next call of `method` takes effect, its reply is lost, `meanwhile` writes the same item, and the SDK's
        own repetition is answered as things are by then: a write that was done looks refused."""
        self.planned.append(_Planned(1, applied=True, method=method, meanwhile=meanwhile))

    def take(self, method: str) -> _Planned | None:
        """What was planned for this call; None when it just works."""
        for planned in self.planned:
            if planned.method in (None, method):
                planned.calls -= 1
                if planned.calls <= 0:
                    self.planned.remove(planned)
                return planned
        return None


class _Troubled(Protocol):
    @property
    def trouble(self) -> Trouble: ...


def may_fail[S: _Troubled, **P, R](method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Marks a method of a fake as a call to the outside, which Trouble can make fail."""
    name = method.__name__

    @wraps(method)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        trouble = self.trouble
        with trouble.lock:
            if not trouble.planned:  # nearly always, and simulations make millions of calls
                return method(self, *args, **kwargs)
            planned = trouble.take(name)
            if planned and not planned.applied:
                raise Unavailable(f"{name} failed on demand")
            result = method(self, *args, **kwargs)
            if planned and planned.meanwhile:
                planned.meanwhile()
                return method(self, *args, **kwargs)
            if planned:
                raise Unavailable(f"the reply of {name} was lost on demand")
            return result

    return call
