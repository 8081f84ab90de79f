"""Fault rules: which fault applies to which task, and how often.

Provider-neutral: a provider names its faults and their options (`FaultKind`) and asks the book at the moment
the fault would show. What a fault does is the provider's business.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MATCH_KEYS = ("model", "task_uuid", "task_type", "prompt_contains")


class InvalidFaultError(ValueError):
    """A rule that names an unknown fault, option or match key."""


@dataclass(frozen=True)
class FaultKind:
    """A fault a provider can show; `options` holds every option with its default.

    `accepts` tells, for options that take only certain values, whether a value is one of them.
    """

    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    accepts: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class FaultSubject:
    """What a rule is matched against: one task, as its submitter described it."""

    task_uuid: str
    model: str = ""
    task_type: str = ""
    prompt: str = ""


@dataclass
class FaultRule:
    """An active rule. `times` counts down; None means for ever."""

    id: str
    fault: str
    match: Mapping[str, str]
    times: int | None
    options: Mapping[str, Any]
    applied: int = 0

    def matches(self, subject: FaultSubject) -> bool:
        if self.times is not None and self.applied >= self.times:
            return False
        if "prompt_contains" in self.match and self.match["prompt_contains"] not in subject.prompt:
            return False
        exact = {key: value for key, value in self.match.items() if key != "prompt_contains"}
        return all(getattr(subject, key) == value for key, value in exact.items())

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "fault": self.fault,
            "match": dict(self.match),
            "times": self.times,
            "options": dict(self.options),
            "applied": self.applied,
        }


def one_of(*values: object) -> Callable[[object], bool]:
    """For `FaultKind.accepts`: only these values."""
    return values.__contains__


class FaultBook:
    """The active rules of one provider, oldest first."""

    def __init__(self, kinds: Mapping[str, FaultKind]) -> None:
        self._kinds = kinds
        self._rules: dict[str, FaultRule] = {}
        self._numbers = itertools.count(1)

    def add(self, document: Mapping[str, Any]) -> FaultRule:
        """Check and activate a rule; raises InvalidFaultError with a reason a test author understands."""
        fault = document.get("fault")
        if not isinstance(fault, str) or fault not in self._kinds:
            raise InvalidFaultError(f"unknown fault {fault!r}; known: {', '.join(sorted(self._kinds))}")
        match = document.get("match") or {}
        options = document.get("options") or {}
        times = document.get("times")
        _refuse_unknown("rule key", document, ("fault", "match", "times", "options"))
        _refuse_unknown("match key", match, MATCH_KEYS)
        _refuse_unknown(f"option of {fault}", options, tuple(self._kinds[fault].options))
        for name, accepts in self._kinds[fault].accepts.items():
            if name in options and not accepts(options[name]):
                raise InvalidFaultError(f"{options[name]!r} is not a value for {name} of {fault}")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise InvalidFaultError("times must be a positive integer")
        rule = FaultRule(
            id=f"fault-{next(self._numbers)}",
            fault=fault,
            match=dict(match),
            times=times,
            options={**self._kinds[fault].options, **options},
        )
        self._rules[rule.id] = rule
        return rule

    def take(
        self, fault: str, subject: FaultSubject, accepts: Callable[[FaultRule], bool] = lambda _: True
    ) -> FaultRule | None:
        """The first rule of that fault for this task, counted as applied; None if it shall behave well.

        `accepts` lets the caller pass over rules whose options do not concern the case at hand.
        """
        if fault not in self._kinds:
            raise InvalidFaultError(f"unknown fault {fault!r}")
        for rule in self._rules.values():
            if rule.fault == fault and rule.matches(subject) and accepts(rule):
                rule.applied += 1
                return rule
        return None

    def remove(self, rule_id: str) -> bool:
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        self._rules.clear()

    def documents(self) -> list[dict[str, Any]]:
        return [rule.document() for rule in self._rules.values()]


def _refuse_unknown(what: str, given: object, known: tuple[str, ...]) -> None:
    if not isinstance(given, Mapping):
        raise InvalidFaultError(f"{what}s must be given as an object")
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidFaultError(f"unknown {what} {unknown[0]!r}; known: {', '.join(known) or 'none'}")
