"""The Model API under /v1: the catalogue, submissions, and the requests that come of them."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.runcomfy.cancels import Cancels
from tests.sandbox.simulators.runcomfy.gateway import Call, Gateway
from tests.sandbox.simulators.runcomfy.lookups import Lookups
from tests.sandbox.simulators.runcomfy.model_registry import Model, ModelRegistry, is_model_id
from tests.sandbox.simulators.runcomfy.orders import model_order
from tests.sandbox.simulators.runcomfy.refusals import BAD_IDENTIFIER, NOT_FOUND, Refusal
from tests.sandbox.simulators.runcomfy.settings import Settings
from tests.sandbox.simulators.runcomfy.submission import Submission

USUAL_LIMIT, LARGEST_LIMIT = 20, 100


class ModelApi:
    """Model ids stand in the path as they are, slashes and all."""

    def __init__(
        self, settings: Settings, submission: Submission, lookups: Lookups, cancels: Cancels
    ) -> None:
        self._settings = settings
        self._registry = ModelRegistry()
        self._submission = submission
        self._lookups = lookups
        self._cancels = cancels

    def routes(self, gateway: Gateway) -> list[BaseRoute]:
        request = "/v1/requests/{request_id}"
        return [
            gateway.route("GET", "/v1/models", self._list),
            gateway.route("GET", "/v1/models/categories", self._categories),
            gateway.route("GET", "/v1/models/{model_id:path}", self._show),
            gateway.route("POST", "/v1/models/{model_id:path}", self._submit),
            gateway.route("GET", f"{request}/status", self._lookups.status),
            gateway.route("GET", f"{request}/result", self._lookups.result),
            gateway.route("POST", f"{request}/cancel", self._cancels.cancel),
        ]

    async def _submit(self, call: Call) -> Response | None:
        query = call.request.query_params
        order = model_order(_model_id(call), call.json(), query, self._registry, self._settings)
        return await self._submission.submit(call, order)

    async def _list(self, call: Call) -> Response:
        query = call.request.query_params
        found = [model for model in self._registry.models() if _is_wanted(model, query)]
        limit = min(_number(query.get("limit"), USUAL_LIMIT), LARGEST_LIMIT)
        start = _number(query.get("offset"), 0)
        with_schema = query.get("include_schema", "").lower() == "true"
        page = [model.document(with_schema=with_schema) for model in found[start : start + limit]]
        return JSONResponse({"models": page, "total": len(found)})

    async def _categories(self, _call: Call) -> Response:
        names = {name for model in self._registry.models() for name in model.categories}
        return JSONResponse({"categories": sorted(names)})

    async def _show(self, call: Call) -> Response:
        model_id = _model_id(call)
        model = self._registry.find(model_id)
        if model is None:
            raise Refusal(NOT_FOUND if is_model_id(model_id) else BAD_IDENTIFIER)
        return JSONResponse(model.document(with_schema=True))


def _model_id(call: Call) -> str:
    """Raises a Refusal if its slashes were encoded."""
    raw: Any = call.request.scope.get("raw_path", b"")
    if b"%2f" in raw.lower():
        raise Refusal(BAD_IDENTIFIER)
    return call.parameter("model_id")


def _is_wanted(model: Model, query: Any) -> bool:
    search, category, kind = (query.get(name, "") for name in ("search", "category", "kind"))
    return (
        search.lower() in f"{model.id} {model.name}".lower()
        and (not category or category in model.categories)
        and kind in ("", model.kind)
    )


def _number(text: str | None, usual: int) -> int:
    return int(text) if text is not None and text.isdecimal() else usual
