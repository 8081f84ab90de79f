"""What RunningHub's workflows and AI apps can be filled in with, in each of the forms that are told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import Form, FormField, QuestionRefused
from framehook.providers.runninghub.forms import app_question, read_app, read_workflow, workflow_question
from tests.unit.providers.test_runninghub_envelope import answer, json_values

# The documented answer: https://www.runninghub.ai/runninghub-api-doc-en
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 669816362794144, "steps": 20, "cfg": 8.5, "model": ["4", 0]},
        "_meta": {"title": "KSampler"},
    },
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "a cute panda", "clip": ["4", 1]},
        "_meta": {"title": "CLIP Text Encode (Prompt)"},
    },
    "10": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
}
APP_NODE = {
    "nodeId": "37",
    "nodeName": "Model",
    "fieldName": "model",
    "fieldValue": "pro",
    "fieldType": "LIST",
    "fieldData": '[["pro", "max"], {"default": "pro"}]',
    "description": "Which one",
}


def workflow(graph: object) -> HttpResponse:
    prompt = graph if isinstance(graph, str) else json.dumps(graph)
    return answer({"code": 0, "msg": "SUCCESS", "data": {"prompt": prompt}})


def app(*nodes: object, **data: Any) -> HttpResponse:
    return answer({"code": 0, "data": {"webappName": "Portraits", "nodeInfoList": list(nodes)} | data})


def only(form: Form) -> FormField:
    (field,) = form.fields
    return field


def test_workflow_is_asked_for_with_the_key_in_body_and_header() -> None:
    request = workflow_question("1904136902449209346", "key-1")
    assert (request.method, request.path) == ("POST", "/api/openapi/getJsonApiFormat")
    assert json.loads(request.body) == {"apiKey": "key-1", "workflowId": "1904136902449209346"}
    assert request.headers["Authorization"] == "Bearer key-1"


def test_app_is_asked_for_with_a_key_that_can_not_change_the_address() -> None:
    request = app_question("2013570680079523842", "a&b=c/d?e#f é")
    address = urlsplit(request.path)
    assert (request.method, address.path, address.fragment) == ("GET", "/api/webapp/apiCallDemo", "")
    assert parse_qs(address.query) == {"apiKey": ["a&b=c/d?e#f é"], "webappId": ["2013570680079523842"]}


def test_workflow_tells_every_literal_input_and_no_link() -> None:
    form = read_workflow(workflow(GRAPH))
    assert form.complete
    assert [(field.node_id, field.name, field.type, field.value) for field in form.fields] == [
        ("3", "seed", "integer", 669816362794144),
        ("3", "steps", "integer", 20),
        ("3", "cfg", "number", 8.5),
        ("6", "text", "string", "a cute panda"),
        ("10", "image", "string", "example.png"),
    ]
    names = {field.node_id: field.node_name for field in form.fields}
    assert names == {"3": "KSampler", "6": "CLIP Text Encode (Prompt)", "10": "LoadImage"}
    assert [field.name for field in form.fields if field.upload] == ["image"]


@pytest.mark.parametrize(
    ("class_type", "name", "upload"),
    [
        ("LoadImage", "image", True),
        ("LoadImageMask", "image", True),
        ("LoadVideo", "file", True),
        ("LoadAudio", "audio", True),
        ("VHS_LoadVideo", "video", True),
        ("VHS_LoadAudioUpload", "audio", True),
        ("RHUploadImage", "image", True),
        ("LoadImage", "upload", False),
        ("VHS_LoadVideoPath", "video", False),
        ("LoadImageFromUrl", "image", False),
        ("CheckpointLoaderSimple", "ckpt_name", False),
        ("SaveImage", "image", False),
    ],
)
def test_workflow_field_takes_a_file_where_its_node_loads_one(
    class_type: str, name: str, upload: bool
) -> None:
    graph = {"1": {"class_type": class_type, "inputs": {name: "x"}}}
    assert only(read_workflow(workflow(graph))).upload is upload


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        (True, "boolean", True),
        (2**64 - 1, "integer", None),
        ("x" * 2_001, "string", None),
        ("x" * 2_000, "string", "x" * 2_000),
        ("half \ud83d", "string", "half ?"),
    ],
)
def test_workflow_value_that_can_not_be_carried_is_left_out(value: object, type_: str, shown: object) -> None:
    field = only(read_workflow(workflow({"1": {"inputs": {"a": value}}})))
    assert (field.type, field.value) == (type_, shown)


@pytest.mark.parametrize(
    "node",
    [
        None,
        [],
        "text",
        {},
        {"inputs": None},
        {"inputs": []},
        {"inputs": {"a": None, "b": ["4", 0], "c": {}, "d": [1, 2, 3], "": 1, "e\n": 1, "x" * 201: 1}},
    ],
)
def test_workflow_node_without_literals_tells_nothing(node: object) -> None:
    assert read_workflow(workflow({"1": node})).fields == ()


def test_workflow_in_any_shape_but_a_graph_is_unreadable() -> None:
    for prompt in ("", "[]", "{", "null", "7", '"text"', "[" * 100_000):
        with pytest.raises(UnreadableAnswer):
            read_workflow(workflow(prompt))
    with pytest.raises(UnreadableAnswer):
        read_workflow(answer({"code": 0, "data": {}}))


def test_workflow_is_read_where_the_graph_is_no_text() -> None:
    response = answer({"code": 0, "data": {"prompt": GRAPH}})
    assert read_workflow(response) == read_workflow(workflow(GRAPH))


@pytest.mark.parametrize(
    "graph",
    [
        {str(number): {"inputs": {"a": 1}} for number in range(501)},
        {"1": {"inputs": {f"a{number}": 1 for number in range(1_001)}}},
        {"1": {"inputs": {f"a{number}": "x" * 1_999 for number in range(400)}}},
    ],
    ids=["nodes", "fields", "text"],
)
def test_workflow_beyond_bounds_says_that_it_is_not_complete(graph: object) -> None:
    form = read_workflow(workflow(graph))
    assert not form.complete
    assert 200 < len(form.fields) <= 1_000


def test_app_tells_what_its_author_opened() -> None:
    form = read_app(app(APP_NODE, curl="curl … apiKey=secret"))
    assert (form.name, form.complete) == ("Portraits", True)
    assert only(form) == FormField(
        name="model",
        type="string",
        value="pro",
        node_id="37",
        node_name="Model",
        description="Which one",
        options=("pro", "max"),
    )


@pytest.mark.parametrize(
    ("field_type", "given", "type_", "value", "upload"),
    [
        ("STRING", "a fox", "string", "a fox", False),
        ("STRING", 7, "string", "7", False),
        ("INT", "20", "integer", 20, False),
        ("INT", 20, "integer", 20, False),
        ("INT", "20.5", "integer", None, False),
        ("INT", True, "integer", None, False),
        ("FLOAT", "0.5", "number", 0.5, False),
        ("FLOAT", "1", "number", 1, False),
        ("FLOAT", "nan", "number", None, False),
        ("FLOAT", "much", "number", None, False),
        ("BOOLEAN", "true", "boolean", True, False),
        ("BOOLEAN", False, "boolean", False, False),
        ("BOOLEAN", "maybe", "boolean", None, False),
        ("IMAGE", "api/x.png", "string", "api/x.png", True),
        ("VIDEO", "", "string", "", True),
        ("audio", None, "string", None, True),
        ("SOMETHING", "x", "string", "x", False),
        (None, {"a": 1}, "string", None, False),
    ],
)
def test_app_field_has_the_type_that_it_is_told(
    field_type: object, given: object, type_: str, value: object, upload: bool
) -> None:
    field = only(read_app(app(APP_NODE | {"fieldType": field_type, "fieldValue": given})))
    assert (field.type, field.value, field.upload) == (type_, value, upload)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ('[["a", "b"], {"default": "a"}]', ("a", "b")),
        ('["COMBO", {"default": "a", "options": ["a", "b"]}]', ("a", "b")),
        ('["a", "b", 3]', ("a", "b", 3)),
        ('[{"name": "First", "index": 1}, {"name": "Second", "index": 2}, {"default": 1}]', (1, 2)),
        ([["a", "b"]], ("a", "b")),
        ('[{"name": "a"}, {"value": "b"}]', ("a", "b")),
        ("a,b", None),
        ("[]", None),
        ("{}", None),
        (None, None),
        ("[[[]]]", None),
    ],
)
def test_app_list_offers_its_options_in_each_form(data: object, options: object) -> None:
    assert only(read_app(app(APP_NODE | {"fieldData": data}))).options == options


def test_app_options_are_only_those_of_lists() -> None:
    private = APP_NODE | {"fieldType": "IMAGE", "fieldData": '[["private.png"], {"image_upload": true}]'}
    assert only(read_app(app(private))).options is None


@pytest.mark.parametrize("changed", [{"nodeId": None}, {"nodeId": True}, {"fieldName": ""}, {"fieldName": 7}])
def test_app_field_that_can_not_be_named_is_left_out(changed: dict[str, Any]) -> None:
    assert read_app(app(APP_NODE | changed, "text", None)).fields == ()
    assert only(read_app(app(APP_NODE | {"nodeId": 37}))).node_id == "37"


def test_app_without_fields_told_is_unreadable() -> None:
    odd: list[object] = [None, {}, "text"]
    for nodes in odd:
        with pytest.raises(UnreadableAnswer):
            read_app(app(nodeInfoList=nodes))


@given(json_values, st.integers(200, 299))
def test_any_answer_is_a_form_or_one_of_two_errors(data: object, status: int) -> None:
    bodies = [
        {"code": 0, "data": data},
        {"code": 0, "data": {"prompt": data}},
        {"code": 0, "data": {"prompt": {"1": {"inputs": data, "_meta": data, "class_type": data}}}},
        {"code": 0, "data": {"nodeInfoList": data, "webappName": data}},
        {"code": 0, "data": {"nodeInfoList": [dict.fromkeys(APP_NODE, data)]}},
        {"code": 0, "data": {"nodeInfoList": [{**APP_NODE, "fieldData": data, "fieldValue": data}]}},
    ]
    for body in bodies:
        for read in (read_workflow, read_app):
            try:
                form = read(answer(body, status))
            except (QuestionRefused, UnreadableAnswer):
                continue
            told = [(field.value, field.options, field.node_name, field.description) for field in form.fields]
            json.dumps([told, form.name], ensure_ascii=False, allow_nan=False).encode()
