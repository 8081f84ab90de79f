"""Renders video specs: a real, playable clip with a drifting pattern chosen by prompt and seed.

Blocking and CPU-bound: call it off the event loop.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from tests.sandbox.simulators.media_spec import MediaSpec

Plane = npt.NDArray[np.uint8]

FRAMES_PER_SECOND = 12
# One core encodes about 300 megapixels a second with these presets; more than this is thinned out instead.
MOST_PIXELS = 180_000_000
FEWEST_FRAMES_PER_SECOND = 2
MUXERS = {"MP4": "mp4", "MOV": "mov", "WEBM": "webm"}


def render_video(spec: MediaSpec) -> bytes:
    """Encode H.264 (MP4, MOV) or VP8 (WEBM). Odd sides lose one pixel: 4:2:0 needs even ones."""
    width, height = max(16, spec.width // 2 * 2), max(16, spec.height // 2 * 2)
    rate = _frame_rate(width * height, spec)
    # A file, not memory: +faststart reopens what it wrote to move the index to the front.
    with tempfile.TemporaryDirectory(prefix="simulated-media-") as folder:
        path = Path(folder) / f"clip.{MUXERS[spec.format]}"
        with av.open(str(path), "w", format=MUXERS[spec.format], options=_muxer_options(spec)) as container:
            stream = container.add_stream(_codec(spec), rate=rate, options=_codec_options(spec))
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for picture in _pictures(spec, width, height, max(1, round(spec.seconds * rate))):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _frame_rate(pixels: int, spec: MediaSpec) -> int:
    budget = MOST_PIXELS // (2 if spec.format == "WEBM" else 1)
    affordable = int(budget / (pixels * max(spec.seconds, 0.1)))
    return max(FEWEST_FRAMES_PER_SECOND, min(FRAMES_PER_SECOND, affordable))


def _codec(spec: MediaSpec) -> str:
    return "libvpx" if spec.format == "WEBM" else "libx264"


def _codec_options(spec: MediaSpec) -> dict[str, str]:
    if spec.format == "WEBM":
        return {"deadline": "realtime", "cpu-used": "16", "b": "1M"}
    return {"preset": "ultrafast", "crf": "30"}


def _muxer_options(spec: MediaSpec) -> dict[str, str]:
    return {} if spec.format == "WEBM" else {"movflags": "+faststart"}


def _pictures(spec: MediaSpec, width: int, height: int, frames: int) -> Iterator[Plane]:
    """Windows moving over one large texture: far cheaper than computing every frame."""
    mark = spec.fingerprint
    luma = _waves(mark[0:8], width * 2, height * 2)
    blue = _waves(mark[8:16], width, height)
    red = _waves(mark[16:24], width, height)
    step_x, step_y = 2 * (1 + mark[24] % 8), 2 * (1 + mark[25] % 8)
    chroma_rows = height // 2
    for frame in range(frames):
        x, y = frame * step_x % width, frame * step_y % height
        picture = np.empty((height * 3 // 2, width), np.uint8)
        picture[:height] = luma[y : y + height, x : x + width]
        chroma = picture[height:].reshape(2, chroma_rows, width // 2)
        window = np.s_[y // 2 : y // 2 + chroma_rows, x // 2 : x // 2 + width // 2]
        chroma[0], chroma[1] = blue[window], red[window]
        yield picture


def _waves(mark: bytes, width: int, height: int) -> Plane:
    across = np.arange(width, dtype=np.float32)[None, :] / (40 + mark[0] / 2)
    down = np.arange(height, dtype=np.float32)[:, None] / (40 + mark[1] / 2)
    level = 90 + mark[2] / 4
    slant = (mark[3] - 128) / 128
    return np.asarray(level + 45 * np.sin(across + slant * down) + 45 * np.cos(down + mark[4]), np.uint8)
