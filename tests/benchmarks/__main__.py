"""`python -m tests.benchmarks [sizes|catalogue|starts|fetch|look_ups|cost|timelines]...`: what the build weighs, takes,
asks and costs, and how one job goes at each provider.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from rich.console import Console

from tests.benchmarks.artifact_sizes import print_sizes
from tests.benchmarks.catalogue_load import print_catalogue_load
from tests.benchmarks.cold_starts import print_cold_starts
from tests.benchmarks.fetch_memory import print_fetch_memory
from tests.benchmarks.job_cost import print_job_cost
from tests.benchmarks.look_ups import print_look_ups
from tests.benchmarks.timelines import print_timelines
from tests.sandbox import deployment
from tests.sandbox.processes import signals_end_the_block
from tests.sandbox.steps import StepFailedError, Steps
from tests.sandbox.workspace import Workspace

BENCHMARKS: Mapping[str, Callable[[Console], None]] = {
    "sizes": print_sizes,
    "catalogue": print_catalogue_load,
    "starts": print_cold_starts,
    "fetch": print_fetch_memory,
    "look_ups": print_look_ups,
    "cost": print_job_cost,
    "timelines": print_timelines,
}

WIDTH = 110  # of a log file


def main(wanted: list[str]) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    with Steps(console).step("Building the functions and the layer"):
        deployment.build(Workspace.named("bench"))
    for name in wanted or BENCHMARKS:
        console.print()
        BENCHMARKS[name](console)


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - BENCHMARKS.keys():
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(BENCHMARKS)}")
    try:
        with signals_end_the_block():
            main(sys.argv[1:])
    except StepFailedError:
        sys.exit(1)
