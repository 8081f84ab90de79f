"""The queues Jobs and FollowUps: messages that come late, twice, or again when nobody has deleted them in time, and the
dead letters that a person sends again.
"""

from __future__ import annotations

import json
from typing import Any

from framehook.follow_up_edge import due_jobs
from framehook.ports import DueJob
from framehook.queue_edge import QueueEdge
from tests.chaos.functions import Functions
from tests.chaos.world import MINUTE, SECOND
from tests.fakes.messages import RecordingDeadLetters
from tests.fakes.queues import FakeQueue, QueueMessage
from tests.fakes.stack import OWNER, InMemoryStack

_LATE = 20 * MINUTE
_ORIGINAL_ID = "original_message_id"


class Messages:
    def __init__(self, functions: Functions, stack: InMemoryStack) -> None:
        self._functions = functions
        self._world = functions.world
        self._stack = stack
        clock = self._world.clock
        # Visibility timeouts and receive counts of the template's queues.
        self.dead_letters = FakeQueue(clock, self._new_id, 30 * SECOND)
        failed = FakeQueue(clock, self._new_id, 30 * SECOND)
        self._jobs = FakeQueue(clock, self._new_id, 1_800 * SECOND, 5, self.dead_letters)
        self._follow_ups = FakeQueue(clock, self._new_id, 2_400 * SECOND, 3, failed)
        self._edge = QueueEdge(stack.intake, stack.submission, RecordingDeadLetters(), OWNER)

    def _new_id(self) -> str:
        return f"message-{self._world.random.getrandbits(48):012x}"

    def send(self, body: str) -> None:
        """Somebody who may sends a message to the Jobs queue."""
        self._jobs.send(body)
        self._poll_soon(self._jobs)

    def send_job(self, job_id: str) -> None:
        self.send(json.dumps({"job_id": job_id}))

    def send_follow_up(self, due: DueJob, delay_seconds: int) -> None:
        if self._world.faults.strikes("delayed message lost"):
            return
        body = json.dumps({"job_id": due.job_id, "due_at": due.due_at})
        self._follow_ups.send(body, delay=delay_seconds * SECOND)
        self._poll_soon(self._follow_ups)

    def redrive(self) -> bool:
        """Sends what lies in the dead letters of Jobs again, each under its original id; whether there was any."""
        again = False
        while letter := self.dead_letters.receive():
            original = letter.attributes.get(_ORIGINAL_ID, letter.id)
            self._world.story.tell("operator", "redrives", original)
            self._jobs.send(letter.body, {_ORIGINAL_ID: original})
            self.dead_letters.delete(letter.receipt)
            again = True
        if again:
            self._poll_soon(self._jobs)
        return again

    def _poll_soon(self, queue: FakeQueue) -> None:
        at = queue.next_visible_at()
        if at is None:
            return
        late = self._world.within(_LATE) if self._world.faults.strikes("message late") else 0
        at = max(at, self._world.now) + self._world.within(SECOND) + late
        self._world.scheduler.at(at, lambda: self._poll(queue))

    def _poll(self, queue: FakeQueue) -> None:
        message = queue.receive()
        if message is None:
            return
        self._take(queue, message)
        if self._world.faults.strikes("message twice"):
            self._world.scheduler.after(self._world.within(_LATE), lambda: self._take(queue, message))

    def _take(self, queue: FakeQueue, message: QueueMessage) -> None:
        if queue is self._jobs:
            self._submit(message)
        else:
            self._remind(message)

    def _submit(self, message: QueueMessage) -> None:
        attributes = {name: {"stringValue": value} for name, value in message.attributes.items()}
        record = {"messageId": message.id, "body": message.body, "messageAttributes": attributes}

        def act() -> dict[str, Any]:
            return self._edge.take({"Records": [record]}, lambda: self._functions.remaining)

        def ended(result: object) -> None:
            if isinstance(result, dict) and not result["batchItemFailures"]:
                self._jobs.delete(message.receipt)
            self._poll_soon(self._jobs)

        self._functions.run("submit_job", _subject(message.body), act, ended)

    def _remind(self, message: QueueMessage) -> None:
        (due,) = due_jobs({"Records": [{"body": message.body}]})

        def ended(result: object) -> None:
            if not isinstance(result, BaseException):
                self._follow_ups.delete(message.receipt)
            self._poll_soon(self._follow_ups)

        self._functions.run("follow_up_job", due.job_id, lambda: self._stack.following.follow_up(due), ended)


def _subject(body: str) -> str:
    return body[12:48] if body.startswith('{"job_id"') else "new"
