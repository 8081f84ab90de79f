"""Checks a body against a rule, which is data: of each field, what is wrong and what is allowed. Pure.

A rule is a type's name (`"integer"`), a list of the allowed values, or a mapping: `type`, `enum`, `any_of`,
`min`, `max`, `min_length`, `max_length`, `pattern` (with `says`, the same in words), `items`, `min_items`,
`max_items`, `media` (see media_references), and for objects `fields` (others are refused), `required`, `hints`
(for names people try) and `cross`, rules over several fields: `together`, `exactly_one` of some groups,
`combination` with the `allowed` ones. `{}` allows any JSON. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from framehook.errors import FieldProblem
from framehook.media_references import USUAL_FORMS, MediaValue, as_media_value, in_words, media_problem
from framehook.plain_json import unfit_parts
from framehook.wording import MAX_SHOWN, MAX_TEXT, articled, closest, either, shortened, shown

type Rule = str | Sequence[Any] | Mapping[str, Any]

MAX_PROBLEMS = 50

_OF_ANOTHER_KIND = ("invalid_type", "invalid_value")

_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "object": (Mapping,),
    "array": (list, tuple),
}


def check(rule: Rule, body: object, path: str) -> list[FieldProblem]:
    """Every problem of `body`, in its order; empty when there is none. Bounded; takes any value.

    `path` is the name the body has for its sender, such as `input`.
    """
    unfit = [FieldProblem(*part) for part in islice(unfit_parts(body, path), MAX_PROBLEMS)]
    return unfit or list(islice(_problems(rule, body, path), MAX_PROBLEMS))


def media_values(rule: Rule, body: object, path: str) -> Iterator[MediaValue]:
    """Every reference to media in a body that passes the rule, or does once a lone text is taken for a list."""
    rule = spelled_out(rule)
    if "any_of" in rule:
        yield from dict.fromkeys(each for one in rule["any_of"] for each in media_values(one, body, path))
    elif isinstance(body, str):
        rule = spelled_out(rule.get("items", rule))
        yield from [as_media_value(rule, body, path)] if "media" in rule else []
    elif isinstance(body, Mapping):
        for name, value in body.items():
            yield from media_values(rule.get("fields", {}).get(name, {}), value, f"{path}.{name}")
    elif isinstance(body, list | tuple):
        for index, value in enumerate(body):
            yield from media_values(rule.get("items", {}), value, f"{path}[{index}]")


def spelled_out(rule: Rule) -> Mapping[str, Any]:
    """The rule as a mapping, whichever way it is written."""
    if isinstance(rule, str):
        return {"type": rule}
    if not isinstance(rule, Mapping):
        return {"enum": rule}
    return {"type": "object", **rule} if "fields" in rule else rule


def _problems(rule: Rule, value: Any, path: str) -> Iterator[FieldProblem]:
    rule = spelled_out(rule)
    if "any_of" in rule:
        yield from _any_of(rule["any_of"], value, path)
        return
    if "media" in rule:
        yield from filter(None, [media_problem(rule, value, path)])
        return
    wanted = rule.get("type")
    if wanted and not _is(wanted, value):
        message = f"must be {articled(wanted)}, not {shown(value)}"
        yield _problem(path, message, "invalid_type", value, wanted)
    elif "enum" in rule and not any(_equal(value, option, wanted) for option in rule["enum"]):
        message = f"must be {either(rule['enum'])}, not {shown(value)}"
        yield _problem(path, message, "invalid_value", value, rule["enum"])
    else:
        yield from _inner_problems(rule, value, path)


def _inner_problems(rule: Mapping[str, Any], value: Any, path: str) -> Iterator[FieldProblem]:
    if isinstance(value, str):
        yield from _text_problems(rule, value, path)
    elif _is("object", value):
        yield from _object_problems(rule, value, path)
    elif _is("array", value):
        yield from _array_problems(rule, value, path)
    elif _is("number", value):
        yield from _range_problems(path, value, value, (rule.get("min"), rule.get("max")))


def _any_of(rules: Sequence[Rule], value: object, path: str) -> Iterator[FieldProblem]:
    """Passes if one rule does; else tells what is wrong inside the rule whose type fits, or the choice."""
    found = [list(islice(_problems(rule, value, path), MAX_PROBLEMS)) for rule in rules]
    if not all(found):
        return
    for problems in found:
        if problems[0].field != path or problems[0].code not in _OF_ANOTHER_KIND:
            yield from problems
            return
    words = " or ".join(_in_words(rule) for rule in rules)
    yield _problem(path, f"must be {words}, not {shown(value)}", "invalid_type", value, words)


def _text_problems(rule: Mapping[str, Any], text: str, path: str) -> Iterator[FieldProblem]:
    limits = (rule.get("min_length"), rule.get("max_length"))
    yield from _range_problems(path, text, len(text), limits, " characters long")
    if "pattern" in rule and not re.fullmatch(rule["pattern"], text):
        says = rule.get("says", f"text like {rule['pattern']}")
        yield _problem(path, f"must be {says}, not {shown(text)}", "invalid_value", text, says)


def _array_problems(rule: Mapping[str, Any], values: Sequence[Any], path: str) -> Iterator[FieldProblem]:
    limits = (rule.get("min_items"), rule.get("max_items"))
    yield from _range_problems(path, values, len(values), limits, " items long")
    if "items" in rule:
        for index, value in enumerate(values):
            yield from _problems(rule["items"], value, f"{path}[{index}]")


def _object_problems(rule: Mapping[str, Any], body: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    fields = rule.get("fields")
    if fields is not None:
        for name, value in body.items():
            if name in fields:
                yield from _problems(fields[name], value, f"{path}.{name}")
            else:
                yield _unknown_field(f"{path}.{name[:MAX_TEXT]}", name, rule)
    for name in rule.get("required", ()):
        if name not in body:
            yield _missing(f"{path}.{name}", (fields or {}).get(name, {}))
    for cross in rule.get("cross", ()):
        yield from _cross_problems(cross, body, path)


def _unknown_field(path: str, name: str, rule: Mapping[str, Any]) -> FieldProblem:
    """The problem of a name that the rule's `fields` do not have."""
    fields = sorted(rule["fields"])
    hint = rule.get("hints", {}).get(name)
    close = closest(name, fields)
    if hint:
        message = f"is not a field here: {hint}"
    elif close:
        message = f"is not a field here; did you mean {either(close)}?"
    else:
        message = f"is not a field here; the fields are {', '.join(fields[:MAX_SHOWN])}"
    return FieldProblem(path, message, "unknown_field", allowed=close or fields)


def _missing(path: str, rule: Rule) -> FieldProblem:
    options = spelled_out(rule).get("enum")
    if not options:
        return _problem(path, "is required", "missing_field")
    return _problem(path, f"is required: {either(options)}", "missing_field", allowed=options)


def _cross_problems(rule: Mapping[str, Any], body: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    if "together" in rule:
        names = rule["together"]
        missing = [name for name in names if not _given(body, name)]
        if 0 < len(missing) < len(names):
            both = " and ".join(names)
            yield _problem(f"{path}.{missing[0]}", f"is required: {both} go together", "missing_field")
    elif "exactly_one" in rule:
        yield from _exactly_one(rule["exactly_one"], body, path)
    elif all(_given(body, name) for name in rule["combination"]):
        values = [body[name] for name in rule["combination"]]
        if values not in rule["allowed"]:
            names, allowed = rule["combination"], ["x".join(map(str, pair)) for pair in rule["allowed"]]
            message = (
                f"{' x '.join(names)} must be {', '.join(allowed)}, not {' x '.join(map(shown, values))}"
            )
            yield _problem(f"{path}.{names[0]}", message, "invalid_value", values[0], allowed)


def _exactly_one(
    groups: Sequence[Sequence[str]], body: Mapping[str, Any], path: str
) -> Iterator[FieldProblem]:
    given = [group for group in groups if any(_given(body, name) for name in group)]
    words = [" and ".join(group) for group in groups]
    if not given:
        yield _problem(path, f"needs one of: {'; '.join(words)}", "missing_field", allowed=words)
    for group in given[1:]:
        name = next(name for name in group if _given(body, name))
        message = f"can't be given together with {' and '.join(given[0])}"
        yield _problem(f"{path}.{name}", message, "conflicting_fields", allowed=words)


def _given(body: Any, name: str) -> bool:
    for part in name.split("."):
        if not isinstance(body, Mapping) or part not in body:
            return False
        body = body[part]
    return True


def _range_problems(
    path: str, value: object, size: float, limits: tuple[Any, Any], unit: str = ""
) -> Iterator[FieldProblem]:
    least, most = limits
    if (least is None or size >= least) and (most is None or size <= most):
        return
    if least is not None and most is not None:
        bounds = f"{least}" if least == most else f"{least} to {most}"
    else:
        bounds = f"at least {least}" if most is None else f"at most {most}"
    allowed = {name: limit for name, limit in (("min", least), ("max", most)) if limit is not None}
    yield _problem(path, f"must be {bounds}{unit}, not {shown(size)}", "out_of_range", value, allowed)


def _is(wanted: str, value: object) -> bool:
    return isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))


def _equal(value: Any, option: Any, wanted: str | None) -> bool:
    """As JSON has it: true is not 1, and 8.0 is 8 only where a number is wanted."""
    if wanted == "number":
        return _is("number", value) and bool(value == option)
    return type(value) is type(option) and bool(value == option)


def _in_words(rule: Rule) -> str:
    if isinstance(rule, str):
        return articled(rule)
    if not isinstance(rule, Mapping):
        return either(rule)
    if "media" in rule:
        return in_words(rule.get("forms", USUAL_FORMS))
    return articled(rule.get("type", "object"))


def _problem(
    path: str, message: str, code: str, value: object = None, allowed: object = None
) -> FieldProblem:
    """Keeps what is small of the value: a problem travels in an answer and in logs."""
    kept = value if isinstance(value, int | float) else None
    if isinstance(value, str):
        return FieldProblem(path, message, code, shortened(value), allowed)
    return FieldProblem(path, message, code, kept, allowed)
