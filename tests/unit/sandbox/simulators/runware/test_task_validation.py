"""Validation: what is refused, with which code, and with which fields beside it."""

from typing import Any

import pytest

from tests.sandbox.simulators.runware.model_registry import ModelRegistry
from tests.sandbox.simulators.runware.settings import Settings
from tests.sandbox.simulators.runware.sora import RULES
from tests.sandbox.simulators.runware.task_errors import TaskError
from tests.sandbox.simulators.runware.task_validation import check_inference, delivery_method
from tests.unit.sandbox.simulators.simulation import sora

REGISTRY = ModelRegistry(RULES)
FRAME = {"frameImages": ["https://example.com/frame.png"]}


def image(**changes: Any) -> dict[str, Any]:
    task = {"taskType": "imageInference", "model": "runware:400@2", "positivePrompt": "a fox"}
    return {**task, "width": 512, "height": 512, **changes}


def check(task: dict[str, Any], **settings: Any) -> list[TaskError]:
    return check_inference(task, REGISTRY, Settings(**settings))


@pytest.mark.parametrize(
    "task",
    [
        sora(),
        sora(duration=20.0),
        sora(width=1792, height=1024),
        sora(model="openai:3@1", outputFormat="WEBM", numberResults=4, ttl=60),
        sora(width=None, height=None, inputs=FRAME),
        sora(width=None, height=None, inputs={"frameImages": [{"image": "aGVsbG8=", "frame": "first"}]}),
        sora(width=None, height=None, inputs={"videoId": "video_69c5"}),
        sora(safety={"checkContent": True, "mode": "fast"}, deliveryMethod="async", outputType="URL"),
        image(seed=1, outputFormat="PNG", outputType="base64Data"),
        {"taskType": "videoInference", "model": "vidu:4@2", "anything": {"goes": True}},
    ],
)
def test_valid_task_passes(task: dict[str, Any]) -> None:
    assert check(task) == []


@pytest.mark.parametrize(
    ("task", "code", "fields"),
    [
        (image(model="acme:1@1"), "invalidModel", {"parameter": "model"}),
        (image(model=7), "missingModel", {"parameter": "model"}),
        (image(taskType="upscale"), "invalidTaskType", {"allowedValues": ["imageInference"]}),
        (image(colour="red"), "unknownParameter", {"parameter": "colour"}),
        (image(width="512"), "invalidWidth", {"parameter": "width", "type": "integer"}),
        (image(width=True), "invalidWidth", {"type": "integer"}),
        (image(width=20000), "invalidWidth", {"min": 1, "max": 16383}),
        (image(numberResults=0), "invalidNumberResults", {"min": 1}),
        (image(includeCost="yes"), "invalidIncludeCost", {"type": "boolean"}),
        (image(outputFormat="GIF"), "unsupportedOutputFormat", {"allowedValues": ["JPG", "PNG", "WEBP"]}),
        (image(webhookURL="not a url"), "invalidWebhookURL", {"parameter": "webhookURL"}),
        (image(ttl=59), "invalidTtl", {"min": 60}),
        (image(ttl=60, outputType="dataURI"), "incompatibleParameters", {"parameter": ["ttl", "outputType"]}),
        (image(deliveryMethod="carrier pigeon"), "invalidDeliveryMethod", {}),
        (sora(duration=5), "unsupportedDuration", {"allowedValues": [4, 8, 12, 16, 20], "type": "float"}),
        (sora(duration="8"), "invalidDuration", {"type": "float"}),
        (sora(positivePrompt=None), "missingPositivePrompt", {"parameter": "positivePrompt"}),
        (sora(positivePrompt="x"), "invalidPositivePrompt", {"min": 2, "max": 6000}),
        (sora(seed=1), "unknownParameter", {"parameter": "seed"}),
        (sora(numberResults=5), "invalidNumberResults", {"max": 4}),
        (sora(width=1000, height=1000), "unsupportedDimensions", {"parameter": ["width", "height"]}),
        (sora(model="openai:3@1", width=1792, height=1024), "unsupportedDimensions", {}),
        (sora(height=None), "incompatibleParameters", {"parameter": ["width", "height"]}),
        (sora(width=None, height=None), "missingWidth", {"parameter": ["width", "height"]}),
        (sora(inputs=FRAME), "incompatibleParameters", {}),
        (sora(inputs={"videoId": "video_1"}), "incompatibleParameters", {}),
        (sora(inputs={"videoId": "clip"}), "invalidVideoId", {}),
        (sora(inputs={"frameImages": ["a", "b"]}), "invalidFrameImages", {"max": 1}),
        (sora(frameImages=[{"inputImage": "a"}]), "unknownParameter", {"parameter": "frameImages"}),
        (sora(safety={"mode": "slow"}), "unsupportedSafety.mode", {}),
        (sora(deliveryMethod="sync"), "unsupportedDeliveryMethod", {"allowedValues": ["async"]}),
    ],
)
def test_invalid_task_gets_the_field_rich_error(
    task: dict[str, Any], code: str, fields: dict[str, Any]
) -> None:
    problems = check(task)
    assert [problem.code for problem in problems] == [code]
    assert fields.items() <= dict(problems[0].fields).items()
    assert problems[0].status == 400


def test_all_wrong_parameters_of_a_task_are_reported_at_once() -> None:
    assert {one.code for one in check(image(width="a", height=0))} == {"invalidWidth", "invalidHeight"}


def test_switches_loosen_the_rules() -> None:
    assert check(image(model="acme:1@1", whatever=1), accept_unknown_models=True) == []
    assert check(image(model="acme:1@1", ttl="long"), accept_unknown_models=True) != []
    assert check(sora(inputs=FRAME), frame_images_with_size=True) == []


def test_images_are_synchronous_unless_something_says_otherwise() -> None:
    assert delivery_method(image()) == "sync"
    assert delivery_method(image(webhookURL="https://gateway.test")) == "async"
    assert delivery_method(image(deliveryMethod="async")) == "async"
    assert delivery_method(sora(webhookURL=None)) == "async"
