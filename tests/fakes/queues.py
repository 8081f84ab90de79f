"""An SQS standard queue in memory, on a clock that tests move: visibility, delays, receive counts, dead letters.

A second delivery, and one that is late, are the caller's to make. Retention is not modelled: no message grows too old.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from framehook.ports import Clock

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
# docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_LONGEST_DELAY = 900_000


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """`receives`: how often it was received, this time included. `receipt` is this receive's own."""

    id: str
    body: str
    attributes: Mapping[str, str]
    receives: int
    receipt: str


class _Letter:
    """A message as the queue has it. `receipt` is the latest; empty before the first."""

    __slots__ = ("attributes", "body", "id", "receipt", "receives", "visible_at")

    def __init__(self, id: str, body: str, attributes: Mapping[str, str], visible_at: int) -> None:  # noqa: A002
        self.id = id
        self.body = body
        self.attributes = attributes
        self.visible_at = visible_at
        self.receives = 0
        self.receipt = ""

    def shown(self) -> QueueMessage:
        return QueueMessage(self.id, self.body, self.attributes, self.receives, self.receipt)


class FakeQueue:
    """An SQS standard queue. `visibility`, `delay` and `after` are milliseconds."""

    def __init__(
        self,
        clock: Clock,
        new_id: Callable[[], str],
        visibility: int,
        most_receives: int | None = None,
        dead_letters: FakeQueue | None = None,
    ) -> None:
        if (most_receives is None) is not (dead_letters is None):
            raise ValueError("a redrive policy is a number of receives and a queue for what had more")
        self._clock = clock
        self._new_id = new_id
        self._visibility = visibility
        self._most_receives = most_receives
        self._dead_letters = dead_letters
        self._letters: dict[int, _Letter] = {}  # by arrival, the oldest first
        self._arrivals = 0
        self._held: dict[str, int] = {}  # arrival by latest receipt

    def send(self, body: str, attributes: Mapping[str, str] | None = None, delay: int = 0) -> str:
        """Returns the message's id. Raises ValueError for a delay that SQS refuses."""
        if not 0 <= delay <= _LONGEST_DELAY:
            raise ValueError("a delay is at most 900 s")
        given = dict(attributes) if attributes else _NO_ATTRIBUTES
        letter = _Letter(self._new_id(), body, given, self._clock.now() + delay)
        self._add(letter)
        return letter.id

    def receive(self) -> QueueMessage | None:
        """The oldest visible message, which nobody else gets for `visibility`. One that would be received more than
        `most_receives` times goes to the dead letters instead, under its own id, and the next is taken."""
        now = self._clock.now()
        most, dead = self._most_receives, self._dead_letters
        spent: list[int] = []
        found: QueueMessage | None = None
        for arrival, letter in self._letters.items():
            if letter.visible_at > now:
                continue
            if most is not None and letter.receives >= most:
                spent.append(arrival)
                continue
            found = self._handed_out(arrival, letter, now)
            break
        if dead is not None:
            for arrival in spent:
                dead._take_over(self._remove(arrival))  # noqa: SLF001 - another queue
        return found

    def delete(self, receipt: str) -> None:
        """Idempotent. The latest receipt deletes, also when the message is visible again; an older one succeeds and
        deletes nothing: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html"""
        arrival = self._held.get(receipt)
        if arrival is not None:
            self._remove(arrival)

    def release(self, receipt: str, after: int = 0) -> None:
        """ChangeMessageVisibility: visible `after` from now. Does nothing for an older receipt, nor for a message that
        nobody holds, which SQS refuses as not in flight."""
        arrival = self._held.get(receipt)
        if arrival is None:
            return
        letter, now = self._letters[arrival], self._clock.now()
        if letter.visible_at > now:
            letter.visible_at = now + after

    def redrive_to(self, queue: FakeQueue) -> int:
        """StartMessageMoveTask: returns how many were moved. All are new messages there, with ids of their own:
        docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html"""
        moved = list(self._letters.values())
        self._letters.clear()
        self._held.clear()
        for letter in moved:
            queue.send(letter.body, letter.attributes)
        return len(moved)

    def next_visible_at(self) -> int | None:
        """When a receive next finds something, if only to move it to the dead letters; it may be over. None: empty."""
        return min([letter.visible_at for letter in self._letters.values()], default=None)

    def __len__(self) -> int:
        """All messages, visible or not."""
        return len(self._letters)

    @property
    def letters(self) -> Sequence[QueueMessage]:
        """Everything in the queue, the oldest first, without receiving it."""
        return [letter.shown() for letter in self._letters.values()]

    def _handed_out(self, arrival: int, letter: _Letter, now: int) -> QueueMessage:
        self._held.pop(letter.receipt, None)
        letter.receives += 1
        letter.receipt = f"{arrival}/{letter.receives}"
        letter.visible_at = now + self._visibility
        self._held[letter.receipt] = arrival
        return letter.shown()

    def _take_over(self, letter: _Letter) -> None:
        """From another queue, in which it was visible; so it is here."""
        letter.receipt = ""
        self._add(letter)

    def _add(self, letter: _Letter) -> None:
        self._arrivals += 1
        self._letters[self._arrivals] = letter

    def _remove(self, arrival: int) -> _Letter:
        letter = self._letters.pop(arrival)
        self._held.pop(letter.receipt, None)
        return letter
