"""What a file really is, told from its bytes: format, whether it is whole, whether it is the kind that was ordered.

Reads a few ranges through the function it is given, never the whole of a large file. Trusts no name and no header.
The result is paid for, so a file is refused only for what its bytes prove; a doubt lets it pass.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Literal

from framehook.catalogue import formats
from framehook.catalogue.formats import MediaType
from framehook.errors import FramehookError
from framehook.jobs import Kind

__all__ = ["MediaType", "Read", "UnusableMedia", "inspect"]

type Read = Callable[[int, int], bytes]
"""(start, length) → at most that many bytes of the file."""

_BLOCK = 16 * 1024  # each read is a paid request: one is enough for all headers that lie close together
_TEXT_LIMIT = 4 * 1024 * 1024
_TAIL = 64 * 1024
_MOST_READS = 16
_STREAMED = 0x7FFF_0000  # lengths from here on were written before the end was known
_BOXED = (formats.MP4, formats.MOV, formats.M4A, formats.AVIF, formats.HEIC, formats.HEIF)


class UnusableMedia(FramehookError):
    """The file is empty, cut short, of no known format, or not what was ordered."""

    code = "output_invalid"


class _File:
    """The file in blocks: what lies in the first one, or in the last one that was read, costs no read."""

    def __init__(self, read: Read, size: int) -> None:
        self._read, self.size, self.reads = read, size, 1
        self.head = read(0, min(size, _BLOCK))
        self._blocks = [(0, self.head)]

    def at(self, start: int, length: int) -> bytes:
        length = min(length, self.size - start)
        if length <= 0:
            return b""
        for begin, block in self._blocks:
            if begin <= start and start + length <= begin + len(block):
                return block[start - begin : start - begin + length]
        self.reads += 1
        block = self._read(start, min(max(length, _BLOCK), self.size - start))
        self._blocks[1:] = [(start, block)]
        return block[:length]


def inspect(read: Read, size: int, expected: Kind) -> MediaType:
    """What the file is. Raises UnusableMedia with what is wrong."""
    if size <= 0:
        raise UnusableMedia("the file is empty")
    file = _File(read, size)
    found = _recognised(file, expected)
    if found is None:
        raise UnusableMedia("the file has no known media format")
    if not found.can_be(expected):
        raise UnusableMedia(f"a file of kind {expected} was ordered, this one is {found.content_type}")
    if not _is_whole(found, file):
        raise UnusableMedia(f"the {found.extension} file is cut short or damaged")
    return found


def _recognised(file: _File, expected: Kind) -> MediaType | None:
    """Ordered text may start like anything; where anything was ordered, a format may be one not known here."""
    if expected is Kind.TEXT:
        return _text(file) or _by_magic(file.head, file.size)
    found = _by_magic(file.head, file.size) or _by_markup(file.head) or _by_statements(file.head)
    if found is None and b"\x00" not in file.head:
        found = _text(file)
    return formats.UNKNOWN if found is None and expected is Kind.ANY and any(file.head) else found


_MAGIC: tuple[tuple[bytes, MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", formats.PNG),
    (b"\xff\xd8\xff", formats.JPEG),
    (b"GIF87a", formats.GIF),
    (b"GIF89a", formats.GIF),
    (b"II*\x00", formats.TIFF),  # TIFF 6.0: loc.gov/preservation/digital/formats/fdd/fdd000022.shtml
    (b"MM\x00*", formats.TIFF),
    (b"II+\x00\x08\x00\x00\x00", formats.TIFF),  # BigTIFF: awaresystems.be/imaging/tiff/bigtiff.html
    (b"MM\x00+\x00\x08\x00\x00", formats.TIFF),
    (b"fLaC", formats.FLAC),
    (b"OggS", formats.OGG),
    (b"glTF", formats.GLB),
    # code.blender.org/2013/08/fbx-binary-file-format-specification
    (b"Kaydara FBX Binary  \x00", formats.FBX),
    (b"; FBX ", formats.FBX),
    (b"ply\n", formats.PLY),
    (b"ply\r", formats.PLY),
)


def _by_magic(head: bytes, size: int) -> MediaType | None:
    found = next((found for magic, found in _MAGIC if head.startswith(magic)), None)
    if found is not None:
        return found
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    match head[:4]:
        case b"RIFF" | b"RF64":
            return {b"WEBP": formats.WEBP, b"WAVE": formats.WAV}.get(head[8:12])
        case b"\x1aE\xdf\xa3":  # EBML, whose DocType tells them apart: RFC 8794, section 11.2.6
            return formats.WEBM if re.search(rb"\x42\x82[^w]{1,8}webm", head) else formats.MKV
        case b"PK\x03\x04":  # the first file of a USDZ is its scene: openusd.org/release/spec_usdz.html
            name = head[30 : 30 + int.from_bytes(head[26:28], "little")].lower()
            return formats.USDZ if name.endswith((b".usd", b".usda", b".usdc")) else formats.ZIP
    triangles = int.from_bytes(head[80:84], "little")  # binary STL has no magic, but tells its size
    return formats.STL if triangles and size == 84 + 50 * triangles else _by_frame(head)


# iana.org/assignments/media-types/image/heif and image/heif-sequence
_PICTURES = frozenset({b"mif1", b"mif2", b"msf1"})
_HEVC_PICTURES = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})


def _by_brand(head: bytes) -> MediaType:
    """By the major brand (mp4ra.org); a picture's may be a general one, and the others say which it is."""
    major, others = head[8:12], head[16 : int.from_bytes(head[:4], "big")]
    brands = {major}
    if major in _PICTURES:
        brands |= {others[at : at + 4] for at in range(0, len(others), 4)}
    if brands & {b"avif", b"avis"}:
        return formats.AVIF
    if brands & _HEVC_PICTURES:
        return formats.HEIC
    if major in _PICTURES:
        return formats.HEIF
    if major == b"qt  ":
        return formats.MOV
    return formats.M4A if major in (b"M4A ", b"M4B ", b"M4P ") else formats.MP4


def _by_frame(head: bytes) -> MediaType | None:
    """Sound without a container, behind an ID3 tag or not: eleven bits of sync, and no layer for AAC in ADTS."""
    start, tagged = 0, head[:3] == b"ID3"
    if tagged:  # its length has seven bits in each byte: id3.org/id3v2.4.0-structure
        start = 10 + sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(head[6:10]))
    sync, layer = int.from_bytes(head[start : start + 2], "big") & 0xFFE0, head[start + 1 : start + 2]
    if sync == 0xFFE0 and layer[0] & 0x16 == 0x10:
        return formats.AAC
    return formats.MP3 if tagged or (sync == 0xFFE0 and layer[0] & 0x06 == 0x02) else None


# What may stand before the root element: each part is taken whole and for good, so that no text is read twice.
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s+|<\?.*?\?>|<!--.*?-->|<!\w[^\[>]*(?:\[[^\]]*\][^>]*)?>)*+<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)",
    re.DOTALL,
)


def _by_markup(head: bytes) -> MediaType | None:
    """A picture in SVG. Raises UnusableMedia for other markup: it is what servers send instead of a file."""
    root = _ROOT.match(head)
    if root is None:
        return None
    if root[1].lower() != b"svg":
        raise UnusableMedia("the file is an HTML or XML page, as servers send it to tell an error")
    return formats.SVG


_VERTEX = re.compile(rb"^v(?:[ \t]++[-+]?[\d.]++(?:[eE][-+]?\d++)?){3}", re.MULTILINE)


def _by_statements(head: bytes) -> MediaType | None:
    """Models in text: loc.gov/preservation/digital/formats, fdd000507 (OBJ) and fdd000506 (STL)."""
    if head.startswith(b"solid") and b"facet" in head:
        return formats.STL
    return formats.OBJ if b"\x00" not in head and _VERTEX.search(head) else None


def _text(file: _File) -> MediaType | None:
    """Text in UTF-8. Of a long one only the start is read."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(file.head)
        text = file.at(0, file.size).decode("utf-8") if file.size <= _TEXT_LIMIT else ""
    except UnicodeDecodeError:
        return None
    return formats.JSON if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and _is_json(text) else formats.TEXT


def _is_json(text: str) -> bool:
    try:
        json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _is_whole(found: MediaType, file: _File) -> bool:
    """False only where the format itself says that bytes are missing."""
    if found in _BOXED:
        return _boxes_fill(file, needs_movie=found.kind is not Kind.IMAGE)
    head, size = file.head, file.size
    match found.extension:
        case "webp" | "wav":
            length = int.from_bytes(head[4:8], "little")
            return length >= _STREAMED or length + 8 <= size + 1
        case "glb":
            return int.from_bytes(head[8:12], "little") <= size
        case "tiff":
            return _first_directory(head) < size
        case "png" | "jpg":
            end = b"IEND" if found is formats.PNG else b"\xff\xd9"
            return end in file.at(max(0, size - _TAIL), _TAIL)
    return True


def _first_directory(head: bytes) -> int:
    """Where a TIFF says what it holds; BigTIFF (version 43) has longer offsets."""
    order: Literal["little", "big"] = "little" if head[:1] == b"I" else "big"
    offset = head[8:16] if int.from_bytes(head[2:4], order) == 43 else head[4:8]
    return int.from_bytes(offset, order)


def _boxes_fill(file: _File, *, needs_movie: bool) -> bool:
    """Walks the top-level boxes (ISO/IEC 14496-12): they fill the file, and in a movie there are the box to play it by
    and what is played: one that was cut between them is not whole.

    What follows when all is there does not matter, nor do boxes that are too many to be walked.
    """
    position, names = 0, set[bytes]()
    while position < file.size and file.reads < _MOST_READS:
        header = file.at(position, 16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if len(header) >= 8 and length == 0:
            length = file.size - position  # this box reaches to the end of the file
        if length < 8 or position + length > file.size:
            playable = b"mdat" in names and (b"moov" in names or not needs_movie)
            return playable and name not in (b"moov", b"moof", b"mdat")
        names.add(name)
        position += length
    return {b"moov", b"mdat"} <= names or not needs_movie or position < file.size
