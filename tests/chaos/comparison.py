"""One table: what each gateway's policy costs its users, and what Framehook costs, over the same seeds. To all of them
a seed means the same jobs, kinds and rates of faults, outages and calm; which calls a fault strikes is each run's own
chance. Faults are far denser than in real life: rows can be compared with each other, not with a bill.

The judge knows the truth (the ledger of what providers accepted) and is the same for all. It is generous: what failed
or was stopped is not billed, and a result that nobody could have had is nobody's loss.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from framehook.due_times import Policy
from framehook.jobs import Job, Status
from tests.chaos.gateway_policies import POLICIES
from tests.chaos.generations import Generation, Ledger
from tests.chaos.other_gateways import Gateway, Record
from tests.chaos.simulation import Simulation
from tests.chaos.world import World

OURS = "Framehook"
_CHUNK = 25
_DAY = Policy().run_deadline
_IN_DOUBT = ("outcome_unknown", "abandoned")
_BLINDING = ("look-up lost", "look-up refused", "API key missing", "download failed")

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)


@dataclass(slots=True)
class Tally:
    """What came of one gateway's jobs.

    `doubles`: generations that were billed beyond one for each output and each time that a person had one sent again;
    `double_cost` in millionths of USD. `lost`: outputs that were billed and finished, of which the user has no whole
    file. `stuck`: jobs that never end. `bad_files`: outputs that the user was told to be there, and whose file is
    missing or not whole. `wrong_charges`: jobs whose recorded charge is not what was billed. `parked`: jobs that were
    ever parked; `parked_paid`: billed outputs of those that a person or time ended without a file; they are not `lost`.
    """

    jobs: int = 0
    succeeded: int = 0
    doubles: int = 0
    double_cost: int = 0
    lost: int = 0
    stuck: int = 0
    bad_files: int = 0
    wrong_charges: int = 0
    parked: int = 0
    parked_paid: int = 0

    def add(self, other: Tally) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway says of one job. `files`: what the user has, by slot, of those outputs that are said to be there.
    `allowed`: how many generations of each output a person asked for."""

    id: str
    count: int
    ended: bool
    succeeded: bool
    files: Mapping[int, bytes | None]
    charged: int
    allowed: int = 1
    parked: bool = False
    ended_in_doubt: bool = False


def judged(ledger: Ledger, told: Told, *, blinded: bool = False) -> Tally:
    """`blinded`: for longer than gateways wait nothing could be learnt or fetched, so that nothing counts as lost."""
    tally = Tally(jobs=1, succeeded=told.succeeded, stuck=not told.ended, parked=told.parked)
    billed = 0
    for slot in range(told.count):
        paid = [each for each in ledger.paid(told.id, slot) if each.succeeds and not each.stopped]
        billed += sum(each.cost for each in paid)
        extra = sorted(paid, key=lambda each: each.accepted_at)[told.allowed :]
        tally.doubles += len(extra)
        tally.double_cost += sum(each.cost for each in extra)
        whole = {each.body(0) for each in paid}
        has_it = told.files.get(slot) in whole
        tally.bad_files += (slot in told.files or told.succeeded) and not has_it
        if not has_it and not blinded and any(_could_be_had(each) for each in paid):
            tally.parked_paid += told.ended_in_doubt
            tally.lost += not told.ended_in_doubt
    tally.wrong_charges += billed != told.charged
    return tally


def _could_be_had(generation: Generation) -> bool:
    """Whether its host kept it, and it ended within the day that each gateway waits."""
    in_time = generation.ends_at <= generation.accepted_at + _DAY
    return generation.ended and in_time and not generation.url_expired


def is_blinded(world: World) -> bool:
    return any(kind in _BLINDING and ends - starts > _DAY for kind, starts, ends in world.outages)


# ---------------------------------------------------------------------- what each gateway says


def told_by_another(record: Record) -> Told:
    files = {output.slot: output.file for output in record.outputs if output.delivered}
    succeeded = record.succeeded and not record.cancelled
    return Told(record.id, len(record.outputs), record.ended, succeeded, files, record.charged)


def told_by_ours(job: Job, simulation: Simulation) -> Told:
    return Told(
        id=job.id,
        count=job.count,
        ended=job.status.terminal,
        succeeded=job.status is Status.SUCCEEDED,
        files=dict(_in_the_bucket(job, simulation)),
        charged=job.charged or 0,
        allowed=1 + simulation.books.resends[job.id],
        parked=any(entry.status is Status.PARKED for entry in job.timeline),
        ended_in_doubt=job.error is not None and job.error.code in _IN_DOUBT,
    )


def _in_the_bucket(job: Job, simulation: Simulation) -> Iterator[tuple[int, bytes]]:
    """What the user finds, by slot."""
    for key, stored in simulation.stack.media.objects.items():
        where, _, rest = key.partition("/")
        if where == "outputs" and rest.split("/")[1] == job.id:
            yield int(rest.split("/")[2].partition(".")[0]) % job.count, stored.body


def tally_of_another(gateway: Gateway) -> Tally:
    gateway.run()
    total, blinded = Tally(), is_blinded(gateway.world)
    for record in gateway.records.values():
        total.add(judged(gateway.ledger, told_by_another(record), blinded=blinded))
    return total


def tally_of_ours(simulation: Simulation) -> Tally:
    simulation.run()
    total, blinded = Tally(), is_blinded(simulation.world)
    for job in simulation.stack.jobs.jobs.values():
        total.add(judged(simulation.ledger, told_by_ours(job, simulation), blinded=blinded))
    return total


# ---------------------------------------------------------------------- the campaign


def compare(seeds: Sequence[int], processes: int = 1) -> dict[str, Tally]:
    """By name; the same for the same seeds, however many processes share them."""
    totals = {name: Tally() for name in (*(policy.name for policy in POLICIES), OURS)}
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    for part in _parts(chunks, processes):
        for name, tally in part.items():
            totals[name].add(tally)
    return totals


def _parts(chunks: Sequence[Sequence[int]], processes: int) -> Iterator[Mapping[str, Tally]]:
    if processes == 1:
        yield from map(_chunk, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _quiet) as pool:
        yield from pool.imap_unordered(_chunk, chunks)


def _chunk(seeds: Sequence[int]) -> dict[str, Tally]:
    totals = {policy.name: Tally() for policy in POLICIES} | {OURS: Tally()}
    for seed in seeds:
        for policy in POLICIES:
            totals[policy.name].add(tally_of_another(policy(seed)))
        totals[OURS].add(tally_of_ours(Simulation(seed)))
    return totals


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


# ---------------------------------------------------------------------- the table

HEADINGS = (
    *("policy", "jobs", "succeeded", "double charges", "per 1,000 jobs", "USD", "paid and lost", "stuck"),
    *("bad files", "charge ≠ billed", "parked"),
)


def rows(totals: Mapping[str, Tally]) -> Iterator[tuple[str, ...]]:
    for name, tally in totals.items():
        yield (
            name,
            f"{tally.jobs:,}",
            f"{tally.succeeded:,}",
            f"{tally.doubles:,}",
            f"{1_000 * tally.doubles / max(tally.jobs, 1):.1f}",
            f"{tally.double_cost / 1_000_000:,.2f}",
            f"{tally.lost:,}",
            f"{tally.stuck:,}",
            f"{tally.bad_files:,}",
            f"{tally.wrong_charges:,}",
            f"{tally.parked:,} ({tally.parked_paid:,} paid)" if name == OURS else "",
        )


def as_markdown(totals: Mapping[str, Tally]) -> str:
    """The table, and beneath it what each policy is and where it was seen."""
    ruler = ("---", *("--:" for _ in HEADINGS[1:]))
    lines = [f"| {' | '.join(row)} |" for row in (HEADINGS, ruler, *rows(totals))]
    policies = (f"- {policy.name}: {' '.join((policy.__doc__ or '').split())}" for policy in POLICIES)
    return "\n".join((*lines, "", *policies))


@app.command()
def comparison(
    seeds: Annotated[int, typer.Option(help="how many seeds to run")] = 300,
    first: Annotated[int, typer.Option(help="the first of them")] = 0,
    processes: Annotated[int, typer.Option(help="on how many cores")] = 0,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="print it for a page")] = False,
) -> None:
    """Run other gateways' policies and Framehook through the same seeds, and show what each of them costs."""
    _quiet()
    totals = compare(range(first, first + seeds), processes or os.cpu_count() or 1)
    if markdown:
        typer.echo(as_markdown(totals))
        return
    table = Table(*HEADINGS)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows(totals):
        table.add_row(*row, end_section=row[0] == POLICIES[-1].name)
    Console().print(table)


if __name__ == "__main__":
    app()
