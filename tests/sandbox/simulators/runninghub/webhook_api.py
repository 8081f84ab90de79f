"""getWebhookDetail and retryWebhook: what became of a task's webhook, and sending it once more.

https://www.runninghub.ai/runninghub-api-doc/api-276642713
"""

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.json_values import is_web_address
from tests.sandbox.simulators.runninghub.announcements import Announcements
from tests.sandbox.simulators.runninghub.error_codes import BAD_PARAMETER, Generation, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, Gateway
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.runninghub.task_runner import TaskRunner
from tests.sandbox.simulators.runninghub.views import wrapped, wrapped_refusal

NO_EVENT = 1


class WebhookApi:
    """Handlers for one site; any task of either generation."""

    def __init__(self, settings: Settings, announcements: Announcements, runner: TaskRunner) -> None:
        self._settings = settings
        self._announcements = announcements
        self._runner = runner

    def routes(self, gateway: Gateway) -> Sequence[BaseRoute]:
        return [
            gateway.route("POST", "/task/openapi/getWebhookDetail", self._detail, wrapped_refusal),
            gateway.route("POST", "/task/openapi/retryWebhook", self._retry, wrapped_refusal),
        ]

    async def _detail(self, call: Call) -> Response:
        task_id = self._body(call).get("taskId")
        call.concerns(task_id)
        event = self._announcements.of_task(call.site, task_id)
        if event is None:
            raise Refusal(NO_EVENT)
        return JSONResponse(wrapped(event.document()))

    async def _retry(self, call: Call) -> Response:
        body = self._body(call)
        event = self._announcements.with_id(call.site, body.get("webhookId"))
        if event is None:
            raise Refusal(NO_EVENT)
        url = body.get("webhookUrl")
        if url and not is_web_address(url):
            raise Refusal(BAD_PARAMETER[Generation.OLD])
        call.concerns(event.task_id)
        self._runner.announce_again(event, url)
        return JSONResponse(wrapped(None, ""))

    def _body(self, call: Call) -> dict[str, Any]:
        body = call.json(Generation.OLD)
        call.require_old_key(body.get("apiKey"), self._settings)
        return body
