"""What a file's extension says of what it holds, for providers that name their results' files but not their types.
Knows no provider. Nothing is proven by it: what comes is checked when it has come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_FAMILIES: Mapping[str, str] = {
    "video": "mp4 webm mpeg mov=quicktime mkv=matroska avi=x-msvideo",
    "image": "png jpeg jpg=jpeg webp gif bmp tiff tif=tiff avif heic svg=svg+xml",
    "audio": "mp3=mpeg wav flac ogg opus=ogg m4a=mp4 aac",
    "model": "glb=gltf-binary gltf=gltf+json obj stl fbx ply usdz=vnd.usdz+zip",
    "text": "txt=plain md=markdown csv html srt=plain vtt",
    "application": "json zip pdf",
}
MEDIA_TYPES: Mapping[str, str] = {
    extension: f"{family}/{subtype or extension}"
    for family, words in _FAMILIES.items()
    for extension, _, subtype in (word.partition("=") for word in words.split())
}
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,5})\Z")


def type_of_name(name: str) -> str | None:
    """The media type that a file's name ends with."""
    found = _EXTENSION.search(name)
    return MEDIA_TYPES.get(found[1].lower()) if found else None


def type_of_url(url: str) -> str | None:
    """The media type that a URL's path ends with."""
    try:
        return type_of_name(urlsplit(url).path)
    except ValueError:  # brackets that hold no address
        return None


def type_of_text(text: str) -> str:
    return "application/json" if _is_json(text) else "text/plain"


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
