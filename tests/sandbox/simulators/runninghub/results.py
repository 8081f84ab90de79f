"""The files a task yields: what is rendered, under which unsigned URL, for how long."""

import json
import uuid
import zlib
from typing import Any

from tests.sandbox.simulators.media_faults import damage_by, lifetime_by
from tests.sandbox.simulators.media_spec import (
    CONTENT_TYPES,
    NAMED_SIZES,
    MediaSpec,
    frame_of,
    play_time,
    usual_size,
)
from tests.sandbox.simulators.padded_media import PaddedMedia, filled_up
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.tasks import Output, Task

TEXT_TYPES = {"txt": "text/plain", "json": "application/json"}
EXTENSIONS = {"video": "mp4", "image": "png", "audio": "mp3", "3d": "glb", "string": "txt"}


def extension_of(output: str, body: dict[str, Any]) -> str:
    """The extension a standard model's result has: what the body asks for if it can be rendered."""
    wish = body.get("outputFormat") or body.get("output_format") or body.get("format")
    name = str(wish).lower().replace("jpeg", "jpg")
    usual = EXTENSIONS[output]
    same_kind = name.upper() in CONTENT_TYPES and output in ("image", "audio")
    return name if same_kind else usual


def publish(task: Task, node_id: str | None, extension: str, shared: Shared) -> Output:
    """Serve one output; it is rendered when somebody fetches it."""
    text = _text(task, extension)
    content: MediaSpec | PaddedMedia | bytes
    if text is not None:
        content, content_type = text.encode(), TEXT_TYPES[extension]
    else:
        spec = _spec(task, extension.upper())
        content, content_type = filled_up(spec, int(shared.settings.output_bytes)), spec.content_type
    url = shared.media.publish(
        f"{task.site.user_hash}/output/{uuid.uuid4()}.{extension}",
        content,
        content_type,
        lifetime=lifetime_by(shared.faults, task.subject, shared.settings.media_lifetime),
        subject=task.subject,
        damage=damage_by(shared.faults),
    )
    return Output(url, extension, node_id, text)


def _text(task: Task, extension: str) -> str | None:
    answer = f"Simulated answer to: {task.order.prompt[:200]}"
    if extension == "txt":
        return answer
    return json.dumps({"answer": answer}) if extension == "json" else None


def _spec(task: Task, form: str) -> MediaSpec:
    body = task.order.body
    width, height = _size(body, usual_size(form))
    # ComfyUI rolls a new seed for each run; so does this, unless the request names one.
    seed = body.get("seed")
    chosen = seed if isinstance(seed, int) else zlib.crc32(task.id.encode())
    return MediaSpec(form, task.order.prompt, chosen, width, height, play_time(body.get("duration")))


def _size(body: Any, default: tuple[int, int]) -> tuple[int, int]:
    """`size` as 720x1280, else `resolution` turned as `aspectRatio` asks."""
    if (asked := frame_of(body.get("size"))) is not None:
        return asked
    long, short = NAMED_SIZES.get(str(body.get("resolution")), default)
    across, colon, down = str(body.get("aspectRatio", "")).partition(":")
    upright = colon and across.isdecimal() and down.isdecimal() and int(across) < int(down)
    return (short, long) if upright else (long, short)
