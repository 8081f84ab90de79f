"""What the HTTP API reads of a call: body, headers, query. Whatever is wrong is named by its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from framehook.errors import FieldProblem, InvalidRequest, UnreadableRequest
from framehook.jobs import Status
from framehook.requests import parse_json_object

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MOST_LISTED = 100
_DEFAULT_LISTED = 20
_MOST_NAMED = 20
_LONGEST_NAME = 60


def body(event: APIGatewayProxyEvent) -> str:
    try:
        return event.decoded_body or ""
    except ValueError:  # base64 that is none, or bytes that are not UTF-8
        raise UnreadableRequest("the body is not UTF-8 text") from None


def check_no_body(event: APIGatewayProxyEvent) -> None:
    """Nothing, or a JSON object without fields. Raises UnreadableRequest, InvalidRequest naming the fields."""
    text = body(event)
    if text.strip():
        _refuse(list(parse_json_object(text)), "is not a field of this request: it takes none", [])


def header(event: APIGatewayProxyEvent, name: str) -> str | None:
    return event.headers.get(name)


def idempotency_key(event: APIGatewayProxyEvent) -> str | None:
    key = header(event, "idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        allowed = "1 to 255 visible ASCII characters"
        raise InvalidRequest(
            FieldProblem("Idempotency-Key", "is not a usable key", value=key[:60], allowed=allowed)
        )
    return key


def query(event: APIGatewayProxyEvent, *allowed: str) -> Mapping[str, str]:
    """The parameters of the query. Raises InvalidRequest naming those that this call does not have."""
    asked = event.query_string_parameters or {}
    unknown = [name for name in asked if name not in allowed]
    _refuse(unknown, "is not a parameter of this call", allowed)
    return asked


def limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LISTED
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= _MOST_LISTED:
        allowed = f"1 to {_MOST_LISTED}"
        raise InvalidRequest(
            FieldProblem("limit", "is not a usable page size", value=text[:20], allowed=allowed)
        )
    return int(text)


def status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return Status(text)
    except ValueError:
        allowed = [known.value for known in Status]
        raise InvalidRequest(
            FieldProblem("status", "is not a status", value=text[:40], allowed=allowed)
        ) from None


def _refuse(names: Sequence[str], message: str, allowed: Sequence[str]) -> None:
    problems = [
        FieldProblem(_named(name), message, "unknown_field", allowed=list(allowed))
        for name in names[:_MOST_NAMED]
    ]
    if problems:
        raise InvalidRequest(*problems)


def _named(name: str) -> str:
    return name[:_LONGEST_NAME].encode("utf-8", "backslashreplace").decode()
