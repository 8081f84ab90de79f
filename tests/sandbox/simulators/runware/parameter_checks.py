"""Checks of single parameter values against a spec, answered with Runware's field-rich errors.

Shape of the errors: https://runware.ai/docs/platform/errors. Rules between parameters live elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.json_values import is_number, is_web_address, is_whole_number
from tests.sandbox.simulators.runware.task_errors import TaskError

# Limits that hold for a parameter wherever it appears; the model data itself has no ranges.
LIMITS: Mapping[str, Mapping[str, int]] = {
    "width": {"min": 1, "max": 16383},
    "height": {"min": 1, "max": 16383},
    "numberResults": {"min": 1, "max": 20},
    "outputQuality": {"min": 20, "max": 99},
    "ttl": {"min": 60},
}
URI_PARAMETERS = ("webhookURL", "uploadEndpoint")


def check_value(
    name: str, spec: Mapping[str, Any], value: object, limits: Mapping[str, int] | None = None
) -> TaskError | None:
    """None if the value fits; `limits` replaces the general ones."""
    if "values" in spec:
        return _check_listed(name, spec["values"], value)
    if "any" in spec:
        problems = [check_value(name, option, value, limits) for option in spec["any"]]
        return None if None in problems else problems[-1]
    if not _has_type(spec["type"], value):
        return invalid(name, f"must be of type {spec['type']}.", type=spec["type"])
    if spec["type"] == "array" and "items" in spec:
        assert isinstance(value, list)
        if not all(_has_type(spec["items"], item) for item in value):
            return invalid(name, f"must hold only items of type {spec['items']}.", type="array")
    if name in URI_PARAMETERS and not is_web_address(value):
        return invalid(name, "must be an absolute http or https URL.", type="string")
    return _check_limits(name, spec["type"], value, LIMITS.get(name, {}) if limits is None else limits)


def invalid(name: str, rule: str, code: str | None = None, **fields: Any) -> TaskError:
    """`invalidWidth` and its kind; the message names the parameter as the live API does."""
    message = f"Invalid value for '{name}' parameter. '{name}' {rule}"
    return TaskError(code or f"invalid{capitalised(name)}", message, fields={"parameter": name, **fields})


def missing(name: str) -> TaskError:
    message = f"Missing required parameter '{name}'."
    return TaskError(f"missing{capitalised(name)}", message, fields={"parameter": name})


def unknown(name: str) -> TaskError:
    message = f"Parameter '{name}' is not supported by this model."
    return TaskError("unknownParameter", message, fields={"parameter": name})


def capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _check_listed(name: str, allowed: list[Any], value: object) -> TaskError | None:
    if any(type(value) is type(option) and value == option for option in allowed):
        return None
    if is_number(value) and any(is_number(option) and option == value for option in allowed):
        return None
    words = ", ".join(str(option) for option in allowed)
    # A value of the right kind that is merely not on offer has a code of its own: unsupportedDuration.
    right_kind = any(
        type(value) is type(option) or (is_number(value) and is_number(option)) for option in allowed
    )
    code = f"{'unsupported' if right_kind else 'invalid'}{capitalised(name)}"
    kind = "string" if isinstance(allowed[0], str) else "float" if is_number(allowed[0]) else "boolean"
    return invalid(name, f"must be one of: {words}.", code, type=kind, allowedValues=list(allowed))


def _check_limits(name: str, kind: str, value: object, limits: Mapping[str, int]) -> TaskError | None:
    if kind == "string":
        size: float = len(str(value))
        rule = "must be a string between {min} and {max} characters."
    elif is_number(value):
        assert isinstance(value, int | float)
        size = value
        rule = f"must be {'an integer' if kind == 'integer' else 'a'} value between {{min}} and {{max}}."
    else:
        return None
    low, high = limits.get("min"), limits.get("max")
    if (low is None or size >= low) and (high is None or size <= high):
        return None
    bounds = rule.format(min=low if low is not None else "any", max=high if high is not None else "any")
    return invalid(name, bounds, None, type=kind, **limits)


def _has_type(kind: str, value: object) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_whole_number(value)
        case "number":
            return is_number(value)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
    raise ValueError(f"unknown type {kind!r} in the model data")
