"""The simulators' records as the books need them, in each provider's own words; and what a person makes of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.chaos_stack.person import decision
from tests.chaos_stack.plans import planned
from tests.chaos_stack.provider_records import ProviderRecords, ProviderTask, read_records

EMPTY: dict[str, Any] = {"faults": [], "lookups": {}, "webhooks": [], "requests": []}
FILE = "http://127.0.0.1:9/media/image/ws/2/ii/1.jpg"
PLAN = planned(1, 1)[0]


@pytest.mark.parametrize(
    ("provider", "taken", "charge"),
    [
        (
            "runware",
            {
                "taskUUID": "a",
                "state": "success",
                "request": {"positivePrompt": "p", "webhookURL": "http://hook"},
                "results": [{"item": {"imageURL": FILE, "cost": 0.0013}}],
            },
            {"taskUUID": "a", "cost": 0.0013},
        ),
        (
            "runninghub",
            {
                "taskId": "a",
                "state": "SUCCESS",
                "webhookUrl": "http://hook",
                "request": {"prompt": "p"},
                "results": [{"url": FILE, "outputType": "png"}],
            },
            {"taskId": "a", "cost": "0.0013"},
        ),
        (
            "runcomfy",
            {
                "request_id": "a",
                "state": "succeeded",
                "webhook": "http://hook",
                "request": {"prompt": "p"},
                "results": [FILE],
            },
            {"request_id": "a", "cost": 0.0013},
        ),
    ],
)
def test_task_is_read_with_its_charges_files_and_webhook(
    provider: str, taken: dict[str, Any], charge: dict[str, Any]
) -> None:
    [task] = read_records(provider, {**EMPTY, "accepted": [taken], "billed": [charge]}).tasks

    assert (task.id, task.state, task.webhook) == ("a", taken["state"], "http://hook")
    assert task.files == (FILE,)
    assert task.charges == (Decimal("0.0013"),)


def test_charge_without_a_task_is_kept() -> None:
    records = read_records("runcomfy", {**EMPTY, "accepted": [], "billed": [{"request_id": "a", "cost": 1}]})

    assert [(task.id, task.charges) for task in records.tasks] == [("a", (Decimal(1),))]


def test_faults_are_counted_by_name_and_only_those_that_applied() -> None:
    rules = [{"fault": "webhook_drop", "applied": 2}, {"fault": "webhook_drop", "applied": 1}]
    rules.append({"fault": "media_404", "applied": 0})

    records = read_records("runware", {**EMPTY, "accepted": [], "billed": [], "faults": rules})

    assert records.faults == {"webhook_drop": 3}


def records_of(*tasks: ProviderTask) -> ProviderRecords:
    return ProviderRecords(tasks, {}, 0, 0)


def theirs(task_id: str, state: str = "success") -> ProviderTask:
    return ProviderTask(PLAN.provider, task_id, state, PLAN.tag, None, (), ())


def shown(*tasks: tuple[str | None, str]) -> dict[str, Any]:
    told = [{"provider_task_id": task_id, "status": status} for task_id, status in tasks]
    return {"attempts": [{"number": 1, "tasks": told}]}


def test_person_adopts_the_task_that_the_provider_has() -> None:
    decided = decision(shown(("a", "unknown")), PLAN, records_of(theirs("a")))

    assert decided == ("adopt", {"provider_task_id": "a"})


def test_person_adopts_no_task_that_the_job_knows_already() -> None:
    decided = decision(
        shown(("a", "reported"), (None, "unknown")), PLAN, records_of(theirs("a"), theirs("b"))
    )

    assert decided == ("adopt", {"provider_task_id": "b"})


@pytest.mark.parametrize("found", [(), (theirs("a", "FAILED"),)])
def test_person_abandons_what_the_provider_does_not_have(found: tuple[ProviderTask, ...]) -> None:
    assert decision(shown(("a", "unknown")), PLAN, records_of(*found)) == ("abandon", {})


def test_person_has_the_missing_part_of_a_paid_job_sent_again() -> None:
    decided = decision(shown(("a", "reported"), ("b", "unknown")), PLAN, records_of(theirs("a")))

    assert decided == ("resend", {})
