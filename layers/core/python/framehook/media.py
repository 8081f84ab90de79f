"""What a file really is, told from its bytes: format, whether it is whole, whether it is the kind that was ordered.

Reads a few ranges through the function it is given, never the whole of a large file. Trusts no name and no header.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from framehook.errors import FramehookError
from framehook.jobs import Kind

type Read = Callable[[int, int], bytes]
"""(start, length) → at most that many bytes of the file."""

_HEAD = 64
_TEXT_LIMIT = 4 * 1024 * 1024
_TAIL = 64 * 1024
_MOST_BOXES = 64


@dataclass(frozen=True, slots=True)
class MediaType:
    content_type: str
    extension: str
    kind: Kind


class UnusableMedia(FramehookError):
    """The file is empty, cut short, of no known format, or not what was ordered."""

    code = "output_invalid"


MP4 = MediaType("video/mp4", "mp4", Kind.VIDEO)
MOV = MediaType("video/quicktime", "mov", Kind.VIDEO)
WEBM = MediaType("video/webm", "webm", Kind.VIDEO)
PNG = MediaType("image/png", "png", Kind.IMAGE)
JPEG = MediaType("image/jpeg", "jpg", Kind.IMAGE)
WEBP = MediaType("image/webp", "webp", Kind.IMAGE)
GIF = MediaType("image/gif", "gif", Kind.IMAGE)
AVIF = MediaType("image/avif", "avif", Kind.IMAGE)
SVG = MediaType("image/svg+xml", "svg", Kind.IMAGE)
M4A = MediaType("audio/mp4", "m4a", Kind.AUDIO)
MP3 = MediaType("audio/mpeg", "mp3", Kind.AUDIO)
WAV = MediaType("audio/wav", "wav", Kind.AUDIO)
FLAC = MediaType("audio/flac", "flac", Kind.AUDIO)
OGG = MediaType("audio/ogg", "ogg", Kind.AUDIO)
GLB = MediaType("model/gltf-binary", "glb", Kind.MODEL_3D)
ZIP = MediaType("application/zip", "zip", Kind.MODEL_3D)
JSON = MediaType("application/json", "json", Kind.TEXT)
TEXT = MediaType("text/plain; charset=utf-8", "txt", Kind.TEXT)


def inspect(read: Read, size: int, expected: Kind) -> MediaType:
    """What the file is. Raises UnusableMedia with what is wrong."""
    if size <= 0:
        raise UnusableMedia("the file is empty")
    head = read(0, _HEAD)
    found = _by_magic(head) or _textual(read, size)
    if found is None:
        raise UnusableMedia("the file has no known media format")
    if expected not in (Kind.ANY, found.kind):
        raise UnusableMedia(f"a file of kind {expected} was ordered, this one is {found.content_type}")
    if not _is_whole(found, head, read, size):
        raise UnusableMedia(f"the {found.extension} file is cut short or damaged")
    return found


def _by_magic(head: bytes) -> MediaType | None:
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2:
        return MP3  # a frame of layer III, without the usual ID3 tag
    return next((found for magic, found in _MAGIC if head.startswith(magic)), None)


_MAGIC: tuple[tuple[bytes, MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\x1aE\xdf\xa3", WEBM),
    (b"ID3", MP3),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"glTF", GLB),
    (b"PK\x03\x04", ZIP),
)


def _by_brand(brand: bytes) -> MediaType:
    """The major brand of an ISO base media file (the registry is mp4ra.org)."""
    if brand == b"qt  ":
        return MOV
    if brand in (b"avif", b"avis"):
        return AVIF
    return M4A if brand in (b"M4A ", b"M4B ") else MP4


def _textual(read: Read, size: int) -> MediaType | None:
    """Text in UTF-8, told apart by how it starts; a file too long to be read as a whole is none."""
    try:
        text = read(0, size).decode("utf-8") if size <= _TEXT_LIMIT else "\x00"
    except UnicodeDecodeError:
        return None
    start = text.lstrip("\ufeff \t\r\n")
    if "\x00" in text:
        return None
    if start[:4] == "<svg" or (start[:5] == "<?xml" and "<svg" in start[:2000]):
        return SVG
    return JSON if start[:1] in ("{", "[") and _is_json(start) else TEXT


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_whole(found: MediaType, head: bytes, read: Read, size: int) -> bool:
    """False only where the format itself says that bytes are missing: a doubt must not cost a paid result."""
    match found.extension:
        case "mp4" | "mov" | "m4a" | "avif":
            return _boxes_fill(read, size, needs_movie=found is not AVIF)
        case "webp" | "wav":
            return int.from_bytes(head[4:8], "little") + 8 <= size + 1
        case "glb":
            return int.from_bytes(head[8:12], "little") <= size
        case "png" | "jpg":
            end = b"IEND" if found is PNG else b"\xff\xd9"
            return end in read(max(0, size - _TAIL), _TAIL)
    return True


def _boxes_fill(read: Read, size: int, *, needs_movie: bool) -> bool:
    """Walks the top-level boxes (ISO/IEC 14496-12): they fill the file, and there is a movie box to play it by."""
    position, names = 0, set[bytes]()
    for _ in range(_MOST_BOXES):
        header = read(position, 16)
        if len(header) < 8:
            return False
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        names.add(name)
        if length == 0:
            break  # this box reaches to the end of the file
        if length < 8:
            return False
        position += length
        if position >= size:
            break
    else:
        return b"moov" in names or not needs_movie
    return position <= size and (b"moov" in names or not needs_movie)
