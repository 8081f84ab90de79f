"""What stands before every endpoint: the request's record, its key, and the form in which it is refused.

Business answers are HTTP 200, refusals too; only the gateway itself answers otherwise, and rarely.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.simulators.api_keys import bearer_key, is_same_key
from tests.sandbox.simulators.fault_rules import FaultBook, FaultSubject
from tests.sandbox.simulators.runninghub.error_codes import BAD_KEY, BAD_PARAMETER, Generation, Refusal
from tests.sandbox.simulators.runninghub.settings import Settings
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Site


@dataclass(frozen=True)
class Call:
    """One request to one site; `entry` is its record."""

    request: Request
    site: Site
    raw: bytes
    entry: dict[str, Any]

    def concerns(self, task_id: object) -> None:
        self.entry["taskIds"].append(str(task_id))

    def json(self, generation: Generation) -> dict[str, Any]:
        """The body as an object; raises a Refusal."""
        try:
            body = json.loads(self.raw or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(BAD_PARAMETER[generation])
        return body

    def require_bearer(self, code: int = BAD_KEY[Generation.V2]) -> None:
        """The key of this very site in the header; the other site's is refused like any other."""
        if not is_same_key(bearer_key(self.request), self.site.api_key):
            raise Refusal(code)

    def require_old_key(self, given: object, settings: Settings) -> None:
        """The old endpoints' way: the key in the body, in the header, or wherever the settings want it."""
        in_body = is_same_key(str(given or ""), self.site.api_key)
        in_header = is_same_key(bearer_key(self.request), self.site.api_key)
        good = {"any": in_body or in_header, "body": in_body, "bearer": in_header and not given}
        if not good[settings.old_auth]:
            raise Refusal(BAD_KEY[Generation.OLD])

    def unauthorized(self) -> Response:
        """What the gateway sometimes says of a good key."""
        return JSONResponse({"code": -1, "msg": "ApiKey verification failed"}, status_code=401)


Handler = Callable[[Call], Awaitable[Response | None]]
RefusalForm = Callable[[Refusal], Mapping[str, Any]]


class Gateway:
    """Makes the routes of one site."""

    def __init__(self, shared: Shared, site: Site) -> None:
        self._shared = shared
        self._site = site

    def route(self, method: str, path: str, handler: Handler, refusal: RefusalForm) -> Route:
        async def endpoint(request: Request) -> Response:
            entry: dict[str, Any] = {
                "at": self._shared.clock.wall(),
                "site": self._site.name,
                "path": request.url.path.removeprefix(self._site.path),
                "taskIds": [],
                "code": None,
                "status": None,
            }
            self._shared.journal.requests.append(entry)
            call = Call(request, self._site, await request.body(), entry)
            try:
                response = await handler(call)
            except Refusal as refused:
                entry["code"] = refused.code
                response = JSONResponse(refusal(refused))
            entry["status"] = response.status_code if response is not None else None
            return response if response is not None else Response()

        return Route(f"{self._site.path}{path}", endpoint, methods=[method])


def key_refused(faults: FaultBook, subject: FaultSubject, at: str) -> bool:
    """Whether a rule makes the gateway refuse a good key here."""
    return faults.take("key_refused", subject, lambda rule: rule.options["at"] == at) is not None
