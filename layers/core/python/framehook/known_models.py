"""The fields of models that the catalogue knows, as a form: catalogue names and providers' own ids. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook import catalogue
from framehook.catalogue import runcomfy, runninghub, runware
from framehook.providers.questions import Form, FormField
from framehook.rules import Rule, spelled_out

_ANY = "any"


@dataclass(frozen=True, slots=True)
class DescribedModel:
    """`kind`: catalogue, native, workflow, ai_app or deployment. `provider` is None where a name leaves that open."""

    id: str
    kind: str
    provider: str | None
    form: Form


def described(model_id: str) -> DescribedModel | None:
    """The model's fields, or None where the catalogue does not know them: it is never complete."""
    entry = catalogue.models().get(model_id)
    if entry is not None:
        form = _form(entry["input"], entry["defaults"])
        return DescribedModel(model_id, "catalogue", None, form)
    provider, _, own_id = model_id.partition("/")
    rule, defaults = _native(provider, own_id)
    if rule is None:
        return None
    return DescribedModel(model_id, "native", provider, _form(rule, defaults))


def _native(provider: str, own_id: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    if provider == "runware" and (model := runware.find(own_id)):
        return model.rule, model.defaults
    if provider == "runninghub" and (endpoint := runninghub.find(own_id)):
        return endpoint.rule, {}
    if provider == "runcomfy" and (known := runcomfy.find(own_id)):
        return known.rule, known.defaults
    return None, {}


def _form(rule: Mapping[str, Any], defaults: Mapping[str, Any]) -> Form:
    required = rule.get("required", ())
    named = [
        _field(name, each, defaults.get(name), required=name in required)
        for name, each in rule["fields"].items()
    ]
    return Form(None, tuple(sorted(named, key=lambda field: not field.required)))


def _field(name: str, rule: Rule, default: object, *, required: bool) -> FormField:
    spelled = spelled_out(rule)
    options = spelled.get("enum")
    return FormField(
        name=name,
        type=_type(spelled),
        value=default if isinstance(default, str | int | float) else None,
        description=spelled.get("says"),
        options=tuple(options) if options else None,
        required=required,
        upload=_takes_media(spelled),
    )


def _type(rule: Mapping[str, Any]) -> str:
    """The JSON type; `any` where there are several, or none is known."""
    if "any_of" in rule:
        types = {_type(spelled_out(each)) for each in rule["any_of"]}
        return types.pop() if len(types) == 1 else _ANY
    if "media" in rule:
        return "string"
    return str(rule["type"]) if "type" in rule else _type_of_all(rule.get("enum", ()))


def _type_of_all(options: Sequence[Any]) -> str:
    names = {bool: "boolean", str: "string", int: "integer", float: "number"}
    types = {names.get(type(option), _ANY) for option in options}
    if types == {"integer", "number"}:
        return "number"
    return types.pop() if len(types) == 1 else _ANY


def _takes_media(rule: Mapping[str, Any]) -> bool:
    inner = [*rule.get("any_of", ()), *([rule["items"]] if "items" in rule else [])]
    return "media" in rule or any(_takes_media(spelled_out(each)) for each in inner)
