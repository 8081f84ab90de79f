"""The file formats that results come in: content type, extension, what they can hold. Holds no decisions.

Content types are those of iana.org/assignments/media-types; a format that has none there is an octet stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from framehook.jobs import Kind


@dataclass(frozen=True, slots=True)
class MediaType:
    """`kind` is what it usually holds; `also` what only a look at its tracks could rule out."""

    content_type: str
    extension: str
    kind: Kind
    also: frozenset[Kind] = frozenset()

    def can_be(self, kind: Kind) -> bool:
        return kind in (Kind.ANY, self.kind) or kind in self.also


_BINARY = "application/octet-stream"
_SOUND = frozenset({Kind.AUDIO})
_PICTURES = frozenset({Kind.VIDEO})

MP4 = MediaType("video/mp4", "mp4", Kind.VIDEO, _SOUND)
MOV = MediaType("video/quicktime", "mov", Kind.VIDEO, _SOUND)
WEBM = MediaType("video/webm", "webm", Kind.VIDEO, _SOUND)
MKV = MediaType("video/matroska", "mkv", Kind.VIDEO, _SOUND)
PNG = MediaType("image/png", "png", Kind.IMAGE)
JPEG = MediaType("image/jpeg", "jpg", Kind.IMAGE)
WEBP = MediaType("image/webp", "webp", Kind.IMAGE)
GIF = MediaType("image/gif", "gif", Kind.IMAGE)
AVIF = MediaType("image/avif", "avif", Kind.IMAGE)
HEIC = MediaType("image/heic", "heic", Kind.IMAGE)
HEIF = MediaType("image/heif", "heif", Kind.IMAGE)
TIFF = MediaType("image/tiff", "tiff", Kind.IMAGE)
SVG = MediaType("image/svg+xml", "svg", Kind.IMAGE)
M4A = MediaType("audio/mp4", "m4a", Kind.AUDIO, _PICTURES)
MP3 = MediaType("audio/mpeg", "mp3", Kind.AUDIO)
AAC = MediaType("audio/aac", "aac", Kind.AUDIO)
WAV = MediaType("audio/wav", "wav", Kind.AUDIO)
FLAC = MediaType("audio/flac", "flac", Kind.AUDIO)
OGG = MediaType("audio/ogg", "ogg", Kind.AUDIO, _PICTURES)
GLB = MediaType("model/gltf-binary", "glb", Kind.MODEL_3D)
FBX = MediaType(_BINARY, "fbx", Kind.MODEL_3D)
OBJ = MediaType("model/obj", "obj", Kind.MODEL_3D)
STL = MediaType("model/stl", "stl", Kind.MODEL_3D)
PLY = MediaType(_BINARY, "ply", Kind.MODEL_3D)
USDZ = MediaType("model/vnd.usdz+zip", "usdz", Kind.MODEL_3D)
ZIP = MediaType("application/zip", "zip", Kind.MODEL_3D)
JSON = MediaType("application/json", "json", Kind.TEXT)
TEXT = MediaType("text/plain; charset=utf-8", "txt", Kind.TEXT)
UNKNOWN = MediaType(_BINARY, "bin", Kind.ANY)

_ALL = (
    *(MP4, MOV, WEBM, MKV, PNG, JPEG, WEBP, GIF, AVIF, HEIC, HEIF, TIFF, SVG),
    *(M4A, MP3, AAC, WAV, FLAC, OGG, GLB, FBX, OBJ, STL, PLY, USDZ, ZIP, JSON, TEXT),
)
_BY_NAME = {"JPEG": JPEG, "TIF": TIFF, "TEXT": TEXT, **{each.extension.upper(): each for each in _ALL}}


def by_name(name: object) -> MediaType | None:
    """The format that a request names, such as `WEBM`; None for one that is not known here."""
    return _BY_NAME.get(name.upper()) if isinstance(name, str) else None
