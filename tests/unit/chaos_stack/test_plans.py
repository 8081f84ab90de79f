"""What a run does to its jobs: the same for the same seed, and of everything something."""

from __future__ import annotations

import re

import pytest

from framehook.identifiers import derive_job_id, is_job_id
from tests.chaos_stack.fault_menu import FAULTS
from tests.chaos_stack.plans import OWNER, Way, planned
from tests.sandbox.simulators.runcomfy.faults import FAULTS as RUNCOMFY
from tests.sandbox.simulators.runninghub.faults import FAULTS as RUNNINGHUB
from tests.sandbox.simulators.runware.faults import FAULTS as RUNWARE

KNOWN = {"runware": RUNWARE, "runninghub": RUNNINGHUB, "runcomfy": RUNCOMFY}


def said(seed: int, jobs: int) -> list[tuple[object, ...]]:
    """Plans without what is made anew for each."""
    return [
        (plan.tag, plan.provider, dict(plan.body), plan.way, plan.twice, plan.cancel_after, plan.faults)
        for plan in planned(seed, jobs)
    ]


def test_same_seed_makes_the_same_plan() -> None:
    assert said(7, 50) == said(7, 50)


def test_other_seed_makes_another_plan() -> None:
    assert said(7, 50) != said(8, 50)


def test_longer_run_begins_like_the_shorter_one() -> None:
    assert said(7, 50)[:20] == said(7, 20)


def test_tag_is_in_no_other_jobs_prompt() -> None:
    plans = planned(1, 120)

    found = [[other.number for other in plans if plan.tag in str(other.body)] for plan in plans]

    assert found == [[plan.number] for plan in plans]


def test_job_id_is_the_one_that_the_product_derives_from_the_key() -> None:
    [plan] = planned(1, 1)

    assert is_job_id(plan.job_id)
    assert plan.job_id == derive_job_id(OWNER, f"key:{plan.key}")


def test_plan_of_a_usual_size_has_something_of_everything() -> None:
    plans = planned(1, 300)

    assert {plan.provider for plan in plans} == set(KNOWN)
    assert {plan.way for plan in plans} == set(Way)
    assert {plan.count for plan in plans} == {1, 2}
    assert {plan.twice for plan in plans} == {True, False}
    assert {plan.is_told_charge for plan in plans} == {True, False}
    assert any(plan.cancel_after for plan in plans)
    used = {(plan.provider, fault.name) for plan in plans for fault in plan.faults}
    assert len(used) > 30


def test_faults_of_a_job_differ_by_name() -> None:
    for plan in planned(3, 300):
        names = [fault.name for fault in plan.faults]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("provider", FAULTS)
def test_fault_on_the_menu_is_one_of_its_simulators(provider: str) -> None:
    for fault in FAULTS[provider]:
        kind = KNOWN[provider][fault.name]
        assert fault.options.keys() <= kind.options.keys()
        for name, accepts in kind.accepts.items():
            assert name not in fault.options or accepts(fault.options[name])


def test_count_of_a_body_is_the_planned_one() -> None:
    for plan in planned(5, 200):
        written = re.search(r"'(?:count|numberResults)': (\d)", str(plan.body))
        assert plan.count == (int(written[1]) if written else 1)
