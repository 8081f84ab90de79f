"""What can be filled in of a model: asked of its provider, told by the catalogue, or refused by name."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace

import pytest

from framehook import catalogue
from framehook.catalogue import runninghub
from framehook.errors import (
    FramehookError,
    InvalidRequest,
    NeverSent,
    NoSuchModel,
    NotConfigured,
    ProviderTrouble,
    ProviderUnavailable,
    ReplyLost,
    Unavailable,
)
from framehook.known_models import described
from framehook.model_forms import ModelForms
from framehook.offerings import plan
from framehook.provider_view import model_shown
from framehook.providers.contract import HttpResponse
from tests.fakes.exchanges import Answer
from tests.fakes.stack import InMemoryStack, response
from tests.unit.providers.test_runcomfy_forms import DEPLOYMENT, MODEL
from tests.unit.providers.test_runninghub_forms import APP_NODE, GRAPH, app, workflow

KEY = "0123456789abcdef0123456789abcdef"
WORKFLOW = "runninghub/workflow/1904136902449209346"
APP = "runninghub/ai-app/2013570680079523842"
RUNCOMFY_KNOWN = (
    "runcomfy/openai/sora-2/text-to-video",
    "runcomfy/openai/sora-2/pro/text-to-video",
    "runcomfy/openai/sora-2/pro/image-to-video",
)


@pytest.fixture
def stack() -> InMemoryStack:
    stack = InMemoryStack()
    stack.secrets.api_keys = {"runninghub-ai": KEY, "runcomfy": "comfy-key-123"}
    return stack


def forms(stack: InMemoryStack, *answers: Answer) -> ModelForms:
    stack.runninghub.answers.extend(answers)
    return ModelForms(stack.calling)


def test_workflow_is_told_with_an_example_of_what_is_likely_filled_in(stack: InMemoryStack) -> None:
    shown = model_shown(forms(stack, workflow(GRAPH)).describe(WORKFLOW))
    assert (shown["id"], shown["kind"], shown["provider"]) == (WORKFLOW, "workflow", "runninghub")
    assert len(shown["fields"]) == 5
    assert shown["example"] == {
        "model": WORKFLOW,
        "input": {
            "nodeInfoList": [
                {"nodeId": "6", "fieldName": "text", "fieldValue": "a cute panda"},
                {
                    "nodeId": "10",
                    "fieldName": "image",
                    "fieldValue": {"upload": "https://example.com/picture.png"},
                },
            ]
        },
    }


def test_key_that_was_saved_in_a_workflow_is_not_told(stack: InMemoryStack) -> None:
    saved = {
        "class_type": "CallsAnotherService",
        "inputs": {"api_key": "sk-saved-by-its-owner", "text": "a panda"},
    }
    shown = model_shown(forms(stack, workflow({"7": saved})).describe(WORKFLOW))
    assert "sk-saved" not in json.dumps(shown)
    assert {field["field_name"]: field["default"] for field in shown["fields"]} == {
        "api_key": None,
        "text": "a panda",
    }


def test_workflow_of_numbers_only_has_an_example_too(stack: InMemoryStack) -> None:
    graph = {"1": {"inputs": {f"a{number}": number for number in range(30)}}}
    shown = model_shown(forms(stack, workflow(graph)).describe(WORKFLOW))
    assert len(shown["example"]["input"]["nodeInfoList"]) == 10


def test_app_is_told_by_its_name(stack: InMemoryStack) -> None:
    video = APP_NODE | {"fieldName": "video", "fieldType": "VIDEO"}
    shown = model_shown(forms(stack, app(APP_NODE, video)).describe(APP))
    assert (shown["kind"], shown["name"]) == ("ai_app", "Portraits")
    assert [(field["options"], field["upload"]) for field in shown["fields"]] == [
        (["pro", "max"], False),
        (None, True),
    ]
    (_, sample) = shown["example"]["input"]["nodeInfoList"]
    assert sample["fieldValue"] == {"upload": "https://example.com/clip.mp4"}


def test_account_that_new_jobs_use_is_asked(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"runninghub-cn": KEY}
    stack.runninghub_cn.answers.append(workflow(GRAPH))
    ModelForms(stack.calling).describe(WORKFLOW)
    assert len(stack.runninghub_cn.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "provider_code"),
    [
        (response(200, {"code": 380, "msg": "WORKFLOW_NOT_EXISTS"}), NoSuchModel, "380"),
        (response(200, {"code": 810, "msg": "WORKFLOW_NOT_SAVED_OR_NOT_RUNNING"}), NoSuchModel, "810"),
        (response(200, {"code": 901, "msg": "WEBAPP_NOT_EXISTS"}), NoSuchModel, "901"),
        (response(200, {"code": 802, "msg": "APIKEY_UNAUTHORIZED"}), ProviderTrouble, "802"),
        (response(200, {"code": 1003, "msg": "slow down"}), ProviderUnavailable, "1003"),
        (response(502, "busy"), ProviderUnavailable, None),
        (response(200, {"code": 0, "data": None}), ProviderTrouble, None),
        (HttpResponse(200, {}, b"\xff"), ProviderTrouble, None),
        (NeverSent("ConnectError"), ProviderUnavailable, None),
        (ReplyLost("too slow"), ProviderUnavailable, None),
    ],
)
@pytest.mark.parametrize("model_id", [WORKFLOW, APP])
def test_refusal_and_trouble_are_told_apart(
    stack: InMemoryStack, model_id: str, answer: Answer, kind: type[FramehookError], provider_code: str | None
) -> None:
    with pytest.raises(kind) as raised:
        forms(stack, answer).describe(model_id)
    assert raised.value.provider_code == provider_code


def test_no_key_is_not_configured(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {}
    with pytest.raises(NotConfigured):
        forms(stack).describe(WORKFLOW)


def test_unreadable_key_is_unavailable(stack: InMemoryStack) -> None:
    stack.secrets.trouble.fail_next()
    with pytest.raises(Unavailable):
        forms(stack).describe(WORKFLOW)


@pytest.mark.parametrize(
    "answer",
    [
        response(200, {"code": 500, "msg": f"odd key {KEY}"}),
        response(200, {"code": KEY, "msg": "x"}),
        app(APP_NODE | {"fieldValue": KEY, "description": f"?apiKey={KEY}", "nodeName": KEY}, webappName=KEY),
        ReplyLost(f"GET /api/webapp/apiCallDemo?apiKey={KEY}"),
    ],
    ids=["message", "code", "form", "trouble"],
)
def test_key_is_never_told(stack: InMemoryStack, answer: Answer) -> None:
    try:
        told = json.dumps(model_shown(forms(stack, answer).describe(APP)))
    except FramehookError as error:
        told = "".join(traceback.format_exception(error)) + str(error.provider_code)
    assert KEY not in told
    assert KEY in stack.runninghub.requests[0].path


@pytest.mark.parametrize(
    "model_id",
    [
        "runninghub/workflow/",
        "runninghub/workflow/abc",
        "runninghub/workflow/1/2",
        "runninghub/workflow/\u0661",
        "runninghub/ai-app/1&apiKey=x",
        "runninghub/ai-app/1\n",
        "runninghub/ai-app/" + "1" * 31,
        "runninghub/workflow/" + "x" * 10_000,
        "sora-3",
        "runware/acme:1@1",
        "runware/",
        "runninghub/acme/unheard-of",
        "runninghub/query",
        "runninghub/Workflow/1",
        "runninghub/rhart-video-s/text-to-video-pro",
        "runcomfy/acme",
        "runcomfy/",
        "runcomfy/a/../b",
        "runcomfy/a/b?c=d",
        "runcomfy/deployment/",
        "runcomfy/deployment/a/b",
        "runcomfy/deployment/" + "x" * 65,
        "runcomfy/acme/" + "x" * 10_000,
        "/",
        "\ud83d",
        "x" * 10_000,
    ],
)
def test_id_that_can_not_be_described_is_named(stack: InMemoryStack, model_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        forms(stack).describe(model_id)
    (problem,) = refused.value.problems
    assert problem.field == "id"
    assert len(str(problem.message)) < 300
    assert stack.runninghub.requests + stack.runcomfy.requests == []


def test_ids_that_can_be_described_are_named(stack: InMemoryStack) -> None:
    with pytest.raises(InvalidRequest) as refused:
        forms(stack).describe("sora-3")
    (problem,) = refused.value.problems
    assert {"runninghub/workflow/<id>", "runcomfy/<model id>", "runcomfy/deployment/<id>"} <= set(
        problem.allowed
    )


@pytest.mark.parametrize(
    "model_id",
    [
        "runninghub/rhart-video-s/text-to-video-pro",
        "runninghub/rhart-image-g-1.5/edit-[Deprecated]",
        "runninghub/RHART-VIDEO-S-OFFICIAL/text-to-video-pro",
        "runninghub/AI-App/1",
        "runninghub/workflow/abc",
        "runcomfy/openai/sora-2-pro/text-to-video",
        "runcomfy/Deployment/3f8a2f0e",
        "runcomfy/acme",
    ],
)
def test_reason_is_the_one_that_a_job_gets(stack: InMemoryStack, model_id: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        forms(stack).describe(model_id)
    with pytest.raises(InvalidRequest) as of_a_job:
        plan(model_id, {})
    assert refused.value.problems == tuple(replace(each, field="id") for each in of_a_job.value.problems)


def test_catalogue_name_is_told_by_its_rules(stack: InMemoryStack) -> None:
    shown = model_shown(forms(stack).describe("sora-2-pro"))
    fields = {field["field_name"]: field for field in shown["fields"]}
    assert (shown["kind"], shown["provider"], shown["complete"]) == ("catalogue", None, True)
    assert (fields["prompt"]["type"], fields["prompt"]["required"]) == ("string", True)
    assert fields["seconds"]["options"] == [4, 8, 12, 16, 20]
    assert fields["size"]["default"] == "720x1280"
    assert set(shown["example"]["input"]) == {"prompt", "size", "seconds"}


def test_providers_own_ids_are_told_by_their_rules(stack: InMemoryStack) -> None:
    shown = model_shown(forms(stack).describe("runware/openai:3@2"))
    assert (shown["kind"], shown["provider"]) == ("native", "runware")
    assert "positivePrompt" in {field["field_name"] for field in shown["fields"]}
    endpoint = "runninghub/rhart-video-s-official/image-to-video"
    fields = {field["field_name"]: field for field in model_shown(forms(stack).describe(endpoint))["fields"]}
    assert (fields["imageUrl"]["upload"], fields["imageUrl"]["required"]) == (True, True)
    assert fields["duration"]["options"] == ["4", "8", "12"]


@pytest.mark.parametrize("model_id", RUNCOMFY_KNOWN)
def test_model_of_runcomfy_that_the_catalogue_knows_is_not_asked_for(
    stack: InMemoryStack, model_id: str
) -> None:
    shown = model_shown(forms(stack).describe(model_id))
    fields = {field["field_name"]: field for field in shown["fields"]}
    assert (shown["kind"], shown["provider"], shown["price"]) == ("native", "runcomfy", None)
    assert (fields["seconds"]["options"], fields["seconds"]["default"]) == ([4, 8, 12], 4)
    assert stack.runcomfy.requests == []


def test_other_model_of_runcomfy_is_asked_for(stack: InMemoryStack) -> None:
    stack.runcomfy.answers.append(response(200, MODEL))
    shown = model_shown(forms(stack).describe("runcomfy/bytedance/seedance-2.5/image-to-video/1080p"))
    assert (shown["kind"], shown["provider"], shown["name"]) == ("native", "runcomfy", "Seedance 2.5")
    assert shown["price"] == "base price 0.57 USD per second"
    assert shown["example"]["input"] == {
        "prompt": "A fox in snow",
        "image": "https://example.com/picture.png",
        "generate_audio": True,
        "duration": 5,
    }


def test_deployment_of_runcomfy_is_told_with_an_example_of_overrides(stack: InMemoryStack) -> None:
    stack.runcomfy.answers.append(response(200, DEPLOYMENT))
    shown = model_shown(forms(stack).describe("runcomfy/deployment/3f8a2f0e"))
    assert (shown["kind"], shown["provider"], shown["name"]) == ("deployment", "runcomfy", "text-to-image")
    assert shown["example"] == {
        "model": "runcomfy/deployment/3f8a2f0e",
        "input": {
            "overrides": {
                "6": {"inputs": {"text": "a cute panda"}},
                "10": {"inputs": {"image": "https://example.com/picture.png"}},
            }
        },
    }


def test_lora_of_runcomfy_has_an_example_that_a_job_may_hold(stack: InMemoryStack) -> None:
    payload = {"workflow_api_json": {}, "overrides": {}, "object_info_url": ""}
    stack.runcomfy.answers.append(response(200, DEPLOYMENT | {"payload": payload}))
    shown = model_shown(forms(stack).describe("runcomfy/deployment/3f8a2f0e"))
    assert (shown["kind"], shown["fields"], shown["complete"]) == ("deployment", [], False)
    assert shown["example"]["input"] == {"prompt": "A fox in snow"}
    assert plan(**shown["example"]).body == {"prompt": "A fox in snow"}


def test_workflow_without_inputs_has_an_empty_example(stack: InMemoryStack) -> None:
    shown = model_shown(forms(stack, workflow({"1": {"inputs": {}}})).describe(WORKFLOW))
    assert (shown["fields"], shown["example"]["input"]) == ([], {})


def test_picture_that_is_described_as_a_part_of_a_video_has_a_picture_for_a_sample(
    stack: InMemoryStack,
) -> None:
    image = {"type": "string", "format": "image_uri", "description": "The first frame of the video"}
    clip = {"type": "array", "format": "video_uris"}
    schema = {"properties": {"image": image, "references": clip}, "required": ["image", "references"]}
    stack.runcomfy.answers.append(response(200, MODEL | {"input_schema": schema}))
    shown = model_shown(forms(stack).describe("runcomfy/acme/model"))
    assert shown["example"]["input"] == {
        "image": "https://example.com/picture.png",
        "references": ["https://example.com/clip.mp4"],
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(404, {"error_code": 404001}), NoSuchModel),
        (response(400, {"error_code": 400001}), NoSuchModel),
        (response(403, {"error_code": 403003}), NoSuchModel),
        (response(200, {"error_code": 400004}), ProviderTrouble),
        (response(429, {}), ProviderUnavailable),
        (response(200, []), ProviderTrouble),
        (NeverSent("ConnectError"), ProviderUnavailable),
    ],
)
def test_trouble_names_the_provider_that_was_asked(
    stack: InMemoryStack, answer: Answer, kind: type[FramehookError]
) -> None:
    stack.runcomfy.answers.append(answer)
    with pytest.raises(kind, match="RunComfy"):
        forms(stack).describe("runcomfy/acme/model")


def test_provider_without_a_key_is_named(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {}
    with pytest.raises(NotConfigured, match="RunComfy"):
        forms(stack).describe("runcomfy/acme/model")


def test_everything_that_the_catalogue_knows_can_be_told() -> None:
    ids = [f"runninghub/{endpoint}" for endpoint in runninghub.known_endpoints()]
    told = [model_shown(model) for each in (*catalogue.models(), *ids) if (model := described(each))]
    assert len(told) > 250
    for shown in told:
        json.dumps(shown, allow_nan=False)
        assert {field["field_name"] for field in shown["fields"] if field["required"]} <= set(
            shown["example"]["input"]
        )
