"""The Serverless API under /prod/v1 and /prod/v2, which differ in nothing here; the account's balance beside it.

https://docs.runcomfy.com/serverless/async-queue-endpoints
"""

from decimal import Decimal

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.runcomfy.cancels import Cancels
from tests.sandbox.simulators.runcomfy.deployments import deployment_with, deployments, runnable_deployment
from tests.sandbox.simulators.runcomfy.gateway import Call, Gateway
from tests.sandbox.simulators.runcomfy.lookups import Lookups
from tests.sandbox.simulators.runcomfy.orders import deployment_order
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.submission import Submission

VERSIONS = ("v1", "v2")


class ServerlessApi:
    """Requests belong to the deployment in their path."""

    def __init__(self, shared: Shared, submission: Submission, lookups: Lookups, cancels: Cancels) -> None:
        self._shared = shared
        self._submission = submission
        self._lookups = lookups
        self._cancels = cancels

    def routes(self, gateway: Gateway) -> list[BaseRoute]:
        return [route for version in VERSIONS for route in self._versioned(gateway, version)]

    def _versioned(self, gateway: Gateway, version: str) -> list[BaseRoute]:
        deployment = f"/prod/{version}/deployments/{{deployment_id}}"
        request = f"{deployment}/requests/{{request_id}}"

        async def submit(call: Call) -> Response | None:
            wanted, query = runnable_deployment(call.parameter("deployment_id")), call.request.query_params
            order = deployment_order(wanted, version, call.json(), query, self._shared.settings)
            return await self._submission.submit(call, order)

        return [
            gateway.route("GET", f"/prod/{version}/balance", self._balance),
            gateway.route("GET", f"/prod/{version}/deployments", self._list),
            gateway.route("GET", deployment, self._show),
            gateway.route("POST", f"{deployment}/inference", submit),
            gateway.route("GET", f"{request}/status", self._status),
            gateway.route("GET", f"{request}/result", self._result),
            gateway.route("POST", f"{request}/cancel", self._cancel),
        ]

    async def _status(self, call: Call) -> Response:
        return await self._lookups.status(call, _deployment_id(call))

    async def _result(self, call: Call) -> Response:
        return await self._lookups.result(call, _deployment_id(call))

    async def _cancel(self, call: Call) -> Response:
        return await self._cancels.cancel(call, _deployment_id(call))

    async def _list(self, call: Call) -> Response:
        query = call.request.query_params
        wanted, includes = query.getlist("ids"), query.getlist("includes")
        found = [one for one in deployments() if not wanted or one.id in wanted]
        return JSONResponse([one.document(includes) for one in found])

    async def _show(self, call: Call) -> Response:
        includes = call.request.query_params.getlist("includes")
        return JSONResponse(deployment_with(call.parameter("deployment_id")).document(includes))

    async def _balance(self, _call: Call) -> Response:
        spent = sum(Decimal(str(charge["cost"])) for charge in self._shared.journal.billed)
        left = Decimal(str(self._shared.settings.balance)) - spent
        balance = {"balance_usd": float(left), "balance_microdollars": int(left * 1_000_000)}
        return JSONResponse(balance | {"currency": "USD"})


def _deployment_id(call: Call) -> str:
    """Raises a Refusal unless the account has that deployment."""
    return deployment_with(call.parameter("deployment_id")).id
