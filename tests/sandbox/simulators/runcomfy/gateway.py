"""What stands before every endpoint of both APIs: the request's record, its token, and the form of a refusal."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.simulators.api_keys import bearer_key, is_same_key
from tests.sandbox.simulators.runcomfy.refusals import BAD_ACCOUNT, UNAUTHORIZED, Refusal
from tests.sandbox.simulators.runcomfy.schema_checks import invalid
from tests.sandbox.simulators.runcomfy.shared import Shared

BASE = "/runcomfy"
SERVERLESS = f"{BASE}/prod/"


@dataclass(frozen=True)
class Call:
    """One request; `entry` is its record."""

    request: Request
    raw: bytes
    entry: dict[str, Any]

    def concerns(self, request_id: str) -> None:
        self.entry["request_ids"].append(request_id)

    def parameter(self, name: str) -> str:
        return str(self.request.path_params[name])

    def json(self) -> dict[str, Any]:
        """The body as an object; raises a Refusal."""
        try:
            body = json.loads(self.raw or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise invalid((["body"], "value is not a valid dict", "type_error.dict"))
        return body


type Handler = Callable[[Call], Awaitable[Response | None]]


class Gateway:
    """Makes the routes of the one account that has the token."""

    def __init__(self, shared: Shared, api_key: str) -> None:
        self._shared = shared
        self._api_key = api_key

    def route(self, method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            entry: dict[str, Any] = {
                "at": self._shared.clock.wall(),
                "method": request.method,
                "path": request.url.path.removeprefix(BASE),
                "query": request.url.query,
                "request_ids": [],
                "error_code": None,
                "status": None,
            }
            self._shared.journal.requests.append(entry)
            call = Call(request, await request.body(), entry)
            try:
                self._require_token(request)
                response = await handler(call)
            except Refusal as refused:
                entry["error_code"] = refused.code
                response = refused.response()
            entry["status"] = response.status_code if response is not None else None
            return response if response is not None else Response()

        return Route(f"{BASE}{path}", endpoint, methods=[method])

    def catch_all(self) -> Route:
        """Whatever is none of the endpoints, so that a mistaken path stands in the records."""

        async def nothing(_call: Call) -> Response:
            return JSONResponse({"message": "Not Found"}, status_code=404)

        route = self.route("GET", "/{path:path}", nothing)
        return Route(route.path, route.endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])

    def _require_token(self, request: Request) -> None:
        """A wrong token is 400004 at the Model API, 401001 at the Serverless API, or as the settings say."""
        if is_same_key(bearer_key(request), self._api_key):
            return
        form = self._shared.settings.bad_token
        if form == "403":
            raise Refusal(None, "Forbidden", 403, form="message")
        if form == "401" or request.url.path.startswith(SERVERLESS):
            raise Refusal(UNAUTHORIZED)
        raise Refusal(BAD_ACCOUNT)
