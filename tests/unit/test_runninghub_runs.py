"""Workflows and AI apps of RunningHub: what their requests may hold, and the uploads that their nodes ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook.jobs import Kind
from framehook.media_references import MEGABYTE, MediaValue
from framehook.offerings import plan
from framehook.providers.runninghub.runs import UploadMark, marks, with_file_names
from tests.unit.plans import IMAGE, fields, problems

WORKFLOW = "runninghub/workflow/1904136902449209346"
APP = "runninghub/ai-app/1877265245566922801"
TEXT = {"nodeId": "6", "fieldName": "text", "fieldValue": "a lake at night"}


def node(value: object, **more: object) -> dict[str, Any]:
    return {"nodeId": "24", "fieldName": "image", "fieldValue": value, **more}


def lora(**changes: object) -> dict[str, Any]:
    mark = {"upload": "https://e.com/x.safetensors", "as": "lora", "name": "my-lora"}
    return {name: value for name, value in {**mark, **changes}.items() if value is not None}


def test_body_of_the_documented_example_is_sent_as_it_is() -> None:
    body = {
        "addMetadata": True,
        "nodeInfoList": [TEXT, node("openapi/61432ac1.png", description="image")],
        "instanceType": "default",
        "usePersonalQueue": "false",
        "retainSeconds": 60,
    }
    found = plan(WORKFLOW, body)
    assert (found.body, found.offering) == (body, "workflow/1904136902449209346")
    assert (found.kind, found.count, found.usual_seconds) == (Kind.ANY, 1, 120)
    assert (found.uploads, found.quoted, found.warnings) == (False, None, ())


@pytest.mark.parametrize("model", [WORKFLOW, APP])
def test_run_needs_no_input(model: str) -> None:
    assert plan(model, {}).body == {}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"usePersonalQueue": True}, {"usePersonalQueue": "true"}),
        ({"usePersonalQueue": False}, {"usePersonalQueue": "false"}),
        ({"addMetadata": "true"}, {"addMetadata": True}),
        ({"retainSeconds": "10"}, {"retainSeconds": 10}),
        ({"nodeInfoList": [{**TEXT, "nodeId": 6}]}, {"nodeInfoList": [TEXT]}),
        ({"workflow": {"6": {"inputs": {"text": "é"}}}}, {"workflow": {"6": {"inputs": {"text": "é"}}}}),
        ({"workflow": ' {"6": {"inputs": {}}} '}, {"workflow": {"6": {"inputs": {}}}}),
    ],
)
def test_field_is_planned_in_the_type_that_runninghub_wants(
    given: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert plan(WORKFLOW, given).body == sent


@pytest.mark.parametrize(
    "value", ["text", 7, 0.5, True, None, ["7", 0], {"a": 1}, {"as": "lora"}, [{"upload": 1}]]
)
def test_field_value_may_be_any_json(value: object) -> None:
    nodes = [node(value, nodeName="LoadImage", fieldType="IMAGE", fieldData='["a"]', description="d")]
    assert plan(APP, {"nodeInfoList": nodes}).body["nodeInfoList"] == nodes


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"instanceType": "huge"}, ["input.instanceType"]),
        ({"retainSeconds": 9}, ["input.retainSeconds"]),
        ({"retainSeconds": 181}, ["input.retainSeconds"]),
        ({"usePersonalQueue": "yes"}, ["input.usePersonalQueue"]),
        ({"addMetadata": 1}, ["input.addMetadata"]),
        ({"accessPassword": "x"}, ["input.accessPassword"]),
        ({"nodeInfoList": {}}, ["input.nodeInfoList"]),
        ({"nodeInfoList": "x"}, ["input.nodeInfoList[0]"]),
        ({"nodeInfoList": [7]}, ["input.nodeInfoList[0]"]),
        ({"nodeInfoList": [{**TEXT, "nodeId": True}]}, ["input.nodeInfoList[0].nodeId"]),
        ({"nodeInfoList": [{**TEXT, "nodeId": ""}]}, ["input.nodeInfoList[0].nodeId"]),
        ({"nodeInfoList": [TEXT, {**TEXT, "value": 1}]}, ["input.nodeInfoList[1].value"]),
        ({"nodeInfoList": [{"nodeId": "1"}]}, ["input.nodeInfoList[0].fieldName", "input.nodeInfoList[0].fieldValue"]),
        ({"workflow": 7}, ["input.workflow"]),
        ({"workflow": "[]"}, ["input.workflow"]),
        ({"workflow": "{"}, ["input.workflow"]),
        ({"workflow": "[" * 100_000}, ["input.workflow"]),
        ({"workflow": '"{}"'}, ["input.workflow"]),
        ({"workflow": ""}, ["input.workflow"]),
        ({"workflow": '{"1": {"inputs": {"cfg": NaN}}}'}, ["input.workflow.1.inputs.cfg"]),
        ({"workflow": '{"1": {"inputs": {"text": "\\ud83d"}}}'}, ["input.workflow.1.inputs.text"]),
        ({"workflow": '{"a":' * 40 + "1" + "}" * 40}, ["input"]),
    ],
)  # fmt: skip
def test_wrong_field_is_named(body: dict[str, Any], wrong: list[str]) -> None:
    assert fields(WORKFLOW, body) == wrong


def test_graph_belongs_to_a_workflow_only() -> None:
    assert fields(APP, {"workflow": {}}) == ["input.workflow"]


def test_marks_stay_in_the_body_and_are_found_there() -> None:
    nodes = [TEXT, node({"upload": IMAGE}), node(lora()), node({"upload": "data:audio/x-wav;base64,AAAA"})]
    body = plan(WORKFLOW, {"nodeInfoList": nodes}).body

    assert body["nodeInfoList"] == nodes
    assert list(marks(body)) == [
        ("input.nodeInfoList[1].fieldValue", UploadMark(1, IMAGE)),
        ("input.nodeInfoList[2].fieldValue", UploadMark(2, "https://e.com/x.safetensors", "my-lora")),
        ("input.nodeInfoList[3].fieldValue", UploadMark(3, "data:audio/x-wav;base64,AAAA")),
    ]


def test_file_names_take_the_places_of_the_marks() -> None:
    given = {"nodeInfoList": [TEXT, node({"upload": IMAGE}), node(lora())], "addMetadata": False}
    body = plan(WORKFLOW, given).body
    before = json.dumps(body)

    named = with_file_names(body, {1: "openapi/1.png", 2: "my-lora.safetensors"})

    assert named == {
        "nodeInfoList": [TEXT, node("openapi/1.png"), node("my-lora.safetensors")],
        "addMetadata": False,
    }
    assert not list(marks(named))
    assert json.dumps(body) == before
    with pytest.raises(KeyError):
        with_file_names(body, {1: "openapi/1.png"})


@pytest.mark.parametrize(
    "body",
    [{}, {"prompt": "a"}, {"nodeInfoList": 7}, {"nodeInfoList": [7, {}, node({"upload": 7}), node([{"upload": "x"}])]}],
)  # fmt: skip
def test_body_without_marks_is_left_as_it_is(body: dict[str, Any]) -> None:
    assert list(marks(body)) == []
    assert with_file_names(body, {}) == body


@pytest.mark.parametrize(
    ("mark", "wrong"),
    [
        ({"upload": "http://e.com/a.png"}, "upload"),
        ({"upload": "asset://a"}, "upload"),
        ({"upload": "https://e.com/a.gif"}, "upload"),
        ({"upload": "data:image/gif;base64,AAAA"}, "upload"),
        ({"upload": 7}, "upload"),
        ({"upload": IMAGE, "type": "image"}, "type"),
        (lora(upload="data:application/zip;base64,AAAA"), "upload"),
        (lora(upload=IMAGE), "upload"),
        (lora(name=None), "name"),
        (lora(name=""), "name"),
        (lora(name="a/b"), "name"),
        (lora(name="a" * 81), "name"),
        (lora(name="a\n"), "name"),
        (lora(**{"as": None}), "as"),
        (lora(**{"as": "image"}), "as"),
        (lora(strength=1), "strength"),
    ],
)
def test_wrong_mark_is_refused(mark: dict[str, Any], wrong: str) -> None:
    [problem] = problems(WORKFLOW, {"nodeInfoList": [TEXT, node(mark)]})
    assert problem.field == f"input.nodeInfoList[1].fieldValue.{wrong}"


def test_plan_lists_stored_files_of_marks() -> None:
    stored = ["s3://bucket/inputs/ada/0.quicktime", "s3://bucket/inputs/ada/x.safetensors"]
    nodes = [node({"upload": stored[0]}), node({"upload": IMAGE}), node(lora(upload=stored[1]))]
    found = plan(APP, {"nodeInfoList": nodes}).media
    assert [(each.path, each.value, each.max_bytes) for each in found] == [
        ("input.nodeInfoList[0].fieldValue.upload", stored[0], 30 * MEGABYTE),
        ("input.nodeInfoList[2].fieldValue.upload", stored[1], 500 * MEGABYTE),
    ]
    assert found[1] == MediaValue(found[1].path, stored[1], ("safetensors",), 500 * MEGABYTE)
