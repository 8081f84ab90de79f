"""What standard models take: the listed ones, Sora's exact strings, and what they cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.simulators.runninghub.error_codes import Refusal
from tests.sandbox.simulators.runninghub.model_registry import ModelRegistry, is_delisted
from tests.sandbox.simulators.runninghub.parameter_checks import check_body
from tests.sandbox.simulators.runninghub.pricing import decimal_text, machine_cost, model_price
from tests.sandbox.simulators.runninghub.sora import RULES
from tests.unit.sandbox.simulators.runninghub.hub import SORA, text_to_video

REGISTRY = ModelRegistry(RULES)
OUTPUTS = {"video", "image", "audio", "3d", "string"}
KINDS = {"string", "boolean", "int", "float", "image", "video", "audio"}
PICTURE = "https://example.com/frame.png"
LOW_PRICE = {"prompt": "a fox", "duration": "10", "aspectRatio": "9:16"}
PORTRAIT = {"requestType": "mesh", "imageUrl": PICTURE, "resolution": "1536"}


def check(path: str, body: Mapping[str, Any], *, ignore_unknown: bool = True) -> None:
    rules = REGISTRY.rules_for(path, accept_unknown=False)
    assert rules is not None
    check_body(body, rules, ignore_unknown=ignore_unknown)


def test_all_listed_models_and_soras_are_known() -> None:
    paths = REGISTRY.paths()
    assert len(paths) == 384 + 12
    assert {SORA, "kling-elements", "rhart-audio/text-to-audio/speech-2.8-hd"} <= set(paths)
    assert sum(is_delisted(path) for path in paths) == 4


@pytest.mark.parametrize("path", REGISTRY.paths())
def test_rules_of_every_model_are_well_formed(path: str) -> None:
    rules = REGISTRY.rules_for(path, accept_unknown=False)
    assert rules is not None
    assert rules.output in OUTPUTS
    assert set(rules.required) <= set(rules.parameters)
    assert bool(rules.parameters) is not rules.open_ended
    for spec in rules.parameters.values():
        options = spec.get("any", [spec])
        assert all(option.get("values") or option["type"] in KINDS for option in options)


@pytest.mark.parametrize(
    ("path", "output"), [("acme/x/text-to-video", "video"), ("acme/text-to-3d", "3d"), ("acme/x", "image")]
)
def test_unknown_model_is_open_ended_only_if_unknown_models_are_accepted(path: str, output: str) -> None:
    assert REGISTRY.rules_for(path, accept_unknown=False) is None
    rules = REGISTRY.rules_for(path, accept_unknown=True)
    assert rules is not None
    assert (rules.output, rules.open_ended) == (output, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SORA, text_to_video()),
        (SORA, text_to_video(duration="20", size="1920x1080", colour="red")),
        ("rhart-video-s-official/text-to-video", text_to_video(duration="4")),
        ("rhart-video-s-official/image-to-video", {"prompt": "a", "duration": "8", "imageUrl": PICTURE}),
        ("rhart-video-s/text-to-video", {**LOW_PRICE, "storyboard": False}),
        ("rhart-video-s/image-to-video-asyn", {**LOW_PRICE, "prompt": "", "imageUrl": PICTURE}),
        ("rhart-video-s/sora-upload-character", {"videoUrl": "data:video/mp4;base64,AAAA"}),
        ("hitem3d-portrait-v15/image-to-3d", {**PORTRAIT, "face": 2_000_000}),
        ("hitem3d-portrait-v15/image-to-3d", {**PORTRAIT, "imageUrl": "asset://17"}),
        ("rhart-image-g-3/image-to-image", {"prompt": "a", "imageUrls": [PICTURE], "resolution": "1k"}),
    ],
)
def test_valid_body_passes(path: str, body: dict[str, Any]) -> None:
    rules = REGISTRY.rules_for(path, accept_unknown=False)
    assert rules is not None
    defaults = {name: rules.parameters[name]["values"][0] for name in rules.required if name not in body}
    check(path, {**defaults, **body})


@pytest.mark.parametrize(
    ("path", "body", "parameter"),
    [
        (SORA, text_to_video(duration=12), "duration"),
        (SORA, text_to_video(duration="10"), "duration"),
        (SORA, text_to_video(size="720p"), "size"),
        (SORA, text_to_video(size=None), "size"),
        (SORA, text_to_video(prompt=""), "prompt"),
        (SORA, text_to_video(prompt=["a"]), "prompt"),
        (SORA, text_to_video(webhookUrl=7), "webhookUrl"),
        ("rhart-video-s-official/text-to-video", text_to_video(duration="16"), "duration"),
        ("rhart-video-s/text-to-video", {**LOW_PRICE, "prompt": "x" * 4001}, "prompt"),
        ("rhart-video-s/text-to-video", {**LOW_PRICE, "storyboard": "false"}, "storyboard"),
        ("rhart-video-s/image-to-video", LOW_PRICE, "imageUrl"),
        ("rhart-video-s/image-to-video", {**LOW_PRICE, "imageUrl": "frame.png"}, "imageUrl"),
        ("rhart-video-s/image-to-video", {**LOW_PRICE, "imageUrl": [PICTURE]}, "imageUrl"),
        ("rhart-video-s/image-to-video", {**LOW_PRICE, "imageUrl": "data:image/png,x"}, "imageUrl"),
        ("hitem3d-portrait-v15/image-to-3d", {**PORTRAIT, "face": 99_999}, "face"),
        ("hitem3d-portrait-v15/image-to-3d", {**PORTRAIT, "face": "200000"}, "face"),
        ("hitem3d-portrait-v15/image-to-3d", {**PORTRAIT, "face": 200_000.5}, "face"),
    ],
)
def test_first_wrong_parameter_is_named(path: str, body: dict[str, Any], parameter: str) -> None:
    with pytest.raises(Refusal, match=f"parameter check failed: {parameter} ") as refused:
        check(path, body)
    assert refused.value.code == 1007


def test_unknown_parameter_is_refused_only_if_switched() -> None:
    check(SORA, text_to_video(colour="red"))
    with pytest.raises(Refusal, match="colour"):
        check(SORA, text_to_video(colour="red"), ignore_unknown=False)


@pytest.mark.parametrize(
    ("path", "body", "yuan", "dollars"),
    [
        (SORA, text_to_video(), "25.2", "3.6"),
        (SORA, text_to_video(size="1024x1792", duration="20"), "70", "10"),
        (SORA, text_to_video(size="1920x1080", duration="4"), "19.6", "2.8"),
        ("rhart-video-s-official/text-to-video", text_to_video(duration="8"), "3.64", "0.52"),
        ("rhart-video-s-official/image-to-video-pro", {"resolution": "1080p", "duration": "4"}, "14", "2"),
        ("rhart-video-s-official/image-to-video-realistic", {"duration": "12"}, "10", "1.4286"),
        ("rhart-video-s/text-to-video", LOW_PRICE, "1", "0.1429"),
        ("rhart-video-s/image-to-video-asyn", LOW_PRICE, "0.5", "0.0714"),
        ("rhart-video-s-official/sora-upload-character", {}, "0.01", "0.0014"),
    ],
)
def test_price_follows_length_and_size_in_the_sites_currency(
    path: str, body: dict[str, Any], yuan: str, dollars: str
) -> None:
    assert decimal_text(model_price(path, "video", body, "CNY")) == yuan
    assert decimal_text(model_price(path, "video", body, "USD")) == dollars


def test_machine_time_costs_money_or_coins() -> None:
    assert machine_cost(100, "SHARED", "CNY").total == Decimal("0.7")
    assert machine_cost(83, "NORMAL", "CNY").coins == 17
