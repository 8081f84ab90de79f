"""That the simulation shows each policy's flaw, that Framehook has none of them, and that all are judged alike."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.chaos.comparison import (
    HEADINGS,
    OURS,
    Tally,
    Told,
    as_markdown,
    compare,
    judged,
    tally_of_another,
    tally_of_ours,
)
from tests.chaos.gateway_policies import (
    POLICIES,
    FailOnTimeout,
    FailoverWhenSlow,
    FailoverWithoutProof,
    QueueRedelivery,
    ResubmitAtDeadline,
    ResubmitAtTwoHours,
    RetryOnTimeout,
    WebhookOnly,
)
from tests.chaos.generations import Generation, Ledger
from tests.chaos.other_gateways import Gateway
from tests.chaos.simulation import Simulation
from tests.chaos.world import HOUR

_SEEDS = range(40)
_PAYING_TWICE = (
    *(RetryOnTimeout, QueueRedelivery, ResubmitAtDeadline, ResubmitAtTwoHours),
    *(FailoverWithoutProof, FailoverWhenSlow),
)
_HARMLESS_WITHOUT_FAULTS = (RetryOnTimeout, QueueRedelivery, FailoverWithoutProof, FailOnTimeout)


@pytest.fixture(scope="module")
def totals() -> Mapping[str, Tally]:
    return compare(_SEEDS)


@pytest.mark.parametrize("policy", _PAYING_TWICE)
def test_policy_that_sends_again_without_proof_pays_twice(
    totals: Mapping[str, Tally], policy: type[Gateway]
) -> None:
    assert totals[policy.name].doubles > 0
    assert totals[policy.name].double_cost > 0


@pytest.mark.parametrize("policy", [FailOnTimeout, WebhookOnly])
def test_policy_that_never_sends_again_pays_once_and_loses_results(
    totals: Mapping[str, Tally], policy: type[Gateway]
) -> None:
    assert totals[policy.name].doubles == 0
    assert totals[policy.name].lost > 0


def test_lost_webhook_leaves_jobs_of_webhook_only_stuck(totals: Mapping[str, Tally]) -> None:
    assert totals[WebhookOnly.name].stuck > 0


def test_url_that_is_passed_on_leaves_jobs_without_a_file(totals: Mapping[str, Tally]) -> None:
    assert totals[WebhookOnly.name].bad_files > 0


@pytest.mark.parametrize("policy", POLICIES)
def test_unknown_outcome_leaves_every_other_policy_with_wrong_charges(
    totals: Mapping[str, Tally], policy: type[Gateway]
) -> None:
    assert totals[policy.name].wrong_charges > totals[OURS].wrong_charges


def test_framehook_pays_once_and_loses_nothing(totals: Mapping[str, Tally]) -> None:
    ours = totals[OURS]
    assert ours.succeeded > 0
    assert (ours.doubles, ours.double_cost, ours.lost, ours.stuck, ours.bad_files) == (0, 0, 0, 0, 0)


def test_what_framehook_leaves_undelivered_was_parked(totals: Mapping[str, Tally]) -> None:
    assert totals[OURS].parked > 0


@pytest.mark.parametrize("policy", _HARMLESS_WITHOUT_FAULTS)
def test_policy_without_faults_costs_nothing(policy: type[Gateway]) -> None:
    total = Tally()
    for seed in _SEEDS:
        gateway = policy(seed)
        gateway.world.faults.on = False
        total.add(tally_of_another(gateway))
    assert total.succeeded > 0
    assert (total.doubles, total.lost, total.stuck, total.bad_files) == (0, 0, 0, 0)


def test_seed_means_the_same_jobs_to_every_gateway() -> None:
    for seed in _SEEDS:
        ours = Simulation(seed)
        ours.world.faults.on = False
        tally_of_ours(ours)
        asked = sorted((job.model, job.provider, job.count) for job in ours.stack.jobs.jobs.values())
        for policy in POLICIES:
            gateway = policy(seed)
            gateway.world.faults.on = False
            gateway.run()
            firsts = [(gateway.ways(record.kind)[0], record) for record in gateway.records.values()]
            assert sorted((way.model, way.provider, len(record.outputs)) for way, record in firsts) == asked
            assert gateway.world.faults.rates == ours.world.faults.rates


def test_same_seeds_give_the_same_table() -> None:
    assert compare(range(3)) == compare(range(3))


def test_markdown_has_a_row_for_each_policy_and_framehook(totals: Mapping[str, Tally]) -> None:
    table = [line for line in as_markdown(totals).splitlines() if line.startswith("|")]
    assert [line.split(" | ")[0].removeprefix("| ") for line in table[2:]] == [*totals]
    assert {line.count(" | ") for line in table} == {len(HEADINGS) - 1}


# ---------------------------------------------------------------------- the judge


def _generation(number: int, *, succeeds: bool = True, hours: int = 1) -> Generation:
    """The nth generation of the only output of the job, which costs `number` millionths."""
    return Generation(
        provider="runware",
        id=f"task-{number}",
        job_id="job",
        slot=0,
        attempt=number,
        accepted_at=number,
        ends_at=number + hours * HOUR,
        succeeds=succeeds,
        cost=number,
        ended=True,
    )


def _judged(*generations: Generation, file: bytes | None = None, **told: bool | int) -> Tally:
    ledger = Ledger()
    for each in generations:
        ledger.add(each)
    said = Told(
        id="job",
        count=1,
        ended=bool(told.get("ended", True)),
        succeeded=file is not None,
        files={0: file} if file is not None else {},
        charged=int(told.get("charged", 1)),
        allowed=int(told.get("allowed", 1)),
        ended_in_doubt=bool(told.get("ended_in_doubt", False)),
    )
    return judged(ledger, said, blinded=bool(told.get("blinded", False)))


def test_one_generation_and_its_whole_file_is_a_success_without_fault() -> None:
    once = _generation(1)
    assert _judged(once, file=once.body(0)) == Tally(jobs=1, succeeded=1)


def test_second_generation_of_an_output_is_a_double_charge_of_its_cost() -> None:
    once, twice = _generation(1), _generation(2)
    judgement = _judged(once, twice, file=twice.body(0))
    assert (judgement.doubles, judgement.double_cost, judgement.wrong_charges) == (1, 2, 1)


def test_second_generation_after_a_failed_one_is_no_double_charge() -> None:
    judgement = _judged(_generation(1, succeeds=False), again := _generation(2), file=again.body(0))
    assert judgement.doubles == 0


def test_second_generation_that_a_person_asked_for_is_no_double_charge() -> None:
    once, twice = _generation(1), _generation(2)
    assert _judged(once, twice, file=once.body(0), allowed=2).doubles == 0


def test_file_that_is_cut_is_bad_and_its_result_lost() -> None:
    once = _generation(1)
    judgement = _judged(once, file=once.body(0)[:-1])
    assert (judgement.bad_files, judgement.lost) == (1, 1)


def test_success_without_a_file_is_bad() -> None:
    assert judged(Ledger(), Told("job", 1, ended=True, succeeded=True, files={}, charged=0)).bad_files == 1


def test_result_of_a_job_that_never_ends_is_stuck_and_lost() -> None:
    judgement = _judged(_generation(1), ended=False)
    assert (judgement.stuck, judgement.lost) == (1, 1)


def test_result_that_a_person_gave_up_is_told_apart_from_lost_ones() -> None:
    judgement = _judged(_generation(1), ended_in_doubt=True)
    assert (judgement.lost, judgement.parked_paid) == (0, 1)


def test_result_that_nobody_could_have_had_is_not_lost() -> None:
    assert _judged(_generation(1, hours=25)).lost == 0
    assert _judged(_generation(1), blinded=True).lost == 0
    assert _judged(_generation(1)).lost == 1
