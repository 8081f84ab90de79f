"""Fault rules: matching, counting, and refusal of rules nobody would understand."""

from typing import Any

import pytest

from tests.sandbox.simulators.fault_rules import FaultBook, FaultKind, FaultSubject, InvalidFaultError, one_of

SUBJECT = FaultSubject("uuid-1", "openai:3@2", "videoInference", "a red fox")


def book() -> FaultBook:
    late = FaultKind("come late", {"seconds": 1.0, "how": "slowly"}, {"how": one_of("slowly", "quietly")})
    return FaultBook({"late": late, "never": FaultKind("stay away")})


def test_rule_without_match_applies_to_every_task() -> None:
    faults = book()
    faults.add({"fault": "late"})
    rule = faults.take("late", SUBJECT)
    assert rule is not None
    assert rule.options == {"seconds": 1.0, "how": "slowly"}
    assert faults.take("never", SUBJECT) is None


@pytest.mark.parametrize(
    ("match", "applies"),
    [
        ({"model": "openai:3@2"}, True),
        ({"model": "openai:3@1"}, False),
        ({"task_uuid": "uuid-1", "prompt_contains": "red"}, True),
        ({"task_uuid": "uuid-1", "prompt_contains": "blue"}, False),
        ({"task_type": "videoInference"}, True),
    ],
)
def test_rule_with_match_applies_only_to_matching_tasks(match: dict[str, str], *, applies: bool) -> None:
    faults = book()
    faults.add({"fault": "never", "match": match})
    assert (faults.take("never", SUBJECT) is not None) is applies


def test_rule_with_times_wears_out_and_the_next_takes_over() -> None:
    faults = book()
    faults.add({"fault": "late", "times": 1, "options": {"seconds": 5}})
    faults.add({"fault": "late", "times": 1})
    taken = [faults.take("late", SUBJECT) for _ in range(3)]
    assert [rule.options["seconds"] if rule else None for rule in taken] == [5, 1.0, None]
    assert [rule["applied"] for rule in faults.documents()] == [1, 1]


def test_rule_that_the_caller_passes_over_is_not_counted() -> None:
    faults = book()
    faults.add({"fault": "late", "times": 1})
    assert faults.take("late", SUBJECT, lambda _: False) is None
    assert faults.take("late", SUBJECT) is not None


@pytest.mark.parametrize(
    "document",
    [
        {"fault": "unheard-of"},
        {},
        {"fault": "late", "options": {"minutes": 1}},
        {"fault": "late", "options": {"how": "loudly"}},
        {"fault": "late", "match": {"colour": "red"}},
        {"fault": "late", "match": "red"},
        {"fault": "late", "times": 0},
        {"fault": "late", "extra": 1},
    ],
)
def test_rule_with_a_mistake_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidFaultError):
        book().add(document)
