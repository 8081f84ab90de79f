"""The input schemas of RunComfy's models as fields of a form. Pure; checks no input against them.

They are almost JSON Schema: there is a type `float`, formats such as `image_uri` and `video_uris` mark files, and what
these must be like stands in `validations` (github.com/runcomfy-com/comfyui-runcomfy-partner-nodes,
runcomfy/models.json).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from framehook.providers.form_fields import LONGEST_VALUE, MOST_OPTIONS, json_type, sendable_name, storable
from framehook.providers.provider_words import readable
from framehook.providers.questions import FormField, Scalar

_MOST_VALIDATIONS = 20
_LONGEST_VALIDATION = 200
_ANY = "any"
_TYPES: Mapping[str, str] = {
    **{each: each for each in ("string", "integer", "number", "boolean", "array", "object")},
    **dict.fromkeys(("float", "double"), "number"),
    "int": "integer",
    "bool": "boolean",
}
_FILES = re.compile(r"(image|video|audio|file)_uri(s?)")
_LIMITS = (("minimum", "maximum", ""), ("minItems", "maxItems", " of them"))


def fields_of(schema: Mapping[str, Any], required: Any = None) -> Iterator[FormField]:
    """What is required first. `required` names that where the schema does not."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return
    listed = schema.get("required") or required
    needed = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()
    for wanted in (True, False):
        for name, rule in properties.items():
            if (name in needed) is wanted and sendable_name(name) is not None:
                yield _field(name, rule if isinstance(rule, Mapping) else {}, required=wanted)


def _field(name: str, rule: Mapping[str, Any], *, required: bool) -> FormField:
    options = _options(rule.get("enum"))
    file = _file_of(rule)
    kind = _type_of(rule) or _type_of_file(file) or _type_of_all(options)
    # The default of a required text, or of a file, is a sample for the model's page, and not what is taken without one.
    is_sample = file is not None or (required and kind == "string" and options is None)
    return FormField(
        name=name,
        type=kind,
        value=None if is_sample else _scalar(rule.get("default")),
        description=_description(rule, file),
        options=options,
        required=required,
        upload=file is not None,
    )


def _file_of(rule: Mapping[str, Any]) -> re.Match[str] | None:
    """The kind of file that it takes, and an `s` where it takes several."""
    items = rule.get("items")
    formats = (rule.get("format"), items.get("format") if isinstance(items, Mapping) else None)
    matches = (_FILES.fullmatch(each) for each in formats if isinstance(each, str))
    return next((match for match in matches if match), None)


def _type_of(rule: Mapping[str, Any]) -> str | None:
    told = rule.get("type")
    words = [each for each in (told if isinstance(told, list) else [told]) if isinstance(each, str)]
    types = {_TYPES.get(word, _ANY) for word in words if word != "null"}
    return None if not types else types.pop() if len(types) == 1 else _ANY


def _type_of_file(file: re.Match[str] | None) -> str | None:
    return None if file is None else "array" if file[2] else "string"


def _type_of_all(options: tuple[Scalar, ...] | None) -> str:
    types = {json_type(option) for option in options or ()}
    return types.pop() if len(types) == 1 else _ANY


def _options(listed: Any) -> tuple[Scalar, ...] | None:
    if not isinstance(listed, list):
        return None
    offered = map(_scalar, listed[:MOST_OPTIONS])
    return tuple(option for option in offered if option is not None) or None


def _scalar(value: Any) -> Scalar | None:
    return storable(value) if isinstance(value, str | int | float) else None


def _description(rule: Mapping[str, Any], file: re.Match[str] | None) -> str | None:
    """In one text what the schema says in several places."""
    parts = [
        readable(rule.get("description"), LONGEST_VALUE) or readable(rule.get("title"), LONGEST_VALUE),
        f"{file[1]} URL{file[2]}" if file else "",
        *_limits(rule),
        *_validations(rule.get("validations")),
    ]
    told = dict.fromkeys(part.strip().removesuffix(".") for part in parts)
    return readable("; ".join(part for part in told if part), LONGEST_VALUE) or None


def _limits(rule: Mapping[str, Any]) -> Iterator[str]:
    for low, high, of_what in _LIMITS:
        least, most = _number(rule.get(low)), _number(rule.get(high))
        if least and most:
            yield f"{least} to {most}{of_what}"
        elif least or most:
            yield f"at least {least}{of_what}" if least else f"at most {most}{of_what}"


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or storable(value) is None:
        return ""
    return f"{value}"


def _validations(listed: Any) -> Iterator[str]:
    for each in listed[:_MOST_VALIDATIONS] if isinstance(listed, list) else []:
        yield readable(each.get("validation_error"), _LONGEST_VALIDATION) if isinstance(each, Mapping) else ""
