"""Builds the result item of each medium, and the description of the file it points to.

Fields per medium follow the result types of the official client libraries; nothing is rendered here.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sandbox.simulators.media_spec import (
    CONTENT_TYPES,
    LONGEST_SECONDS,
    LONGEST_SIDE,
    NAMED_SIZES,
    MediaSpec,
    media_kind,
    usual_size,
)

TEXT_TASK_TYPES = ("textInference", "caption", "promptEnhance")
FIELD_PREFIXES = {
    "imageInference": "image",
    "videoInference": "video",
    "audioInference": "audio",
    "imageMasking": "maskImage",
    "controlNetPreprocess": "guideImage",
}
DEFAULT_FORMATS = {
    "videoInference": "MP4",
    "audioInference": "MP3",
    "3dInference": "GLB",
    "vectorize": "SVG",
    "tools": "MP4",
}


@dataclass(frozen=True)
class Identity:
    """The ids of one result; derived, so that a repeated look-up agrees with the webhook."""

    media_uuid: str
    seed: int
    video_id: str


def identity_of(task: Mapping[str, Any], index: int, run: int) -> Identity:
    """`run` tells accepted repetitions of one taskUUID apart."""
    digest = hashlib.sha256(f"{task['taskUUID']}/{index}/{run}".encode()).digest()
    seed = task.get("seed")
    chosen = seed + index if isinstance(seed, int) else int.from_bytes(digest[16:20]) % (2**31)
    return Identity(str(uuid.UUID(bytes=digest[:16], version=4)), chosen, f"video_{digest.hex()[:48]}")


def prompt_of(task: Mapping[str, Any]) -> str:
    """The words a person would call the prompt, wherever the task type keeps them."""
    for name in ("positivePrompt", "prompt"):
        if isinstance(task.get(name), str):
            return str(task[name])
    for name in ("speech", "messages", "inputs"):
        if name in task:
            return json.dumps(task[name])
    return ""


def media_spec(task: Mapping[str, Any], seed: int, formats: Sequence[str] = ()) -> MediaSpec | None:
    """None for tasks whose result is text or a trained model; `formats` is what the model offers."""
    if task["taskType"] in TEXT_TASK_TYPES or task["taskType"] == "training":
        return None
    # A few models offer formats that nothing here renders (FBX, MKV, AAC); another one stands in.
    wishes = (task.get("outputFormat"), DEFAULT_FORMATS.get(task["taskType"]), *formats, "JPG")
    form = next(str(wish) for wish in wishes if wish in CONTENT_TYPES)
    width, height = _size(task, usual_size(form))
    duration = task.get("duration", 4)
    seconds = float(duration) if isinstance(duration, int | float) else 4.0
    return MediaSpec(form, prompt_of(task), seed, width, height, min(max(seconds, 0.1), LONGEST_SECONDS))


def media_item(
    task: Mapping[str, Any], identity: Identity, spec: MediaSpec, reference: Mapping[str, str]
) -> dict[str, Any]:
    """`reference` is one of URL, Base64Data and DataURI with its value."""
    kind = media_kind(spec.format)
    if task["taskType"] in ("3dInference", "tools"):
        file = {"uuid": identity.media_uuid, **{key.lower(): value for key, value in reference.items()}}
        item: dict[str, Any] = {"outputs": {"files": [file]}}
    else:
        prefix = FIELD_PREFIXES.get(task["taskType"], kind)
        item = {f"{prefix}UUID": identity.media_uuid}
        item |= {f"{prefix}{suffix}": value for suffix, value in reference.items()}
    if task["taskType"] in DEFAULT_FORMATS or task["taskType"] == "imageInference":
        item["seed"] = identity.seed
    if task["taskType"] == "videoInference":
        item["outputs"] = {"videoId": identity.video_id}
    return item


def text_item(task: Mapping[str, Any]) -> dict[str, Any]:
    """A deterministic answer; only textInference reports usage."""
    prompt = prompt_of(task)
    text = f"Simulated answer to: {prompt[:200]}"
    if task["taskType"] != "textInference":
        return {"text": text}
    given, made = max(1, len(prompt) // 4), max(1, len(text) // 4)
    usage = {"promptTokens": given, "completionTokens": made, "totalTokens": given + made}
    return {"text": text, "finishReason": "stop", "usage": usage}


def training_item(identity: Identity) -> dict[str, Any]:
    return {"air": f"simulated:{identity.seed % 100000}@1", "outputs": {"files": []}}


def _size(task: Mapping[str, Any], default: tuple[int, int]) -> tuple[int, int]:
    width, height = task.get("width"), task.get("height")
    if not isinstance(width, int | float) or not isinstance(height, int | float):
        width, height = NAMED_SIZES.get(str(task.get("resolution")), default)
    return max(16, min(int(width), LONGEST_SIDE)), max(16, min(int(height), LONGEST_SIDE))
