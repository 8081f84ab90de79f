"""Sends forged webhooks to the public URL for as long as it is told to, and counts what they are answered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.chaos_stack.enduring import StackCalls
from tests.chaos_stack.forgeries import Forgery, Hook, forged, hook_of
from tests.chaos_stack.provider_records import read_records

MEAN_PAUSE_SECONDS = 1.5
REFRESH_SECONDS = 12.0
REFUSED = 404


@dataclass(slots=True)
class Forger:
    """`answered` is by trick and status; those that nobody answered are not in it. `taken` must stay empty."""

    chance: random.Random
    calls: StackCalls
    sent: int = 0
    unanswered: int = 0
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)
    _known: list[Hook] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        heard = -REFRESH_SECONDS
        while not stop.wait(self.chance.expovariate(1 / MEAN_PAUSE_SECONDS)):
            if time.monotonic() > heard + REFRESH_SECONDS:
                self._known, heard = self._overheard(), time.monotonic()
            if self._known:
                self._send(forged(self.chance, self._known))

    def _overheard(self) -> list[Hook]:
        """Webhooks that providers were really given."""
        found = [
            hook
            for provider in self.calls.stack.simulators
            for task in read_records(provider, self.calls.simulator(provider)).tasks
            if task.webhook and (hook := hook_of(task.webhook))
        ]
        return found[-200:]

    def _send(self, forgery: Forgery) -> None:
        self.sent += 1
        headers = {"Content-Type": "application/json"}
        try:
            answer = httpx.post(
                f"{self.calls.stack.api_url}{forgery.path}", content=forgery.body, headers=headers, timeout=20
            )
        except httpx.TransportError:
            self.unanswered += 1
            return
        if answer.status_code >= 500:
            self.unanswered += 1
            return
        self.answered[forgery.trick.value, answer.status_code] += 1
        if answer.status_code != REFUSED:
            self.taken.append(f"{forgery.trick}: {answer.status_code} {answer.text[:200]} at {forgery.path}")
