"""What must hold in every situation that one job can get into, at every kind of provider, in any order of events.

Finds the nearest situations first, so that the shortest story tells what is wrong; `-s` shows how many there are. Holds
no event and no decision: see transition_model.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby, product
from typing import NamedTuple, override
from unittest.mock import patch

import pytest

from framehook import tasks, transitions
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from framehook.transitions import TRANSITIONS, Event, ForbiddenTransition, move
from framehook.wiring.providers import PROVIDERS
from tests.chaos import transition_model as model
from tests.chaos.transition_model import Fate, Place, Setting, Situation, Step, World, place_of, task_at
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.unit.test_transitions import a_job

RUNWARE = Setting("Runware, uploads", "runware", "openai:3@2", uploads=True)
RUNNINGHUB = Setting(
    "RunningHub", "runninghub", "workflow/1904136902449209346", hub.TASK[:-2], doubtful_for=10
)
RUNCOMFY = Setting("RunComfy", "runcomfy", "openai/sora-2/text-to-video", comfy.REQUEST[:-2], calls_us=False)
FETCHED = replace(RUNWARE, name="Runware, fetched", uploads=False, open_calls=1)
ALL = [RUNWARE, FETCHED, RUNNINGHUB, RUNCOMFY]
ALL += [
    replace(each, name=f"{each.name}, two outputs", count=2, attempts=1, open_calls=1)
    for each in (RUNWARE, RUNNINGHUB, RUNCOMFY)
]
BROKEN_WITHOUT = {
    (Status.PARKED, Event.EXPIRED): "is ended by time alone",
    (Status.SUBMITTING, Event.UNPROVEN): "wants no line that is not there",
}
_RANK = {status: rank for rank, status in enumerate(Status)}
_BY_DEADLINE_OR_PERSON = {*model.ENDS.values(), "the store deadline is over", "a person: abandon"}
_NOTHING_TO_HAVE = {Fate.NONE, Fate.FAILED, Fate.STOPPED, Fate.EMPTY, Fate.LOST}
# What is no news is told once: a person's decision, and a bad download, which counts once whoever looks at it.
_TOLD_ONCE = ("the job is sent", "a person", "the fetched file is unusable")

type Line = tuple[Status, Event]
type Problems = Iterator[tuple[str, str]]  # rules that are broken, and how


class _Table(dict[Line, Status]):
    """The product's table, which notes the lines that are taken."""

    def __init__(self, table: Mapping[Line, Status]) -> None:
        super().__init__(table)
        self.taken: list[Line] = []

    @override
    def __getitem__(self, line: Line) -> Status:
        status = super().__getitem__(line)
        self.taken.append(line)
        return status


class Taken(NamedTuple):
    """What a step made of a job. `escaped`: the line that it wanted in vain. `unpriced`: tasks without a cost."""

    step: Step
    after: int
    lines: tuple[Line, ...] = ()
    escaped: str = ""
    unpriced: frozenset[Place] = frozenset()
    charged: int | None = None


class Edge(NamedTuple):
    before: int
    step: Step
    after: int


class Search:
    """All that can be reached, by number. `parents`: how each situation was first reached."""

    def __init__(self, setting: Setting, table: Mapping[Line, Status]) -> None:
        self.world, self.table = World(setting), _Table(table)
        self.product = self.world.product
        self.jobs: list[Job] = []
        self.taken: dict[tuple[int, Step], Taken] = {}
        self.situations: list[Situation] = []
        self.parents: list[Edge | None] = []
        self.edges: list[Edge] = []
        self.problems: dict[str, str] = {}
        self._priced = functools.cache(self._with_costs)
        self._job_numbers: dict[Job, int] = {}
        self._numbers: dict[Situation, int] = {}

    def run(self) -> None:
        start = Situation(self._job_number(self.product.new_job), (Fate.NONE,) * len(self.world.number))
        self._number(start, None)
        for number, seen in enumerate(self.situations):  # grows while it is read
            job = self.jobs[seen.job]
            for step, moved in self.world.moves(seen, job):
                taken = self.step(seen.job, step)
                if not job.status.terminal and (taken.after != seen.job or moved != seen):
                    after = self._settled(Situation(taken.after, *moved[1:]), taken.step)
                    edge = Edge(number, taken.step, len(self.situations))
                    self.edges.append(edge._replace(after=self._number(after, edge)))

    def step(self, job: int, step: Step) -> Taken:
        """What the step makes of this job, wherever it happens."""
        known = self.taken.get((job, step))
        if known is None:
            known = self.taken[job, step] = self._taken(job, step)
        return known

    def after(self, job: int, *steps: Step) -> int:
        return functools.reduce(lambda number, step: self.step(number, step).after, steps, job)

    def _with_costs(self, number: int, but: Place) -> Job:
        """With a cost for every task but one: none of them may be forgotten."""
        job = self.jobs[number]
        costs = {place_of(task): model.PRICE for task in job.tasks} | {but: None}
        priced = tuple(replace(task, cost=costs[place_of(task)]) for task in job.tasks)
        return replace(job, tasks=priced, charged=tasks.charged(priced))

    def _taken(self, number: int, step: Step) -> Taken:
        self.table.taken.clear()
        try:
            after = self.product.decisions[step.what](self._priced(number, step.place), step)
        except ForbiddenTransition as forbidden:
            return Taken(step, number, escaped=str(forbidden))
        unpriced = frozenset(place_of(task) for task in after.tasks if task.cost is None)
        plain = self._job_number(self._plain(after))
        return Taken(step, plain, tuple(self.table.taken), "", unpriced, after.charged)

    def _job_number(self, job: Job) -> int:
        number = self._job_numbers.setdefault(job, len(self.jobs))
        if number == len(self.jobs):
            self.jobs.append(job)
        return number

    def _number(self, situation: Situation, first: Edge | None) -> int:
        number = self._numbers.setdefault(situation, len(self.situations))
        if number == len(self.situations):
            self.situations.append(situation)
            self.parents.append(first)
        return number

    def _plain(self, job: Job) -> Job:
        """The job without whatever nothing is decided by."""
        partial = job.status.terminal and job.error and job.error.code == "partial_failure"
        return replace(
            self.product.new_job,
            status=job.status,
            attempt=job.attempt,
            uploads=job.uploads,
            tasks=tuple(self._plain_task(task) for task in job.tasks),
            outputs=tuple(_plain_failure(each) for each in job.outputs),
            token_hashes=(model.LATEST,) if job.token_hashes else (),
            first_sent_at=job.first_sent_at if self.product.resends else None,
            cancel=job.cancel,
            error=job.error if partial else None,
        )

    def _plain_task(self, task: Task) -> Task:
        """Under a name that tells no more than its place, and whether the provider has named it."""
        plain, name = _plain_failure(task), self.product.ours(place_of(task))
        name = task.id if task.id == self.product.theirs(place_of(task)) else name
        return plain if plain.id == name and plain.cost is None else replace(plain, id=name, cost=None)

    def _settled(self, after: Situation, step: Step) -> Situation:
        """With what the job itself shows: a file that is not waited for any more, time for what is not to be sent."""
        job, place = self.jobs[after.job], step.place
        if job.status not in (Status.QUEUED, Status.SUBMITTING):
            after = self.world.aged(after)
        fate = after.fates[self.world.number[place]] if place[0] else Fate.NONE
        about_file = fate is Fate.BARE or (fate is Fate.TOLD and step.what not in model.REPORTS)
        task = task_at(job, place)
        spare = task is None or task.state is TaskState.SPARE
        wanted = any(_place_of(each) == place and each.state is not OutputState.LOST for each in job.outputs)
        return self.world.knowing(after, place, Fate.LOST) if about_file and not (spare or wanted) else after

    def note(self, number: int, problems: Problems, *last: object) -> None:
        for rule, what in problems:
            if rule not in self.problems:
                self.problems[rule] = self.story(number, *last, what)

    def story(self, number: int, *last: object) -> str:
        """The shortest way to a situation, and what is wrong there."""
        told = [f"    {_words(each) if isinstance(each, Step) else each}" for each in last]
        while (edge := self.parents[number]) is not None:
            told.insert(0, f"{_words(edge.step)}  →  {_look(self.jobs[self.situations[number].job])}")
            number = edge.before
        return "\n".join(["", *told])


def _plain_failure[T: (Task, Output)](of: T) -> T:
    known = of.failure in (None, tasks.OUTPUT_MISSING, tasks.RUN_DEADLINE, model.BROKEN)
    return of if known else replace(of, failure=model.BROKEN)


def _place_of(output: Output) -> Place:
    return output.attempt, output.index


def _words(step: Step) -> str:
    source = ("look-up: " if step.looked_up else "webhook: ") if step.what in model.REPORTS else ""
    places = step.call.sent or ((step.place,) if step.place[0] else ())
    of = " ".join(f"{attempt}.{slot}" for attempt, slot in places)
    late = "" if step.call.latest else "(not the latest call)"
    return " ".join(part for part in (source + step.what, of, late, ", ".join(step.said)) if part)


def _look(job: Job) -> str:
    parts = [f"{task.attempt}.{task.slot} {task.state}{'?' * bool(task.failing_since)}" for task in job.tasks]
    parts += [f"file {output.attempt}.{output.index} {output.state}" for output in job.outputs]
    return f"{job.status}: {', '.join(parts)}{f'; cancel {job.cancel}' if job.cancel else ''}"


def _of_status(search: Search, before: Job, taken: Taken) -> Problems:
    after, status = search.jobs[taken.after], before.status
    if taken.escaped:
        yield "wants no line that is not there", taken.escaped
        return
    for start, event in taken.lines:
        if start is not status:
            yield "takes lines of the table", f"{start} {event} after {status}"
        status = TRANSITIONS[start, event]
    if status is not after.status:
        yield "takes lines of the table", f"{after.status} by no line"
    if before.status.terminal and after.status is not before.status:
        yield "keeps its end", after.status
    if after.attempt != before.attempt and taken.step.what != "a person: resend":
        yield "never goes back", "a new attempt that nobody asked for"
    events = [event for _, event in taken.lines]
    parks_again = after.status is Status.PARKED and after.attempt > 1 and Event.UNPROVEN in events
    back = (after.attempt, _RANK[after.status]) < (before.attempt, _RANK[before.status])
    if back and not parks_again and events != [Event.REFUSED_FOR_NOW]:
        yield "never goes back", f"from {before.status} to {after.status}"


def _of_value(search: Search, before: Job, taken: Taken) -> Problems:
    """What is known of costs and files stays known, and an end well is one."""
    after = search.jobs[taken.after]
    paid = taken.step.what in model.REPORTS[:2] and not taken.escaped
    new = {place_of(task) for task in after.tasks if task_at(before, place_of(task)) is None}
    forgotten = taken.unpriced - new - (set() if paid else {taken.step.place})
    if forgotten or (taken.charged or 0) != model.PRICE * (len(after.tasks) - len(taken.unpriced)):
        yield "records every cost", f"{taken.charged}, nothing of {sorted(forgotten)}"
    landed = {_place_of(each) for each in after.outputs if each.state is OutputState.LANDED}
    had = {_place_of(each) for each in before.outputs if each.state is OutputState.LANDED}
    if not had <= landed:
        yield "keeps what has landed", _look(after)
    if after.status is Status.SUCCEEDED and len(landed) < max(before.count, len(after.outputs)):
        yield "keeps what has landed", "succeeded without a file"
    if after.status is Status.QUEUED and after.tasks and not search.product.sendable(after):
        yield "has something to send while it is queued", _look(after)


def _of_repetition(search: Search, before: Job, taken: Taken) -> Problems:
    """By design a success that cost its task its place, as no file of it can be had, is a reserve when told again."""
    if taken.step.what.startswith(_TOLD_ONCE) or taken.escaped:
        return
    after, place = search.jobs[taken.after], taken.step.place
    states = [task.state for task in (task_at(before, place), task_at(after, place)) if task]
    displaced = len(states) == 2 and states[0].counts and states[1] is TaskState.SUPERSEDED
    again = search.after(taken.after, taken.step)
    if again != taken.after and not (displaced and taken.step.what in model.REPORTS[:2]):
        yield "takes news twice as once", f"once: {_look(after)}; twice: {_look(search.jobs[again])}"


def _of_time(search: Search, number: int) -> Problems:
    """Deadlines alone must end it: one of each status that there is, and one for each file."""
    left, job = number, search.jobs[number]
    for _ in range(2 * len(Status)):
        steps = [Step("the store deadline is over", _place_of(each)) for each in job.outputs]
        left = search.after(left, *([Step(model.ENDS[job.status])] if job.status in model.ENDS else steps))
        job = search.jobs[left]
        if job.status.terminal:
            return
    yield "is ended by time alone", f"{_look(search.jobs[number])} stays {_look(job)}"


def _of_truth(search: Search, edge: Edge) -> Problems:
    before, after = search.situations[edge.before], search.situations[edge.after]
    job, fates = search.jobs[after.job], dict(zip(search.world.number, after.fates, strict=True))
    for place in edge.step.call.sent if edge.step.what == "the job is sent" else ():
        sent_before = before.fates[search.world.number[place]] is not Fate.NONE
        if sent_before and (not search.product.resends or place in before.stale):
            yield "pays no task twice", f"{place} may be paid already"
    for place, fate in fates.items():
        task = task_at(job, place)
        if fate is not Fate.NONE and (task is None or task.state is TaskState.PLANNED):
            yield "takes nothing for unpaid that may be paid", f"{place}: {fate}"
    if job.status in (Status.FAILED, Status.CANCELLED) and edge.step.what not in _BY_DEADLINE_OR_PERSON:
        to_have = [f"{place}: {fate}" for place, fate in fates.items() if not _is_over(job, place, fate)]
        if to_have:
            yield "fails only where nothing can be had", f"{_look(job)}; {', '.join(to_have)}"


def _is_over(job: Job, place: Place, fate: Fate) -> bool:
    """Whether nothing can come of a task: by what is true, by its deadline, or in part by what has landed."""
    task = task_at(job, place)
    out_of_time = task is not None and tasks.is_out_of_time(task) and fate in model.UNSHOWN
    return fate in _NOTHING_TO_HAVE or out_of_time or (fate is Fate.LANDED and job.error is not None)


def _of_order(search: Search, number: int, steps: list[Step]) -> Problems:
    """Independent news of one task: its success, its file, and the answer to its call."""
    told = [step for step in steps if step.what in ("success", "the file lands")]
    pairs = [(one, two) for one, two in product(told, told) if one < two and one.place == two.place]
    calls = [step for step in steps if set(step.said) == {"accepted"}]
    pairs += [(call, one) for call, one in product(calls, told) if one.place in call.call.sent]
    for one, two in pairs:
        ends = [search.jobs[search.after(number, *order)].status for order in ((one, two), (two, one))]
        if ends[0] is not ends[1]:
            yield "comes to the same in either order", f"{_words(one)} / {_words(two)}: {ends}"


def judge(search: Search) -> None:
    nearest = {each.job: number for number, each in reversed(list(enumerate(search.situations)))}
    for (number, step), taken in list(search.taken.items()):
        for rule in (_of_status, _of_value, _of_repetition):
            search.note(nearest[number], rule(search, search.jobs[number], taken), step)
    for number, where in nearest.items():
        search.note(where, _of_time(search, number))
    for edge in search.edges:
        search.note(edge.before, _of_truth(search, edge), edge.step)
    for where, edges in groupby(search.edges, key=lambda edge: edge.before):
        search.note(where, _of_order(search, search.situations[where].job, [edge.step for edge in edges]))


def problems_with(table: Mapping[Line, Status], setting: Setting) -> tuple[Mapping[str, str], set[Line]]:
    """The shortest story by the rule that it breaks, and the lines that were taken."""
    began, search = time.process_time(), Search(setting, table)
    with patch.object(transitions, "TRANSITIONS", search.table):
        search.run()
        judge(search)
    numbers = f"{len(search.situations)} situations, {len(search.edges)} edges, {len(search.jobs)} jobs"
    print(f"\n{setting.name}: {numbers}, {time.process_time() - began:.1f} s")
    return search.problems, {line for taken in search.taken.values() for line in taken.lines}


problems_of = functools.cache(functools.partial(problems_with, TRANSITIONS))


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
def test_job_keeps_every_rule_in_any_situation(setting: Setting) -> None:
    problems, _ = problems_of(setting)

    assert not problems, "".join(f"\n\n{rule.upper()}{story}" for rule, story in problems.items())


def test_every_line_of_the_table_is_taken_at_one_provider() -> None:
    _, lines = problems_of(RUNCOMFY)

    assert lines == set(TRANSITIONS)


@pytest.mark.parametrize(("status", "event"), sorted(set(product(Status, Event)) - set(TRANSITIONS)))
def test_line_that_is_not_in_the_table_is_forbidden(status: Status, event: Event) -> None:
    with pytest.raises(ForbiddenTransition):
        move(a_job(status), event, 0)


def test_provider_that_forgets_tasks_is_paid_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PROVIDERS["runware"], "RESENDS_SAME_TASK_SECONDS", 24 * 3600)

    problems, _ = problems_with(TRANSITIONS, replace(RUNWARE, name="Runware, forgetful", attempts=1))

    assert "the job is sent 1.0\n" in problems["pays no task twice"]


@pytest.mark.parametrize(("line", "broken"), BROKEN_WITHOUT.items())
def test_table_without_a_line_breaks_a_rule(line: Line, broken: str) -> None:
    rest = {known: status for known, status in TRANSITIONS.items() if known != line}

    problems, _ = problems_with(rest, replace(RUNCOMFY, name=f"without {line[0]} {line[1]}", attempts=1))

    assert broken in problems
