"""What a form may be filled in with, for an example to start from: samples, and the fields that people most likely fill
in. Knows no provider. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framehook.providers.questions import Form, FormField

SAMPLE_TEXT = "A fox in snow"

_MOST_FIELDS = 10
_SAMPLE_IMAGE = "https://example.com/picture.png"
_SAMPLE_FILES: Mapping[str, str] = {
    "image": _SAMPLE_IMAGE,
    "video": "https://example.com/clip.mp4",
    "audio": "https://example.com/voice.mp3",
}
_SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


def flat(form: Form) -> Mapping[str, Any]:
    """An input of all that is required or has a default."""
    return {field.name: sample(field) for field in form.fields if field.required or field.value is not None}


def likely_of_nodes(form: Form) -> Sequence[FormField]:
    """The files and texts of nodes; where there are none, other fields of theirs."""
    nodes = [field for field in form.fields if field.node_id is not None]
    likely = [field for field in nodes if field.upload or (field.type == "string" and field.value)]
    return (likely or nodes)[:_MOST_FIELDS]


def sample(field: FormField) -> Any:
    if field.upload:
        return [sample_file(field)] if field.type == "array" else sample_file(field)
    if field.value is not None:
        return field.value
    if field.options:
        return field.options[0]
    return _SAMPLES.get(field.type, SAMPLE_TEXT)


def sample_file(field: FormField) -> str:
    """The name tells more of the kind of file: a picture may be described as the first of a video."""
    texts = (field.name.lower(), (field.description or "").lower())
    named = (url for text in texts for word, url in _SAMPLE_FILES.items() if word in text)
    return next(named, _SAMPLE_IMAGE)
