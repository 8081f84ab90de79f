"""The person who decides about parked jobs, with a look into the provider's books: adopt what is there; send again what
is not, where the rest of the job is paid; else abandon. Knows nothing of who is left parked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos_stack.enduring import StackCalls
from tests.chaos_stack.plans import JobPlan
from tests.chaos_stack.provider_records import ProviderRecords, ProviderTask, read_records

# What a simulator calls a task that is under way, or came to something that is paid.
WORTH_ADOPTING = frozenset(
    {"processing", "success", "QUEUED", "RUNNING", "SUCCESS", "in_queue", "in_progress", "succeeded"}
)

PAID = frozenset({"accepted", "reported"})


def decision(job: Mapping[str, Any], plan: JobPlan, records: ProviderRecords) -> tuple[str, dict[str, str]]:
    """The action and what goes with it, for a parked job as the API shows it."""
    task = adoptable(job, records.tasks_of(plan.tag))
    if task is not None:
        return "adopt", {"provider_task_id": task.id}
    statuses = {task["status"] for attempt in job["attempts"] for task in attempt["tasks"]}
    # What the provider surely does not have may be sent again; worth it where another part of the job is paid.
    return ("resend" if statuses & PAID else "abandon"), {}


def adoptable(job: Mapping[str, Any], theirs: list[ProviderTask]) -> ProviderTask | None:
    """A task of the provider's that the job is in doubt about."""
    known = {
        task["provider_task_id"]: task["status"] for attempt in job["attempts"] for task in attempt["tasks"]
    }
    return next(
        (
            task
            for task in theirs
            if task.state in WORTH_ADOPTING and known.get(task.id, "unknown") == "unknown"
        ),
        None,
    )


@dataclass(slots=True)
class Person:
    """`decided` counts by action and the answer's status, `resent` how often each job was sent again."""

    calls: StackCalls
    decided: Counter[str] = field(default_factory=Counter)
    resent: Counter[str] = field(default_factory=Counter)

    def decide(self, plan: JobPlan) -> None:
        """About one job that was parked a moment ago; it may have been decided by something else since."""
        job = self.calls.api("GET", f"/v1/jobs/{plan.job_id}").json()
        if job["status"] != "parked":
            return
        records = read_records(plan.provider, self.calls.simulator(plan.provider))
        action, more = decision(job, plan, records)
        answer = self.calls.api("POST", f"/v1/jobs/{plan.job_id}/resolve", {"action": action, **more})
        self.decided[f"{action} {answer.status_code}"] += 1
        if action == "resend":  # even if this answer says no: an earlier one may have got lost
            self.resent[plan.job_id] += 1
