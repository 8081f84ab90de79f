"""The books of a run for people and for programs. Formats only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos_stack.books import Imbalance, accounts, jobs_in
from tests.chaos_stack.campaign import Campaign
from tests.chaos_stack.evidence import Evidence


def document(run: Campaign, evidence: Evidence, found: Sequence[Imbalance]) -> dict[str, Any]:
    """All of it as JSON, with the whole story of every job that does not balance."""
    return {
        "jobs": len(run.plans),
        "seed": run.options.seed,
        "balances": not found,
        "settled": run.settled,
        "seconds": round(run.seconds, 1),
        "imbalances": [{"promise": one.promise, "job_id": one.job_id, "what": one.what} for one in found],
        "accounts": [
            {
                "provider": account.provider,
                "jobs": account.jobs,
                "tasks": account.tasks,
                "charges": account.charges,
                "billed": str(account.billed),
                "recorded": str(account.recorded),
                "in_doubt": str(account.in_doubt),
                "untold": str(account.untold),
            }
            for account in accounts(evidence)
        ],
        "statuses": statuses(evidence),
        "errors": errors(evidence),
        "files": len(evidence.files),
        "events": len(evidence.events),
        "letters": [
            {"queue": letter.queue, "jobs": jobs_in(letter.text, evidence), "text": letter.text[:2000]}
            for letter in evidence.letters
        ],
        **broken(run, evidence),
        "stories": {one.job_id: story(one.job_id, evidence) for one in found if one.job_id is not None},
    }


def broken(run: Campaign, evidence: Evidence) -> dict[str, Any]:
    """What was done to the stack."""
    tricks: Counter[str] = Counter()
    for (_, status), times in run.forger.answered.items():
        tricks[str(status)] += times
    return {
        "kills": dict(run.killer.kills.most_common()),
        "failed_starts": run.failed_starts,
        "faults": run.faults,
        "restarts": [{"how": one.how.value, "seconds": round(one.seconds, 1)} for one in run.cloud.restarts],
        "forgeries": {
            "sent": run.forger.sent,
            "unanswered": run.forger.unanswered,
            "answered": dict(tricks),
        },
        "cancels": dict(run.submitter.cancels),
        "replays": dict(run.submitter.replays),
        "resolved": dict(run.person.decided),
        "calls_made_again": run.calls.unanswered,
        "look_ups": {name: records.look_ups for name, records in evidence.records.items()},
    }


def statuses(evidence: Evidence) -> dict[str, int]:
    return dict(Counter(job["status"] for job in evidence.jobs.values()).most_common())


def errors(evidence: Evidence) -> dict[str, int]:
    """Why jobs did not succeed."""
    ended = (job for job in evidence.jobs.values() if job["error"])
    return dict(Counter(f"{job['status']}: {job['error']['code']}" for job in ended).most_common())


def story(job_id: str, evidence: Evidence) -> dict[str, Any]:
    """Everything that is known of one job: its own view, its provider's, and the announcements."""
    plan = next((plan for plan in evidence.plans if plan.job_id == job_id), None)
    if plan is None:
        return {}
    records = evidence.records[plan.provider]
    tasks = records.tasks_of(plan.tag)
    names = {task.id for task in tasks}
    return {
        "plan": {
            "tag": plan.tag,
            "kind": plan.kind,
            "count": plan.count,
            "way": plan.way,
            "twice": plan.twice,
            "cancel_after": plan.cancel_after,
            "faults": [[fault.name, dict(fault.options), fault.times] for fault in plan.faults],
        },
        "job": evidence.jobs.get(job_id),
        "provider_tasks": [
            {"id": task.id, "state": task.state, "charges": [str(charge) for charge in task.charges]}
            for task in tasks
        ],
        "provider_requests": [request for request in records.requests if _concerns(request, names)],
        "events": [
            {"id": event.id, "status": event.status, "charged": event.charged}
            for event in evidence.events
            if event.job_id == job_id
        ],
    }


def _concerns(request: Mapping[str, Any], names: set[str]) -> bool:
    return any(name in str(request) for name in names)


def show(console: Console, told: Mapping[str, Any]) -> None:
    """The same for people, without the stories."""
    money = Table(title="Money, in USD", title_justify="left")
    for column in ("provider", "jobs", "tasks", "charges", "billed", "recorded", "in doubt", "untold"):
        money.add_column(column, justify="left" if column == "provider" else "right")
    for account in told["accounts"]:
        money.add_row(*(str(value) for value in account.values()))
    console.print(money)
    facts = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in _facts(told):
        facts.add_row(name, escape(value))
    console.print(facts)
    for one in told["imbalances"]:
        console.print(
            f"[red]✗[/red] {one['promise']}: {one['job_id'] or ''} {escape(one['what'])}", soft_wrap=True
        )
    verdict = "[green]✓ the books balance[/green]" if told["balances"] else "[red]✗ they do not balance[/red]"
    console.print(f"{verdict}  ({told['seconds']:.0f} s, seed {told['seed']})")


def _facts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    kills, forged = told["kills"], told["forgeries"]
    faults: Counter[str] = Counter()
    for of_provider in told["faults"].values():
        faults.update(of_provider)
    restarts = [f"{one['how']}, {one['seconds']} s" for one in told["restarts"]]
    answers = ", ".join(f"{times} with {status}" for status, times in forged["answered"].items())
    return [
        ("jobs", _listed(told["statuses"])),
        ("not succeeded", _listed(told["errors"])),
        ("files, events", f"{told['files']}, {told['events']}"),
        ("functions killed", f"{sum(kills.values())}: {_listed(kills)}"),
        ("calls not begun", str(told["failed_starts"])),
        ("faults", f"{faults.total()}: {_listed(dict(faults.most_common()))}"),
        ("restarts", "; ".join(restarts) or "none"),
        ("forged webhooks", f"{forged['sent']}: {answers}; {forged['unanswered']} unanswered"),
        ("cancels", _listed(told["cancels"])),
        ("submitted twice", _listed(told["replays"])),
        ("parked, resolved", _listed(told["resolved"])),
        ("look-ups", _listed(told["look_ups"])),
        ("calls made again", str(told["calls_made_again"])),
        ("dead letters", _listed(dict(Counter(letter["queue"] for letter in told["letters"])))),
    ]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{times} {name}" for name, times in counts.items()) or "none"
