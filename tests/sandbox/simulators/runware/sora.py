"""Rules and prices of Sora 2 and Sora 2 Pro.

Source: https://runware.ai/docs/models/openai-sora-2-pro and https://runware.ai/docs/models/openai-sora-2
"""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.runware.model_registry import ModelRules
from tests.sandbox.simulators.runware.parameter_checks import check_value, invalid, unknown
from tests.sandbox.simulators.runware.task_errors import TaskError

SORA_2, SORA_2_PRO = "openai:3@1", "openai:3@2"
SMALL_SIZES = ((1280, 720), (720, 1280))
SIZES = {
    SORA_2: SMALL_SIZES,
    SORA_2_PRO: (*SMALL_SIZES, (1920, 1080), (1080, 1920), (1792, 1024), (1024, 1792)),
}
LIMITS = {
    "positivePrompt": {"min": 2, "max": 6000},
    "numberResults": {"min": 1, "max": 4},
}
DEFAULT_SECONDS = 4
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "positivePrompt": {"type": "string"},
    "width": {"type": "integer"},
    "height": {"type": "integer"},
    "duration": {"values": [4, 8, 12, 16, 20]},
    "inputs": {"type": "object"},
    "outputType": {"values": ["URL"]},
    "outputFormat": {"values": ["MP4", "WEBM", "MOV"]},
    "outputQuality": {"type": "integer"},
    "deliveryMethod": {"values": ["async"]},
    "numberResults": {"type": "integer"},
    "webhookURL": {"type": "string"},
    "uploadEndpoint": {"type": "string"},
    "ttl": {"type": "integer"},
    "includeCost": {"type": "boolean"},
    "safety": {"type": "object"},
}
RULES = {air: ModelRules("videoInference", PARAMETERS, ("positivePrompt",)) for air in SIZES}
SAFETY: Mapping[str, Mapping[str, Any]] = {
    "checkContent": {"type": "boolean"},
    "mode": {"values": ["none", "fast", "full"]},
}


def check_sora(task: Mapping[str, Any], *, frame_with_size_allowed: bool) -> list[TaskError]:
    """What spans several parameters or lies inside objects; single values are checked already."""
    raw_inputs, raw_safety = task.get("inputs", {}), task.get("safety", {})
    if not isinstance(raw_inputs, dict) or not isinstance(raw_safety, dict):
        return []
    problems = _check_inputs(raw_inputs)
    for name, value in raw_safety.items():
        problem = (
            check_value(f"safety.{name}", SAFETY[name], value)
            if name in SAFETY
            else unknown(f"safety.{name}")
        )
        problems += [problem] if problem else []
    return problems or _check_size(task, raw_inputs, frame_with_size_allowed=frame_with_size_allowed)


def sora_price(task: Mapping[str, Any]) -> float:
    """USD for one result: a rate per second that depends on model and size."""
    if task["model"] == SORA_2:
        rate = 0.10
    else:
        rate = 0.50 if (task.get("width"), task.get("height")) in SIZES[SORA_2_PRO][2:] else 0.30
    return round(rate * float(task.get("duration", DEFAULT_SECONDS)), 4)


def _check_inputs(inputs: Mapping[str, Any]) -> list[TaskError]:
    problems = [unknown(f"inputs.{name}") for name in inputs if name not in ("frameImages", "videoId")]
    video_id = inputs.get("videoId")
    if "videoId" in inputs and not (isinstance(video_id, str) and video_id.startswith("video_")):
        problems.append(invalid("inputs.videoId", "must be an id from 'outputs.videoId'.", "invalidVideoId"))
    frames = inputs.get("frameImages")
    if "frameImages" in inputs and not (
        isinstance(frames, list) and len(frames) == 1 and _is_frame(frames[0])
    ):
        rule = "must hold one image: a string, or an object with 'image' and optionally 'frame'."
        problems.append(invalid("inputs.frameImages", rule, "invalidFrameImages", type="array", max=1))
    return problems


def _is_frame(frame: object) -> bool:
    if isinstance(frame, dict):
        if set(frame) - {"image", "frame"} or frame.get("frame", "first") not in ("first", "last"):
            return False
        frame = frame.get("image")
    return isinstance(frame, str) and bool(frame)


def _check_size(
    task: Mapping[str, Any], inputs: Mapping[str, Any], *, frame_with_size_allowed: bool
) -> list[TaskError]:
    sized = [name for name in ("width", "height") if name in task]
    if "videoId" in inputs and (sized or "frameImages" in inputs):
        return [_incompatible("'inputs.videoId' excludes size and frame images.", "inputs.videoId", *sized)]
    if "frameImages" in inputs and sized and not frame_with_size_allowed:
        return [_incompatible("Give frame images or a size, not both.", "inputs.frameImages", *sized)]
    if len(sized) == 1:
        absent = "height" if sized == ["width"] else "width"
        return [_incompatible("'width' and 'height' are only valid together.", *sized, absent)]
    if not sized and not inputs:
        message = "Give 'width' and 'height', a frame image or a video id."
        return [TaskError("missingWidth", message, fields={"parameter": ["width", "height"]})]
    sizes = SIZES[task["model"]]
    if sized and (task["width"], task["height"]) not in sizes:
        allowed = [f"{width}x{height}" for width, height in sizes]
        message = f"Unsupported size for this model. Use one of: {', '.join(allowed)}."
        fields = {"parameter": ["width", "height"], "type": "integer", "allowedValues": allowed}
        return [TaskError("unsupportedDimensions", message, fields=fields)]
    return []


def _incompatible(message: str, *parameters: str) -> TaskError:
    return TaskError("incompatibleParameters", message, fields={"parameter": list(parameters)})
