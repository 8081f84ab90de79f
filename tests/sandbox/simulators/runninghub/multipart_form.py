"""Reads multipart/form-data, as far as uploads of one file need it: https://www.rfc-editor.org/rfc/rfc7578"""

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Part:
    """One field; `filename` is None for plain text."""

    content: bytes
    filename: str | None = None


def parts_of(body: bytes, content_type: str) -> dict[str, Part]:
    """The fields by name; none if it is not a form."""
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        return {}
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())
    return dict(part for piece in pieces[1:-1] if (part := _part(piece)) is not None)


def _part(piece: bytes) -> tuple[str, Part] | None:
    head, blank_line, content = piece.partition(b"\r\n\r\n")
    disposition = dict(PARAMETER.findall(head.decode("utf-8", "replace")))
    if not blank_line or "name" not in disposition:
        return None
    return disposition["name"], Part(content, disposition.get("filename"))
