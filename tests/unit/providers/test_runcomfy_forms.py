"""What RunComfy's models and deployments can be filled in with, in each of the forms that are told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpRequest, HttpResponse, UnreadableAnswer
from framehook.providers.questions import Form, FormField, QuestionRefused
from framehook.providers.runcomfy.forms import deployment_example, question, read_deployment, read_model
from tests.unit.providers.test_runninghub_envelope import answer, json_values
from tests.unit.providers.test_runninghub_forms import GRAPH

# Of github.com/runcomfy-com/comfyui-runcomfy-partner-nodes, runcomfy/models.json, in the catalogue's form.
MODEL: dict[str, Any] = {
    "model_id": "bytedance/seedance-2.5/image-to-video/1080p",
    "display_name": "Seedance 2.5",
    "categories": ["image-to-video"],
    "base_price_usd": 0.57,
    "price_unit": "second",
    "pricing_note": "",
    "input_schema": {
        "type": "object",
        "required": ["prompt", "image"],
        "properties": {
            "generate_audio": {"type": "boolean", "default": True},
            "duration": {"type": "integer", "minimum": 4, "maximum": 30, "default": 5},
            "prompt": {"type": "string", "title": "Prompt", "description": ""},
            "image": {"type": "string", "format": "image_uri"},
        },
    },
}
# The fields of the answer: docs.runcomfy.com/serverless/deployment-endpoints, docs.runcomfy.com/mcp/tool-reference.
DEPLOYMENT: dict[str, Any] = {
    "id": "3f8a2f0e-6d8b-4d0e-9a57-0c5c1a0b7c55",
    "name": "text-to-image",
    "workflow_version": "v1",
    "status": "standby",
    "is_enabled": True,
    "payload": {
        "workflow_api_json": GRAPH,
        "overrides": {"6": {"inputs": {"text": "a fox"}}},
        "object_info_url": "https://files.runcomfy.net/object_info.json",
    },
}


def model(rule: object = None, **changed: Any) -> HttpResponse:
    schema = {"properties": {"a": rule}} if rule is not None else MODEL["input_schema"]
    return answer(MODEL | {"input_schema": schema} | changed)


def deployment(payload: object) -> HttpResponse:
    return answer(DEPLOYMENT | {"payload": payload})


def request_of(offering: str) -> HttpRequest:
    asked = question(offering)
    assert asked
    return asked.request("key-1")


def only(form: Form) -> FormField:
    (field,) = form.fields
    return field


def test_model_is_asked_for_by_its_own_path() -> None:
    request = request_of("openai/sora-2/pro/text-to-video")
    assert (request.method, request.path) == ("GET", "/v1/models/openai/sora-2/pro/text-to-video")
    assert (request.service, request.body) == ("", b"")
    assert request.headers["Authorization"] == "Bearer key-1"


def test_deployment_is_asked_for_with_its_payload() -> None:
    request = request_of("deployment/3f8a2f0e-6d8b-4d0e-9a57-0c5c1a0b7c55")
    path = "/prod/v2/deployments/3f8a2f0e-6d8b-4d0e-9a57-0c5c1a0b7c55?includes=payload"
    assert (request.method, request.path) == ("GET", path)
    assert request.service == "serverless"


@pytest.mark.parametrize(
    "offering",
    [
        *(
            "",
            "sora-2",
            "/",
            "a/",
            "/a",
            "a//b",
            "a/b/c/d/e/f",
            "a/b?c=d",
            "a/b#c",
            "a/b c",
            "a/b\n",
            "a/%2e%2e",
        ),
        *("../balance", "a/..", "a/../b", "./a", "a/.", "a/b\\c", "a/é", "a/b@c", "a/{b}"),
        *("deployment", "deployment/", "deployment/a/b", "deployment/..", "deployment/a?b", "Deployment/a"),
        f"deployment/{'x' * 65}",
    ],
)
def test_what_would_be_another_call_is_not_asked(offering: str) -> None:
    assert question(offering) is None


def test_model_tells_what_its_schema_names_and_first_what_is_required() -> None:
    form = read_model(model())
    assert (form.name, form.complete, form.price) == ("Seedance 2.5", True, "base price 0.57 USD per second")
    assert form.fields == (
        FormField("prompt", "string", required=True, description="Prompt"),
        FormField("image", "string", required=True, upload=True, description="image URL"),
        FormField("generate_audio", "boolean", value=True),
        FormField("duration", "integer", value=5, description="4 to 30"),
    )


@pytest.mark.parametrize(
    ("rule", "type_"),
    [
        ({"type": "string"}, "string"),
        ({"type": "float"}, "number"),
        ({"type": "number"}, "number"),
        ({"type": "int"}, "integer"),
        ({"type": "bool"}, "boolean"),
        ({"type": "array"}, "array"),
        ({"type": "object"}, "object"),
        ({"type": ["string", "null"]}, "string"),
        ({"type": ["string", "integer"]}, "any"),
        ({"type": []}, "any"),
        ({"type": "lora"}, "any"),
        ({"type": 7}, "any"),
        ({}, "any"),
        ("odd", "any"),
        (None, "any"),
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": [1, 2]}, "integer"),
        ({"enum": [1, "b"]}, "any"),
        ({"format": "image_uri"}, "string"),
        ({"format": "image_uris"}, "array"),
        ({"anyOf": [{"type": "string"}]}, "any"),
    ],
)
def test_model_field_has_a_type_of_json(rule: object, type_: str) -> None:
    schema = {"properties": {"a": rule}}
    assert only(read_model(answer({"input_schema": schema}))).type == type_


@pytest.mark.parametrize(
    ("rule", "upload", "says"),
    [
        ({"type": "string", "format": "image_uri"}, True, "image URL"),
        ({"type": "array", "format": "image_uris"}, True, "image URLs"),
        ({"type": "array", "format": "video_uris", "maxItems": 3}, True, "video URLs; at most 3 of them"),
        ({"type": "array", "format": "audio_uris", "minItems": 1}, True, "audio URLs; at least 1 of them"),
        ({"type": "array", "items": {"type": "string", "format": "image_uri"}}, True, "image URL"),
        ({"type": "string", "format": "date"}, False, None),
        ({"type": "string", "format": ["image_uri"]}, False, None),
        ({"type": "array", "items": ["image_uri"]}, False, None),
    ],
)
def test_model_format_marks_what_takes_a_file(rule: object, upload: bool, says: str | None) -> None:
    field = only(read_model(model(rule)))
    assert (field.upload, field.description) == (upload, says)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"title": "Seed", "description": ""}, "Seed"),
        ({"title": "Seed", "description": "For the same again."}, "For the same again"),
        ({"description": "How much.", "minimum": 0, "maximum": 20.5}, "How much; 0 to 20.5"),
        ({"minimum": 1}, "at least 1"),
        ({"maximum": 0}, "at most 0"),
        ({"minimum": "1", "maximum": True, "minItems": [], "maxItems": {}}, None),
        ({"minimum": 10**30}, None),
        (
            {
                "description": "Pictures",
                "validations": [
                    {
                        "validation_rule": "file_size_mb<",
                        "validation_value": 30,
                        "validation_error": "Under 30 MB.",
                    },
                    {"validation_rule": "width_pixels>", "validation_error": "Over 14 pixels."},
                    {"validation_rule": "height_pixels>", "validation_error": "Over 14 pixels."},
                    *("odd", None, {}, {"validation_error": 7}),
                ],
            },
            "Pictures; Under 30 MB; Over 14 pixels",
        ),
        ({"validations": "odd"}, None),
        ({"title": 7, "description": ["x"]}, None),
    ],
)
def test_model_field_says_what_the_schema_says_in_several_places(rule: object, says: str | None) -> None:
    assert only(read_model(model(rule))).description == says


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "integer", "default": None}, None),
        ({"type": "integer", "default": 5}, 5),
        ({"type": "float", "default": 2.5}, 2.5),
        ({"type": "boolean", "default": False}, False),
        ({"type": "string", "default": "auto"}, "auto"),
        ({"type": "string", "default": "x" * 2_001}, None),
        ({"type": "integer", "default": 2**64}, None),
        ({"type": "array", "default": [1]}, None),
        ({"type": "string", "format": "image_uri", "default": "https://x.example/sample.png"}, None),
    ],
)
def test_model_default_is_what_is_taken_for_a_field_left_out(rule: object, value: object) -> None:
    assert only(read_model(model(rule))).value == value


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "string", "default": "A slow tracking shot"}, None),
        ({"type": "string", "enum": ["a", "b"], "default": "b"}, "b"),
        ({"type": "integer", "default": 5}, 5),
    ],
)
def test_model_required_text_has_no_default_but_a_sample_that_is_left_out(
    rule: object, value: object
) -> None:
    schema = {"properties": {"a": rule}, "required": ["a"]}
    field = only(read_model(model(input_schema=schema)))
    assert (field.required, field.value) == (True, value)


@pytest.mark.parametrize(
    ("listed", "options"),
    [
        (["a", "b"], ("a", "b")),
        ([4, 8, 12], (4, 8, 12)),
        ([None, "a", ["b"], {}], ("a",)),
        ([], None),
        ({}, None),
        ("ab", None),
        (list(range(300)), tuple(range(200))),
    ],
)
def test_model_options_are_its_enum(listed: object, options: object) -> None:
    assert only(read_model(model({"enum": listed}))).options == options


def test_model_may_name_elsewhere_what_is_required() -> None:
    schema = {"properties": {"a": {"type": "string"}}}
    assert only(read_model(model(input_schema=schema, required_inputs=["a"]))).required
    assert not only(read_model(model(input_schema=schema | {"required": "a"}))).required


@pytest.mark.parametrize("name", ["", "a\n", "x" * 201])
def test_model_field_that_can_not_be_named_is_left_out(name: str) -> None:
    assert read_model(model(input_schema={"properties": {name: {}}})).fields == ()


@pytest.mark.parametrize("schema", [None, "text", [], 7])
def test_model_without_a_schema_is_unreadable(schema: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_model(answer(MODEL | {"input_schema": schema}))


def test_model_without_properties_takes_nothing() -> None:
    assert read_model(model(input_schema={"properties": []})).fields == ()


def test_model_beyond_bounds_says_that_it_is_not_complete() -> None:
    form = read_model(model(input_schema={"properties": {f"a{number}": {} for number in range(1_001)}}))
    assert (len(form.fields), form.complete) == (1_000, False)


@pytest.mark.parametrize(
    ("changed", "price"),
    [
        ({"price_unit": None}, "base price 0.57 USD"),
        ({"base_price_usd": "0.0003", "price_unit": "image"}, "base price 0.0003 USD per image"),
        ({"pricing_note": "4K costs more"}, "base price 0.57 USD per second; 4K costs more"),
        ({"base_price_usd": None, "pricing_note": "ask us"}, "ask us"),
        ({"base_price_usd": 0}, None),
        ({"base_price_usd": -1}, None),
        ({"base_price_usd": "free"}, None),
        ({"base_price_usd": [1], "price_unit": {}, "pricing_note": 7}, None),
    ],
)
def test_model_price_is_told_in_words(changed: dict[str, Any], price: str | None) -> None:
    assert read_model(model(**changed)).price == price


def test_deployment_tells_every_literal_input_and_first_what_it_names_itself() -> None:
    form = read_deployment(answer(DEPLOYMENT))
    assert (form.name, form.complete, form.price) == ("text-to-image", True, None)
    assert [(field.node_id, field.name, field.value) for field in form.fields] == [
        ("6", "text", "a cute panda"),
        ("3", "seed", 669816362794144),
        ("3", "steps", 20),
        ("3", "cfg", 8.5),
        ("10", "image", "example.png"),
    ]
    assert form.fields[0].node_name == "CLIP Text Encode (Prompt)"
    assert [field.name for field in form.fields if field.upload] == ["image"]


@pytest.mark.parametrize(
    "payload",
    [
        GRAPH,
        json.dumps(GRAPH),
        {"workflow_api_json": json.dumps(GRAPH)},
        {"workflow_api_json": GRAPH, "overrides": 7},
    ],
)
def test_deployment_graph_is_found_in_each_shape(payload: object) -> None:
    form = read_deployment(deployment(payload))
    assert (len(form.fields), form.complete) == (5, True)


def test_deployment_that_tells_overrides_alone_is_not_complete() -> None:
    form = read_deployment(deployment({"overrides": DEPLOYMENT["payload"]["overrides"]}))
    assert (only(form).node_id, only(form).value, form.complete) == ("6", "a fox", False)


def test_deployment_may_name_an_input_that_the_graph_links() -> None:
    opened = {"3": {"inputs": {"model": "other.safetensors"}}}
    first, *others = read_deployment(deployment({"workflow_api_json": GRAPH, "overrides": opened})).fields
    assert (first.node_id, first.name, first.value) == ("3", "model", "other.safetensors")
    assert len(others) == 5


@pytest.mark.parametrize("graph", [{}, "{}", "", None, []])
def test_deployment_without_a_workflow_tells_no_fields(graph: object) -> None:
    form = read_deployment(deployment({"workflow_api_json": graph, "overrides": {}, "object_info_url": ""}))
    assert (form.name, form.fields, form.complete) == ("text-to-image", (), False)
    assert deployment_example(form) == {"prompt": "A fox in snow"}


@pytest.mark.parametrize(
    "payload",
    [
        *(None, {}, [], 7, "", "{", "[]", "[" * 100_000),
        *({"workflow_api_json": {}}, {"overrides": {}}, {"workflow_api_json": {}, "overrides": "{"}),
        {"workflow_api_json": {"1": {"inputs": {"clip": ["4", 0]}}}, "overrides": {}},
    ],
)
def test_deployment_that_can_not_be_understood_tells_the_documented_keys(payload: object) -> None:
    form = read_deployment(deployment(payload))
    assert [field.name for field in form.fields] == ["overrides", "workflow_api_json", "extra_data"]
    assert {(field.type, field.required) for field in form.fields} == {("object", False)}
    assert (form.name, form.complete) == ("text-to-image", False)
    assert deployment_example(form) == {"overrides": {}}


@pytest.mark.parametrize(
    "graph",
    [
        {str(number): {"inputs": {"a": 1}} for number in range(501)},
        {"1": {"inputs": {f"a{number}": 1 for number in range(1_001)}}},
    ],
    ids=["nodes", "fields"],
)
def test_deployment_beyond_bounds_says_that_it_is_not_complete(graph: object) -> None:
    form = read_deployment(deployment({"workflow_api_json": graph}))
    assert not form.complete
    assert 200 < len(form.fields) <= 1_000


@given(json_values, st.integers(200, 299))
def test_any_answer_is_a_form_or_one_of_two_errors(data: object, status: int) -> None:
    rule = dict.fromkeys(
        [
            *("type", "enum", "format", "items", "default", "title", "description", "validations"),
            *("minimum", "maximum", "minItems", "maxItems"),
        ],
        data,
    )
    bodies = [
        data,
        dict.fromkeys(MODEL, data) | {"required_inputs": data},
        MODEL | {"input_schema": {"properties": data, "required": data}},
        *(MODEL | {"input_schema": {"properties": {"a": {"type": "string", name: data}}}} for name in rule),
        MODEL | {"input_schema": {"properties": {"a": rule, "b": {"items": rule, "validations": [rule]}}}},
        MODEL | {"base_price_usd": data, "price_unit": data, "pricing_note": data, "display_name": data},
        dict.fromkeys(DEPLOYMENT, data),
        DEPLOYMENT | {"payload": {"workflow_api_json": data, "overrides": data}},
        DEPLOYMENT | {"payload": {"overrides": {"1": {"inputs": data, "_meta": data, "class_type": data}}}},
    ]
    for body in bodies:
        for read in (read_model, read_deployment):
            try:
                form = read(answer(body, status))
            except (QuestionRefused, UnreadableAnswer):
                continue
            told = [(field.value, field.options, field.node_name, field.description) for field in form.fields]
            json.dumps([told, form.name, form.price], ensure_ascii=False, allow_nan=False).encode()
