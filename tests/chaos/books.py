"""What must hold at every payment and every write, whatever has gone wrong. For what must hold at the end see
`closing`.
"""

from __future__ import annotations

import contextlib
from collections import Counter

from framehook.due_times import Policy
from framehook.jobs import Job, OutputState, Status, TaskState
from framehook.transitions import TRANSITIONS, Event, ForbiddenTransition, move
from tests.chaos.generations import Generation, Ledger
from tests.chaos.world import HOUR, MINUTE, World
from tests.fakes.job_store import Change

_BY_A_PERSON = {(Status.PARKED, Status.QUEUED)}
_RANK = {status: rank for rank, status in enumerate(Status)}
# DESIGN: (attempt, status) never decreases but on proof that nothing was accepted, and back to `parked`.
_BACK = {
    (Status.SUBMITTING, Status.QUEUED),
    (Status.QUEUED, Status.PARKED),
    (Status.RUNNING, Status.PARKED),
    (Status.STORING, Status.PARKED),
    *_BY_A_PERSON,
}


# What may still be tried when a job's time is over: a look-up half an hour after the one at its deadline, a file of a
# parked one for another day.
_LAST_CHANCES = {
    Status.QUEUED: 5 * MINUTE,
    Status.SUBMITTING: 15 * MINUTE,
    Status.RUNNING: 45 * MINUTE,
    Status.STORING: 30 * MINUTE,
    Status.PARKED: 25 * HOUR,
}


def _closure() -> frozenset[tuple[Status, Status]]:
    """What one write may make of a status: one line of the table, or several, as when a result overtakes everything."""
    steps = {(old, new) for (old, _), new in TRANSITIONS.items()}
    steps -= _BY_A_PERSON
    found = set(steps)
    for _ in Status:
        found |= {(old, last) for old, middle in found for first, last in steps if middle is first}
    return frozenset(found | _BY_A_PERSON)


ALLOWED = _closure()
_FORBIDDEN = {status: [event for event in Event if (status, event) not in TRANSITIONS] for status in Status}


class Books:
    """`problems` is empty as long as everything holds."""

    def __init__(self, world: World, ledger: Ledger, policy: Policy) -> None:
        self.world = world
        self.ledger = ledger
        self.policy = policy
        self.problems: list[str] = []
        self.resends: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.adoptions: Counter[str] = Counter()
        self.entered: dict[str, int] = {}
        self.calm_at = 0
        self._may_stay = {
            Status.QUEUED: policy.queue_deadline,
            Status.SUBMITTING: policy.queue_deadline,
            Status.RUNNING: policy.run_deadline,
            Status.STORING: policy.store_deadline,
            Status.PARKED: policy.parked_for,
        }
        self.overtime: dict[str, int] = {}
        """By status, the longest time for which a job stayed longer than it may, in ms."""

    def problem(self, *facts: object) -> None:
        text = " ".join(map(str, facts))
        self.problems.append(text)
        self.world.story.tell("PROBLEM", text)

    # ------------------------------------------------------------------ at every payment and write

    def on_paid(self, generation: Generation) -> None:
        same = self.ledger.paid(generation.job_id, generation.slot)
        in_attempt = [each for each in same if each.attempt == generation.attempt]
        if len(in_attempt) > 1:
            self.problem("paid twice in attempt", generation.attempt)
        if len(same) > 1 + self.resends[generation.job_id]:
            self.problem("paid", len(same), "times after", self.resends[generation.job_id], "resends")

    def on_change(self, change: Change) -> None:
        before, after = change.before, change.after
        if after.due_at is None and not after.status.terminal:
            self.problem("nothing is due for", after.status)
        self._note_send(before, after)
        if before is None:
            self.entered[after.id] = self.world.now
            return
        if before.status is not after.status or before.attempt != after.attempt:
            self._status_changed(before, after)
        if before.tasks is not after.tasks and before.tasks != after.tasks:
            self._tasks_changed(before, after)
        if before.outputs is not after.outputs and before.outputs != after.outputs:
            self._outputs_changed(before, after)

    def _note_send(self, before: Job | None, after: Job) -> None:
        current = self.world.scheduler.current
        if current is None or before is None or before.token_hashes == after.token_hashes:
            return
        known = {task.id: task.state for task in before.tasks}
        for task in after.tasks:
            if task.state is TaskState.UNKNOWN and known.get(task.id) is not TaskState.UNKNOWN:
                current.sends = (after.id, task.attempt, task.slot)

    def _status_changed(self, before: Job, after: Job) -> None:
        old, new = before.status, after.status
        self.world.story.tell(
            "table",
            after.id[:8],
            f"{old} → {new}",
            f"attempt {after.attempt}",
            *(f"{task.id[-6:]}:{task.state}" for task in after.tasks),
            after.error.code if after.error else "",
        )
        if old.terminal and old is not new:
            self.problem("left", old, "for", new)
        if (old, new) not in ALLOWED and old is not new:
            self.problem("no line leads from", old, "to", new)
        self._attempt_changed(before, after)
        self._try_what_is_forbidden(after)
        if new.terminal:
            self.ends[after.id] += 1
        if old is not new:
            self._left(before)
            self.entered[after.id] = self.world.now

    def _attempt_changed(self, before: Job, after: Job) -> None:
        old, new = before.status, after.status
        if after.attempt < before.attempt:
            self.problem("attempt went back")
        elif after.attempt > before.attempt:
            if old is not Status.PARKED:
                self.problem("a new attempt without a person's word:", old, new)
            self.resends[after.id] += 1
        elif _RANK[new] < _RANK[old] and (old, new) not in _BACK and not new.terminal:
            self.problem("went back from", old, "to", new)

    def _try_what_is_forbidden(self, job: Job) -> None:
        """Whatever asks for a line that the table does not have must be refused."""
        event = self.world.random.choice(_FORBIDDEN[job.status])
        with contextlib.suppress(ForbiddenTransition):
            move(job, event, self.world.now)
            self.problem("a forbidden transition was made:", job.status, event)

    def _left(self, before: Job) -> None:
        """How long it stayed after its time was over and all was calm."""
        time_is_over = max(self.entered[before.id] + self._may_stay[before.status], self.calm_at)
        over = self.world.now - time_is_over
        if self.world.faults.on:
            return
        self.overtime[before.status] = max(over, self.overtime.get(before.status, 0))
        if over > _LAST_CHANCES[before.status]:
            self.problem("stayed", before.status, f"for {over / MINUTE:.0f} minutes after its time was over")

    def _tasks_changed(self, before: Job, after: Job) -> None:
        known = {(task.attempt, task.slot): task for task in before.tasks}
        for task in after.tasks:
            old = known.get((task.attempt, task.slot))
            if old is None:
                continue
            if old.cost is not None and task.cost != old.cost:
                self.problem("a cost changed from", old.cost, "to", task.cost)
            if old.state is TaskState.REPORTED and task.state not in (
                TaskState.REPORTED,
                TaskState.SUPERSEDED,
            ):
                self.problem("a reported task became", task.state)
        if len({task.id for task in after.tasks}) < len(after.tasks):
            self.problem("two tasks of one id")

    def _outputs_changed(self, before: Job, after: Job) -> None:
        landed = {(each.index, each.attempt) for each in before.outputs if each.state is OutputState.LANDED}
        for each in after.outputs:
            if (each.index, each.attempt) in landed and each.state is not OutputState.LANDED:
                self.problem("a landed output became", each.state)
