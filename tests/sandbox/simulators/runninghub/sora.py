"""Rules and prices of the Sora 2 endpoints. Every choice is a JSON string, durations too.

Source: https://www.runninghub.ai/runninghub-api-doc-en/api-425766811 and its neighbours, and the price list of
RunningHub's public registry of 2026-04-29, in CNY.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.sandbox.simulators.runninghub.model_registry import ModelRules

OFFICIAL, LOW_PRICE = "rhart-video-s-official", "rhart-video-s"
SMALL_SIZES = ["720x1280", "1280x720"]
MIDDLE_SIZES, LARGE_SIZES = ["1024x1792", "1792x1024"], ["1080x1920", "1920x1080"]
PROMPT: Mapping[str, Any] = {"type": "string"}
SHORT_PROMPT: Mapping[str, Any] = {"type": "string", "max": 4000}
IMAGE: Mapping[str, Any] = {"type": "image"}
VIDEO: Mapping[str, Any] = {"type": "video"}
ASPECT: Mapping[str, Any] = {"values": ["9:16", "16:9"]}
STORYBOARD: Mapping[str, Any] = {"type": "boolean"}


def _values(*values: str) -> Mapping[str, Any]:
    return {"values": list(values)}


def _rules(*optional: str, output: str = "video", **parameters: Mapping[str, Any]) -> ModelRules:
    required = tuple(name for name in parameters if name not in optional)
    return ModelRules(output, parameters, required)


SHORT, LONG = _values("4", "8", "12"), _values("4", "8", "12", "16", "20")
CHANNEL, CHANNEL_PRO = _values("10", "15"), _values("15", "25")
_CHANNEL_TEXT = _rules(
    "storyboard", prompt=SHORT_PROMPT, duration=CHANNEL, aspectRatio=ASPECT, storyboard=STORYBOARD
)
_CHANNEL_PRO = _rules(
    "storyboard", prompt=SHORT_PROMPT, duration=CHANNEL_PRO, aspectRatio=ASPECT, storyboard=STORYBOARD
)


def _with_image(rules: ModelRules) -> ModelRules:
    return ModelRules(
        rules.output, {**rules.parameters, "imageUrl": IMAGE}, (*rules.required, "imageUrl"), rules.open_ended
    )


RULES: Mapping[str, ModelRules] = {
    f"{OFFICIAL}/text-to-video-pro": _rules(
        prompt=PROMPT, size=_values(*SMALL_SIZES, *MIDDLE_SIZES, *LARGE_SIZES), duration=LONG
    ),
    f"{OFFICIAL}/text-to-video": _rules(prompt=PROMPT, size=_values(*SMALL_SIZES), duration=SHORT),
    f"{OFFICIAL}/image-to-video": _rules(prompt=PROMPT, imageUrl=IMAGE, duration=SHORT),
    f"{OFFICIAL}/image-to-video-pro": _rules(
        prompt=PROMPT, imageUrl=IMAGE, resolution=_values("720p", "1080p"), duration=LONG
    ),
    f"{OFFICIAL}/image-to-video-realistic": _rules(prompt=PROMPT, imageUrl=IMAGE, duration=SHORT),
    f"{OFFICIAL}/sora-upload-character": _rules(videoUrl=VIDEO, name={"type": "string", "max": 80}),
    f"{LOW_PRICE}/text-to-video": _CHANNEL_TEXT,
    f"{LOW_PRICE}/image-to-video": _with_image(_CHANNEL_TEXT),
    f"{LOW_PRICE}/image-to-video-asyn": _rules(
        "prompt", imageUrl=IMAGE, duration=CHANNEL, aspectRatio=ASPECT, prompt=SHORT_PROMPT
    ),
    f"{LOW_PRICE}/text-to-video-pro-deprecated": _CHANNEL_PRO,
    f"{LOW_PRICE}/image-to-video-pro-deprecated": _with_image(_CHANNEL_PRO),
    f"{LOW_PRICE}/sora-upload-character": _rules(output="string", videoUrl=VIDEO),
}

PRO_RATES = {
    **dict.fromkeys([*SMALL_SIZES, "720p"], Decimal("2.1")),
    **dict.fromkeys(MIDDLE_SIZES, Decimal("3.5")),
    **dict.fromkeys(LARGE_SIZES, Decimal("4.9")),
    "1080p": Decimal("3.5"),
}
REALISTIC = {"4": Decimal("3.2"), "8": Decimal("6.5"), "12": Decimal("10.0")}
PER_CALL = {
    f"{OFFICIAL}/sora-upload-character": Decimal("0.01"),
    f"{LOW_PRICE}/sora-upload-character": Decimal("0.05"),
    f"{LOW_PRICE}/image-to-video-asyn": Decimal("0.5"),
}
OFFICIAL_PER_SECOND = Decimal("0.455")


def sora_price(path: str, body: Mapping[str, Any]) -> Decimal:
    """CNY for one accepted call."""
    if path in PER_CALL:
        return PER_CALL[path]
    if path.startswith(f"{LOW_PRICE}/"):
        return Decimal("1.0")
    seconds = str(body["duration"])
    if path.endswith("realistic"):
        return REALISTIC[seconds]
    rate = PRO_RATES[body.get("size") or body["resolution"]] if "-pro" in path else OFFICIAL_PER_SECOND
    return rate * int(seconds)
