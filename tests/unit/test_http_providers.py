"""GET /v1/providers and GET /v1/models; every answer is also held against the description."""

from __future__ import annotations

import pytest

from framehook.errors import NeverSent, ReplyLost
from framehook.ports import Gate
from tests.fakes.exchanges import Answer as Told
from tests.fakes.stack import response
from tests.sample_events import rest_call
from tests.unit.edges import Api, lines_of
from tests.unit.providers.test_runcomfy_account import BALANCE as COMFY
from tests.unit.providers.test_runcomfy_forms import DEPLOYMENT, MODEL
from tests.unit.providers.test_runninghub_forms import APP_NODE, GRAPH, app, workflow
from tests.unit.test_account_overview import BALANCE, QUEUED, RUNWARE

KEY = "0123456789abcdef0123456789abcdef"
WORKFLOW = "runninghub/workflow/1904136902449209346"
APP = "runninghub/ai-app/2013570680079523842"
COMFY_IDS = ("runcomfy/acme/new-model", "runcomfy/deployment/3f8a2f0e", "runcomfy/deployment/4a9b301f")


@pytest.fixture
def api() -> Api:
    api = Api()
    api.stack.secrets.api_keys = {"runware": "rw-key-123", "runninghub-ai": KEY}
    return api


def test_providers_are_listed_with_their_accounts(api: Api) -> None:
    api.stack.runware.answers.append(RUNWARE)
    api.stack.runninghub.answers.extend([QUEUED, BALANCE])
    runware, hub, comfy = api.get("/v1/providers").body["providers"]
    assert (runware["name"], hub["name"], comfy["name"]) == ("runware", "runninghub", "runcomfy")
    ai, cn = hub["accounts"]
    gate = {"open": True, "closed_until": None, "refusals": 0}
    assert ai == {
        "id": "runninghub-ai",
        "configured": True,
        "selected": True,
        "currency": "USD",
        "balance": "12.50",
        "coins": "177814",
        "running": 1,
        "queued": 2,
        "limit": 30,
        "key_kind": "shared",
        "gate": gate,
        "error": None,
    }
    assert (cn["configured"], cn["balance"], cn["gate"]) == (False, None, gate)
    assert runware["accounts"][0]["balance"] == "2450.75"
    assert [account["configured"] for account in comfy["accounts"]] == [False]


def test_balance_of_runcomfy_is_shown(api: Api) -> None:
    api.stack.secrets.api_keys = {"runcomfy": "comfy-key-123"}
    api.stack.runcomfy.answers.append(response(200, COMFY))
    *_, comfy = api.get("/v1/providers").body["providers"]
    (account,) = comfy["accounts"]
    assert (account["id"], account["selected"], account["error"]) == ("runcomfy", True, None)
    assert (account["currency"], account["balance"], account["running"]) == ("USD", "5.00", None)


def test_providers_show_a_closed_gate_and_an_error(api: Api) -> None:
    api.stack.gates.gates["runware"] = Gate(closed_until=api.stack.clock.now() + 60_000, failures=3)
    api.stack.runware.answers.append(NeverSent("no route"))
    api.stack.runninghub.answers.extend([QUEUED, BALANCE])
    runware, *_ = api.get("/v1/providers").body["providers"]
    (account,) = runware["accounts"]
    assert (account["gate"]["open"], account["gate"]["refusals"]) == (False, 3)
    assert account["gate"]["closed_until"].endswith("Z")
    assert account["error"]["code"] == "provider_unavailable"


def test_providers_with_everything_out_of_order_are_listed(api: Api) -> None:
    api.stack.secrets.trouble.fail_next(4)
    api.stack.gates.trouble.fail_next(4)
    answer = api.get("/v1/providers")
    accounts = [account for provider in answer.body["providers"] for account in provider["accounts"]]
    assert [(account["configured"], account["gate"]) for account in accounts] == [(None, None)] * 4


def test_providers_take_no_parameter(api: Api) -> None:
    answer = api.get("/v1/providers", {"name": "runware"})
    assert (answer.status, answer.body["field"]) == (400, "name")


def test_model_of_runninghub_is_shown(api: Api) -> None:
    api.stack.runninghub.answers.extend([workflow(GRAPH), app(APP_NODE)])
    graph, form = api.get("/v1/models", {"id": WORKFLOW}).body, api.get("/v1/models", {"id": APP}).body
    assert (graph["id"], graph["kind"], form["name"]) == (WORKFLOW, "workflow", "Portraits")
    assert form["fields"][0] == {
        "node_id": "37",
        "node_name": "Model",
        "field_name": "model",
        "type": "string",
        "default": "pro",
        "options": ["pro", "max"],
        "required": False,
        "upload": False,
        "description": "Which one",
    }


def test_model_and_deployment_of_runcomfy_are_shown_with_examples_that_are_accepted(api: Api) -> None:
    api.stack.secrets.api_keys = {"runcomfy": "comfy-key-123"}
    api.stack.runcomfy.answers.extend([response(200, MODEL), response(200, DEPLOYMENT), response(200, {})])
    model, graph, unclear = (api.get("/v1/models", {"id": each}).body for each in COMFY_IDS)
    assert (model["kind"], model["price"]) == ("native", "base price 0.57 USD per second")
    assert (graph["kind"], graph["complete"], unclear["complete"]) == ("deployment", True, False)
    for shown in (model, graph, unclear):
        assert api.submit(shown["example"]).status == 202


def test_example_of_a_model_is_accepted_as_a_job(api: Api) -> None:
    api.stack.runninghub.answers.append(workflow(GRAPH))
    assert api.submit(api.get("/v1/models", {"id": WORKFLOW}).body["example"]).status == 202
    assert api.submit(api.get("/v1/models", {"id": "sora-2-pro"}).body["example"]).status == 202


@pytest.mark.parametrize("model_id", ["sora-2-pro", "runware/openai:3@2", "runware/runware:400@2"])
def test_model_of_the_catalogue_is_shown(api: Api, model_id: str) -> None:
    assert api.get("/v1/models", {"id": model_id}).body["fields"]


@pytest.mark.parametrize(
    ("told", "status", "code", "provider_code"),
    [
        (response(200, {"code": 380, "msg": "WORKFLOW_NOT_EXISTS"}), 404, "no_such_model", "380"),
        (response(200, {"code": 802, "msg": "no"}), 502, "provider_trouble", "802"),
        (response(200, {"code": 0}), 502, "provider_trouble", None),
        (response(200, {"code": 1003, "msg": "slow down"}), 503, "provider_unavailable", "1003"),
        (ReplyLost("too slow"), 503, "provider_unavailable", None),
    ],
)
def test_model_that_runninghub_does_not_tell_is_a_problem(
    api: Api, told: Told, status: int, code: str, provider_code: str | None
) -> None:
    api.stack.runninghub.answers.append(told)
    answer = api.get("/v1/models", {"id": APP})
    assert (answer.status, answer.code, answer.body.get("provider_code")) == (status, code, provider_code)
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    ("told", "status", "code", "provider_code"),
    [
        (response(404, {"error_code": 404001}), 404, "no_such_model", "404001"),
        (response(200, {"error_code": 400004}), 502, "provider_trouble", "400004"),
        (response(200, []), 502, "provider_trouble", None),
        (response(503, {}), 503, "provider_unavailable", None),
        (ReplyLost("too slow"), 503, "provider_unavailable", None),
    ],
)
@pytest.mark.parametrize("model_id", COMFY_IDS)
def test_model_that_runcomfy_does_not_tell_is_a_problem(
    api: Api, model_id: str, told: Told, status: int, code: str, provider_code: str | None
) -> None:
    api.stack.secrets.api_keys = {"runcomfy": "comfy-key-123"}
    api.stack.runcomfy.answers.append(told)
    answer = api.get("/v1/models", {"id": model_id})
    assert (answer.status, answer.code, answer.body.get("provider_code")) == (status, code, provider_code)
    assert "RunComfy" in answer.body["detail"]


@pytest.mark.parametrize("model_id", [WORKFLOW, *COMFY_IDS])
def test_model_without_a_key_is_409(api: Api, model_id: str) -> None:
    api.stack.secrets.api_keys = {}
    answer = api.get("/v1/models", {"id": model_id})
    assert (answer.status, answer.code) == (409, "provider_not_configured")


@pytest.mark.parametrize("query", [None, {}, {"id": ""}])
def test_model_without_an_id_names_the_field(api: Api, query: dict[str, str] | None) -> None:
    answer = api.get("/v1/models", query)
    assert (answer.status, answer.body["field"]) == (400, "id")
    assert answer.body["errors"][0]["code"] == "missing_field"


@pytest.mark.parametrize(
    "model_id", ["sora-3", "runninghub/workflow/x", "runware/acme:1@1", "\ud800", "x" * 9_000]
)
def test_model_that_is_not_described_names_the_field(api: Api, model_id: str) -> None:
    answer = api.get("/v1/models", {"id": model_id})
    assert (answer.status, answer.body["field"]) == (400, "id")


def test_model_takes_no_other_parameter(api: Api) -> None:
    answer = api.get("/v1/models", {"id": WORKFLOW, "apiKey": "x"})
    assert (answer.status, answer.body["field"]) == (400, "apiKey")


@pytest.mark.parametrize("told", [response(200, {"code": 802, "msg": KEY}), ReplyLost(KEY), NeverSent(KEY)])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/providers"])
def test_no_log_tells_the_key(api: Api, path: str, told: Told) -> None:
    api.stack.runware.answers.append(RUNWARE)
    api.stack.runninghub.answers.extend([told, told])
    event = rest_call("GET", path, query={"id": APP} if path == "/v1/models" else None)
    lines = lines_of(api.send, event)
    assert KEY in api.stack.runninghub.requests[0].path + str(api.stack.runninghub.requests[0].headers)
    assert lines
    assert KEY not in str(lines)
