"""The old endpoints for workflows, AI Apps and the account: `{code, msg, data}`, the key in the body.

https://www.runninghub.ai/runninghub-api-doc-en/api-425761093 and its neighbours.
"""

import json
from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.runninghub.error_codes import BAD_PARAMETER, NO_TASK, Generation, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, Gateway
from tests.sandbox.simulators.runninghub.lookups import Lookups
from tests.sandbox.simulators.runninghub.orders import NO_APP, NO_WORKFLOW, app_order, workflow_order
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.runninghub.submission import Submission
from tests.sandbox.simulators.runninghub.task_runner import TaskRunner
from tests.sandbox.simulators.runninghub.tasks import AI_APP, STANDARD, Task, TaskStore
from tests.sandbox.simulators.runninghub.views import created, old_status, outputs, wrapped, wrapped_refusal
from tests.sandbox.simulators.runninghub.workflows import APPS, WORKFLOWS

OLD = Generation.OLD
WRONG_PATH = 412


class OldApi:
    """Handlers for one site."""

    def __init__(
        self,
        settings: Settings,
        tasks: TaskStore,
        runner: TaskRunner,
        submission: Submission,
        lookups: Lookups,
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._runner = runner
        self._submission = submission
        self._lookups = lookups

    def routes(self, gateway: Gateway) -> Sequence[BaseRoute]:
        """The catch-all for wrong paths comes last, so that it takes nothing away."""
        endpoints = [
            ("POST", "/task/openapi/create", self._create),
            ("POST", "/task/openapi/ai-app/run", self._run_app),
            ("POST", "/task/openapi/status", self._status),
            ("POST", "/task/openapi/outputs", self._outputs),
            ("POST", "/task/openapi/cancel", self._cancel),
            ("POST", "/uc/openapi/accountStatus", self._account_status),
            ("POST", "/api/openapi/getJsonApiFormat", self._workflow_json),
            ("GET", "/api/webapp/apiCallDemo", self._app_form),
            ("POST", "/{path:path}", _wrong_path),
            ("GET", "/{path:path}", _wrong_path),
        ]
        return [gateway.route(*endpoint, wrapped_refusal) for endpoint in endpoints]

    async def _create(self, call: Call) -> Response | None:
        body = self._body(call)
        order = workflow_order(body.get("workflowId"), body, call.site.uploads, OLD)
        return await self._submission.submit(call, order, created)

    async def _run_app(self, call: Call) -> Response | None:
        body = self._body(call)
        order = app_order(body.get("webappId"), body, call.site.uploads, OLD)
        return await self._submission.submit(call, order, created)

    async def _status(self, call: Call) -> Response:
        task_id = self._task_id(call)
        return await self._lookups.answer(call, task_id, OLD, lambda task: wrapped(old_status(task)))

    async def _outputs(self, call: Call) -> Response:
        return await self._lookups.answer(call, self._task_id(call), OLD, outputs)

    async def _cancel(self, call: Call) -> Response:
        task_id = self._task_id(call)
        task = self._tasks.of_site(call.site, task_id)
        call.concerns(task_id)
        if task is None or not self._is_cancellable(task):
            raise Refusal(NO_TASK[OLD])
        self._runner.cancel(task)
        return JSONResponse(wrapped(None))

    async def _account_status(self, call: Call) -> Response:
        body = call.json(OLD)
        call.require_old_key(body.get("apikey"), self._settings)
        in_money = self._settings.key_kind != "NORMAL"
        money = self._settings.balance - float(call.site.spent)
        status = {
            "remainCoins": str(int(self._settings.coins) - call.site.coins_spent),
            "currentTaskCounts": str(self._tasks.under_way(call.site)),
            "remainMoney": f"{money:.4f}".rstrip("0").rstrip(".") if in_money else None,
            "currency": call.site.currency if in_money else None,
            "apiType": self._settings.key_kind,
        }
        return JSONResponse(wrapped(status))

    async def _workflow_json(self, call: Call) -> Response:
        graph = WORKFLOWS.get(str(self._body(call).get("workflowId")))
        if graph is None:
            raise Refusal(NO_WORKFLOW)
        prompt = json.dumps(graph.nodes, separators=(",", ":"))
        return JSONResponse(wrapped({"prompt": prompt}, "SUCCESS"))

    async def _app_form(self, call: Call) -> Response:
        asked = call.request.query_params
        call.require_old_key(asked.get("apiKey"), self._settings)
        app = APPS.get(asked.get("webappId", ""))
        if app is None:
            raise Refusal(NO_APP)
        form = {
            "curl": "curl --location --request POST …",
            "webappName": app.name,
            "nodeInfoList": [dict(field) for field in app.fields],
            "covers": [],
            "tags": [],
        }
        return JSONResponse(wrapped(form))

    def _body(self, call: Call) -> dict[str, Any]:
        body = call.json(OLD)
        call.require_old_key(body.get("apiKey"), self._settings)
        return body

    def _task_id(self, call: Call) -> str:
        task_id = str(self._body(call).get("taskId") or "")
        if not task_id.isdecimal() or int(task_id) == 0:
            raise Refusal(BAD_PARAMETER[OLD])
        return task_id

    def _is_cancellable(self, task: Task) -> bool:
        unfit = task.order.api == STANDARD or (task.order.api == AI_APP and not self._settings.cancel_ai_apps)
        return task.under_way and not unfit


async def _wrong_path(_call: Call) -> Response:
    raise Refusal(WRONG_PATH)
