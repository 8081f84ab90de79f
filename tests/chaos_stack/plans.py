"""What a run does to each of its jobs, drawn from one seed: the same seed, the same plan. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from framehook.identifiers import derive_job_id
from tests.chaos_stack.fault_menu import FAULTS, Fault
from tests.sandbox.simulators.runninghub.workflows import TEXT_TO_IMAGE

OWNER = "default"
GRAPH, LORA = "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d01", "7d2b9e34-51f6-4a83-b1c7-8e5d3f0a2c01"
CANCELLED, TWICE, BY_QUEUE, LEFT_PARKED = 0.07, 0.15, 0.3, 0.2  # shares of the jobs
FAULTS_OF_A_JOB = (0, 1, 1, 2)


class Way(StrEnum):
    HTTP = "http"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class JobPlan:
    """`tag` stands in the job's prompt and in no other's: by it the simulators' records are found. `count` is how many
    generations an attempt of it may be charged for. `is_told_charge`: the stack learns what it cost. `left_parked`:
    no person decides about it if it is parked."""

    number: int
    tag: str
    provider: str
    kind: str
    count: int
    body: Mapping[str, Any]
    way: Way
    twice: bool
    cancel_after: float | None
    faults: tuple[Fault, ...]
    left_parked: bool
    is_told_charge: bool = True

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self.tag

    @property
    def job_id(self) -> str:
        """Known before anybody has answered: lost answers leave no doubt about whose job it is."""
        return derive_job_id(OWNER, f"key:{self.key}")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One sort of job. `body` is made of a prompt and the count; `tells_charge`: the stack learns what it cost."""

    provider: str
    kind: str
    body: Callable[[str, int], Mapping[str, Any]]
    counts: tuple[int, ...] = (1,)
    weight: int = 4
    tells_charge: bool = True


def _video(provider: str) -> Callable[[str, int], Mapping[str, Any]]:
    def body(prompt: str, count: int) -> Mapping[str, Any]:
        asked = {"prompt": prompt, "seconds": 4, "size": "1280x720", "count": count}
        return {"model": "sora-2-pro", "provider": provider, "input": asked}

    return body


def _runware_image(prompt: str, count: int) -> Mapping[str, Any]:
    asked = {"positivePrompt": prompt, "width": 512, "height": 512, "numberResults": count}
    return {"model": "runware/runware:400@2", "input": asked}


def _native(model: str) -> Callable[[str, int], Mapping[str, Any]]:
    return lambda prompt, _: {"model": model, "input": {"prompt": prompt}}


def _runninghub_workflow(prompt: str, _: int) -> Mapping[str, Any]:
    node = {"nodeId": "6", "fieldName": "text", "fieldValue": prompt}
    return {"model": f"runninghub/workflow/{TEXT_TO_IMAGE}", "input": {"nodeInfoList": [node]}}


def _runcomfy_graph(prompt: str, _: int) -> Mapping[str, Any]:
    overrides = {"6": {"inputs": {"text": prompt}}}
    return {"model": f"runcomfy/deployment/{GRAPH}", "input": {"overrides": overrides}}


RECIPES: Sequence[Recipe] = (
    Recipe("runware", "image", _runware_image, (1, 1, 2), weight=8),
    Recipe("runware", "video", _video("runware"), (1, 1, 2), weight=3),
    Recipe("runninghub", "image", _native("runninghub/rhart-image-g-2/text-to-image"), weight=5),
    Recipe("runninghub", "workflow", _runninghub_workflow),
    Recipe("runninghub", "video", _video("runninghub"), (1, 2), weight=2),
    Recipe("runcomfy", "image", _native("runcomfy/google/nano-banana-2/text-to-image")),
    Recipe("runcomfy", "workflow", _runcomfy_graph, tells_charge=False),
    Recipe("runcomfy", "lora", _native(f"runcomfy/deployment/{LORA}"), weight=2, tells_charge=False),
    Recipe("runcomfy", "video", _video("runcomfy"), (1, 2), weight=1),
)


def planned(seed: int, jobs: int) -> list[JobPlan]:
    """The jobs of a run, in the order in which they are submitted."""
    return [_planned(random.Random(f"{seed}/{number}"), seed, number) for number in range(jobs)]  # noqa: S311 - a plan


def _planned(chance: random.Random, seed: int, number: int) -> JobPlan:
    recipe = chance.choices(RECIPES, [recipe.weight for recipe in RECIPES])[0]
    count, tag = chance.choice(recipe.counts), f"lantern-{seed}-{number:05d}."
    way = Way.QUEUE if chance.random() < BY_QUEUE else Way.HTTP
    cancelled = chance.random() < CANCELLED
    return JobPlan(
        number=number,
        tag=tag,
        provider=recipe.provider,
        kind=recipe.kind,
        count=count,
        body=recipe.body(f"a mangrove forest in monsoon twilight, {tag}", count),
        way=way,
        twice=chance.random() < TWICE,
        cancel_after=chance.uniform(0.1, 6.0) if cancelled else None,
        faults=_faults(chance, recipe.provider),
        left_parked=chance.random() < LEFT_PARKED,
        is_told_charge=recipe.tells_charge,
    )


def _faults(chance: random.Random, provider: str) -> tuple[Fault, ...]:
    """Some, each by another name."""
    menu = FAULTS[provider]
    picked = chance.choices(menu, [fault.weight for fault in menu], k=chance.choice(FAULTS_OF_A_JOB))
    return tuple({fault.name: fault for fault in picked}.values())
