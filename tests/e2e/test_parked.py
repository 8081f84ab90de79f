"""A job whose call may or may not have been accepted: it is parked, never guessed, and a person decides."""

from __future__ import annotations

from tests.e2e.user import TERMINAL, DoubtfulJob, User


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
