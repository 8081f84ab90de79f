"""Runware's own models by their ids: what is checked, what is passed on, and what stays ours."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.jobs import Kind
from framehook.offerings import plan
from framehook.providers.runware.input import DEFAULT_TTL_SECONDS, LEAST_TTL_SECONDS
from tests.unit.plans import IMAGE, IMAGES, NATIVE, PRO, fields, problems


def test_native_id_takes_the_providers_own_body() -> None:
    found = plan(PRO, {**NATIVE, "duration": 20, "outputFormat": "WEBM", "numberResults": 3})
    assert (found.model, found.offering, found.count) == (PRO, "openai:3@2", 3)
    assert (found.body["numberResults"], found.quoted) == (1, 18_000_000)
    assert found.warnings


def test_native_id_is_sent_a_duration_always() -> None:
    assert plan(PRO, NATIVE).body["duration"] == 4


@pytest.mark.parametrize(
    "more",
    [
        {"taskType": "videoInference"},
        {"outputType": "URL", "includeCost": True, "ttl": 60},
        {"outputQuality": 20},
        {"safety": {"checkContent": True, "mode": "fast"}},
        {"model": "openai:3@2"},
    ],
)
def test_native_body_may_say_what_is_forced_anyway(more: dict[str, Any]) -> None:
    assert plan(PRO, {**NATIVE, **more}).offering == "openai:3@2"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({**NATIVE, "duration": 5}, ["input.duration"]),
        ({**NATIVE, "outputQuality": 100}, ["input.outputQuality"]),
        ({**NATIVE, "outputFormat": "GIF"}, ["input.outputFormat"]),
        ({**NATIVE, "safety": {"mode": "always"}}, ["input.safety.mode"]),
        ({**NATIVE, "ttl": 59}, ["input.ttl"]),
        ({**NATIVE, "includeCost": "no"}, ["input.includeCost"]),
        ({**NATIVE, "outputType": "base64Data"}, ["input.outputType"]),
        ({**NATIVE, "numberResults": 5}, ["input.numberResults"]),
        ({**NATIVE, "taskType": "imageInference"}, ["input.taskType"]),
        ({**NATIVE, "seed": 1}, ["input.seed"]),
        ({**NATIVE, "width": 1281}, ["input.width"]),
        ({"positivePrompt": "ab"}, ["input"]),
        ({"positivePrompt": "ab", "width": 1280}, ["input.height"]),
        ({**NATIVE, "inputs": {"frameImages": [IMAGE]}}, ["input.inputs.frameImages"]),
        ({**NATIVE, "inputs": {"videoId": "video_1"}}, ["input.inputs.videoId"]),
        (
            {"positivePrompt": "ab", "inputs": {"frameImages": [IMAGE], "videoId": "video_1"}},
            ["input.inputs.videoId"],
        ),
        ({"positivePrompt": "ab", "inputs": {"frameImages": [IMAGE, IMAGE]}}, ["input.inputs.frameImages"]),
        ({"positivePrompt": "ab", "inputs": {"frameImages": []}}, ["input.inputs.frameImages"]),
    ],
)
def test_native_body_is_checked(body: dict[str, Any], wrong: list[str]) -> None:
    assert fields(PRO, body) == wrong


@pytest.mark.parametrize("image", IMAGES)
def test_native_image_may_be_given_in_several_ways(image: str) -> None:
    for frame in (image, {"image": image, "frame": "first"}):
        inputs = {"frameImages": [frame]}
        assert plan(PRO, {"positivePrompt": "ab", "inputs": inputs}).body["inputs"] == inputs


@pytest.mark.parametrize("frame", [IMAGE, {"image": IMAGE}, {"image": IMAGE, "frame": "first"}])
def test_native_frame_image_has_two_forms(frame: object) -> None:
    found = plan(PRO, {"positivePrompt": "ab", "inputs": {"frameImages": [frame]}})
    assert found.body["inputs"] == {"frameImages": [frame]}


def test_legacy_frame_images_are_refused_with_a_hint() -> None:
    found = problems(PRO, {**NATIVE, "frameImages": [{"inputImage": IMAGE}]})
    assert found[0].field == "input.frameImages"
    assert "inputs.frameImages" in found[0].message


@pytest.mark.parametrize("model", [PRO, "runware/civitai:1@2", "runware/vidu:4@2"])
@pytest.mark.parametrize(
    "name", ["taskUUID", "webhookURL", "webhookUrl", "uploadEndpoint", "deliveryMethod", "model", "MODEL"]
)
def test_what_is_ours_is_refused(model: str, name: str) -> None:
    body = {**NATIVE, "taskType": "videoInference", name: "x"}
    [problem] = problems(model, body)
    assert (problem.field, problem.code) == (f"input.{name}", "reserved_field")
    assert "Framehook" in problem.message or "`model`" in problem.message


def test_ttl_keeps_the_fallback_alive() -> None:
    found = plan("sora-2", {"prompt": "ab"})
    assert found.body["ttl"] == DEFAULT_TTL_SECONDS
    low = plan(PRO, {**NATIVE, "ttl": 60})
    assert low.body["ttl"] == LEAST_TTL_SECONDS >= 3600
    assert any("ttl" in warning for warning in low.warnings)
    assert plan(PRO, {**NATIVE, "ttl": 90_000}).body["ttl"] == 90_000


@pytest.mark.parametrize("model", [PRO, "runware/new:video@1", "runware/runware:ffmpeg@0"])
def test_cost_is_asked_for_whatever_the_body_says(model: str) -> None:
    body = {"inputs": {}} if "ffmpeg" in model else {**NATIVE, "taskType": "videoInference"}
    silent, refused = plan(model, {**body, "includeCost": True}), plan(model, {**body, "includeCost": False})
    assert silent.body == refused.body
    assert refused.body["includeCost"] is True
    assert not any("includeCost" in warning for warning in silent.warnings)
    assert refused.warnings[-1].startswith("includeCost is true, not false")


def test_every_documented_parameter_that_is_not_ours_is_taken_together() -> None:
    """All of runware.ai/docs/models/openai-sora-2-pro but the ids and URLs, at their documented defaults."""
    own = {"taskType": "videoInference", "model": "openai:3@2", "ttl": 60}
    sizes = {"width": 1792, "height": 1024, "duration": 20, "numberResults": 4}
    output = {"outputType": "URL", "outputFormat": "MP4", "outputQuality": 95, "includeCost": False}
    safety = {"safety": {"checkContent": False, "mode": "none"}}
    found = plan(PRO, {"positivePrompt": "a cat", **own, **sizes, **output, **safety})
    assert (found.count, found.kind) == (4, Kind.VIDEO)
    assert [warning.split()[0] for warning in found.warnings[1:]] == ["ttl", "includeCost"]


def test_text_model_gets_no_parameter_that_it_does_not_have() -> None:
    found = plan("runware/xai:grok@4.3", {"messages": [{"role": "user", "content": "hi"}]})
    assert (found.kind, found.uploads) == (Kind.TEXT, False)
    assert not {"ttl", "outputType", "uploadEndpoint"} & set(found.body)
    assert fields("runware/xai:grok@4.3", {"messages": [], "ttl": 70}) == ["input.ttl"]


def test_training_is_not_asked_to_be_asynchronous() -> None:
    body: dict[str, Any] = {"inputs": {}, "importModel": {}}
    found = plan("runware/runware:z-image@style-lora-training", body)
    assert set(found.body) == {"taskType", "inputs", "importModel", "includeCost"}
    assert not found.uploads


def test_unknown_model_needs_a_task_type_of_a_generation() -> None:
    [problem] = problems("runware/civitai:1@2", {"positivePrompt": "ab"})
    assert (problem.field, problem.code) == ("input.taskType", "missing_field")
    others: list[Any] = ["getResponse", "authentication", "accountManagement", "imageUpload", "", None, 1, []]
    for task_type in others:
        assert fields("runware/civitai:1@2", {"taskType": task_type}) == ["input.taskType"]


def test_unknown_model_is_passed_through_with_what_its_task_type_takes() -> None:
    found = plan(
        "runware/civitai:1@2", {"taskType": "imageInference", "anything": {"x": [1]}, "numberResults": 2}
    )
    assert found.body == {
        "taskType": "imageInference",
        "anything": {"x": [1]},
        "outputType": "URL",
        "includeCost": True,
        "deliveryMethod": "async",
        "numberResults": 1,
        "ttl": DEFAULT_TTL_SECONDS,
    }
    assert (found.kind, found.count, found.uploads, found.quoted) == (Kind.IMAGE, 2, True, None)
    caption = plan("runware/new:caption@1", {"taskType": "caption"})
    assert set(caption.body) == {"taskType", "includeCost", "deliveryMethod"}
    assert not caption.uploads


def test_listed_model_with_unknown_parameters_is_passed_through() -> None:
    assert plan("runware/vidu:4@2", {"anything": 1}).body["anything"] == 1


def test_kind_is_the_models_where_the_task_type_leaves_it_open() -> None:
    video = plan("runware/bria:50@1", {"inputs": {"video": IMAGE}})
    image = plan("runware/runware:504@1", {"inputs": {"image": IMAGE}})
    assert (video.kind, image.kind) == (Kind.VIDEO, Kind.IMAGE)
    assert plan("runware/a:b@1", {"taskType": "upscale"}).kind is Kind.ANY


@pytest.mark.parametrize(
    ("air", "suggested"),
    [
        ("acme:9@9", []),
        ("civitai:1@2", []),
        ("openai:3@9", ["openai:3@2", "openai:3@1"]),
        ("OpenAI:3@3", ["openai:3@2", "openai:3@1"]),
        ("opnai:3@2", ["openai:3@2"]),
        ("google:veo@3.1", ["google:veo@3.1-lite"]),
        ("klingia:kling-video@3-pro", ["klingai:kling-video@3-pro"]),
    ],
)
def test_unknown_native_id_suggests_only_what_may_have_been_meant(air: str, suggested: list[str]) -> None:
    [problem] = problems(f"runware/{air}", {})
    assert ("close to it" in problem.message) == bool(suggested)
    for each in suggested:
        assert f'"{each}"' in problem.message
    assert "runware:" not in problem.message
