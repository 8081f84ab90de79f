"""`python -m tests.chaos_stack`: a deployed stack, broken for real; exit status 1 if its books do not balance."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.chaos_stack import report
from tests.chaos_stack.books import imbalances
from tests.chaos_stack.campaign import Options, campaign
from tests.chaos_stack.function_killer import PROC
from tests.sandbox.function_logs import print_start_failures
from tests.sandbox.processes import signals_end_the_block
from tests.sandbox.provider_apis import KEY_VARIABLES
from tests.sandbox.steps import StepFailedError
from tests.sandbox.workspace import AlreadyRunningError, Workspace

WIDTH = 110  # of a log file


def main(
    jobs: Annotated[int, typer.Option(min=1, help="how many jobs are submitted")] = 300,
    seed: Annotated[
        int | None, typer.Option(help="of an earlier run, to make the same choices again")
    ] = None,
    pace: Annotated[float, typer.Option(min=0.05, help="seconds between two jobs")] = 0.6,
    json_path: Annotated[Path | None, typer.Option("--json", help="write the books there as well")] = None,
    restarts: Annotated[bool, typer.Option(help="stop and start the local AWS on the way")] = True,
    kills: Annotated[bool, typer.Option(help="kill functions at their work")] = True,
) -> None:
    """Submit jobs to a deployed stack, break it for real while they run, and hold all books against each other."""
    if kills and not PROC.exists():
        raise typer.BadParameter("only Linux tells who is at work; elsewhere use --no-kills")
    for variable in KEY_VARIABLES.values():
        os.environ.pop(variable, None)  # never pays
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    options = Options(jobs, secrets.randbelow(10**6) if seed is None else seed, pace, restarts, kills)
    console.print(f"{options.jobs} jobs, seed {options.seed}")
    with signals_end_the_block(), campaign(options, console) as (run, events_queue):
        evidence = run.run(events_queue)
        found = imbalances(evidence)
        told = report.document(run, evidence, found)
    report.show(console, told)
    if json_path:
        json_path.write_text(json.dumps(told, indent=2, default=str))
    if found or not run.settled:
        print_start_failures(Workspace.named("chaos").log("local-aws"))
        raise SystemExit(1)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (StepFailedError, AlreadyRunningError) as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
