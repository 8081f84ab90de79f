"""The books of a run: they balance after a good one, and each promise that is broken is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos_stack.books import Imbalance, accounts, imbalances, jobs_in
from tests.chaos_stack.evidence import Event, Evidence, Letter, StoredFile
from tests.chaos_stack.plans import planned
from tests.chaos_stack.provider_records import ProviderRecords, ProviderTask

PRICE = Decimal("0.0013")
PLAN = next(plan for plan in planned(1, 100) if plan.provider == "runware" and plan.count == 1)
PLAN = replace(PLAN, left_parked=False)
KEY = f"outputs/default/{PLAN.job_id}/0.jpg"
TASK = ProviderTask("runware", "uuid-1", "success", f"a prompt, {PLAN.tag}", None, (), (PRICE,))


def job(**changed: Any) -> dict[str, Any]:
    """The job as the API shows it after a good end."""
    task = {"provider_task_id": TASK.id, "status": "reported"}
    return {
        "id": PLAN.job_id,
        "status": "succeeded",
        "cost": {"actual": str(PRICE)},
        "error": None,
        "outputs": [{"status": "landed", "key": KEY, "bytes": 5}],
        "attempts": [{"number": 1, "tasks": [task]}],
        "timeline": [{"status": status} for status in ("queued", "submitting", "running", "succeeded")],
    } | changed


def parked(**changed: Any) -> dict[str, Any]:
    timeline = [{"status": status} for status in ("queued", "submitting", "parked")]
    error = {"code": "outcome_unknown"}
    unknown = {"status": "parked", "outputs": [], "timeline": timeline, "error": error}
    return job(**({**unknown, "cost": {"actual": None}} | changed))


def evidence(shown: Mapping[str, Any] | None = None, *tasks: ProviderTask, **changed: Any) -> Evidence:
    shown = shown or job()
    told = Event(f"{PLAN.job_id}:5", PLAN.job_id, shown["status"], shown["cost"]["actual"])
    good = Evidence(
        plans=[PLAN],
        accepted=frozenset({PLAN.job_id}),
        refused={},
        stored=frozenset({PLAN.job_id}),
        jobs={PLAN.job_id: shown},
        records={"runware": ProviderRecords(tasks or (TASK,), {}, 0, 0)},
        files=[StoredFile(KEY, 5, "sum-1")] if shown["outputs"] else [],
        made={PLAN.tag: ["sum-1"]},
        events=[told],
        letters=[],
    )
    return replace(good, **changed)


def promises(found: list[Imbalance]) -> set[str]:
    return {one.promise for one in found}


def test_books_of_a_good_run_balance() -> None:
    assert imbalances(evidence()) == []


def test_account_adds_up_what_was_billed_and_what_was_recorded() -> None:
    [account] = accounts(evidence())

    assert (account.billed, account.recorded, account.charges) == (PRICE, PRICE, 1)
    assert account.balances


def test_task_charged_twice_is_found() -> None:
    found = imbalances(evidence(None, replace(TASK, charges=(PRICE, PRICE))))

    assert "was charged 2 times for 1 generations" in str(found)
    assert promises(found) == {"payments", "charges"}


def test_second_task_of_one_generation_is_found_even_if_it_is_recorded() -> None:
    found = imbalances(evidence(job(cost={"actual": "0.0026"}), TASK, replace(TASK, id="uuid-2")))

    assert promises(found) == {"payments"}


def test_second_task_that_was_not_charged_is_found() -> None:
    found = imbalances(evidence(None, TASK, replace(TASK, id="uuid-2", charges=())))

    assert promises(found) == {"payments"}
    assert "2 tasks" in found[0].what


def test_resend_by_a_person_may_be_charged_again() -> None:
    books = evidence(
        job(cost={"actual": "0.0026"}), TASK, replace(TASK, id="uuid-2"), resent={PLAN.job_id: 1}
    )

    assert imbalances(books) == []


def test_second_attempt_that_no_person_asked_for_is_found() -> None:
    twice: list[dict[str, Any]] = [{"number": number, "tasks": []} for number in (1, 2)]
    shown = job(cost={"actual": "0.0026"}, attempts=twice)

    assert promises(imbalances(evidence(shown, TASK, replace(TASK, id="uuid-2")))) == {"payments"}


def test_charge_of_an_abandoned_job_is_found() -> None:
    timeline = [{"status": status} for status in ("queued", "submitting", "parked", "failed")]
    error = {"code": "abandoned"}
    shown = job(status="failed", cost={"actual": None}, outputs=[], timeline=timeline, error=error)

    assert promises(imbalances(evidence(shown))) == {"charges"}


def test_charge_that_the_job_does_not_know_of_is_found() -> None:
    found = imbalances(evidence(job(cost={"actual": None})))

    assert promises(found) == {"charges"}


def test_charge_that_no_provider_made_is_found() -> None:
    found = imbalances(evidence(None, replace(TASK, charges=())))

    assert promises(found) == {"charges"}


def test_charge_that_the_stack_is_not_told_is_accounted_for() -> None:
    plan = replace(PLAN, is_told_charge=False)

    assert imbalances(evidence(job(cost={"actual": None}), plans=[plan])) == []


def test_charge_of_a_job_left_parked_is_in_doubt() -> None:
    books = evidence(parked(), plans=[replace(PLAN, left_parked=True)])

    assert imbalances(books) == []
    assert [account.in_doubt for account in accounts(books)] == [PRICE]


def test_parked_job_that_somebody_has_decided_about_is_found() -> None:
    assert promises(imbalances(evidence(parked()))) == {"ends"}


def test_parked_job_without_a_reason_is_found() -> None:
    books = evidence(parked(error=None), plans=[replace(PLAN, left_parked=True)])

    assert promises(imbalances(books)) == {"ends"}


def test_task_that_no_job_asked_for_is_found() -> None:
    stranger = ProviderTask("runware", "uuid-9", "success", "something else", None, (), ())

    assert promises(imbalances(evidence(None, TASK, stranger))) == {"payments"}


@pytest.mark.parametrize(
    "changed",
    [
        {"accepted": frozenset({PLAN.job_id, "another"})},
        {"stored": frozenset({PLAN.job_id, "another"}), "accepted": frozenset({PLAN.job_id, "another"})},
        {"accepted": frozenset()},
        {"refused": {PLAN.job_id: "400 invalid"}},
    ],
)
def test_jobs_accepted_are_those_in_the_table(changed: Mapping[str, Any]) -> None:
    assert promises(imbalances(evidence(None, **changed))) == {"jobs"}


def test_open_job_is_found() -> None:
    shown = job(status="running", outputs=[], timeline=[{"status": "queued"}, {"status": "running"}])

    assert promises(imbalances(evidence(shown))) == {"ends"}


def test_job_that_ended_twice_is_found() -> None:
    timeline = [{"status": status} for status in ("queued", "failed", "running", "succeeded")]

    assert promises(imbalances(evidence(job(timeline=timeline)))) == {"ends"}


def told(number: int, status: str = "succeeded", charged: str | None = str(PRICE)) -> Event:
    return Event(f"{PLAN.job_id}:{number}", PLAN.job_id, status, charged)


@pytest.mark.parametrize("events", [[], [told(5, "running")], [told(5, "failed")], [told(5), told(6)]])
def test_end_is_announced_as_one_event_or_found(events: list[Event]) -> None:
    assert promises(imbalances(evidence(events=events))) == {"events"}


@pytest.mark.parametrize("events", [[told(5), told(5)], [told(5, charged=None), told(6)]])
def test_event_may_repeat_and_come_again_with_the_charge(events: list[Event]) -> None:
    assert imbalances(evidence(events=events)) == []


@pytest.mark.parametrize(
    ("files", "made"),
    [
        ([], ["sum-1"]),
        ([StoredFile(KEY, 4, "sum-1")], ["sum-1"]),
        ([StoredFile(KEY, 5, "other")], ["sum-1"]),
        ([StoredFile(KEY, 5, "sum-1"), StoredFile("outputs/default/x/0.jpg", 5, "sum-1")], ["sum-1"]),
    ],
)
def test_file_is_whole_and_a_jobs_or_found(files: list[StoredFile], made: list[str]) -> None:
    assert promises(imbalances(evidence(files=files, made={PLAN.tag: made}))) == {"files"}


def test_one_file_for_two_outputs_is_found() -> None:
    other = KEY.replace("0.jpg", "1.jpg")
    outputs = [{"status": "landed", "key": key, "bytes": 5} for key in (KEY, other)]
    files = [StoredFile(key, 5, "sum-1") for key in (KEY, other)]

    assert promises(imbalances(evidence(job(outputs=outputs), files=files))) == {"files"}


def test_success_without_all_its_files_is_found() -> None:
    outputs = [{"status": "landed", "key": KEY, "bytes": 5}, {"status": "lost", "key": None, "bytes": None}]

    assert promises(imbalances(evidence(job(outputs=outputs)))) == {"files"}


def test_letter_about_a_job_that_ended_is_explained() -> None:
    letters = [
        Letter("FailedInvocations", f'{{"job_id": "{PLAN.job_id}"}}'),
        Letter("JobsDeadLetters", PLAN.key),
    ]
    books = evidence(letters=letters)

    assert imbalances(books) == []
    assert [jobs_in(letter.text, books) for letter in letters] == [[PLAN.job_id]] * 2


@pytest.mark.parametrize(
    "letter",
    [Letter("FailedInvocations", "{}"), Letter("PoisonChanges", f'{{"job_id": "{PLAN.job_id}"}}')],
)
def test_letter_without_an_explanation_is_found(letter: Letter) -> None:
    assert promises(imbalances(evidence(letters=[letter]))) == {"letters"}


def test_forgery_that_was_taken_is_found() -> None:
    assert promises(imbalances(evidence(forgeries_taken=["guessed token: 200"]))) == {"forgeries"}
