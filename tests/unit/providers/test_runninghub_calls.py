"""Where RunningHub's calls carry the key, and which of them are repeated without it in their body or address."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from framehook.adapters.second_try import SecondTry
from framehook.providers.contract import HttpRequest, HttpResponse, TaskToSend
from framehook.providers.runninghub import account as runninghub_account
from framehook.providers.runninghub import forms as runninghub_forms
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runninghub import uploads as runninghub_uploads
from framehook.providers.runninghub.calls import bearer_only, old_get, old_post, post
from framehook.providers.runninghub.errors import MEANINGS
from tests.fakes.exchanges import ScriptedTransport
from tests.unit.sandbox.simulators.runninghub.hub import Hub, simulate_hub
from tests.unit.sandbox.simulators.runninghub.test_lookups import APP, TEXT_TO_IMAGE

KEY = "0123456789abcdef0123456789abcdef"
TASK = "2013508786110730241"
KEY_CODES = ("-1", "401", "801", "802", "806", "811", "1002")
OLD: dict[str, Callable[[str], HttpRequest | None]] = {
    "cancel": lambda key: runninghub.cancellation("workflow/1", TASK, key),
    "getWebhookDetail": lambda key: runninghub.second_question("workflow/1", TASK, key),
    "accountStatus": lambda key: runninghub_account.questions(key, str)[1].request,
    "getJsonApiFormat": lambda key: runninghub_forms.workflow_question(TEXT_TO_IMAGE, key),
    "apiCallDemo": lambda key: runninghub_forms.app_question(APP, key),
    "getLoraUploadUrl": lambda key: runninghub_uploads.lora_place(key, "my-lora", "0" * 32),
}
TASKS = [TaskToSend("982c01aa-813a-4434-aa42-3e512808fd94", "https://gateway.example/hook", None)]
NEVER = {
    "a model": runninghub.submission("acme/new", {"apiKey": KEY}, TASKS, KEY),
    "a workflow": runninghub.submission("workflow/1", {"apiKey": KEY}, TASKS, KEY),
    "an app": runninghub.submission("ai-app/1", {}, TASKS, KEY),
    "a look-up": runninghub.look_ups("workflow/1", [TASK], KEY)[0].request,
    "the queue": runninghub_account.questions(KEY, str)[0].request,
    "an upload": runninghub_uploads.upload(KEY),
    "a path with a query": old_get("/openapi/v2/acme/new", {}, KEY),
    "an old creation": old_post("/task/openapi/create", {"workflowId": "1"}, KEY),
    "an old run": old_post("/task/openapi/ai-app/run", {"webappId": "1"}, KEY),
    "a path that begins like one": old_post("/task/openapi/cancel/more", {}, KEY),
}


def refused(code: object = -1, status: int = 200) -> HttpResponse:
    body = {"code": code, "msg": "ApiKey verification failed", "data": None}
    return HttpResponse(status, {}, json.dumps(body).encode())


def old(name: str) -> HttpRequest:
    request = OLD[name](KEY)
    assert request is not None
    return request


@pytest.mark.parametrize("name", OLD)
def test_refused_key_is_tried_in_the_header_alone(name: str) -> None:
    request = old(name)
    assert KEY in request.path + request.body.decode()

    again = bearer_only(request, refused())

    assert again is not None
    assert KEY not in again.path + again.body.decode()
    assert again.headers == request.headers
    assert again.headers["Authorization"] == f"Bearer {KEY}"
    assert (again.method, urlsplit(again.path).path) == (request.method, urlsplit(request.path).path)
    fields = {name: value for name, value in json.loads(request.body or "{}").items() if value != KEY}
    assert json.loads(again.body or "{}") == fields
    query = {name: value for name, value in parse_qs(urlsplit(request.path).query).items() if value != [KEY]}
    assert parse_qs(urlsplit(again.path).query) == query
    assert bearer_only(again, refused()) is None  # once


@pytest.mark.parametrize("code", [*KEY_CODES, *map(int, KEY_CODES)])
def test_every_refusal_of_a_key_counts(code: object) -> None:
    assert bearer_only(old("cancel"), refused(code))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'{"code": 0, "data": null}'])
def test_http_401_is_one_whatever_the_body(body: bytes) -> None:
    assert bearer_only(old("cancel"), HttpResponse(401, {}, body))
    assert bearer_only(old("cancel"), HttpResponse(403, {}, body)) is None


@pytest.mark.parametrize("code", [0, 99999, *(code for code in MEANINGS if code not in KEY_CODES)])
def test_other_answers_stand(code: object) -> None:
    for name in OLD:
        assert bearer_only(old(name), refused(code)) is None


def test_code_inside_the_data_is_not_about_the_key() -> None:
    event = {"code": 802, "msg": "…", "data": None}
    told = {"code": 0, "msg": "success", "data": {"eventData": event, "code": 802}}
    assert bearer_only(old("getWebhookDetail"), HttpResponse(200, {}, json.dumps(told).encode())) is None


@pytest.mark.parametrize("call", NEVER)
def test_call_that_may_be_paid_is_never_repeated(call: str) -> None:
    answers = [refused(code, status) for code in KEY_CODES for status in (200, 401)]
    assert [bearer_only(NEVER[call], each) for each in answers] == [None] * len(answers)

    transport = ScriptedTransport(refused(status=401))
    assert SecondTry(transport, bearer_only).send(NEVER[call]).status == 401
    assert transport.requests == [NEVER[call]]


@pytest.mark.parametrize("name", OLD)
def test_key_that_goes_in_the_header_alone_gets_its_answer(name: str) -> None:
    def bearer_alone(request: HttpRequest) -> HttpResponse:
        return refused(802) if KEY in request.path + request.body.decode() else fine

    fine = HttpResponse(200, {}, b'{"code": 0, "data": {}}')
    transport = ScriptedTransport(bearer_alone, bearer_alone)
    assert SecondTry(transport, bearer_only).send(old(name)) == fine
    assert len(transport.requests) == 2


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize(("auth", "calls"), [("any", 1), ("body", 1), ("bearer", 2)])
def test_simulator_takes_the_key_wherever_it_wants_it(name: str, auth: str, calls: int) -> None:
    """`any` and `body` at once, `bearer` the second time."""

    async def scenario(hub: Hub) -> None:
        hub.defaults(old_auth=auth)
        answers: list[HttpResponse] = []
        request = OLD[name](hub.key)
        while request is not None:
            url = hub.base + request.path
            answer = await hub.client.request(
                request.method, url, content=request.body, headers=dict(request.headers)
            )
            answers.append(HttpResponse(answer.status_code, {}, answer.content))
            request = bearer_only(request, answers[-1])
        codes = [str(json.loads(answer.body)["code"]) for answer in answers]
        assert [code in KEY_CODES for code in codes] == [True] * (calls - 1) + [False]

    simulate_hub(scenario)


def test_calls_have_the_key_where_it_belongs() -> None:
    assert KEY.encode() not in post("/openapi/v2/query", {}, KEY).body
    assert json.loads(old_post("/x", {"a": 1}, KEY, key_field="apikey").body) == {"apikey": KEY, "a": 1}
