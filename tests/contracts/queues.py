"""What is promised of an SQS standard queue, by the local AWS as by the fake.

Left to the fake's own tests is what the local AWS lacks: redrive, and deleting with a receipt that is not the latest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

import pytest

from tests.fakes import QueueMessage

BRIEF = 1_000
LONG = 30_000
LONGEST_DELAY = 900_000


class Queue(Protocol):
    """As `FakeQueue`, in milliseconds."""

    def send(self, body: str, attributes: Mapping[str, str] | None = None, delay: int = 0) -> str: ...

    def receive(self) -> QueueMessage | None:
        """What is there now."""
        ...

    def awaited(self) -> QueueMessage | None:
        """What is there, or comes soon: within a few times BRIEF."""
        ...

    def delete(self, receipt: str) -> None: ...

    def release(self, receipt: str, after: int = 0) -> None: ...


class QueueContract(ABC):
    """`queue` has the visibility timeout LONG, `brief` has BRIEF. `redriving` is one with BRIEF and two receives at
    most, and the queue of its dead letters."""

    @pytest.fixture
    @abstractmethod
    def queue(self) -> Queue: ...

    @pytest.fixture
    @abstractmethod
    def brief(self) -> Queue: ...

    @pytest.fixture
    @abstractmethod
    def redriving(self) -> tuple[Queue, Queue]: ...

    def test_receive_empty_queue_finds_nothing(self, queue: Queue) -> None:
        assert queue.receive() is None

    def test_receive_gives_what_was_sent(self, queue: Queue) -> None:
        plain = queue.send("plain")
        full = queue.send("Füchse, 狐", {"reason": "unreadable", "number": "17"})
        messages = {message.id: message for message in (_received(queue), _received(queue))}
        assert messages.keys() == {plain, full}
        assert (messages[plain].body, messages[plain].attributes) == ("plain", {})
        assert messages[full].body == "Füchse, 狐"
        assert messages[full].attributes == {"reason": "unreadable", "number": "17"}
        assert [message.receives for message in messages.values()] == [1, 1]

    def test_receive_held_message_is_given_to_nobody_else(self, queue: Queue) -> None:
        queue.send("one")
        assert queue.receive()
        assert queue.receive() is None

    def test_receive_message_that_was_held_too_long_comes_back(self, brief: Queue) -> None:
        brief.send("one", {"reason": "r"})
        first, second = _received(brief), _awaited(brief)
        assert (second.id, second.body, second.attributes) == (first.id, "one", {"reason": "r"})
        assert second.receives == 2
        assert second.receipt != first.receipt

    def test_delete_message_never_comes_back(self, brief: Queue) -> None:
        brief.send("one")
        brief.delete(_received(brief).receipt)
        assert brief.awaited() is None

    def test_delete_message_that_is_visible_again_is_gone(self, queue: Queue) -> None:
        queue.send("one")
        held = _received(queue)
        queue.release(held.receipt)
        queue.delete(held.receipt)
        assert queue.receive() is None

    def test_release_held_message_comes_back_at_once(self, queue: Queue) -> None:
        queue.send("one")
        held = _received(queue)
        queue.release(held.receipt)
        assert _received(queue).receives == 2

    def test_release_later_message_comes_back_then(self, queue: Queue) -> None:
        queue.send("one")
        queue.release(_received(queue).receipt, BRIEF)
        assert _awaited(queue).receives == 2

    def test_release_for_longer_keeps_the_message_from_others(self, brief: Queue) -> None:
        brief.send("one")
        brief.release(_received(brief).receipt, LONG)
        brief.send("two")
        second = _received(brief)
        assert second.body == "two"
        brief.delete(second.receipt)
        assert brief.receive() is None

    def test_send_with_delay_comes_later(self, queue: Queue) -> None:
        queue.send("latest", delay=LONGEST_DELAY)
        queue.send("later", delay=BRIEF)
        assert _awaited(queue).body == "later"
        assert queue.receive() is None

    def test_message_received_too_often_is_a_dead_letter_with_its_own_id(
        self, redriving: tuple[Queue, Queue]
    ) -> None:
        queue, dead_letters = redriving
        sent = queue.send("poison", {"reason": "r"})
        assert [_awaited(queue).receives for _ in range(2)] == [1, 2]
        assert dead_letters.receive() is None
        assert queue.awaited() is None
        letter = _awaited(dead_letters)
        assert (letter.id, letter.body, letter.attributes) == (sent, "poison", {"reason": "r"})

    def test_message_behind_a_dead_letter_is_received(self, redriving: tuple[Queue, Queue]) -> None:
        queue, _ = redriving
        queue.send("poison")
        for _ in range(2):
            queue.release(_awaited(queue).receipt)
        queue.send("good")
        assert _awaited(queue).body == "good"


def _received(queue: Queue) -> QueueMessage:
    message = queue.receive()
    assert message is not None
    return message


def _awaited(queue: Queue) -> QueueMessage:
    message = queue.awaited()
    assert message is not None
    return message
