"""How a follow-up claims a job before it acts: with the next due time, so that nobody else acts for the present one,
and with one more look-up, if it is time for one. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from framehook.deadlines import entered_at
from framehook.due_times import (
    LATE_PAUSE,
    MINUTE,
    SECOND,
    Policy,
    has_look_ups_to_spare,
    is_to_be_cancelled,
    is_worth_a_look,
    looked_up,
    next_bringing_in,
    next_confirmation,
    next_errand,
    next_late_look_up,
    next_look_up,
    pause_after_look_up,
)
from framehook.jobs import Job, Status, TaskState
from framehook.tasks import counting

ERRAND_PAUSE = 15 * SECOND  # at least, before the same errand is done again
LAST_CHANCE = 10 * MINUTE  # for what was started when the time was over
_MOST_DOUBLINGS = 8
_LONGEST_FETCH_PAUSE = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Claim:
    """`can_ask`: the provider can be asked about the job's tasks."""

    now: int
    policy: Policy
    can_ask: bool

    def on(self, job: Job) -> Job:
        """The claimed job. It has one more look-up than before where the follow-up is to make one."""
        claimed = self._counted(job)
        next_due = self._next_due(job, claimed)
        errand = next_errand(job, self.now, self.policy)
        if errand is not None and job.status is not Status.STORING:
            waits_for_files = next_bringing_in(job, self.now, self.policy) is not None
            others = next_confirmation(job, self.policy) is not None or is_to_be_cancelled(job)
            pause = ERRAND_PAUSE << min(job.look_ups, _MOST_DOUBLINGS)
            if waits_for_files:
                pause = ERRAND_PAUSE if others else self._pause_for_files(job)
            next_due = min(next_due, max(errand, self.now + pause))
        return replace(claimed, due_at=next_due, updated_at=self.now)

    def _next_due(self, job: Job, claimed: Job) -> int:
        """When it is due next, errands apart."""
        match job.status:
            case Status.RUNNING:
                return self._next_look(job, claimed)
            case Status.STORING:
                return self.now + self._pause_for_files(job)
            case Status.PARKED:
                given_up = max(self._end_of_parking(job), self.now + LAST_CHANCE)
                if not self._is_worth_a_look(job):
                    return given_up
                pause = pause_after_look_up(job, self.now, self.policy)
                return min(given_up, max(next_look_up(claimed, self.policy), self.now + pause))
            case _:
                return self.now + self.policy.queue_patience

    def _next_look(self, job: Job, claimed: Job) -> int:
        """At a running job: at its deadline, whatever the pauses are by then."""
        late = self._is_late(job)
        pause = LATE_PAUSE if late else pause_after_look_up(job, self.now, self.policy)
        following = self.now + pause
        if claimed == job or not has_look_ups_to_spare(claimed, self.policy):
            following = max(next_look_up(claimed, self.policy), following)
        return following if late else min(following, max(self._deadline(job), self.now + ERRAND_PAUSE))

    def _deadline(self, job: Job) -> int:
        return (job.accepted_at or job.created_at) + self.policy.run_deadline

    def _pause_for_files(self, job: Job) -> int:
        """Before files that have not come are looked for again: longer, the longer they have been waited for."""
        waited = self.now - entered_at(job, job.status)
        return min(max(self.policy.upload_grace, waited), _LONGEST_FETCH_PAUSE)

    def _counted(self, job: Job) -> Job:
        """With one more look-up, if it is time for one: by its schedule, or because something has made it due early."""
        confirmation = next_confirmation(job, self.policy)
        to_confirm = confirmation is not None and self.now >= confirmation
        due = self.now >= next_look_up(job, self.policy) or to_confirm
        match job.status:
            case Status.RUNNING:
                late = self._is_late(job) and self.now >= next_late_look_up(job, self.policy)
                due = due or late or next_errand(job, self.now, self.policy) is None
            case Status.PARKED:
                due = to_confirm or self._is_late(job) or (due and self._is_worth_a_look(job))
            case Status.SUBMITTING:  # some of its tasks are under way, and others still wait
                due = to_confirm or (due and any(task.state is TaskState.ACCEPTED for task in counting(job)))
            case _:
                due = False
        kept = self._is_late(job) and job.look_ups < self.policy.most_look_ups
        may = kept or has_look_ups_to_spare(job, self.policy)
        return looked_up(job, self.now, self.policy) if due and may else job

    def _is_late(self, job: Job) -> bool:
        """Whether its deadline is over: what is kept for it may be used."""
        if job.status is Status.PARKED:
            return self.now >= self._end_of_parking(job)
        running = job.status is Status.RUNNING
        return running and self.now >= self._deadline(job)

    def _end_of_parking(self, job: Job) -> int:
        return entered_at(job, Status.PARKED) + self.policy.parked_for

    def _is_worth_a_look(self, job: Job) -> bool:
        """Whether the provider may still know the results of a parked job, and can be asked for them."""
        return self.can_ask and is_worth_a_look(job, self.now, self.policy)
