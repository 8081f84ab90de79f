"""Checks of a flat body against a schema of the catalogue; every mistake is listed in one 422.

The schemas are not clean JSON Schema: types such as float, formats such as image_uri, and rules in `validations`.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from tests.sandbox.simulators.json_values import is_number, is_web_address
from tests.sandbox.simulators.runcomfy.refusals import INVALID, Refusal
from tests.sandbox.simulators.runcomfy.sora import IMAGE_FORMATS

type Problem = tuple[str, str]
TYPES: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    # 4.0 is no integer here: the pages say that these are JSON integers.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": is_number,
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
FILES = ("input_reference",)


def check_body(
    body: Mapping[str, Any], schema: Mapping[str, Any], *, ignore_unknown: bool, status: int
) -> None:
    """Raises a Refusal that names every wrong key."""
    problems = list(_problems(body, schema, ignore_unknown=ignore_unknown))
    if problems:
        raise invalid(*((["body", name], *problem) for name, problem in problems), status=status)


def invalid(*problems: tuple[list[str], str, str], status: int = 422) -> Refusal:
    """The refusal of a body; each problem is its place, a message and a type."""
    detail = [{"loc": place, "msg": words, "type": kind} for place, words, kind in problems]
    return Refusal(INVALID, status=status, detail=detail)


def _problems(
    body: Mapping[str, Any], schema: Mapping[str, Any], *, ignore_unknown: bool
) -> Iterator[tuple[str, Problem]]:
    properties = schema["properties"]
    for name in schema.get("required", ()):
        if name not in body:
            yield name, ("field required", "value_error.missing")
    for name, value in body.items():
        if name in properties:
            problem = _value_problem(name, value, properties[name])
        else:
            problem = None if ignore_unknown else ("extra fields not permitted", "value_error.extra")
        if problem is not None:
            yield name, problem


def _value_problem(name: str, value: object, spec: Mapping[str, Any]) -> Problem | None:
    kind = spec["type"]
    if not TYPES[kind](value):
        return f"value is not a valid {kind}", f"type_error.{kind}"
    if "enum" in spec and value not in spec["enum"]:
        permitted = ", ".join(str(one) for one in spec["enum"])
        return f"value is not a valid enumeration member; permitted: {permitted}", "type_error.enum"
    if is_number(value) and not _is_within(float(str(value)), spec):
        return f"value is not within {spec.get('minimum')} and {spec.get('maximum')}", "value_error.number"
    if (name in FILES or spec.get("format") == "image_uri") and not _is_image_url(str(value)):
        return "value is not an https URL of an image", "value_error.url"
    return None


def _is_within(amount: float, spec: Mapping[str, Any]) -> bool:
    low, high = spec.get("minimum"), spec.get("maximum")
    return (low is None or amount >= low) and (high is None or amount <= high)


def _is_image_url(url: str) -> bool:
    if not is_web_address(url):
        return False
    address = urlsplit(url)
    suffix = PurePosixPath(address.path).suffix.removeprefix(".").lower()
    return _is_safe(address.scheme, address.hostname or "") and (not suffix or suffix in IMAGE_FORMATS)


def _is_safe(scheme: str, host: str) -> bool:
    """Only https, except on this machine, where presigned URLs of a local S3 have no TLS."""
    return scheme == "https" or host in ("127.0.0.1", "::1") or "localhost" in host.split(".")
