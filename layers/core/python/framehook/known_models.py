"""The fields of models that the catalogue knows, as a form: catalogue names and providers' own ids. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from framehook import catalogue
from framehook.catalogue import runcomfy, runninghub, runware
from framehook.providers.form_examples import flat
from framehook.providers.questions import Form, FormField
from framehook.rules import Rule, spelled_out

_ANY = "any"


@dataclass(frozen=True, slots=True)
class DescribedModel:
    """`kind`: catalogue, native, workflow, ai_app or deployment. `provider` is None where a name leaves that open;
    `example` is an input to start from."""

    id: str
    kind: str
    provider: str | None
    form: Form
    example: Mapping[str, Any]


class _Listed(Protocol):
    """A model of a provider's own list; `rule` is None where its fields are not known."""

    @property
    def rule(self) -> Mapping[str, Any] | None: ...

    @property
    def defaults(self) -> Mapping[str, Any]: ...


_LISTS: Mapping[str, Callable[[str], _Listed | None]] = {
    "runware": runware.find,
    "runninghub": runninghub.find,
    "runcomfy": runcomfy.find,
}
"""What finds each provider's models by their own ids."""


def described(model_id: str) -> DescribedModel | None:
    """The model's fields, or None where the catalogue does not know them: it is never complete."""
    entry = catalogue.models().get(model_id)
    if entry is not None:
        form = _form(entry["input"], entry["defaults"])
        return DescribedModel(model_id, "catalogue", None, form, flat(form))
    provider, _, own_id = model_id.partition("/")
    find = _LISTS.get(provider)
    listed = find(own_id) if find else None
    if listed is None or listed.rule is None:
        return None
    form = _form(listed.rule, listed.defaults)
    return DescribedModel(model_id, "native", provider, form, flat(form))


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
