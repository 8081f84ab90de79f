"""Checks of a standard model's body against the rules of its model; the first mistake is a 1007."""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.json_values import is_number, is_web_address, is_whole_number
from tests.sandbox.simulators.runninghub.error_codes import MESSAGES, Refusal
from tests.sandbox.simulators.runninghub.model_registry import ModelRules

PARAMETER_CODE = 1007
ASSET = "asset://"
MEDIA_TYPES = ("image", "video", "audio")
EVERY_MODEL_TAKES = ("webhookUrl",)
ABSENT: tuple[object, ...] = (None, "", [])


def check_body(body: Mapping[str, Any], rules: ModelRules, *, ignore_unknown: bool) -> None:
    """Raises a Refusal that names the parameter. Optional values that are empty count as left out."""
    for name in rules.required:
        if body.get(name) in ABSENT:
            raise _refusal(name, "is required")
    for name, value in body.items():
        if name in EVERY_MODEL_TAKES:
            continue
        if name in rules.parameters:
            problem = None if value in ABSENT else _problem(rules.parameters[name], value)
        else:
            problem = None if rules.open_ended or ignore_unknown else "is unknown"
        if problem is not None:
            raise _refusal(name, problem)
    check_webhook_url(body, PARAMETER_CODE)


def check_webhook_url(body: Mapping[str, Any], code: int) -> None:
    url = body.get("webhookUrl")
    if url not in ABSENT and not (isinstance(url, str) and is_web_address(url)):
        raise _refusal("webhookUrl", "must be an http or https URL", code)


def _problem(spec: Mapping[str, Any], value: object) -> str | None:
    if "any" in spec:
        problems = [_problem(option, value) for option in spec["any"]]
        return None if None in problems else problems[-1]
    if "many" in spec:
        return _list_problem(spec, value)
    if "values" in spec:
        fits = any(type(value) is type(option) and value == option for option in spec["values"])
        return None if fits else f"must be one of {spec['values']}"
    if not _has_type(spec["type"], value):
        return f"must be of type {spec['type']}"
    return _limit_problem(spec, value)


def _list_problem(spec: Mapping[str, Any], value: object) -> str | None:
    if not isinstance(value, list) or len(value) > spec["many"]:
        return f"must be a list of at most {spec['many']}"
    single = {key: limit for key, limit in spec.items() if key != "many"}
    return next((problem for item in value if (problem := _problem(single, item))), None)


def _limit_problem(spec: Mapping[str, Any], value: object) -> str | None:
    if spec["type"] == "string":
        longest = spec.get("max")
        return None if longest is None or len(str(value)) <= longest else f"is longer than {longest}"
    if not is_number(value):
        return None
    low, high = spec.get("min"), spec.get("max")
    amount = float(str(value))
    fits = (low is None or amount >= low) and (high is None or amount <= high)
    return None if fits else f"must be between {low} and {high}"


def _has_type(kind: str, value: object) -> bool:
    if kind in MEDIA_TYPES:
        return isinstance(value, str) and (is_web_address(value) or _is_reference(value))
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "int":
            return is_whole_number(value)
        case "float":
            return is_number(value)
    raise ValueError(f"unknown type {kind!r} in the model data")


def _is_reference(value: str) -> bool:
    """A data URI, or an id in RunningHub's own store of assets."""
    if value.startswith(ASSET) and value != ASSET:
        return True
    head, comma, data = value.partition(",")
    return head.startswith("data:") and head.endswith(";base64") and bool(comma and data)


def _refusal(name: str, problem: str, code: int = PARAMETER_CODE) -> Refusal:
    return Refusal(code, f"{MESSAGES[code]}: {name} {problem}")
