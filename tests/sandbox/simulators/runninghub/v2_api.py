"""The v2 endpoints: standard models, runs of workflows and AI Apps, look-ups, queue and prices.

Bearer only, flat objects, `errorCode` as a string. https://www.runninghub.ai/runninghub-api-doc/llms.txt
"""

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.runninghub.error_codes import BAD_KEY, Generation, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, Gateway
from tests.sandbox.simulators.runninghub.lookups import Lookups
from tests.sandbox.simulators.runninghub.model_registry import ModelRegistry
from tests.sandbox.simulators.runninghub.orders import app_order, model_order, workflow_order
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.runninghub.sites import Site
from tests.sandbox.simulators.runninghub.submission import Submission
from tests.sandbox.simulators.runninghub.tasks import QUEUED, RUNNING, Order, TaskStore
from tests.sandbox.simulators.runninghub.views import queried, refused, submitted, wrapped, wrapped_refusal

WRONG_METHOD = 1009


class V2Api:
    """Handlers for one site."""

    def __init__(
        self,
        settings: Settings,
        registry: ModelRegistry,
        tasks: TaskStore,
        submission: Submission,
        lookups: Lookups,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._tasks = tasks
        self._submission = submission
        self._lookups = lookups

    def routes(self, gateway: Gateway) -> Sequence[BaseRoute]:
        """The catch-all for models comes last, so that it takes nothing away."""
        base = "/openapi/v2"
        return [
            gateway.route("POST", f"{base}/query", self._query, refused),
            gateway.route("GET", f"{base}/queue/status", self._queue_status, wrapped_refusal),
            gateway.route("POST", f"{base}/run/workflow/{{id}}", self._run_workflow, refused),
            gateway.route("POST", f"{base}/run/ai-app/{{id}}", self._run_app, refused),
            gateway.route("POST", f"{base}/price-preview/{{path:path}}", self._preview, _unpriced),
            gateway.route("POST", f"{base}/{{path:path}}", self._run_model, refused),
            gateway.route("GET", f"{base}/{{path:path}}", _wrong_method, refused),
        ]

    async def _run_model(self, call: Call) -> Response | None:
        call.require_bearer()
        return await self._submission.submit(call, self._model_order(call), submitted)

    async def _run_workflow(self, call: Call) -> Response | None:
        call.require_bearer()
        body, workflow_id = call.json(Generation.V2), call.request.path_params["id"]
        order = workflow_order(workflow_id, body, call.site.uploads, Generation.V2)
        return await self._submission.submit(call, order, submitted)

    async def _run_app(self, call: Call) -> Response | None:
        call.require_bearer()
        body, app_id = call.json(Generation.V2), call.request.path_params["id"]
        order = app_order(app_id, body, call.site.uploads, Generation.V2)
        return await self._submission.submit(call, order, submitted)

    async def _query(self, call: Call) -> Response:
        call.require_bearer()
        task_id = call.json(Generation.V2).get("taskId")
        return await self._lookups.answer(call, task_id, Generation.V2, queried)

    async def _queue_status(self, call: Call) -> Response:
        call.require_bearer(BAD_KEY[Generation.OLD])
        count = self._tasks.under_way
        status = {
            "apiKeyType": self._settings.key_kind,
            "concurrentLimit": self._settings.concurrent_limit,
            "runningCount": str(count(call.site, RUNNING)),
            "queuedCount": str(count(call.site, QUEUED)),
            "totalCurrentTasks": str(count(call.site)),
        }
        return JSONResponse(wrapped(status))

    async def _preview(self, call: Call) -> Response:
        call.require_bearer()
        return JSONResponse(_priced(self._model_order(call), call.site))

    def _model_order(self, call: Call) -> Order:
        path, body = call.request.path_params["path"], call.json(Generation.V2)
        return model_order(path, body, call.site, self._registry, self._settings)


async def _wrong_method(_call: Call) -> Response:
    raise Refusal(WRONG_METHOD)


def _priced(order: Order, site: Site) -> dict[str, Any]:
    price = float(order.price.total)
    return {
        "errorCode": 0,
        "errorMessage": "",
        "estimatedPrice": price,
        "currency": site.currency,
        "priceText": f"{price} {'元' if site.currency == 'CNY' else site.currency}",
        "priceTextEn": f"{price} {site.currency}",
        "freeLimit": False,
        "freeLimitCount": 0,
        "remainingFreeLimitCount": 0,
        "isFreeThisCall": False,
    }


def _unpriced(refusal: Refusal) -> dict[str, Any]:
    """Here the code is a number."""
    return {"errorCode": refusal.code, "errorMessage": refusal.message}
