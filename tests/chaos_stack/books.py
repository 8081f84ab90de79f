"""Holds what is left of a run against what was promised, and lists what does not balance. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.chaos_stack.evidence import Evidence, StoredFile
from tests.chaos_stack.plans import JobPlan
from tests.chaos_stack.provider_records import ProviderTask

TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
ENDED = TERMINAL | {"parked"}


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Something that must not be. `promise` is the part of the books that it stands in."""

    promise: str
    job_id: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Account:
    """The money of one provider: what it says, what the jobs say, what parked jobs can't know yet, and
    what the stack is not told and does not ask for."""

    provider: str
    jobs: int
    tasks: int
    charges: int
    billed: Decimal
    recorded: Decimal
    in_doubt: Decimal
    untold: Decimal

    @property
    def balances(self) -> bool:
        return self.billed == self.recorded + self.in_doubt + self.untold


def imbalances(evidence: Evidence) -> list[Imbalance]:
    """Everything that does not balance; empty after a good run."""
    found: list[Imbalance] = [*_admissions(evidence), *_forgeries(evidence), *_strangers(evidence)]
    for plan in evidence.plans:
        job = evidence.jobs.get(plan.job_id)
        theirs = evidence.records[plan.provider].tasks_of(plan.tag)
        found += _payments(plan, theirs, evidence.resent.get(plan.job_id, 0))
        if job is not None:
            found += _ends(plan, job)
            found += _charges(plan, theirs, job)
            found += _announcements(job, evidence)
    found += _files(evidence)
    found += _letters(evidence)
    found += [
        Imbalance(
            "charges", None, f"{account.provider}: billed {account.billed}, recorded {account.recorded}"
        )
        for account in accounts(evidence)
        if not account.balances
    ]
    return found


def accounts(evidence: Evidence) -> list[Account]:
    return [_account(provider, evidence) for provider in evidence.records]


def _account(provider: str, evidence: Evidence) -> Account:
    records = evidence.records[provider]
    plans = [plan for plan in evidence.plans if plan.provider == provider and plan.job_id in evidence.jobs]
    doubts = untold = Decimal(0)
    for plan in plans:
        job = evidence.jobs[plan.job_id]
        missing = _billed(records.tasks_of(plan.tag)) - recorded(job)
        if not plan.is_told_charge:
            untold += missing
        elif may_not_know(job):
            doubts += missing
    charges = [charge for task in records.tasks for charge in task.charges]
    return Account(
        provider=provider,
        jobs=len(plans),
        tasks=len(records.tasks),
        charges=len(charges),
        billed=sum(charges, Decimal(0)),
        recorded=sum((recorded(evidence.jobs[plan.job_id]) for plan in plans), Decimal(0)),
        in_doubt=doubts,
        untold=untold,
    )


def recorded(job: Mapping[str, Any]) -> Decimal:
    """What the job says that it was charged."""
    return Decimal(job["cost"]["actual"] or 0)


def may_not_know(job: Mapping[str, Any]) -> bool:
    """Whether a charge may stand in the provider's books only: nobody has told the job, and a person may still."""
    return bool(job["status"] == "parked")


def _billed(theirs: list[ProviderTask]) -> Decimal:
    return sum((charge for task in theirs for charge in task.charges), Decimal(0))


def _admissions(evidence: Evidence) -> Iterator[Imbalance]:
    """Jobs accepted are jobs in the table, and no others are."""
    for job_id, why in evidence.refused.items():
        yield Imbalance("jobs", job_id, f"was refused: {why}")
    for job_id in sorted(evidence.accepted - evidence.stored):
        yield Imbalance("jobs", job_id, "was accepted and is not in the table")
    for job_id in sorted(evidence.stored - evidence.accepted):
        yield Imbalance("jobs", job_id, "is in the table and was not accepted")
    for job_id in sorted(evidence.stored - evidence.jobs.keys()):
        yield Imbalance("jobs", job_id, "is in the table and the API does not show it")


def _forgeries(evidence: Evidence) -> Iterator[Imbalance]:
    for what in evidence.forgeries_taken:
        yield Imbalance("forgeries", None, f"was not answered by 404: {what}")


def _strangers(evidence: Evidence) -> Iterator[Imbalance]:
    """Every task at a provider is some job's."""
    for provider, records in evidence.records.items():
        tags = [plan.tag for plan in evidence.plans if plan.provider == provider]
        for task in records.tasks:
            if not any(tag in task.request for tag in tags):
                yield Imbalance("payments", None, f"{provider} has task {task.id}, which no job asked for")


def _payments(plan: JobPlan, theirs: list[ProviderTask], resent: int) -> Iterator[Imbalance]:
    """No output is paid more than once, nor made more than once, unless a person had it sent again."""
    most = plan.count * (1 + resent)
    charged = sum(len(task.charges) for task in theirs)
    if charged > most:
        yield Imbalance("payments", plan.job_id, f"was charged {charged} times for {most} generations")
    elif len(theirs) > most:
        yield Imbalance("payments", plan.job_id, f"has {len(theirs)} tasks there for {most} generations")
    for task in theirs:
        if len(task.charges) > 1:
            yield Imbalance("payments", plan.job_id, f"task {task.id} was charged {len(task.charges)} times")


def _ends(plan: JobPlan, job: Mapping[str, Any]) -> Iterator[Imbalance]:
    """Every job is terminal, once, or parked with a reason and left so on purpose."""
    status, timeline = job["status"], [entry["status"] for entry in job["timeline"]]
    if status not in ENDED:
        yield Imbalance("ends", plan.job_id, f"is {status} still: {' '.join(timeline)}")
    elif status == "parked":
        if not (job["error"] and job["error"]["code"] == "outcome_unknown"):
            yield Imbalance("ends", plan.job_id, f"is parked without a reason: {job['error']}")
        if not plan.left_parked:
            yield Imbalance("ends", plan.job_id, "is parked although a person has decided about it")
    else:
        ends = [entry for entry in timeline if entry in TERMINAL]
        if ends != [status] or timeline[-1] != status:
            yield Imbalance("ends", plan.job_id, f"ended other than once: {' '.join(timeline)}")


def _charges(plan: JobPlan, theirs: list[ProviderTask], job: Mapping[str, Any]) -> Iterator[Imbalance]:
    """What the job says it was charged is what the provider has charged; of a parked one it may be a part."""
    if may_not_know(job):
        if recorded(job) > _billed(theirs):
            yield Imbalance("charges", plan.job_id, f"(parked) recorded {recorded(job)}, which nobody billed")
        return
    billed, said = _billed(theirs) if plan.is_told_charge else Decimal(0), recorded(job)
    if billed != said:
        yield Imbalance("charges", plan.job_id, f"({job['status']}) billed {billed}, recorded {said}")


def _announcements(job: Mapping[str, Any], evidence: Evidence) -> Iterator[Imbalance]:
    """An end is announced, by one event however often it is told; again only when a charge became known after it."""
    if job["status"] not in TERMINAL:
        return
    told = [event for event in evidence.events if event.job_id == job["id"] and event.status in TERMINAL]
    if not told:
        yield Imbalance("events", job["id"], f"{job['status']} was never announced")
    elif {event.status for event in told} != {job["status"]}:
        yield Imbalance("events", job["id"], f"announced {sorted({event.status for event in told})}")
    ids, charges = {event.id for event in told}, {(event.id, event.charged) for event in told}
    if len(ids) > len({charged for _, charged in charges}):
        yield Imbalance("events", job["id"], f"one end was announced as several: {sorted(ids)}")


def _files(evidence: Evidence) -> Iterator[Imbalance]:
    """Files under outputs/ and outputs that landed are the same, and every one is what the provider made."""
    files = {file.key: file for file in evidence.files}
    claimed: set[str] = set()
    for plan in evidence.plans:
        job = evidence.jobs.get(plan.job_id)
        if job is None:
            continue
        landed = [output for output in job["outputs"] if output["status"] == "landed"]
        if job["status"] == "succeeded" and (not landed or len(landed) < len(job["outputs"])):
            yield Imbalance(
                "files", plan.job_id, f"succeeded with {len(landed)} of {len(job['outputs'])} files"
            )
        made = Counter(evidence.made.get(plan.tag, ()))
        for output in landed:
            claimed.add(output["key"])
            yield from _file(plan, output, files.get(output["key"]), made)
    for key in sorted(files.keys() - claimed):
        yield Imbalance("files", None, f"{key} is under outputs/ and no job has it")


def _file(
    plan: JobPlan, output: Mapping[str, Any], file: StoredFile | None, made: Counter[str]
) -> Iterator[Imbalance]:
    """Each file that the provider made may be one output's only: `made` is used up."""
    if file is None:
        yield Imbalance("files", plan.job_id, f"{output['key']} has landed and is not there")
    elif file.bytes != output["bytes"]:
        yield Imbalance("files", plan.job_id, f"{file.key} has {file.bytes} bytes, not {output['bytes']}")
    elif not made[file.sha256]:
        yield Imbalance("files", plan.job_id, f"{file.key} is none of the files that the provider made")
    else:
        made[file.sha256] -= 1


def _letters(evidence: Evidence) -> Iterator[Imbalance]:
    """A dead letter is explained where the jobs that it is about came to their end without it."""
    for letter in evidence.letters:
        about = jobs_in(letter.text, evidence)
        open_ = [job_id for job_id in about if evidence.jobs[job_id]["status"] not in ENDED]
        if not about or open_ or letter.queue == "PoisonChanges":
            yield Imbalance("letters", next(iter(open_), None), f"{letter.queue}: {letter.text[:300]}")


def jobs_in(text: str, evidence: Evidence) -> list[str]:
    """The run's jobs that a text names, by their ids or their idempotency keys."""
    plans = [plan for plan in evidence.plans if plan.job_id in text or plan.key in text]
    return [plan.job_id for plan in plans if plan.job_id in evidence.jobs]
