"""Cancelling: what waits, what runs, what is over, and answers that are not quite true."""

from typing import Any

import pytest

from tests.unit.sandbox.simulators.runcomfy.comfy import QUEUE_SECONDS, Comfy, simulate_comfy


def test_waiting_job_is_cancelled_at_no_cost() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        response = await comfy.cancel(job)
        assert response.status_code == 202
        assert response.json() == {
            "request_id": job["request_id"],
            "status": "completed",
            "outcome": "cancelled",
        }
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == ("cancelled", "cancelled")
        assert comfy.records("billed") == []

    simulate_comfy(scenario)


@pytest.mark.parametrize(("seconds", "status"), [(QUEUE_SECONDS, "in_progress"), (1000, "completed")])
def test_running_or_finished_job_is_not_cancellable_and_paid(seconds: float, status: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.submit()
        await comfy.clock.advance(seconds)
        answer = (await comfy.cancel(job)).json()
        assert (answer["status"], answer["outcome"]) == (status, "not_cancellable")
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == ("completed", "succeeded")
        assert len(comfy.records("billed")) == 1

    simulate_comfy(scenario)


def test_second_cancel_does_no_harm() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(cancelled_word="canceled", cancel_status="state")
        job = await comfy.submit()
        first, second = (await comfy.cancel(job)).json(), (await comfy.cancel(job)).json()
        assert (first["status"], first["outcome"]) == ("canceled", "canceled")
        assert (second["status"], second["outcome"]) == ("canceled", "not_cancellable")

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("cancels", "outcome", "words"),
    [
        (True, "cancelled", ("cancelled", "cancelled")),
        (False, "not_cancellable", ("completed", "succeeded")),
    ],
)
def test_running_job_of_a_deployment_is_cancelled_if_the_defaults_allow_it(
    cancels: bool, outcome: str, words: tuple[str, str]
) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(cancel_running_deployments=cancels)
        job = await comfy.run(hook=None)
        await comfy.clock.advance(QUEUE_SECONDS)
        assert (await comfy.cancel(job)).json()["outcome"] == outcome
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == words
        assert len(comfy.records("billed")) == 1

    simulate_comfy(scenario)


def test_job_may_finish_although_its_cancel_was_accepted() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("cancel_race")
        job = await comfy.submit()
        assert (await comfy.cancel(job)).json()["outcome"] == "cancelled"
        await comfy.clock.advance(1000)
        assert await comfy.words(job) == ("completed", "succeeded")
        assert len(comfy.records("billed")) == 1

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("requested", {"status": "cancelled", "outcome": "cancellation_requested"}),
        ("legacy", {"status": "cancellation_requested"}),
    ],
)
def test_cancel_may_only_be_requested_and_come_later(form: str, answer: dict[str, Any]) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("cancel_answer", form=form, seconds=3)
        job = await comfy.submit()
        assert (await comfy.cancel(job)).json() == {"request_id": job["request_id"], **answer}
        assert (await comfy.status(job))["status"] == "in_queue"
        await comfy.clock.advance(3)
        assert (await comfy.status(job))["status"] == "cancelled"

    simulate_comfy(scenario)


def test_cancel_that_fails_changes_nothing() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("cancel_error", status=500)
        job = await comfy.submit()
        assert (await comfy.cancel(job)).status_code == 500
        assert (await comfy.status(job))["status"] == "in_queue"

    simulate_comfy(scenario)
