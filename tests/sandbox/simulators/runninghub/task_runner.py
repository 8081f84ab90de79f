"""Runs accepted tasks on the simulated clock: queued, running, ended, charged, announced.

How they look from outside is views.py; how they are announced is announcements.py.
"""

import secrets
from collections.abc import Iterator
from decimal import Decimal

from tests.sandbox.simulators.background import Background
from tests.sandbox.simulators.input_fetch import fetch_failure
from tests.sandbox.simulators.runninghub.announcements import Announcements, Event
from tests.sandbox.simulators.runninghub.outcomes import Outcome, failed, outcome_of
from tests.sandbox.simulators.runninghub.pricing import Cost, decimal_text, machine_cost
from tests.sandbox.simulators.runninghub.results import publish
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Site
from tests.sandbox.simulators.runninghub.tasks import (
    CANCEL,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCESS,
    Ending,
    Order,
    Task,
    TaskStore,
)

UNREADABLE_INPUT, STOPPED = 1013, 805


class TaskRunner:
    """Owns the background work; `stop` ends it all."""

    def __init__(
        self, shared: Shared, tasks: TaskStore, announcements: Announcements, ids: Iterator[str]
    ) -> None:
        self._shared = shared
        self._tasks = tasks
        self._announcements = announcements
        self._ids = ids
        self._background = Background()

    def accept(self, site: Site, order: Order, *, at_once: bool) -> Task:
        """Store the task and start it; `at_once` skips queue and run time."""
        settings = self._shared.settings
        task_id = next(self._ids)
        rule = self._shared.faults.take("run_time", order.subject(task_id))
        seconds = rule.options["seconds"] if rule else settings.run_seconds[order.run_kind]
        done = settings.submit_status == SUCCESS
        task = Task(
            id=task_id,
            site=site,
            order=order,
            client_id=secrets.token_hex(16),
            accepted_at=self._shared.clock.wall(),
            started=self._shared.clock.now(),
            run_seconds=0.0 if at_once or done else float(seconds),
            state=RUNNING if done else settings.submit_status,
        )
        self._tasks.add(task)
        if done:
            outcome = outcome_of(task, self._shared.faults)
            if outcome.ends:
                self._background.start(self._announce(task, self._end(task, outcome)))
        else:
            self._background.start(self._run(task, 0.0 if at_once else settings.queue_seconds))
        return task

    def cancel(self, task: Task) -> None:
        """End it now. Nobody is told, unless the settings say that a failure is announced."""
        task.state, task.ending, task.ended = CANCEL, Ending(CANCEL), self._shared.clock.now()
        if self._shared.settings.webhook_on_cancel:
            self._background.start(self._announce(task, failed(task, STOPPED)))
        else:
            task.webhooks_over.set()

    def announce_again(self, event: Event, url: str | None) -> None:
        self._background.start(self._announcements.send_again(event, url))

    async def stop(self) -> None:
        await self._background.stop()
        # Answers that wait for a webhook would be held for ever.
        for task in self._tasks:
            task.webhooks_over.set()

    async def _run(self, task: Task, queue_seconds: float) -> None:
        if task.state == QUEUED:
            await self._shared.clock.sleep(queue_seconds)
            if not task.under_way:
                return
            task.state = RUNNING
        outcome = outcome_of(task, self._shared.faults)
        if not outcome.ends:
            return
        if self._shared.settings.fetch_inputs:
            outcome = await self._with_inputs_read(task, outcome)
        await self._shared.clock.sleep(task.run_seconds)
        if task.under_way and outcome.failure is None:
            await self._pretend_failure(task)
        if task.under_way or task.state == FAILED:
            await self._announce(task, self._end(task, outcome))

    async def _with_inputs_read(self, task: Task, outcome: Outcome) -> Outcome:
        inputs = {name: value for name, value in task.order.body.items() if name != "webhookUrl"}
        reason = await fetch_failure(self._shared.client, inputs)
        if reason is None:
            return outcome
        return Outcome(failure=failed(task, UNREADABLE_INPUT, f"file processing failed: {reason}"))

    async def _pretend_failure(self, task: Task) -> None:
        """Show a failure for a while before the success, if a rule says so."""
        rule = self._shared.faults.take("failed_then_success", task.subject)
        if rule is None:
            return
        failure, where = failed(task, int(rule.options["code"])), rule.options["where"]
        if where in ("query", "both"):
            task.state, task.ending = FAILED, failure
        if where in ("webhook", "both"):
            self._background.start(self._announcements.announce(task, failure))
        await self._shared.clock.sleep(rule.options["seconds"])

    def _end(self, task: Task, outcome: Outcome) -> Ending:
        if outcome.failure is not None:
            ending = outcome.failure
        else:
            files = tuple(publish(task, node, extension, self._shared) for node, extension in outcome.files)
            ending = Ending(SUCCESS, files, self._reported(task, self._charge(task)))
        task.state, task.ending, task.ended = ending.status, ending, self._shared.clock.now()
        return ending

    async def _announce(self, task: Task, ending: Ending) -> None:
        try:
            await self._announcements.announce(task, ending)
        finally:
            task.webhooks_over.set()

    def _charge(self, task: Task) -> Cost:
        site, settings = task.site, self._shared.settings
        cost = task.order.price
        if task.order.runs_graph:
            cost = machine_cost(task.run_seconds, settings.key_kind, site.currency)
        site.spent += cost.total
        site.coins_spent += cost.coins or 0
        self._shared.journal.billed.append(
            {
                "taskId": task.id,
                "site": site.name,
                "target": task.order.target,
                "webhookUrl": task.order.webhook_url,
                "cost": decimal_text(cost.total),
                "coins": cost.coins,
                "currency": site.currency,
                "at": self._shared.clock.wall(),
            }
        )
        return cost

    def _reported(self, task: Task, cost: Cost) -> Cost:
        if self._shared.faults.take("cost_omitted", task.subject):
            return Cost()
        if self._shared.faults.take("cost_zero", task.subject):
            return Cost(third_party=Decimal(0)) if cost.third_party is not None else Cost(money=Decimal(0))
        return cost
