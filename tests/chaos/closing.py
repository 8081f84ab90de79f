"""What must hold when nothing is left to happen: compares what the system says with the truth, the ledger of what
providers were paid for.
"""

from __future__ import annotations

from dataclasses import dataclass

from framehook.jobs import Job, OutputState, Status, TaskState
from tests.chaos.books import Books
from tests.chaos.cloud import Cloud
from tests.chaos.generations import Generation
from tests.chaos.people import People
from tests.chaos.world import HOUR

_BLINDING = ("look-up lost", "look-up refused", "API key missing", "download failed")
_ENDED_BY_OTHERS = ("abandoned", "outcome_unknown", "run_deadline", "output_unavailable")
_LAST_LOOKS = 4 * HOUR
_TO_PROVE = 40  # look-ups of an unknown outcome, until its proof window is over


@dataclass(frozen=True, slots=True)
class Closing:
    """Adds to the problems of `books`."""

    books: Books
    cloud: Cloud

    def close(self, people: People) -> None:
        self._wishes(people)
        for job in self.cloud.stack.jobs.jobs.values():
            self._job(job)
        self._bucket()
        self._events()
        for defect in self.cloud.functions.defects:
            self.books.problem("defect:", defect)
        if len(self.cloud.messages.dead_letters):
            self.books.problem(len(self.cloud.messages.dead_letters), "dead letters after the redrive")

    def _wishes(self, people: People) -> None:
        """What people asked for and decided was done, and once."""
        jobs = self.cloud.stack.jobs.jobs
        if len(jobs) > people.asked:
            self.books.problem(len(jobs), "jobs for one request each:", people.asked)
        if not people.promised <= set(jobs):
            self.books.problem("a job that was promised does not exist")
        for job_id, times in self.books.resends.items():
            if times > people.words[job_id]:
                self.books.problem(times, "resends for", people.words[job_id], "words of a person")

    def _job(self, job: Job) -> None:
        if not job.status.terminal:
            self.books.problem("never ends:", job.status, [task.state for task in job.tasks])
            return
        if self.books.ends[job.id] != 1:
            self.books.problem(self.books.ends[job.id], "ends of one job")
        self._money(job)
        self._landed_as_told(job)
        for slot in range(job.count):
            self._slot(job, slot)
        for each in self.books.ledger.of_job(job.id):
            bound = self.books.policy.most_look_ups * (
                1 + self.books.resends[job.id] + self.books.adoptions[job.id]
            )
            if each.looks > bound + _TO_PROVE:
                self.books.problem(each.looks, "look-ups of", each.short)

    def _money(self, job: Job) -> None:
        own = list(self.books.ledger.of_job(job.id))
        sure = sum(each.cost for each in own if each.told_at is not None)
        most = sum(each.cost for each in own if each.told_at is not None or each.maybe_told)
        charged = job.charged or 0
        if not sure <= charged <= most:
            self.books.problem("charged", charged, "but told of", sure, "to", most)
        for task in job.tasks:
            unknown = task.state is TaskState.REPORTED and task.cost is None
            excused = self._outage_until(job.finished_at or 0) or any(
                each.id == task.id and each.denied for each in own
            )
            if unknown and not excused:
                self.books.problem("a reported task has no cost")

    def _slot(self, job: Job, slot: int) -> None:
        """Whether what was paid for in one place of the job was delivered, or there is a reason why not."""
        good = [each for each in self.books.ledger.paid(job.id, slot) if each.ended and each.succeeds]
        landed = [
            each
            for each in job.outputs
            if each.state is OutputState.LANDED and each.index % job.count == slot
        ]
        if landed and not good:
            self.books.problem("an output landed that nobody made")
        if job.status is Status.SUCCEEDED and not landed:
            self.books.problem("succeeded without output", slot)
        if landed or not good:
            return
        for each in good:
            if not self._is_excused(job, each):
                code = job.error.code if job.error else ""
                self.books.problem("a paid result is lost:", each.short, job.status, code)

    def _is_excused(self, job: Job, each: Generation) -> bool:
        """Why a result that was paid for was not delivered. There is no other reason."""
        ended, code = job.finished_at or 0, job.error.code if job.error else ""
        untold = each.told_at is None or each.told_at > ended
        # A person gave the job up, also what was on its way; or it was given up by time, and nobody knew of this.
        given_up = code == "abandoned" or (code == "outcome_unknown" and untold)
        too_late = each.ends_at > each.accepted_at + self.books.policy.run_deadline - HOUR
        # A person had it sent again, and the provider never said what it calls the first.
        never_named = self.books.resends[job.id] > 0 and all(task.id != each.id for task in job.tasks)
        # The provider had said that it would stop it, and then for ten minutes that there was no such task.
        denied = job.status is Status.CANCELLED and each.denied
        # It was kept in reserve for its successor, for longer than the provider keeps it.
        outlived = each.attempt < job.attempt and each.kept_until < ended
        # Faults struck until after its deadline, and nothing that told of its end could ever be stored.
        in_time = ended - each.accepted_at < self.books.policy.run_deadline
        unheard = each.told_at is None and not in_time and self.books.calm_at > ended
        return (
            given_up
            or unheard
            or too_late
            or each.url_expired
            or never_named
            or outlived
            or denied
            or self._was_out_of_reach(each)
            or self._outage_until(ended)
        )

    def _was_out_of_reach(self, generation: Generation) -> bool:
        """Whether nobody could ask for it any more until its provider had forgotten it."""
        return any(
            kind in _BLINDING and starts < generation.kept_until < min(ends, self.books.calm_at) + HOUR
            for kind, starts, ends in self.books.world.outages
        )

    def _outage_until(self, moment: int) -> bool:
        """Whether nothing could be learnt or fetched for longer than any deadline, until not long before."""
        return any(
            kind in _BLINDING
            and ends - starts > 24 * HOUR
            and starts < moment < min(ends, self.books.calm_at) + _LAST_LOOKS
            for kind, starts, ends in self.books.world.outages
        )

    def _landed_as_told(self, job: Job) -> None:
        """What the table says of a landed file is true of the object."""
        stack = self.cloud.stack
        for place in job.outputs:
            record = stack.jobs.outputs.get((job.id, place.index, place.attempt))
            if place.state is not OutputState.LANDED:
                continue
            landed = record.landed if record else None
            stored = stack.media.objects.get(landed.key) if landed else None
            if landed is None or stored is None:
                self.books.problem("a landed file is not there:", place.index)
            elif (landed.bytes, landed.checksum) != (len(stored.body), stored.checksum):
                self.books.problem("another file than was told:", landed.key)

    def _bucket(self) -> None:
        records = self.cloud.stack.jobs.outputs
        keys = {record.landed.key for record in records.values() if record.landed}
        for key, stored in self.cloud.stack.media.objects.items():
            if not key.startswith("outputs/"):
                continue
            job_id = key.split("/")[2]
            slot = int(key.split("/")[3].partition(".")[0]) % self.cloud.stack.jobs.jobs[job_id].count
            whole = {each.body(0) for each in self.books.ledger.paid(job_id, slot)}
            if stored.body not in whole:
                self.books.problem("not a whole file:", key)
            # One that a job's end overtook is on nobody's list: nothing of it was announced.
            error = self.cloud.stack.jobs.jobs[job_id].error
            if key not in keys and (error is None or error.code not in _ENDED_BY_OTHERS):
                self.books.problem("no record of", key)

    def _events(self) -> None:
        ends: dict[str, set[str]] = {}
        for detail in self.cloud.changes.announced:
            status, before = Status(detail["status"]), detail["previous_status"]
            if status.terminal and not (before and Status(before).terminal):
                ends.setdefault(detail["id"], set()).add(detail["event_id"])
        for ids in ends.values():
            if len(ids) > 1:
                self.books.problem("several completion events:", sorted(ids))
        unannounced = {change.after.id for change in self.cloud.changes.stream.discarded}
        for job_id in self.cloud.stack.jobs.jobs:
            if job_id not in ends and job_id not in unannounced:
                self.books.problem("an end that nobody was told of")
