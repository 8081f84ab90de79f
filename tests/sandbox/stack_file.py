"""What a running local stack is: how to reach it, and `stack.json`, which tells other processes the same.

Only values and their JSON; starts and stops nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.local_cloud import LocalCloud
from tests.sandbox.provider_apis import Simulator


@dataclass(frozen=True, slots=True)
class Stack:
    """`providers` are those that it has keys for; without simulators these are the real ones."""

    aws: LocalCloud
    api_key: str
    outputs: Mapping[str, str]
    providers: Sequence[str]
    simulators: Mapping[str, Simulator]

    @property
    def api_url(self) -> str:
        return self.outputs["ApiUrl"]


def to_json(stack: Stack) -> dict[str, Any]:
    return {
        "aws": asdict(stack.aws),
        "api_key": stack.api_key,
        "outputs": dict(stack.outputs),
        "providers": list(stack.providers),
        "simulators": {name: asdict(simulator) for name, simulator in stack.simulators.items()},
    }


def from_json(document: Mapping[str, Any]) -> Stack:
    return Stack(
        aws=LocalCloud(**document["aws"]),
        api_key=document["api_key"],
        outputs=document["outputs"],
        providers=tuple(document["providers"]),
        simulators={
            name: Simulator.from_json(described) for name, described in document["simulators"].items()
        },
    )


def write(stack: Stack, path: Path) -> None:
    """Write the file for its owner alone, whole or not at all: a reader may be waiting for it."""
    unfinished = path.with_suffix(".part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(to_json(stack), file, indent=2)
    unfinished.replace(path)


def read(path: Path) -> Stack:
    return from_json(json.loads(path.read_text()))
