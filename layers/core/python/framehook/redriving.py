"""What lies in a dead-letter queue is done again: act, then delete. Used by redrive_dead_letters, which people start.

A crash in between repeats an act, so each must be harmless when it is repeated. What a letter means is `dead_letters`'
business; what can't be done stays where it is, and is counted by the reason.
"""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from framehook.errors import FramehookError, Unavailable
from framehook.ports import Clock, Letter, LetterBox

logger = logging.getLogger(__name__)

_MARGIN_MS = 25_000  # an act that meets an outage takes so long before it gives up
_AT_ONCE = 10
_MOST_PUT_BACK = 1_000  # one call each, within the margin; the others are in sight again soon, by themselves

type Deed = Callable[[], None]
"""What a letter asks for. Raises PassedOver or Unavailable."""

type Reading = Callable[[Letter], Deed]
"""What is to be done for a letter. Does nothing yet. Raises PassedOver."""

type Announce = Callable[[str], None]
"""Tells a job's present state, by its id. Raises PassedOver or Unavailable."""


class PassedOver(FramehookError):
    """Nothing can be done for a letter, or not like this; `reason` is stable, and the page explains each."""

    code = "passed_over"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `most`: send no more than this many again. `dry_run`: only look. `job_ids`: tell these
    jobs' present state instead of reading a queue."""

    queue: str
    most: int | None = None
    dry_run: bool = False
    job_ids: tuple[str, ...] | None = None


@dataclass(slots=True)
class Outcome:
    """`redriven`: what was done again, or would be. `left`: what is still there, by the queue's own estimate, which may
    be a minute old; None when it does not say."""

    redriven: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Redriving:
    clock: Clock
    boxes: Mapping[str, LetterBox]
    readings: Mapping[str, Reading]
    announce: Announce

    def redrive(self, order: Order, remaining: Callable[[], int]) -> Outcome:
        """Goes on until nothing is in sight, `most` are done or `remaining` ms are nearly over. Raises Unavailable only
        when the queue can't be read."""
        if order.job_ids is not None:
            return self._tell(order.job_ids, order, remaining)
        outcome, box, held = Outcome(), self.boxes[order.queue], list[Letter]()
        # What a redriven letter becomes must not be redriven by the same invocation, or it would go round for ever.
        began = self.clock.now()
        try:
            while remaining() >= _MARGIN_MS and (room := _room(order, outcome)):
                letters = box.take(room)
                if not letters:
                    break
                held += self._go_through(letters, began, order, outcome, remaining)
        finally:
            _put_back(box, held)
        outcome.left = _count(box)
        return outcome

    def _go_through(
        self,
        letters: Sequence[Letter],
        began: int,
        order: Order,
        outcome: Outcome,
        remaining: Callable[[], int],
    ) -> list[Letter]:
        """Those that stay in the queue."""
        held = []
        for letter in letters:
            has_turn = letter.sent_at < began and remaining() >= _MARGIN_MS
            if not (has_turn and self._dealt_with(letter, order, outcome)) or order.dry_run:
                held.append(letter)
        return held

    def _dealt_with(self, letter: Letter, order: Order, outcome: Outcome) -> bool:
        def act() -> None:
            deed = self.readings[order.queue](letter)
            if not order.dry_run:
                deed()
                self.boxes[order.queue].delete(letter)

        return _counted(act, outcome, letter.id)

    def _tell(self, job_ids: Sequence[str], order: Order, remaining: Callable[[], int]) -> Outcome:
        outcome = Outcome()
        for number, job_id in enumerate(job_ids):
            if remaining() < _MARGIN_MS or not _room(order, outcome):
                outcome.left = len(job_ids) - number
                return outcome
            deed: Deed = (lambda: None) if order.dry_run else functools.partial(self.announce, job_id)
            _counted(deed, outcome, job_id)
        outcome.left = 0
        return outcome


def _room(order: Order, outcome: Outcome) -> int:
    return _AT_ONCE if order.most is None else min(_AT_ONCE, order.most - outcome.redriven)


def _counted(act: Deed, outcome: Outcome, subject: str) -> bool:
    """Whether it was done. What is hostile in one letter must not keep the others from their turn."""
    try:
        act()
    except PassedOver as why:
        reason = why.reason
    except Unavailable:
        logger.warning("to be tried again", extra={"subject": subject}, exc_info=True)
        reason = Unavailable.code
    except Exception:
        logger.exception("could not be done", extra={"subject": subject})
        reason = "defect"
    else:
        outcome.redriven += 1
        return True
    outcome.passed_over[reason] += 1
    return False


def _put_back(box: LetterBox, held: Sequence[Letter]) -> None:
    try:
        box.put_back(held[:_MOST_PUT_BACK])
    except Unavailable:
        logger.warning("what stays is in sight again in some minutes", exc_info=True)


def _count(box: LetterBox) -> int | None:
    try:
        return box.count()
    except Unavailable:
        return None
