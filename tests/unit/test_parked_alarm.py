"""A parked job calls for a person, whatever is announced, in a line that the stack's alarm counts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from framehook.adapters.job_index import notice
from framehook.errors import ReplyLost, Unavailable
from framehook.jobs import Job, Output, OutputState, Status
from framehook.publication import Publication, StoredChange
from framehook.requests import ResolveRequest
from tests.fakes.stack import OWNER, InMemoryStack
from tests.template_model import expanded
from tests.unit.edges import lines_of


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


@pytest.fixture
def parked(stack: InMemoryStack) -> Job:
    """A job whose call may or may not have been accepted, when the time to prove it is over."""
    job = stack.accept(provider="runcomfy")
    stack.runcomfy.answers.append(ReplyLost("cut off"))
    assert stack.submit(job.id).status is Status.SUBMITTING
    for _ in range(3):
        if stack.job(job.id).status is Status.SUBMITTING:
            stack.follow_up_when_due(job.id)
    found = stack.job(job.id)
    assert found.status is Status.PARKED
    return found


def pending(stack: InMemoryStack) -> list[StoredChange]:
    """What the table's stream holds, and lets through."""
    changes = [StoredChange(change.before, change.after) for change in stack.jobs.changes if change.notify]
    stack.jobs.changes.clear()
    return changes


def rings(publication: Publication, *changes: StoredChange) -> list[dict[str, Any]]:
    """The lines that the alarm counts, by the filter of the template."""
    words = re.fullmatch(r'\{ \$\.(\w+) = "(\w+)" \}', expanded().properties("ParkedJobs")["FilterPattern"])
    assert words is not None
    lines = lines_of(lambda _: publication.publish(changes), {})
    return [line for line in lines if line.get(words[1]) == words[2]]


def test_parked_job_rings_once_and_says_which_where_and_since_when(stack: InMemoryStack, parked: Job) -> None:
    [line] = rings(stack.publication, *pending(stack))
    assert (line["level"], line["job_id"], line["provider"]) == ("WARNING", parked.id, "runcomfy")
    since = datetime.fromisoformat(line["since"])
    assert round(since.timestamp() * 1000) == parked.timeline[-1].at


@pytest.mark.usefixtures("parked")
def test_parked_job_rings_when_nothing_is_announced(stack: InMemoryStack) -> None:
    quiet = replace(stack.publication, announced=frozenset())
    assert len(rings(quiet, *pending(stack))) == 1
    assert stack.bus.details == []


def test_parked_job_with_a_file_to_fetch_rings_too(stack: InMemoryStack, parked: Job) -> None:
    """Its notice is about the file, which passes the stream's filter as well."""
    before = replace(parked, status=Status.SUBMITTING)
    after = replace(parked, outputs=(Output(0, state=OutputState.TO_FETCH),))
    assert notice(before, after) == "fetch"
    assert len(rings(stack.publication, StoredChange(before, after))) == 1


def test_change_of_a_job_that_stays_parked_does_not_ring(stack: InMemoryStack, parked: Job) -> None:
    looked_up = replace(parked, look_ups=parked.look_ups + 1)
    assert rings(stack.publication, StoredChange(parked, looked_up)) == []


def test_job_parked_for_a_second_time_rings_again(stack: InMemoryStack, parked: Job) -> None:
    stack.resolution.resolve(OWNER, parked.id, ResolveRequest(action="resend"))
    assert len(rings(stack.publication, *pending(stack))) == 1
    queued = stack.job(parked.id)
    again = replace(queued, status=Status.PARKED, version=queued.version + 1)
    assert len(rings(stack.publication, StoredChange(queued, again))) == 1


@pytest.mark.usefixtures("parked")
def test_outage_of_the_bus_does_not_silence_it(stack: InMemoryStack) -> None:
    stack.bus.trouble.fail_next()
    publication, changes = stack.publication, pending(stack)

    def publish(given: list[StoredChange]) -> None:
        with pytest.raises(Unavailable):
            publication.publish(given)

    assert any(line.get("alarm") for line in lines_of(lambda _: publish(changes), {}))


def test_job_that_ends_otherwise_does_not_ring(stack: InMemoryStack) -> None:
    stack.running()
    assert rings(stack.publication, *pending(stack)) == []
