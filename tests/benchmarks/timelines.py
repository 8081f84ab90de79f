"""Prints how the same job goes at each provider, side by side, on a deployed local stack with warm functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.job_cost import succeeded
from tests.e2e.cases import charges, look_ups
from tests.e2e.user import User
from tests.sandbox.completion_events import Subscription, subscription
from tests.sandbox.journey import SIMULATED_JOB, SIMULATED_JOBS
from tests.sandbox.provider_apis import SIMULATED_TIMES, SPEED
from tests.sandbox.running_stack import running_stack
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace

NOTE = f"""\
Real seconds. Simulated providers are {SPEED} times as fast as real ones, but for uploads and downloads; a provider that
never calls is first asked after {SIMULATED_TIMES["FirstPollSeconds"]} s. One job before each warmed the functions.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What is shown of one job: `seconds` since it was queued by status, and how often its provider was asked."""

    seconds: Mapping[str, float]
    look_ups: int
    charges: int
    cost: str
    bytes: int


def print_timelines(console: Console) -> None:
    with (
        running_stack(Workspace.named("bench"), Steps(console)) as stack,
        subscription(stack) as events,
    ):
        told = {name: _second(stack, events, job) for name, job in SIMULATED_JOBS.items()}
    job = SIMULATED_JOB["input"]
    what = f"{SIMULATED_JOB['model']} job ({job['seconds']} s, {job['size']})"
    console.print(
        f"One {what} at each provider, seconds since it was queued", style="italic", highlight=False
    )
    console.print(_side_by_side(told))
    console.print(NOTE, markup=False, highlight=False, soft_wrap=True)


def _second(stack: Stack, events: Subscription, job: Mapping[str, Any]) -> Told:
    """Of two jobs, one after the other; the first pays for the start of the functions."""
    succeeded(stack, events, job)
    ended = succeeded(stack, events, job)
    with closing(User(stack)) as user:
        seen = user.seen(user.job(ended["id"]))
    cost = ended["cost"]
    return Told(
        seconds=_seconds_since_queued(ended["timeline"]),
        look_ups=look_ups(seen),
        charges=charges(seen),
        cost=f"{cost['actual']} {cost['currency']}",
        bytes=sum(output["bytes"] for output in ended["outputs"]),
    )


def _seconds_since_queued(timeline: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """When each status was reached; the last time, if that was several times."""
    begun = datetime.fromisoformat(timeline[0]["at"])
    return {
        entry["status"]: (datetime.fromisoformat(entry["at"]) - begun).total_seconds() for entry in timeline
    }


def _side_by_side(told: Mapping[str, Told]) -> Table:
    table = Table(*("", *told), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for status in dict.fromkeys(chain.from_iterable(each.seconds for each in told.values())):
        times = (each.seconds.get(status) for each in told.values())
        table.add_row(status, *("" if time is None else f"{time:.2f}" for time in times))
    for name, cells in {
        "look-ups": [f"{each.look_ups}" for each in told.values()],
        "charges": [f"{each.charges}" for each in told.values()],
        "charged": [each.cost for each in told.values()],
        "bytes": [f"{each.bytes:,}" for each in told.values()],
    }.items():
        table.add_row(name, *cells)
    return table
