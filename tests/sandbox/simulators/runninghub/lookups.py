"""Look-ups of tasks in either generation, with their faults. Reads tasks, never changes them."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.runninghub.error_codes import NO_TASK, Generation, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, key_refused
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.tasks import Task, TaskStore


class Lookups:
    """Finds a task of the calling account and answers with a view of it."""

    def __init__(self, shared: Shared, tasks: TaskStore) -> None:
        self._shared = shared
        self._tasks = tasks

    async def answer(
        self, call: Call, task_id: object, generation: Generation, view: Callable[[Task], dict[str, Any]]
    ) -> Response:
        """Raises a Refusal for a task that is unknown, too old, or the other site's."""
        task = self._tasks.of_site(call.site, task_id)
        subject = task.subject if task else FaultSubject(str(task_id))
        call.concerns(task_id)
        self._shared.journal.lookups[str(task_id)] += 1
        take = self._shared.faults.take
        if slow := take("query_slow", subject):
            await asyncio.sleep(slow.options["seconds"])
        if key_refused(self._shared.faults, subject, "query"):
            return call.unauthorized()
        if broken := take("query_non_json_body", subject):
            return Response(broken.options["body"], broken.options["status"], media_type="text/html")
        if rule := take("query_error", subject):
            raise Refusal(int(rule.options["code"]), rule.options["message"])
        if task is None or self._is_expired(task) or take("query_missing", subject):
            raise Refusal(NO_TASK[generation])
        return JSONResponse(view(task))

    def _is_expired(self, task: Task) -> bool:
        age = self._shared.clock.now() - task.ended if task.ended is not None else 0.0
        return age > self._shared.settings.retention
