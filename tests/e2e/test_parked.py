"""A job whose call may or may not have been accepted: it is parked, never guessed, and a person decides."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.e2e.cases import charges
from tests.e2e.hidden_jobs import HIDES, NAMED, HiddenJob
from tests.e2e.user import TERMINAL, DoubtfulJob, User, eventually
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.stack_file import Stack


def test_parked_job_succeeds_when_a_person_has_it_sent_again(user: User, to_resend: DoubtfulJob) -> None:
    parked = user.wait_and_sweep(to_resend.id)
    user.end_fault(to_resend.fault)

    answer = user.resolve(parked["id"], "resend")
    job = user.wait_and_sweep(parked["id"], TERMINAL)

    assert (parked["status"], parked["error"]["code"]) == ("parked", "outcome_unknown")
    assert answer.status_code == 200, answer.text
    assert (job["status"], job["error"]) == ("succeeded", None)
    assert [attempt["number"] for attempt in job["attempts"]] == [1, 2]
    assert sum(len(task["billed"]) for task in user.seen(job)) == 1


def test_parked_job_fails_when_a_person_gives_it_up(user: User, to_abandon: DoubtfulJob) -> None:
    parked = user.wait_and_sweep(to_abandon.id)

    answer = user.resolve(parked["id"], "abandon")
    again = user.resolve(parked["id"], "resend")

    assert parked["status"] == "parked"
    assert answer.status_code == 200, answer.text
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    job = user.job(parked["id"])
    assert (job["status"], job["error"]["code"]) == ("failed", "abandoned")
    assert not any(task["accepted"] for task in user.seen(job))


@pytest.mark.parametrize("provider", HIDES)
def test_parked_job_is_delivered_when_a_person_names_the_task_that_the_provider_has(
    user: User, hidden: Mapping[str, HiddenJob], provider: str
) -> None:
    job = hidden[provider]
    parked = user.wait_and_sweep(job.id)
    [task] = user.accepted(provider, job.prompt)
    for name in job.faults.keys() & {"lookup_empty"}:
        user.end_fault(job.faults[name], provider)

    answer = user.resolve(job.id, "adopt", provider_task_id=task[NAMED[provider]])
    done = user.wait_and_sweep(job.id, TERMINAL)

    assert (parked["status"], parked["error"]["code"]) == ("parked", "outcome_unknown")
    assert answer.status_code == 200, answer.text
    assert (done["status"], done["error"]) == ("succeeded", None)
    assert [attempt["number"] for attempt in done["attempts"]] == [1]
    assert (charges(user.seen(done)), len(user.accepted(provider, job.prompt))) == (1, 1)
    assert done["outputs"][0]["bytes"] > 1000


def test_parked_job_is_told_to_the_alarm_by_its_id(
    stack: Stack, user: User, hidden: Mapping[str, HiddenJob]
) -> None:
    """As the metric filter of the template sees it; the log of the deployed publish_change."""
    job = hidden["runninghub"]
    user.wait_and_sweep(job.id)
    group = physical_ids(stack)["PublishChangeLogs"]
    logs = user.client("logs")

    def line() -> dict[str, object] | None:
        found = logs.filter_log_events(logGroupName=group, filterPattern='"parked"')["events"]
        lines = [json.loads(event["message"]) for event in found if job.id in event["message"]]
        return next((told for told in lines if told.get("alarm") == "parked"), None)

    told = eventually(line)
    assert (told["level"], told["job_id"], told["provider"]) == ("WARNING", job.id, "runninghub")
