"""Deployments at RunComfy: what the request of a ComfyUI workflow may hold, and what is passed on to a LoRA's."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.jobs import Kind
from framehook.media_references import MEGABYTE, MediaValue
from framehook.offerings import plan
from tests.unit.plans import IMAGE, fields, problems

DEPLOYMENT = "runcomfy/deployment/7a1f2c33-0b7e-4c1d-9d52-1f0a2b3c4d5e"
PNG = "data:image/png;base64,AAAA"
STORED = "s3://media/inputs/ada/0.png"
GRAPH = {"6": {"inputs": {"text": "a lake", "clip": ["11", 0]}, "class_type": "CLIPTextEncode"}}
OVERRIDES = {"6": {"inputs": {"text": "futuristic cityscape"}}, "31": {"inputs": {"seed": 987654321}}}
LORA = {
    "prompt": "warmer",
    "ctrl_img_1": IMAGE,
    "width": 1024,
    "network_multiplier": 1.0,
    "neg": "",
    "seed": 42,
}


@pytest.mark.parametrize(
    "body",
    [
        {"overrides": OVERRIDES},
        {"overrides": {}},
        {"workflow_api_json": GRAPH},
        {"overrides": GRAPH, "extra_data": {"api_key_comfy_org": "x"}},
        {"extra_data": {}},
        {},
    ],
)
def test_body_of_a_comfyui_deployment_is_sent_as_it_is(body: dict[str, Any]) -> None:
    found = plan(DEPLOYMENT, body)
    assert found.offering == DEPLOYMENT.removeprefix("runcomfy/")
    assert (found.body, found.kind, found.count, found.warnings) == (body, Kind.ANY, 1, ())
    assert (found.usual_seconds, found.look_up_growth, found.quoted) == (240, None, None)


def test_body_of_a_lora_deployment_is_passed_on_with_a_warning() -> None:
    found = plan(DEPLOYMENT, LORA)
    assert (found.body, found.kind, found.look_up_growth) == (LORA, Kind.ANY, None)
    [warning] = found.warnings
    assert "not checked" in warning


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"overrides": OVERRIDES, "prompt": "a"}, [("input.prompt", "conflicting_fields")]),
        ({"workflow_api_json": GRAPH, "seed": 1}, [("input.seed", "conflicting_fields")]),
        ({"extra_data": {}, "Overrides": {}}, [("input.Overrides", "conflicting_fields")]),
        ({"overrides": {}, "workflow_api_json": GRAPH}, [("input.overrides", "conflicting_fields")]),
        ({"overrides": []}, [("input.overrides", "invalid_type")]),
        ({"overrides": None}, [("input.overrides", "invalid_type")]),
        ({"workflow_api_json": "{}"}, [("input.workflow_api_json", "invalid_type")]),
        ({"extra_data": 1}, [("input.extra_data", "invalid_type")]),
        ({"overrides": {"6": "a"}}, [("input.overrides.6", "invalid_type")]),
        ({"overrides": {"6": {"text": "a"}}},
         [("input.overrides.6.text", "unknown_field"), ("input.overrides.6.inputs", "missing_field")]),
        ({"overrides": {"6": {"inputs": ["a"]}}}, [("input.overrides.6.inputs", "invalid_type")]),
    ],
)  # fmt: skip
def test_body_of_a_comfyui_deployment_is_checked(body: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    assert [(problem.field, problem.code) for problem in problems(DEPLOYMENT, body)] == wrong


def test_problems_of_a_large_body_are_bounded() -> None:
    body = {"overrides": {str(node): {} for node in range(999)}, **{f"x{number}": 1 for number in range(999)}}
    assert len(problems(DEPLOYMENT, body)) == 50


def test_files_of_a_workflow_are_references_and_its_addresses_are_not() -> None:
    nodes = {
        "10": {"inputs": {"image": STORED, "text": STORED}},
        "11": {"inputs": {"image": PNG, "host": "http://x/", "model": "hf://acme/model", "base": "https://"}},
    }
    found = plan(DEPLOYMENT, {"overrides": nodes})
    assert found.media == (MediaValue("input.overrides.10.inputs.image", STORED, (), 50 * MEGABYTE),)
    whole = {"workflow_api_json": {"10": {"inputs": {"image": "https://a:b@example.com/a.png"}}}}
    assert fields(DEPLOYMENT, whole) == ["input.workflow_api_json.10.inputs.image"]
