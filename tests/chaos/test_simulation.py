"""A few thousand seeds, those that once failed, and whether a seed tells the same story again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.chaos.campaign import run_chunk
from tests.chaos.faults import RATES
from tests.chaos.kept_seeds import KEPT
from tests.chaos.simulation import Simulation

_CHUNKS, _SEEDS = 8, 500


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_nothing_is_paid_twice_lost_or_stuck(chunk: int) -> None:
    report = run_chunk((range(chunk * _SEEDS, (chunk + 1) * _SEEDS), None))

    assert report.failed == {}
    assert report.runs == _SEEDS
    assert report.ends["succeeded"] > _SEEDS // 3
    assert report.struck.total() > _SEEDS


@pytest.mark.parametrize("seed", KEPT, ids=str)
def test_seed_that_once_failed_holds(seed: int) -> None:
    assert Simulation(seed).run().problems == ()


def test_without_faults_every_job_succeeds() -> None:
    for seed in range(100):
        simulation = Simulation(seed, rates={})
        simulation.world.faults.on = False
        outcome = simulation.run()
        assert outcome.problems == ()
        assert set(outcome.ends) <= {"succeeded", "failed run_deadline", "failed partial_failure"}


def test_every_kind_of_fault_strikes() -> None:
    struck = run_chunk((range(1_500), None)).struck

    assert set(RATES) - set(struck) == set()


def test_seed_tells_the_same_story_in_another_process() -> None:
    """Nothing in a run depends on what differs from one process to the next, such as the order of a set."""
    stories = {_told(seed, hashes) for seed, hashes in ((11, "1"), (11, "2"))}

    assert len(stories) == 1
    assert "→" in stories.pop()


def _told(seed: int, hashes: str) -> str:
    command = [sys.executable, "-m", "tests.chaos", "--seed", str(seed)]
    run = subprocess.run(  # noqa: S603 - our own module
        command, env={"PYTHONHASHSEED": hashes}, capture_output=True, text=True, check=True
    )
    return run.stdout
