"""Large files that exist only while they are sent: a real clip, then one box of zeros that players skip.

An MP4 may end in a `free` box of any length, so the file stays a valid video; see ISO/IEC 14496-12, 8.1.2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.sandbox.simulators.media_spec import MediaSpec

CHUNK = bytes(1 << 20)
# Size 1 says that the real one follows in 64 bits.
BOX_HEADER_BYTES = 16


@dataclass(frozen=True)
class PaddedMedia:
    """What `spec` renders to, made `size` bytes long; `spec` is an MP4."""

    spec: MediaSpec
    size: int


def filled_up(spec: MediaSpec, size: int) -> "MediaSpec | PaddedMedia":
    """An MP4 of `size` bytes; other media, and a size of 0, leave it as it is."""
    return PaddedMedia(spec, size) if size and spec.format == "MP4" else spec


def padded_head(clip: bytes, size: int) -> bytes:
    """The part of the file that is not zeros. A clip longer than `size` stays as it is."""
    rest = size - len(clip)
    return clip if rest < BOX_HEADER_BYTES else clip + struct.pack(">I4sQ", 1, b"free", rest)


def portion(head: bytes, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` up to `end` of a file that is `head` and then zeros, never all in memory."""
    if start < len(head):
        yield head[start:end]
    at = max(start, len(head))
    while at < end:
        yield CHUNK[: end - at]
        at += len(CHUNK)
