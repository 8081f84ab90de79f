"""Descriptions of media that can be rendered on demand; a spec is a value and renders to the same bytes."""

import hashlib
from dataclasses import dataclass

CONTENT_TYPES = {
    "MP4": "video/mp4",
    "MOV": "video/quicktime",
    "WEBM": "video/webm",
    "JPG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "SVG": "image/svg+xml",
    "MP3": "audio/mpeg",
    "WAV": "audio/wav",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "GLB": "model/gltf-binary",
    "ZIP": "application/zip",
}
VIDEO_FORMATS = ("MP4", "MOV", "WEBM")
IMAGE_FORMATS = ("JPG", "PNG", "WEBP", "TIFF", "SVG")
AUDIO_FORMATS = ("MP3", "WAV", "FLAC", "OGG")
NAMED_SIZES = {
    "360p": (640, 360),
    "480p": (854, 480),
    "540p": (960, 540),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
}
# More than this is not rendered, whatever was asked for.
LONGEST_SIDE = 4096
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class MediaSpec:
    """Everything the picture or sound depends on. Sizes in pixels; `seconds` of play time."""

    format: str
    prompt: str
    seed: int
    width: int = 1024
    height: int = 1024
    seconds: float = 4.0

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that choose colours, waves and pitch, so that another prompt or seed looks different."""
        return hashlib.sha256(f"{self.prompt}\0{self.seed}".encode()).digest()


def usual_size(form: str) -> tuple[int, int]:
    """Width and height where a request asks for none."""
    return (1280, 720) if form in VIDEO_FORMATS else (1024, 1024)


def media_kind(form: str) -> str:
    """video, image or audio, else 3d."""
    kinds = {"video": VIDEO_FORMATS, "image": IMAGE_FORMATS, "audio": AUDIO_FORMATS}
    return next((kind for kind, forms in kinds.items() if form in forms), "3d")


def frame_of(text: object) -> tuple[int, int] | None:
    """Width and height as in 720x1280, no larger than what is rendered; None for anything else."""
    width, cross, height = str(text).partition("x")
    if cross and width.isdecimal() and height.isdecimal():
        return min(int(width), LONGEST_SIDE), min(int(height), LONGEST_SIDE)
    return None


def play_time(duration: object) -> float:
    """Seconds that can be rendered, as close as possible to what was asked for."""
    try:
        return min(max(float(str(duration)), 1.0), LONGEST_SECONDS)
    except ValueError:
        return 4.0
