"""The control API of one provider under /_control/<name>: read the records, set speed, defaults and faults.

A test tool, open to loopback clients only. Whether a fault applies is decided in fault_rules.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.sandbox.simulators.clock import Clock, checked_speed
from tests.sandbox.simulators.provider import ProviderSimulator
from tests.sandbox.simulators.setting_changes import InvalidSettingError

Endpoint = Callable[[Request], Awaitable[Response]]


class ControlApi:
    """The endpoints for one provider; the speed is shared by all of them."""

    def __init__(self, provider: ProviderSimulator, clock: Clock) -> None:
        self._provider = provider
        self._controls = provider.controls
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        base = f"/_control/{self._provider.name}"
        endpoints = [
            ("GET", base, self._show),
            ("PATCH", base, self._change),
            ("POST", f"{base}/faults", self._add_fault),
            ("DELETE", f"{base}/faults", self._remove_faults),
            ("DELETE", f"{base}/faults/{{rule_id}}", self._remove_faults),
            ("POST", f"{base}/reset", self._reset),
        ]
        return [Route(path, _guarded(endpoint), methods=[method]) for method, path, endpoint in endpoints]

    async def _show(self, request: Request) -> Response:
        records = self._provider.records(request.query_params.get("task_uuid"))
        return JSONResponse({**self._switches(), "faults": self._controls.faults.documents(), **records})

    async def _change(self, request: Request) -> Response:
        wishes = await _object(request)
        if unknown := sorted(set(wishes) - {"speed", "defaults"}):
            raise InvalidSettingError(f"unknown key {unknown[0]!r}; known: speed, defaults")
        speed = checked_speed(wishes.get("speed", self._clock.speed))
        self._controls.change_defaults(wishes.get("defaults") or {})
        self._clock.set_speed(speed)
        return JSONResponse(self._switches())

    async def _add_fault(self, request: Request) -> Response:
        return JSONResponse(self._controls.faults.add(await _object(request)).document(), status_code=201)

    async def _remove_faults(self, request: Request) -> Response:
        rule_id = request.path_params.get("rule_id")
        if rule_id is None:
            self._controls.faults.clear()
        elif not self._controls.faults.remove(rule_id):
            return Response(status_code=404)
        return Response(status_code=204)

    async def _reset(self, _request: Request) -> Response:
        await self._controls.reset()
        return Response(status_code=204)

    def _switches(self) -> dict[str, Any]:
        return {"speed": self._clock.speed, "defaults": self._controls.defaults()}


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Loopback clients only, and every mistake of the caller becomes a 400 that names it."""

    async def guarded(request: Request) -> Response:
        if request.client is None or not _is_loopback(request.client.host):
            return JSONResponse({"error": "the control API answers loopback clients only"}, status_code=403)
        try:
            return await endpoint(request)
        except ValueError as mistake:
            return JSONResponse({"error": str(mistake)}, status_code=400)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _object(request: Request) -> dict[str, Any]:
    body = json.loads(await request.body())
    if not isinstance(body, dict):
        raise InvalidSettingError("the body must be a JSON object")
    return body
