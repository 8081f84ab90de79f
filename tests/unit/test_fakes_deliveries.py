"""The fakes of how AWS delivers things: the queue keeps the contract that SQS keeps, and what can't be shown on the
local AWS is shown here as AWS documents it.
"""

from __future__ import annotations

from itertools import count
from typing import override

import pytest

from tests.contracts.queues import BRIEF, LONG, LONGEST_DELAY, Queue, QueueContract
from tests.fakes import FakeClock, FakeInvocations, FakeQueue, FakeStream, QueueMessage

MINUTE = 60_000
HOUR = 60 * MINUTE


class AwaitedQueue(FakeQueue):
    """Time passes while somebody waits for a message."""

    def __init__(
        self,
        clock: FakeClock,
        visibility: int,
        most_receives: int | None = None,
        dead_letters: FakeQueue | None = None,
    ) -> None:
        ids = count(1)
        name = "dead" if most_receives is None else "message"
        super().__init__(clock, lambda: f"{name}-{next(ids)}", visibility, most_receives, dead_letters)
        self._moved = clock

    def awaited(self) -> QueueMessage | None:
        visible_at = self.next_visible_at()
        if visible_at is not None:
            self._moved.at = max(self._moved.at, visible_at)
        return self.receive()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestFakeQueue(QueueContract):
    @override
    @pytest.fixture
    def queue(self, clock: FakeClock) -> Queue:
        return AwaitedQueue(clock, LONG)

    @override
    @pytest.fixture
    def brief(self, clock: FakeClock) -> Queue:
        return AwaitedQueue(clock, BRIEF)

    @override
    @pytest.fixture
    def redriving(self, clock: FakeClock) -> tuple[Queue, Queue]:
        dead_letters = AwaitedQueue(clock, LONG)
        return AwaitedQueue(clock, BRIEF, 2, dead_letters), dead_letters


@pytest.fixture
def queue(clock: FakeClock) -> FakeQueue:
    return AwaitedQueue(clock, LONG)


def _received(queue: FakeQueue) -> QueueMessage:
    message = queue.receive()
    assert message is not None
    return message


# queues


def test_receive_oldest_visible_message_first(queue: FakeQueue, clock: FakeClock) -> None:
    for body in ("one", "two", "three"):
        queue.send(body, delay=BRIEF if body == "one" else 0)
    assert _received(queue).body == "two"
    clock.advance(ms=BRIEF)
    assert [_received(queue).body for _ in range(2)] == ["one", "three"]


def test_receive_visibility_ends_to_the_millisecond(queue: FakeQueue, clock: FakeClock) -> None:
    queue.send("one", delay=LONGEST_DELAY)
    clock.advance(ms=LONGEST_DELAY - 1)
    assert queue.receive() is None
    clock.advance(ms=1)
    assert queue.receive()
    clock.advance(ms=LONG - 1)
    assert queue.receive() is None
    clock.advance(ms=1)
    assert _received(queue).receives == 2


def test_send_attributes_are_as_they_were_when_sent(queue: FakeQueue) -> None:
    attributes = {"reason": "then"}
    queue.send("one", attributes)
    attributes["reason"] = "now"
    assert _received(queue).attributes == {"reason": "then"}


@pytest.mark.parametrize("delay", [-1, LONGEST_DELAY + 1])
def test_send_delay_that_sqs_refuses_raises(queue: FakeQueue, delay: int) -> None:
    with pytest.raises(ValueError, match="at most 900 s"):
        queue.send("one", delay=delay)
    assert len(queue) == 0


def test_redrive_policy_without_dead_letters_raises(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="redrive policy"):
        FakeQueue(clock, str, LONG, most_receives=3)


def test_delete_repeated_takes_no_other_message(queue: FakeQueue) -> None:
    queue.send("one")
    queue.send("two")
    receipt = _received(queue).receipt
    for _ in range(2):
        queue.delete(receipt)
    queue.delete("no receipt")
    assert [letter.body for letter in queue.letters] == ["two"]


def test_delete_older_receipt_succeeds_and_deletes_nothing(queue: FakeQueue, clock: FakeClock) -> None:
    queue.send("one")
    older = _received(queue).receipt
    clock.advance(ms=LONG)
    latest = _received(queue).receipt
    queue.delete(older)
    queue.release(older)
    assert queue.receive() is None
    assert [letter.receipt for letter in queue.letters] == [latest]
    queue.delete(latest)
    assert queue.letters == []


def test_delete_receipt_of_a_dead_letter_deletes_nothing(clock: FakeClock) -> None:
    dead_letters = AwaitedQueue(clock, LONG)
    queue = AwaitedQueue(clock, BRIEF, 1, dead_letters)
    queue.send("poison")
    receipt = _received(queue).receipt
    clock.advance(ms=BRIEF)
    assert queue.receive() is None
    for each in (queue, dead_letters):
        each.delete(receipt)
        each.release(receipt)
    assert (len(queue), len(dead_letters)) == (0, 1)
    assert dead_letters.next_visible_at() == clock.at


def test_release_message_that_nobody_holds_changes_nothing(queue: FakeQueue, clock: FakeClock) -> None:
    queue.send("one")
    receipt = _received(queue).receipt
    visible_at = clock.advance(ms=LONG)
    queue.release(receipt, LONG)
    assert queue.next_visible_at() == visible_at


def test_several_dead_letters_leave_in_one_receive(clock: FakeClock) -> None:
    dead_letters = AwaitedQueue(clock, LONG)
    queue = AwaitedQueue(clock, BRIEF, 1, dead_letters)
    for body in ("one", "two"):
        queue.send(body)
        queue.receive()
    clock.advance(ms=BRIEF)
    queue.send("good")
    assert _received(queue).body == "good"
    assert [(letter.body, letter.receives) for letter in dead_letters.letters] == [("one", 1), ("two", 1)]


def test_redrive_gives_new_ids_and_keeps_body_and_attributes(clock: FakeClock) -> None:
    dead_letters = AwaitedQueue(clock, LONG)
    queue = AwaitedQueue(clock, BRIEF, 1, dead_letters)
    dead_letters.send("one", {"original_message_id": "o"})
    dead_letters.send("two", delay=BRIEF)
    held = _received(dead_letters)
    assert dead_letters.redrive_to(queue) == 2
    assert (len(dead_letters), dead_letters.next_visible_at()) == (0, None)
    dead_letters.delete(held.receipt)
    one, two = (_received(queue) for _ in range(2))
    assert (one.body, one.attributes, one.receives) == ("one", {"original_message_id": "o"}, 1)
    assert (two.body, two.attributes, two.receives) == ("two", {}, 1)
    assert [one.id, two.id] == ["message-1", "message-2"]


def test_letters_show_everything_without_receiving_it(queue: FakeQueue) -> None:
    sent = [queue.send("one"), queue.send("two", delay=BRIEF)]
    held = _received(queue)
    assert queue.letters == [held, QueueMessage(sent[1], "two", {}, 0, "")]
    assert len(queue) == 2


def test_next_visible_at_is_the_earliest_of_all(queue: FakeQueue, clock: FakeClock) -> None:
    assert queue.next_visible_at() is None
    queue.send("later", delay=BRIEF)
    assert queue.next_visible_at() == clock.at + BRIEF
    queue.send("now")
    assert queue.next_visible_at() == clock.at
    queue.receive()
    assert queue.next_visible_at() == clock.at + BRIEF


# the table's stream


def _stream(clock: FakeClock, records: int) -> FakeStream[int]:
    stream: FakeStream[int] = FakeStream(clock)
    for record in range(records):
        stream.put(record)
    return stream


def test_batch_is_the_same_until_it_is_passed(clock: FakeClock) -> None:
    stream = _stream(clock, 3)
    assert stream.batch(2) == [0, 1]
    stream.put(3)
    assert stream.batch(2) == [0, 1]
    stream.passed(2)
    assert stream.batch(2) == [2, 3]
    stream.passed(2)
    assert stream.batch() == []
    assert len(stream) == 0


def test_batch_holds_25_records_as_the_template_has_it(clock: FakeClock) -> None:
    assert _stream(clock, 30).batch() == list(range(25))


def test_batch_bisected_passes_what_is_before_the_poison(clock: FakeClock) -> None:
    stream = _stream(clock, 4)
    stream.passed(len(stream.batch(len(stream.batch()) // 2)))
    assert stream.batch() == [2, 3]


def test_poison_record_blocks_those_behind_it_until_it_is_too_old(clock: FakeClock) -> None:
    stream = _stream(clock, 1)
    clock.advance(ms=1)
    stream.put(1)
    clock.advance(ms=23 * HOUR - 1)
    assert stream.batch() == [0, 1]
    assert stream.discarded == []
    clock.advance(ms=1)
    assert stream.batch() == [1]
    assert stream.discarded == [0]
    assert len(stream) == 1


def test_passed_more_than_there_is_raises(clock: FakeClock) -> None:
    with pytest.raises(IndexError):
        _stream(clock, 1).passed(2)


# asynchronous invocations


def test_failed_invocation_is_tried_after_one_minute_and_two_more(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock)
    begun = clock.at
    invocations.invoke("land_output", "key")
    tried: list[tuple[int, int]] = []
    while (ready_at := invocations.next_ready_at()) is not None:
        clock.at = ready_at - 1
        assert invocations.take() is None
        clock.at = ready_at
        taken = invocations.take()
        assert taken is not None
        assert (taken.function, taken.payload, taken.ready_at) == ("land_output", "key", ready_at)
        tried.append((taken.attempt, ready_at - begun))
        invocations.failed(taken)
    assert tried == [(1, 0), (2, MINUTE), (3, 3 * MINUTE)]
    assert [(failure.payload, failure.attempt) for failure in invocations.failures] == [("key", 3)]
    assert len(invocations) == 0


def test_failed_invocation_waits_from_its_end(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock)
    invocations.invoke("fetch_output", "one")
    taken = invocations.take()
    assert taken is not None
    clock.advance(seconds=900)
    invocations.failed(taken)
    assert invocations.next_ready_at() == clock.at + MINUTE


def test_failed_without_retries_is_over(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock, retries=0)
    invocations.invoke("sweep_overdue", "minute")
    taken = invocations.take()
    assert taken is not None
    invocations.failed(taken)
    assert invocations.failures == [taken]
    assert invocations.next_ready_at() is None


def test_take_earliest_ready_first(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock)
    invocations.invoke("f", "one")
    first = invocations.take()
    assert first is not None
    invocations.failed(first)
    clock.advance(ms=MINUTE + 1)
    for payload in ("two", "three"):
        invocations.invoke("f", payload)
    taken = [invocations.take() for _ in range(4)]
    assert [each and each.payload for each in taken] == ["one", "two", "three", None]


def test_succeeded_invocation_is_over_once(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock)
    invocations.invoke("f", "one")
    taken = invocations.take()
    assert taken is not None
    assert len(invocations) == 1
    invocations.succeeded(taken)
    assert len(invocations) == 0
    for ended in (invocations.succeeded, invocations.failed):
        with pytest.raises(KeyError):
            ended(taken)
    assert invocations.next_ready_at() is None


def test_duplicate_invocation_runs_apart_from_the_first(clock: FakeClock) -> None:
    invocations: FakeInvocations[str] = FakeInvocations(clock)
    invocations.invoke("f", "one")
    taken = invocations.take()
    assert taken is not None
    invocations.duplicate(taken)
    copy = invocations.take()
    assert copy is not None
    assert (copy.function, copy.payload, copy.attempt) == ("f", "one", 1)
    invocations.succeeded(taken)
    invocations.failed(copy)
    assert invocations.next_ready_at() == clock.at + MINUTE
    assert len(invocations) == 1
