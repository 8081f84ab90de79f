"""`python -m tests.chaos`: runs seeds, or tells the story of one."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from framehook.jobs import Status
from framehook.transitions import TRANSITIONS, Event
from tests.chaos.campaign import Report, run_campaign
from tests.chaos.coverage import Line
from tests.chaos.simulation import Simulation

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
_MOST_SHOWN = 20


@app.command()
def chaos(
    seeds: Annotated[int, typer.Option(help="how many seeds to run")] = 2_000,
    first: Annotated[int, typer.Option(help="the first of them")] = 0,
    seed: Annotated[int | None, typer.Option(help="run this one only, and tell its story")] = None,
    processes: Annotated[int, typer.Option(help="on how many cores")] = 0,
) -> None:
    """Run the whole system in virtual time with faults at every step, and check that nothing is paid twice or lost."""
    logging.disable(logging.CRITICAL)
    console = Console()
    if seed is not None:
        _tell(console, seed)
        return
    report = Report()
    with Progress(console=console) as progress:
        bar = progress.add_task("seeds", total=seeds)
        for report in run_campaign(range(first, first + seeds), processes or os.cpu_count() or 1):
            progress.update(bar, completed=report.runs)
    _show(console, report)
    if report.failed:
        raise typer.Exit(1)


def _tell(console: Console, seed: int) -> None:
    outcome = Simulation(seed).run()
    for line in outcome.story.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for problem in outcome.problems:
        console.print(f"PROBLEM  {problem}", markup=False, highlight=False, soft_wrap=True)
    if outcome.problems:
        raise typer.Exit(1)


def _show(console: Console, report: Report) -> None:
    rate = report.runs / report.seconds if report.seconds else 0
    console.print(
        f"{report.runs} seeds in {report.seconds:.1f} s: {rate:.0f} a second; {report.events} events, "
        f"{report.generations} paid generations, {report.look_ups} look-ups, {report.struck.total()} faults"
    )
    console.print(_counted("fault", report.struck))
    console.print(_counted("end of a job", report.ends))
    allowed, forbidden = len(TRANSITIONS), len(Status) * len(Event) - len(TRANSITIONS)
    untaken, untried = report.coverage.never_taken, report.coverage.never_asked
    console.print(
        f"transitions: {allowed - len(untaken)} of {allowed} allowed ones taken{_named(untaken)}; "
        f"{forbidden - len(untried)} of {forbidden} forbidden ones tried, and refused{_named(untried)}"
    )
    console.print(f"most look-ups of one generation: {report.most_look_ups}")
    for status, over in report.overtime.items():
        console.print(f"longest stay beyond its deadline: {status}, {over / 60_000:.1f} min")
    console.print(f"seeds that failed: {len(report.failed)}")
    for number, problems in sorted(report.failed.items())[:_MOST_SHOWN]:
        console.print(f"  --seed {number}: {'; '.join(problems)}", markup=False, soft_wrap=True)


def _named(lines: list[Line]) -> str:
    return f" (not {', '.join(f'{status} {event}' for status, event in lines)})" if lines else ""


def _counted(name: str, counts: dict[str, int]) -> Table:
    table = Table(name, "count")
    for kind, count in sorted(counts.items(), key=lambda each: -each[1]):
        table.add_row(kind, f"{count:,}")
    return table


if __name__ == "__main__":
    app()
