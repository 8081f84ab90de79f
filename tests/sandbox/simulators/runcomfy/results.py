"""The files a job yields: what is rendered, under which unsigned URL, for how long; and how `output` names them."""

import uuid
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.sandbox.simulators.json_values import is_number
from tests.sandbox.simulators.media_faults import damage_by, lifetime_by
from tests.sandbox.simulators.media_spec import LONGEST_SIDE, MediaSpec, frame_of, play_time, usual_size
from tests.sandbox.simulators.padded_media import filled_up
from tests.sandbox.simulators.runcomfy.jobs import COMFYUI, MODEL, Job, Output, Piece
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.sora import USUAL_SIZE

TEXT = "TXT"
PICTURE = Piece("image", "PNG")


def publish(job: Job, shared: Shared) -> tuple[Output, ...]:
    """Serve all that the job yields; files are rendered when somebody fetches them."""
    return tuple(_output(job, piece, number, shared) for number, piece in enumerate(job.order.pieces, 1))


def cover_picture(job: Job, shared: Shared) -> str:
    """The URL of a picture that belongs to no piece, as some models put one beside their videos."""
    return _output(job, PICTURE, 0, shared).url


def output_object(outputs: Sequence[Output]) -> dict[str, Any]:
    """`video` or `image` with one URL, `videos` or `images` with all of them."""
    named: dict[str, Any] = {}
    for one in outputs:
        if one.piece.channel.endswith("s"):
            named.setdefault(one.piece.channel, []).append(one.url)
        else:
            named[one.piece.channel] = one.url
    return named


def outputs_by_node(outputs: Sequence[Output]) -> dict[str, Any]:
    """As ComfyUI lists what its nodes put out; texts are arrays in an array."""
    nodes: dict[str, Any] = {}
    for one in outputs:
        channel = nodes.setdefault(one.piece.node, {}).setdefault(one.piece.channel, [])
        if one.text is not None:
            channel.append([one.text])
        else:
            filename = one.url.rsplit("/", 1)[1]
            channel.append({"url": one.url, "filename": filename, "subfolder": "", "type": "output"})
    return nodes


def _output(job: Job, piece: Piece, number: int, shared: Shared) -> Output:
    if piece.format == TEXT:
        return Output(piece, text=f"Simulated answer to: {job.order.prompt[:200]}")
    spec = _spec(job, piece.format, number)
    url = shared.media.publish(
        _path(job, piece, number),
        filled_up(spec, int(shared.settings.output_bytes)),
        spec.content_type,
        lifetime=lifetime_by(shared.faults, job.subject, shared.settings.media_lifetime),
        subject=job.subject,
        damage=damage_by(shared.faults),
    )
    return Output(piece, url)


def _path(job: Job, piece: Piece, number: int) -> str:
    extension = piece.format.lower()
    if job.order.api == MODEL:
        return f"runcomfy/{uuid.uuid4()}.{extension}"
    # ComfyUI numbers the files of each output node.
    node = f"{piece.node.replace(':', '-')}_" if job.order.api == COMFYUI else ""
    return f"deployment_requests/{job.id}/output/ComfyUI_{node}{number:05}_.{extension}"


def _spec(job: Job, form: str, number: int) -> MediaSpec:
    body = job.order.body
    seed = body.get("seed")
    chosen = seed if isinstance(seed, int) else zlib.crc32(job.id.encode())
    width, height = _size(body, job.order.target, form)
    seconds = play_time(body.get("seconds", body.get("duration")))
    return MediaSpec(form, job.order.prompt, chosen + number, width, height, seconds)


def _size(body: Mapping[str, Any], target: str, form: str) -> tuple[int, int]:
    if (asked := frame_of(body.get("size"))) is not None:
        return asked
    width, height = body.get("width"), body.get("height")
    if is_number(width) and is_number(height):
        return _side(width), _side(height)
    if target.startswith("openai/sora-2"):
        return frame_of(USUAL_SIZE) or usual_size(form)
    return usual_size(form)


def _side(value: object) -> int:
    return max(16, min(int(float(str(value))), LONGEST_SIDE))
