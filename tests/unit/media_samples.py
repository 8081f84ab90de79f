"""Small files of every kind, whole enough for the checks: built here, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Mapping


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def ftyp(*brands: bytes) -> bytes:
    """The first box: the major brand, a version, then the compatible brands."""
    return box(b"ftyp", brands[0] + bytes(4) + b"".join(brands[1:] or brands))


def ebml(doc_type: bytes) -> bytes:
    """The header of RFC 8794, section 11.2, then the start of a segment."""
    fields = b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82" + bytes([0x80 | len(doc_type)]) + doc_type
    return (
        b"\x1aE\xdf\xa3" + bytes([0x80 | len(fields)]) + fields + b"\x18S\x80g\x01" + b"\xff" * 7 + bytes(40)
    )


def tiff(order: str) -> bytes:
    """A directory of no entries behind a strip of pixels."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HI", 42, 40) + bytes(32) + struct.pack(f"{order}HI", 0, 0)


MP4 = ftyp(b"isom", b"iso2", b"mp41") + box(b"moov", bytes(40)) + box(b"mdat", bytes(400))
MOV = ftyp(b"qt  ") + box(b"mdat", bytes(40)) + box(b"moov", bytes(40))
M4A = ftyp(b"M4A ", b"isom") + box(b"moov", bytes(40)) + box(b"mdat", bytes(40))
AVIF = ftyp(b"mif1", b"miaf", b"avif") + box(b"meta", bytes(40)) + box(b"mdat", bytes(40))
HEIC = ftyp(b"heic", b"mif1", b"heic") + box(b"meta", bytes(40)) + box(b"mdat", bytes(40))
HEIF = ftyp(b"mif1", b"mif1") + box(b"meta", bytes(40)) + box(b"mdat", bytes(40))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60) + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9"
GIF = b"GIF89a" + bytes(60)
WEBP = b"RIFF" + struct.pack("<I", 60) + b"WEBP" + bytes(56)
TIFF = tiff("<")
TIFF_BIG_ENDIAN = tiff(">")
BIG_TIFF = b"II+\x00\x08\x00\x00\x00" + struct.pack("<Q", 16) + bytes(40)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
WAV = b"RIFF" + struct.pack("<I", 60) + b"WAVE" + bytes(56)
WAV_AS_STREAMED = b"RIFF\xff\xff\xff\xffWAVE" + bytes(56)
AAC = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(60)
AAC_WITH_ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + AAC
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xfb\x90\x00" + bytes(60)
MP3_WITHOUT_ID3 = b"\xff\xfb\x90\x00" + bytes(60)
FLAC = b"fLaC" + bytes(60)
OGG = b"OggS" + bytes(60)
WEBM = ebml(b"webm")
MKV = ebml(b"matroska")
GLB = b"glTF" + struct.pack("<II", 2, 40) + bytes(28)
FBX = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400) + bytes(60)
FBX_TEXT = b"; FBX 7.4.0 project file\nFBXHeaderExtension:  {\n}\n"
OBJ = b"# made by a model\nmtllib a.mtl\nv 0.0 -1.5e0 2\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
PLY = b"ply\nformat binary_little_endian 1.0\nelement vertex 0\nend_header\n"
STL = bytes(80) + struct.pack("<I", 2) + bytes(100)
STL_TEXT = b"solid a\nfacet normal 0 0 1\nouter loop\nendloop\nendfacet\nendsolid a\n"
ZIP = b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 5, 0) + b"a.png" + bytes(40)
USDZ = b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 10, 0) + b"scene.usdc" + bytes(40)
JSON = b'{"a": 1}'
TEXT = "a glowing mangrove, sí".encode()
HTML = b"<!-- x -->\n<!DOCTYPE html>\n<html><head><title>502</title></head><body><svg/></body></html>"
XML = b"<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>NoSuchKey</Code></Error>"

BY_FORMAT: Mapping[str, bytes] = {
    "MP4": MP4,
    "MOV": MOV,
    "WEBM": WEBM,
    "MKV": MKV,
    "MP3": MP3,
    "WAV": WAV,
    "AAC": AAC,
    "FLAC": FLAC,
    "OGG": OGG,
    "PNG": PNG,
    "JPG": JPEG,
    "WEBP": WEBP,
    "TIFF": TIFF,
    "SVG": SVG,
    "GLB": GLB,
    "FBX": FBX,
    "TEXT": TEXT,
    "JSON": JSON,
}
"""A sample by the name a provider is asked for it with."""
