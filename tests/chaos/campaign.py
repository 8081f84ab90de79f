"""Many seeds on every core, and what they add up to."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.coverage import Coverage, covered
from tests.chaos.simulation import Simulation

_CHUNK = 50


@dataclass(slots=True)
class Report:
    """The sum of many runs. `failed`: each failing seed with what was wrong."""

    runs: int = 0
    seconds: float = 0
    generations: int = 0
    look_ups: int = 0
    events: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    most_look_ups: int = 0
    overtime: dict[str, int] = field(default_factory=dict)
    failed: dict[int, tuple[str, ...]] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)

    def add(self, other: Report) -> None:
        self.runs += other.runs
        self.generations += other.generations
        self.look_ups += other.look_ups
        self.events += other.events
        self.struck.update(other.struck)
        self.ends.update(other.ends)
        self.failed.update(other.failed)
        self.most_look_ups = max(self.most_look_ups, other.most_look_ups)
        for status, over in other.overtime.items():
            self.overtime[status] = max(self.overtime.get(status, 0), over)
        self.coverage.add(other.coverage)


def run_campaign(
    seeds: Sequence[int], processes: int, rates: Mapping[str, float] | None = None
) -> Iterator[Report]:
    """The report so far, after every few seeds; the last one is of them all."""
    began, total = time.perf_counter(), Report()
    chunks = [(seeds[at : at + _CHUNK], rates) for at in range(0, len(seeds), _CHUNK)]
    for part in _parts(chunks, processes):
        total.add(part)
        total.seconds = time.perf_counter() - began
        yield total


def _parts(
    chunks: Sequence[tuple[Sequence[int], Mapping[str, float] | None]], processes: int
) -> Iterator[Report]:
    if processes == 1:
        yield from map(run_chunk, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _quiet) as pool:
        yield from pool.imap_unordered(run_chunk, chunks)


def run_chunk(chunk: tuple[Sequence[int], Mapping[str, float] | None]) -> Report:
    seeds, rates = chunk
    report = Report()
    with covered() as coverage:
        for seed in seeds:
            outcome = Simulation(seed, rates).run()
            report.runs += 1
            report.generations += outcome.generations
            report.look_ups += outcome.look_ups
            report.events += outcome.events
            report.most_look_ups = max(report.most_look_ups, outcome.most_look_ups)
            for status, over in outcome.overtime.items():
                report.overtime[status] = max(report.overtime.get(status, 0), over)
            report.struck.update(outcome.struck)
            report.ends.update(outcome.ends)
            if outcome.problems:
                report.failed[seed] = outcome.problems
    report.coverage = coverage
    return report


def _quiet() -> None:
    logging.disable(logging.CRITICAL)
