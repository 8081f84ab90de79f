"""The gate of a provider: it closes behind a refusal for now and opens behind one probe."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.backpressure import after, closed_until, probe
from framehook.errors import Failure
from framehook.ports import Gate
from framehook.providers.contract import Accepted, Refused, RefusedForNow, Unknown, Verdict

NOW = 1_700_000_000_000
OPEN = Gate(version=4)
BUSY = RefusedForNow(Failure("provider_busy", "later"))
INVALID = Refused(Failure("invalid_request", "never"))


def test_open_gate_needs_no_probe() -> None:
    assert closed_until(OPEN, NOW) is None
    assert closed_until(replace(OPEN, probe_until=NOW + 75_000), NOW) is None
    assert probe(OPEN, NOW, 75_000) is None


def test_refusal_closes_the_gate_for_longer_each_time() -> None:
    gate, waits = OPEN, []
    for _ in range(8):
        gate = after(gate, [BUSY], NOW, 1)
        waits.append((gate.closed_until - NOW) // 1_000)

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert gate.failures == 8
    assert closed_until(gate, NOW) == gate.closed_until


def test_longest_retry_after_keeps_it_closed() -> None:
    gate = after(OPEN, [BUSY, replace(BUSY, retry_after=120.5), replace(BUSY, retry_after=30)], NOW, 0)

    assert gate.closed_until == NOW + 120_500


def test_one_probe_tries_for_all_and_the_rest_look_again_within_seconds() -> None:
    shut = after(OPEN, [BUSY], NOW, 0)
    reopened = shut.closed_until
    assert closed_until(shut, reopened) is None

    probing = probe(shut, reopened, 75_000)

    assert probing is not None
    assert closed_until(probing, reopened) == reopened + 5_000
    assert closed_until(probing, reopened + 74_000) == reopened + 75_000
    assert closed_until(probing, reopened + 75_000) is None  # the probe was never heard of again


@pytest.mark.parametrize("verdicts", [[Accepted("a")], [INVALID], [BUSY, Accepted("a")]])
def test_any_decision_of_the_provider_opens_the_gate(verdicts: list[Verdict]) -> None:
    shut = Gate(NOW + 9_000, failures=3, probe_until=NOW + 75_000, version=4)

    assert after(shut, verdicts, NOW, 0) == OPEN
    assert after(OPEN, verdicts, NOW, 0) is OPEN


def test_call_that_was_not_made_changes_nothing() -> None:
    shut = Gate(NOW + 9_000, failures=3)
    assert after(shut, [], NOW, 0) is shut


def test_several_unknown_outcomes_in_a_row_close_the_gate() -> None:
    """A provider that hangs would hold every sender up, and each of its jobs would need a person's decision."""
    gate, waits = OPEN, []
    for _ in range(5):
        gate = after(gate, [Unknown("timed out")], NOW, 1)
        waits.append(max(gate.closed_until - NOW, 0) // 1_000)

    assert waits == [0, 0, 5, 10, 20]
    assert after(gate, [Accepted("a")], NOW, 1) == OPEN


def test_probe_whose_outcome_is_unknown_closes_the_gate_again() -> None:
    shut = after(OPEN, [BUSY], NOW, 1)

    gate = after(shut, [Unknown("timed out")], shut.closed_until, 1)

    assert (gate.failures, gate.closed_until) == (2, shut.closed_until + 10_000)


def test_unknown_outcomes_between_others_close_nothing() -> None:
    gate = OPEN
    verdicts: list[Verdict] = [Unknown("a"), Unknown("b"), Accepted("c")]
    for verdict in verdicts * 4:
        gate = after(gate, [verdict], NOW, 1)
        assert closed_until(gate, NOW) is None


@given(failures=st.integers(0, 100), fraction=st.floats(0, 1))
def test_refused_gate_is_always_closed_and_never_for_good(failures: int, fraction: float) -> None:
    gate = after(Gate(failures=failures), [BUSY], NOW, fraction)

    assert NOW < gate.closed_until <= NOW + 300_000
    assert gate.failures == failures + 1
