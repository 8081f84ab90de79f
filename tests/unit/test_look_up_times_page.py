"""The providers' page tells how often RunComfy's models are looked up, and how late that is, as it really happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from framehook.due_times import SECOND, Policy, next_look_up, pause_after_look_up
from framehook.jobs import Job, Status
from tests.fakes.stack import InMemoryStack
from tests.unit.providers.test_error_pages import PAGE

POLICY = Policy()
RUNS = (30, 180, 720)
HEAD = ["", "first look-up", "growth", "run of 30 s", "run of 3 min", "run of 12 min"]
ROWS = {
    "`sora-2-pro`": "sora-2-pro",
    "another video": "runcomfy/blackforestlabs/flux-3/text-to-video",
    "an image": "runcomfy/blackforestlabs/flux-1-schnell/text-to-image",
}
[TABLE] = [
    table
    for part in PAGE.read_text(encoding="utf-8").split("\n\n")
    if (table := [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()])[0]
    == HEAD
]


def accepted(model: str) -> Job:
    """A job that RunComfy has just taken."""
    job = InMemoryStack().accept(model=model, input={"prompt": "mangroves glow"}, provider="runcomfy")
    return replace(job, status=Status.RUNNING, accepted_at=job.created_at)


def look_ups(job: Job) -> Iterator[float]:
    """When each of them comes, in seconds since the acceptance."""
    now = next_look_up(job, POLICY)
    while True:
        yield (now - job.created_at) / SECOND
        pause = pause_after_look_up(job, now, POLICY)
        job = replace(job, look_ups=job.look_ups + 1)
        now = max(next_look_up(job, POLICY), now + pause)


def told(job: Job, run: int) -> str:
    count, noticed = next((count, at) for count, at in enumerate(look_ups(job), 1) if at >= run)
    return f"{count} look-up{'s' if count > 1 else ''}, {noticed - run:.0f} s late"


def test_page_has_a_row_for_each() -> None:
    assert [row[0] for row in TABLE[2:]] == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_row_tells_when_the_job_is_looked_up(name: str) -> None:
    job = accepted(ROWS[name])
    [row] = [row for row in TABLE if row[0] == name]
    first = next(look_ups(job))
    assert row[1:3] == [f"{first:.0f} s", f"{job.look_up_growth} %"]
    assert row[3:] == [told(job, run) for run in RUNS]
