"""Dead-letter queues in memory, and what letters make happen, written down. A box hides what was taken, as SQS does,
until it is put back or `reappear` says that the time is over."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from framehook.ports import Clock, Letter
from tests.fakes.chance import FakeClock
from tests.fakes.trouble import Trouble, may_fail


class FakeLetterBox:
    def __init__(self, clock: Clock | None = None) -> None:
        self.trouble = Trouble()
        self.letters: dict[str, Letter] = {}
        self._hidden: set[str] = set()
        self._clock = clock or FakeClock()
        self._numbers = itertools.count(1)

    def add(self, body: str, attributes: Mapping[str, str] | None = None, sent_at: int | None = None) -> str:
        """The new letter's id."""
        name = f"letter-{next(self._numbers)}"
        at = self._clock.now() if sent_at is None else sent_at
        self.letters[name] = Letter(name, body, at, dict(attributes or {}), f"receipt of {name}")
        return name

    def reappear(self) -> None:
        self._hidden.clear()

    @property
    def in_sight(self) -> list[Letter]:
        return [letter for name, letter in self.letters.items() if name not in self._hidden]

    @may_fail
    def take(self, most: int) -> Sequence[Letter]:
        taken = self.in_sight[: min(most, 10)]
        self._hidden |= {letter.id for letter in taken}
        return taken

    @may_fail
    def delete(self, letter: Letter) -> None:
        self.letters.pop(letter.id, None)

    @may_fail
    def put_back(self, letters: Sequence[Letter]) -> None:
        self._hidden -= {letter.id for letter in letters}

    @may_fail
    def count(self) -> int:
        return len(self.letters)


class RecordingJobMessages:
    def __init__(self, most_bytes: int = 2**20) -> None:
        self.trouble = Trouble()
        self.most_bytes = most_bytes
        self.sent: list[tuple[str, str, int]] = []

    @may_fail
    def send_again(self, body: str, original_id: str, original_sent_at: int) -> bool:
        if len(body.encode()) > self.most_bytes:
            return False
        self.sent.append((body, original_id, original_sent_at))
        return True


class RecordingInvocations:
    def __init__(self, functions: Collection[str]) -> None:
        self.trouble = Trouble()
        self.functions = functions
        self.repeated: list[tuple[str, Mapping[str, Any]]] = []

    def knows(self, function: str) -> bool:
        return function in self.functions

    @may_fail
    def repeat(self, function: str, payload: Mapping[str, Any]) -> None:
        self.repeated.append((function, payload))
