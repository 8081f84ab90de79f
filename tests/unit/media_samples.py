"""Small files of every kind, whole enough for the checks: built here, byte by byte."""

from __future__ import annotations

import struct


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


MP4 = box(b"ftyp", b"isom" + bytes(12)) + box(b"moov", bytes(40)) + box(b"mdat", bytes(400))
MOV = box(b"ftyp", b"qt  " + bytes(12)) + box(b"mdat", bytes(40)) + box(b"moov", bytes(40))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60) + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9"
WEBP = b"RIFF" + struct.pack("<I", 60) + b"WEBP" + bytes(56)
WAV = b"RIFF" + struct.pack("<I", 60) + b"WAVE" + bytes(56)
GLB = b"glTF" + struct.pack("<II", 2, 40) + bytes(28)
WEBM = b"\x1aE\xdf\xa3" + bytes(60)
MP3 = b"ID3" + bytes(60)
FLAC = b"fLaC" + bytes(60)
OGG = b"OggS" + bytes(60)
