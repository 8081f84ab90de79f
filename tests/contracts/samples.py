"""Jobs and their parts to store."""

from __future__ import annotations

import uuid
from typing import Any

from framehook.errors import Failure
from framehook.jobs import (
    Cancel,
    Job,
    Kind,
    LandedFile,
    Output,
    OutputState,
    Request,
    Status,
    Task,
    TaskState,
    TimelineEntry,
)

NOW = 1_790_000_000_000
DAY = 24 * 3600 * 1000


def a_job(**changes: Any) -> Job:
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "owner": f"owner-{uuid.uuid4().hex[:8]}",
        "model": "sora-2-pro",
        "provider": "runware",
        "offering": "openai:3@2",
        "kind": Kind.VIDEO,
        "status": Status.QUEUED,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Job(**values | changes)


def a_full_job(**changes: Any) -> Job:
    """Every field has a value that is not its default."""
    failure = Failure("provider_failed", "the provider gave up", "E42")
    values: dict[str, Any] = {
        "status": Status.FAILED,
        "queued_at": NOW,
        "count": 2,
        "version": 7,
        "attempt": 2,
        "uploads": True,
        "tasks": (
            Task("task-1", 0, 1, TaskState.REPORTED, None, 0),
            Task(
                "task-2",
                1,
                2,
                TaskState.FAILED,
                failure,
                1200,
                (("consume_coins", "17"),),
                NOW + 7,
                (None, Kind.IMAGE),
            ),
        ),
        "outputs": (
            Output(index=0, attempt=1, state=OutputState.LANDED),
            Output(index=1, attempt=2, state=OutputState.LOST, failure=failure, kind=Kind.IMAGE),
        ),
        "token_hashes": (bytes(range(32)), bytes(32)),
        "due_at": NOW + 1,
        "not_before": NOW + 2,
        "lease_until": NOW + 3,
        "first_sent_at": NOW + 4,
        "accepted_at": NOW + 5,
        "finished_at": NOW + 6,
        "usual_seconds": 90,
        "look_up_growth": 20,
        "refusals": 1,
        "refused_with": "rate_limited",
        "refused_alike": 1,
        "look_ups": 2,
        "account": "runninghub-cn",
        "cancel": Cancel.ASKED,
        "quoted": 0,
        "charged": 400_000,
        "error": failure,
        "timeline": (
            TimelineEntry(Status.QUEUED, NOW),
            TimelineEntry(Status.FAILED, NOW + 6, "provider_failed"),
        ),
    }
    return a_job(**values | changes)


def a_request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "model": "sora-2-pro",
        "input": {
            "prompt": "a fox, Füchse, 狐",
            "seconds": 4,
            "strength": 0.5,
            "loop": False,
            "extra": [None, {}],
        },
        "count": 1,
        "fingerprint": "f" * 64,
        "metadata": {"order": "17"},
    }
    return Request(**values | changes)


def a_landed_file(key: str = "outputs/acme/1/0.mp4") -> LandedFile:
    return LandedFile(key, 1234, "video/mp4", "sha256:abcd")
