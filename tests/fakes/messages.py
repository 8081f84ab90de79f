"""Queue, dead letters, bus and starter that only record what they were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.ports import DueJob
from tests.fakes.trouble import Trouble, may_fail


@dataclass(frozen=True, slots=True)
class DeadLetter:
    body: str
    reason: str
    message_id: str


class RecordingQueue:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.job_ids: list[str] = []

    @may_fail
    def send(self, job_id: str) -> None:
        self.job_ids.append(job_id)


class RecordingFollowUps:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.sent: list[tuple[DueJob, int]] = []

    @may_fail
    def send(self, due: DueJob, delay_seconds: int) -> None:
        self.sent.append((due, delay_seconds))


class RecordingDeadLetters:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.letters: list[DeadLetter] = []

    @may_fail
    def send(self, body: str, reason: str, message_id: str) -> None:
        self.letters.append(DeadLetter(body, reason, message_id))


class RecordingPoisonQueue:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.records: list[tuple[str, str]] = []

    @may_fail
    def send(self, record: str, reason: str) -> None:
        self.records.append((record, reason))


class RecordingStarter:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.follow_ups: list[DueJob] = []
        self.fetches: list[tuple[str, int]] = []
        self.landings: list[str] = []

    @may_fail
    def follow_up(self, due: DueJob) -> None:
        self.follow_ups.append(due)

    @may_fail
    def fetch(self, job_id: str, index: int) -> None:
        self.fetches.append((job_id, index))

    @may_fail
    def land(self, key: str) -> None:
        self.landings.append(key)


class RecordingBus:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.details: list[Mapping[str, Any]] = []

    @may_fail
    def publish(self, details: Sequence[Mapping[str, Any]]) -> None:
        self.details.extend(details)
