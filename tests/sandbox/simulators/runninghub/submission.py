"""Takes valid orders: the one place where a task begins, and where the faults of a submission show."""

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.connection_faults import (
    broken_answer,
    starts_task,
    take_connection_fault,
    wait_for_webhooks,
)
from tests.sandbox.simulators.runninghub.error_codes import NO_MONEY, TOO_MANY_TASKS, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, key_refused
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Site
from tests.sandbox.simulators.runninghub.task_runner import TaskRunner
from tests.sandbox.simulators.runninghub.tasks import Order, Task, TaskStore

Answer = Callable[[Task], dict[str, Any]]


class Submission:
    """One order in, one answer out. There are no client ids: the same order again is another task."""

    def __init__(self, shared: Shared, tasks: TaskStore, runner: TaskRunner) -> None:
        self._shared = shared
        self._tasks = tasks
        self._runner = runner

    async def submit(self, call: Call, order: Order, answer: Answer) -> Response | None:
        """None if the connection was cut; raises a Refusal if no task was made."""
        faults, subject = self._shared.faults, order.subject("")
        if key_refused(faults, subject, "submit"):
            return call.unauthorized()
        if rule := faults.take("submit_error", subject):
            raise Refusal(int(rule.options["code"]), rule.options["message"])
        self._check_account(call.site, order)
        broken = take_connection_fault(faults, subject)
        if broken is not None and not starts_task(broken):
            return await broken_answer(broken, call.request)
        task = self._start(call, order)
        if task.ack_delay is not None:
            await wait_for_webhooks(task.webhooks_over, task.ack_delay)
        if broken is not None:
            return await broken_answer(broken, call.request)
        return JSONResponse(answer(task))

    def _start(self, call: Call, order: Order) -> Task:
        before_ack = self._shared.faults.take("webhook_before_ack", order.subject(""))
        task = self._runner.accept(call.site, order, at_once=before_ack is not None)
        if before_ack is not None:
            task.ack_delay = float(before_ack.options["ack_delay"])
        call.concerns(task.id)
        return task

    def _check_account(self, site: Site, order: Order) -> None:
        settings = self._shared.settings
        if self._tasks.under_way(site) >= settings.concurrent_limit:
            raise Refusal(TOO_MANY_TASKS[order.generation])
        left = float(settings.balance) - float(site.spent)
        coins_gone = settings.key_kind == "NORMAL" and order.runs_graph and site.coins_spent >= settings.coins
        if coins_gone or left <= 0 or float(order.price.total) > left:
            raise Refusal(NO_MONEY[order.generation])
