"""Every event that one job can meet, on the product's own decisions. Judges nothing: see test_transition_model.

What a provider has decided stays open until something shows it (`Fate`). Of time there is what decisions ask for: a
first word of a failure is fresh or may be confirmed, a first send is fresh or over ten minutes old, a deadline may come
at any moment. Believed is that a task sent again while fresh is one generation where the provider says so, that a
look-up confirms nothing wrong, and that who adopts a task knows its name. Tokens never run out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from framehook import cancelling, deadlines, outputs, reports, stopping
from framehook.due_times import Policy, is_to_be_cancelled
from framehook.errors import Failure
from framehook.following import OUT_OF_TIME
from framehook.identifiers import IncomingKey, unnamed
from framehook.jobs import Job, Output, OutputState, ResultFile, Status, Task, TaskState
from framehook.offerings import Plan
from framehook.ports import Gate
from framehook.providers import contract
from framehook.requests import ResolveRequest
from framehook.verdicts import Call
from framehook.wiring.providers import PROVIDERS
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.test_transitions import a_job

PRICE = 5
LATEST, EARLIER = b"latest", b"earlier"
BROKEN = Failure("broken", "no luck")

type Place = tuple[int, int]  # of a task: its attempt and slot


class Fate(StrEnum):
    """What is true of a task at its provider, as far as anything has shown it."""

    NONE = "nothing sent, or surely refused"
    MAYBE = "sent, and perhaps taken"
    TAKEN = "taken, its end is open"
    TOLD = "done, as the job was told with a URL"
    BARE = "done, as the job was told without a URL"
    LANDED = "done, and its file in the bucket"
    LOST = "done, and its file can't be had"
    EMPTY = "done, without a file"
    FAILED = "failed"
    STOPPED = "stopped"

    __hash__ = str.__hash__  # an enum's own is slow


REPORTS = ("success", "success without a URL", "failure", "still running", "no such task")
ENDS = {  # what time alone brings
    Status.QUEUED: "the queue deadline is over",
    Status.SUBMITTING: "the proof window is over",
    Status.RUNNING: "the run deadline is over",
    Status.PARKED: "the parked time is over",
}
UNSHOWN = (Fate.MAYBE, Fate.TAKEN)
_DONE = (Fate.TOLD, Fate.BARE, Fate.LANDED, Fate.LOST, Fate.EMPTY)
_WITH_URL = (Fate.TOLD, Fate.LANDED, Fate.LOST)
_SUCCESSFUL = (*UNSHOWN, *_DONE)
type _Truths = Mapping[Fate, Fate]
_SHOWN: _Truths = {fate: Fate.TAKEN if fate in UNSHOWN else fate for fate in Fate if fate is not Fate.NONE}
_FIRST_WORD: Mapping[str, _Truths] = {
    "success": {fate: fate if fate in _WITH_URL else Fate.TOLD for fate in _SUCCESSFUL},
    "success without a URL": {fate: _SHOWN[fate] for fate in _SUCCESSFUL},
    "failure": _SHOWN,
    "still running": _SHOWN,
    "no such task": {fate: fate for fate in Fate},
}
"""What is true after a report, by what was true before; nobody says what is not here."""
_LAST_WORD: Mapping[str, _Truths] = {
    **_FIRST_WORD,
    "success without a URL": dict.fromkeys((*UNSHOWN, Fate.EMPTY), Fate.EMPTY),
    "failure": dict.fromkeys((*UNSHOWN, Fate.FAILED), Fate.FAILED),
    "no such task": dict.fromkeys((Fate.NONE, Fate.MAYBE, Fate.FAILED, Fate.STOPPED), Fate.STOPPED),
}
"""The same of a report that confirms an earlier one, or needs no second word."""
_BARE: _Truths = {fate: Fate.BARE if fate in UNSHOWN else fate for fate in _SUCCESSFUL}
_REFUSALS: Mapping[str, contract.Verdict] = {
    "refused": contract.Refused(Failure("invalid_request", "never")),
    "refused for now": contract.RefusedForNow(Failure("provider_busy", "later")),
    "refused too often": contract.RefusedForNow(Failure("no_key", "later"), tries=1),
}
_STOPS = {
    "taken": contract.CancelAnswer.TAKEN,
    "taken in vain": contract.CancelAnswer.TAKEN,
    "refused": contract.CancelAnswer.REFUSED,
    "stopped, but unclear": contract.CancelAnswer.UNCLEAR,
}


class OpenCall(NamedTuple):
    """A paid call without an answer yet. `before`: which of its tasks an earlier send may have brought there."""

    sent: tuple[Place, ...]
    before: tuple[Place, ...]
    latest: bool = True


class Step(NamedTuple):
    """One event, as the product sees it."""

    what: str
    place: Place = (0, 0)
    looked_up: bool = False
    call: OpenCall = OpenCall((), ())
    said: tuple[str, ...] = ()


class Situation(NamedTuple):
    """`job` is its number; `stale` are the tasks that were first sent more than ten minutes ago."""

    job: int
    fates: tuple[Fate, ...]
    stale: frozenset[Place] = frozenset()
    calls: tuple[OpenCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """A job at a provider. `open_calls`: how many answers may be out; with one more, the oldest's function has died."""

    name: str
    provider: str
    offering: str
    their_id: str = ""
    uploads: bool = False
    calls_us: bool = True
    doubtful_for: int = 0
    count: int = 1
    attempts: int = 2
    open_calls: int = 2


class Product:
    """The product's decisions on a job."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.provider = setting, PROVIDERS[setting.provider]
        self.stack = InMemoryStack()
        self.now, self.old = self.stack.clock.now(), self.stack.clock.now() - 601_000
        self.names_tasks = self.provider.OWN_TASK_ID is not None
        self.resends = self.provider.RESENDS_SAME_TASK_SECONDS > 0
        blank = a_job(Status.QUEUED, provider=setting.provider, offering=setting.offering, due_at=None)
        growth, stops = None if setting.calls_us else 20, self.provider.can_cancel(setting.offering)
        self.new_job = replace(blank, count=setting.count, look_up_growth=growth, timeline=())
        self.decisions: Mapping[str, Callable[[Job, Step], Job]] = {
            "the job is sent": self._called,
            "the call is answered": self._answered,
            **dict.fromkeys(REPORTS, self._reported),
            "the file lands": self._of_file(outputs.with_landed),
            "the upload is unusable": self._of_file(outputs.with_refused, BROKEN, False),
            "the fetched file is unusable": self._of_file(outputs.with_refused, BROKEN, True),
            "the file can't be fetched": self._of_file(outputs.with_lost, BROKEN),
            "the upload is overdue, a URL is known": self._of_file(outputs.with_upload_missing, True),
            "the upload is overdue": self._of_file(outputs.with_upload_missing, False),
            "the store deadline is over": self._of_file(outputs.with_lost, OUT_OF_TIME),
            "somebody wants it stopped": lambda job, _: cancelling.cancelled(job, self.now, stoppable=stops),
            "the cancel is passed on": self._stopped,
            **dict.fromkeys(("a person: resend", "a person: adopt", "a person: abandon"), self._resolved),
            "it can't be sent": lambda job, _: deadlines.unsendable(job, BROKEN, self.now),
            "the queue deadline is over": self._of_time(deadlines.expired_in_queue),
            "the proof window is over": self._of_time(deadlines.unproven),
            "its files are taken for its result": self._of_time(deadlines.finished_by_its_files),
            "the run deadline is over": self._of_time(deadlines.overdue),
            "the parked time is over": self._of_time(deadlines.given_up),
            "15 seconds pass": lambda job, _: replace(self._aged(job), first_sent_at=job.first_sent_at),
            "ten minutes pass": lambda job, _: self._aged(job),
        }

    def _of_file(self, decide: Callable[..., Job], *told: object) -> Callable[[Job, Step], Job]:
        return lambda job, step: decide(job, step.place[1], step.place[0], *told, self.now)

    def _of_time(self, decide: Callable[[Job, int], Job]) -> Callable[[Job, Step], Job]:
        return lambda job, _: decide(self._aged(job), self.now)

    def _stopped(self, job: Job, step: Step) -> Job:
        return stopping.asked(job, {"": _STOPS[step.said[0]]}, self.now)

    def sendable(self, job: Job) -> Sequence[Task]:
        """What the next call carries."""
        return self.stack.submission.paid_call.sendable(self._with_tasks(job))[: self.provider.TASKS_PER_CALL]

    def theirs(self, place: Place) -> str:
        """What the provider calls a task."""
        return f"{self.setting.their_id}{place[0]}{place[1]}" if self.names_tasks else self.ours(place)

    def ours(self, place: Place) -> str:
        return unnamed(f"{place[0]}.{place[1]}") if self.names_tasks else f"{place[0]}.{place[1]}"

    def _called(self, job: Job, _: Step) -> Job:
        """What is stored before a call whose function does not live to see the answer."""
        setting, stored = self.setting, self.stack.jobs.jobs
        stored[job.id] = job = self._with_tasks(job)
        key = self.stack.calling.account_of(setting.provider)
        assert key is not None
        plan = Plan("", job.provider, job.offering, job.kind, job.count, {}, setting.uploads, 60)
        self.stack.scripted[key.account].answers.append(RuntimeError("killed"))
        with pytest.raises(RuntimeError, match="killed"):
            self.stack.submission.paid_call.make(job, key, plan, Gate())
        return stored[job.id]

    def _with_tasks(self, job: Job) -> Job:
        """As `Submission` makes them before the first call."""
        slots = range(0 if job.tasks else job.count)
        made = (*job.tasks, *(Task(self.ours((1, slot)), slot) for slot in slots))
        places = (*job.outputs, *(Output(slot) for slot in slots))
        return replace(job, tasks=made, outputs=places, uploads=self.setting.uploads)

    def _answered(self, job: Job, step: Step) -> Job:
        sent = tuple(Task(self.ours(place), place[1], place[0]) for place in step.call.sent)
        said = {**_REFUSALS, "unknown": contract.Unknown("timed out")}
        verdicts = {
            self.ours(place): said.get(word) or contract.Accepted(self.theirs(place))
            for place, word in zip(step.call.sent, step.said, strict=True)
        }
        before = frozenset(self.ours(place) for place in step.call.before)
        token = LATEST if step.call.latest else EARLIER
        return Call(sent, verdicts, before, token).concluded(job, self.now, Policy(), 0.5)

    def _reported(self, job: Job, step: Step) -> Job:
        task = task_at(job, step.place)
        assert task is not None
        named = None if step.looked_up else self.theirs(step.place)
        told: Mapping[str, contract.Report] = {
            "success": contract.Succeeded(
                task.id, (ResultFile("https://a.example"),), cost=PRICE, named=named
            ),
            "success without a URL": contract.Succeeded(task.id, (), cost=PRICE, named=named),
            "failure": contract.Failed(task.id, BROKEN, named=named, doubtful_for=self.setting.doubtful_for),
            "still running": contract.StillRunning(task.id, named),
            "no such task": contract.Missing(task.id),
        }
        return reports.applied(job, [told[step.what]], self.now, looked_up=step.looked_up)

    def _resolved(self, job: Job, step: Step) -> Job:
        self.stack.jobs.jobs[job.id] = job
        adopted = {"provider_task_id": self.theirs(step.place)} if step.what == "a person: adopt" else {}
        decision = ResolveRequest.model_validate({"action": step.what.split()[-1], **adopted})
        return self.stack.resolution.resolve(OWNER, job.id, decision)

    def _aged(self, job: Job) -> Job:
        aged = (replace(task, failing_since=task.failing_since and self.old) for task in job.tasks)
        return replace(job, tasks=tuple(aged), first_sent_at=job.first_sent_at and self.old)


def place_of(task: Task) -> Place:
    return task.attempt, task.slot


def task_at(job: Job, place: Place) -> Task | None:
    return next((task for task in job.tasks if place_of(task) == place), None)


class World:
    """Which events are possible in a situation, and what they show of the truth."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.product = setting, Product(setting)
        places = product(range(1, setting.attempts + 1), range(setting.count))
        self.number = {place: number for number, place in enumerate(places)}
        self._sendable = cache(self.product.sendable)
        self._questions = cache(lambda name: self.product.provider.look_ups(setting.offering, [name], ""))

    def moves(self, seen: Situation, job: Job) -> Iterator[tuple[Step, Situation]]:
        """Each event with the situation after it, in which the job is still the old one."""
        yield from self._calls(seen, job)
        for task in job.tasks:
            yield from self._news(seen, task, place_of(task))
            yield from self._files(seen, job, place_of(task))
        if not job.status.terminal:
            yield from self._people(seen, job)
            yield from self._time(seen, job)

    def knowing(self, seen: Situation, place: Place, fate: Fate) -> Situation:
        number = self.number[place]
        if seen.fates[number] is fate:
            return seen
        fates = (*seen.fates[:number], fate, *seen.fates[number + 1 :])
        stale = seen.stale - {place} if fate is Fate.NONE else seen.stale
        return Situation(seen.job, fates, stale, seen.calls)

    def aged(self, seen: Situation) -> Situation:
        stale = {place for place, number in self.number.items() if seen.fates[number] is not Fate.NONE}
        return seen._replace(stale=frozenset(stale)) if self.product.resends and stale != seen.stale else seen

    def _calls(self, seen: Situation, job: Job) -> Iterator[tuple[Step, Situation]]:
        if job.status in (Status.QUEUED, Status.SUBMITTING) and self._sendable(job):
            yield self._call(seen, self._sendable(job))
        for number, call in enumerate(seen.calls):
            left = seen._replace(calls=seen.calls[:number] + seen.calls[number + 1 :])
            options = [list(self._verdicts(seen, place, call)) for place in call.sent]
            for verdicts in product(*options):
                after = left
                for place, (_, fate) in zip(call.sent, verdicts, strict=True):
                    after = self.knowing(after, place, fate)
                yield Step("the call is answered", call=call, said=tuple(word for word, _ in verdicts)), after

    def _call(self, seen: Situation, sendable: Sequence[Task]) -> tuple[Step, Situation]:
        sent = tuple(place_of(task) for task in sendable)
        before = tuple(place_of(task) for task in sendable if task.state is TaskState.UNKNOWN)
        call, after, dead = OpenCall(sent, before), seen, len(seen.calls) + 1 - self.setting.open_calls
        for place in (each for each in sent if seen.fates[self.number[each]] is Fate.NONE):
            after = self.knowing(after, place, Fate.MAYBE)
        older = (each._replace(latest=False) for each in seen.calls[max(0, dead) :])
        return Step("the job is sent", call=call), after._replace(calls=(*older, call))

    def _verdicts(self, seen: Situation, place: Place, call: OpenCall) -> Iterator[tuple[str, Fate]]:
        """What the call may be answered about one task, with what that shows."""
        fate = seen.fates[self.number[place]]
        yield "unknown", fate
        if fate is not Fate.NONE:
            yield "accepted", Fate.TAKEN if fate is Fate.MAYBE else fate
        proof = place not in call.before and (call.latest or not self.product.resends)
        if proof and fate is not Fate.MAYBE:
            return  # it was taken, and no other call can have brought it
        for word in list(_REFUSALS)[: 2 if len(call.sent) > 1 else None]:  # not every pair of answers
            yield word, Fate.NONE if proof else fate

    def _news(self, seen: Situation, task: Task, place: Place) -> Iterator[tuple[Step, Situation]]:
        fate = seen.fates[self.number[place]]
        sources = [False] if self.setting.calls_us and fate is not Fate.NONE else []
        sent = fate is not Fate.NONE or task.state is TaskState.ACCEPTED
        for looked_up in (*sources, True) if sent and self._questions(task.id) else sources:
            confirming = looked_up and task.failing_since == self.product.old
            for what in REPORTS if looked_up else REPORTS[:-1]:
                after = self._told(what, confirming=confirming).get(fate)
                if after is not None:
                    yield Step(what, place, looked_up), self.knowing(seen, place, after)

    def _told(self, what: str, *, confirming: bool) -> _Truths:
        if what == "success without a URL" and self.setting.uploads:
            return _BARE
        certain = what == "failure" and not self.setting.doubtful_for
        return (_LAST_WORD if confirming or certain else _FIRST_WORD)[what]

    def _files(self, seen: Situation, job: Job, place: Place) -> Iterator[tuple[Step, Situation]]:
        fate = seen.fates[self.number[place]]
        output = outputs.wanted_output(job, IncomingKey(job.id, *place))
        if output is None or not (fate in UNSHOWN or fate in _DONE):
            return
        uploaded = self.setting.uploads and fate is not Fate.EMPTY
        if uploaded or fate in _WITH_URL:
            yield Step("the file lands", place), self.knowing(seen, place, Fate.LANDED)
        if uploaded:
            shown = Fate.TAKEN if fate is Fate.MAYBE else fate
            yield Step("the upload is unusable", place), self.knowing(seen, place, shown)
        to_fetch = output.state is OutputState.TO_FETCH
        if to_fetch:
            yield Step("the fetched file is unusable", place), seen
            yield Step("the file can't be fetched", place), seen
        if awaited := output.state is OutputState.AWAITED:
            known = ", a URL is known" if fate in _WITH_URL else ""
            yield Step(f"the upload is overdue{known}", place), seen
        if job.status is Status.STORING and (to_fetch or awaited):
            yield Step("the store deadline is over", place), seen

    def _people(self, seen: Situation, job: Job) -> Iterator[tuple[Step, Situation]]:
        yield Step("somebody wants it stopped"), seen
        if is_to_be_cancelled(job):
            yield from self._cancels(seen, job)
        if job.status is not Status.PARKED:
            return
        yield Step("a person: abandon"), seen
        if job.attempt < self.setting.attempts:
            yield Step("a person: resend"), seen
        unknown = [task for task in job.tasks if task.state is TaskState.UNKNOWN]
        for task in unknown[:1] if self.product.names_tasks else unknown:  # a new name goes to the first
            if task.id == self.product.ours(place_of(task)):
                yield Step("a person: adopt", place_of(task)), seen

    def _cancels(self, seen: Situation, job: Job) -> Iterator[tuple[Step, Situation]]:
        stopped = seen
        for task in job.tasks:
            if task.state is TaskState.ACCEPTED and seen.fates[self.number[place_of(task)]] in UNSHOWN:
                stopped = self.knowing(stopped, place_of(task), Fate.STOPPED)
        for word, answer in _STOPS.items():
            in_time = answer is not contract.CancelAnswer.REFUSED and word != "taken in vain"
            yield Step("the cancel is passed on", said=(word,)), stopped if in_time else seen

    def _time(self, seen: Situation, job: Job) -> Iterator[tuple[Step, Situation]]:
        if job.status in ENDS:
            yield Step(ENDS[job.status]), self.aged(seen)
        if job.status is Status.QUEUED:
            yield Step("it can't be sent"), seen
        if job.status is Status.RUNNING:
            yield Step("its files are taken for its result"), seen
        if any(task.failing_since == self.product.now for task in job.tasks):
            yield Step("15 seconds pass"), seen
        if self.product.resends and job.status in (Status.QUEUED, Status.SUBMITTING):
            yield Step("ten minutes pass"), self.aged(seen)
