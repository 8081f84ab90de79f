"""Reads what `runware.json` knows of one model or task type. Holds no decisions about requests.

A model's line names its task type (`:kind` where the type leaves it open), the slug of its page below
runware.ai/docs/models, and the fields it takes beside those of its task type: `seed`, `positivePrompt!` for a
required one, `resolution=720p|1080p` with a rule of its own, `-safety` for one it lacks, `*` for unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framehook.catalogue import runware_data
from framehook.jobs import Kind
from framehook.rules import Rule

_TYPE_NAMES = ("integer", "number", "string", "boolean", "object", "array")


@dataclass(frozen=True, slots=True)
class RunwareModel:
    """What a request for one model may hold. `rule` is None where that is not known: all is passed on.

    `takes` has the fields that may be sent without knowing more, the gateway's own among them.
    """

    task_type: str
    kind: Kind
    usual_seconds: int
    takes: frozenset[str]
    rule: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    slug: str | None = None


def find(air: str) -> RunwareModel | None:
    """The model with this AIR identifier. None says nothing of Runware: the catalogue is never complete."""
    detailed = runware_data()["detailed"].get(air)
    if detailed:
        return _parsed(detailed["form"], detailed["rule"], detailed["defaults"])
    line = runware_data()["models"].get(air)
    return _parsed(line) if line else None


def unlisted(task_type: str) -> RunwareModel | None:
    """A model of this task type that the catalogue does not know; None when there is no such type."""
    task = runware_data()["tasks"].get(task_type)
    if task is None:
        return None
    fields, _ = _fields(task["fields"].split())
    return RunwareModel(task_type, Kind(task["kind"]), task["usual_seconds"], frozenset(fields))


def task_types() -> Sequence[str]:
    return tuple(runware_data()["tasks"])


def known_ids() -> Sequence[str]:
    return (*runware_data()["detailed"], *runware_data()["models"])


def _parsed(
    line: str, rule: Mapping[str, Any] | None = None, defaults: Mapping[str, Any] | None = None
) -> RunwareModel:
    first, slug, *words = line.split()
    task_type, _, kind = first.partition(":")
    task = runware_data()["tasks"][task_type]
    fields, required = _fields([*task["fields"].split(), *(word for word in words if word != "*")])
    if rule is None and "*" not in words:
        rule = {"fields": fields, "required": required}
    return RunwareModel(
        task_type=task_type,
        kind=Kind(kind or task["kind"]),
        usual_seconds=task["usual_seconds"],
        takes=frozenset(fields),
        rule=rule,
        defaults=defaults or {},
        slug=slug,
    )


def _fields(words: Sequence[str]) -> tuple[dict[str, Rule], list[str]]:
    """The rule of each field, and the required ones. A later word replaces an earlier one."""
    usual = runware_data()["fields"]
    rules: dict[str, Rule] = {}
    required: dict[str, None] = {}
    for word in words:
        name, _, own = word.removeprefix("-").removesuffix("!").partition("=")
        required.pop(name, None)
        if word.startswith("-"):
            rules.pop(name, None)
            continue
        rules[name] = _rule(own or usual[name])
        if word.endswith("!"):
            required[name] = None
    return rules, list(required)


def _rule(word: str) -> Rule:
    if word in _TYPE_NAMES:
        return word
    named: Rule | None = runware_data()["rules"].get(word)
    return named or [_scalar(option) for option in word.split("|")]


def _scalar(text: str) -> str | int | float:
    try:
        value: str | int | float = json.loads(text)
    except ValueError:
        return text
    return value
