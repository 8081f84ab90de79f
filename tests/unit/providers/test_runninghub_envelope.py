"""RunningHub's `{code, msg, data}`: what is data, what is a refusal and of which kind, what is neither."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpResponse, UnreadableAnswer
from framehook.providers.questions import QuestionRefused, Refusal
from framehook.providers.runninghub.envelope import data_of


def answer(document: object, status: int = 200) -> HttpResponse:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HttpResponse(status, {}, body)


def refused(document: object, status: int = 200) -> QuestionRefused:
    with pytest.raises(QuestionRefused) as refusal:
        data_of(answer(document, status))
    return refusal.value


@pytest.mark.parametrize("code", [0, "0", 0.0, 200, " ", "", None, "null", True])
def test_data_is_read_whatever_the_success_looks_like(code: object) -> None:
    assert data_of(answer({"code": code, "msg": "success", "data": {"a": 1}})) == {"a": 1}


def test_success_without_a_code_is_data() -> None:
    assert data_of(answer({"data": {"a": 1}})) == {"a": 1}


@pytest.mark.parametrize(
    ("code", "own", "refusal"),
    [
        (380, "model_unavailable", Refusal.NO_SUCH_THING),
        ("810", "model_unavailable", Refusal.NO_SUCH_THING),
        (901, "model_unavailable", Refusal.NO_SUCH_THING),
        (301, "invalid_request", Refusal.NO_SUCH_THING),
        ("1007", "invalid_request", Refusal.NO_SUCH_THING),
        (802, "provider_auth_failed", Refusal.NO),
        ("1002", "provider_auth_failed", Refusal.NO),
        (-1, "provider_auth_failed", Refusal.NO),
        (812, "no_credit", Refusal.NO),
        ("1003", "rate_limited", Refusal.NOT_NOW),
        (1011, "provider_unavailable", Refusal.NOT_NOW),
        (99999, "provider_error", Refusal.NO),
    ],
)
def test_code_decides_what_a_refusal_is(code: object, own: str, refusal: Refusal) -> None:
    found = refused({"code": code, "msg": "success", "data": None})
    assert (found.failure.code, found.failure.provider_code) == (own, str(code))
    assert found.refusal is refusal
    assert found.failure.message


def test_newer_form_of_an_error_is_read() -> None:
    found = refused({"errorCode": "1002", "errorMessage": "no", "taskId": ""})
    assert (found.failure.provider_code, found.failure.message[:2]) == ("1002", "no")


def test_error_beside_a_fine_code_is_an_error() -> None:
    assert refused({"code": 0, "errorCode": "1002", "data": {}}).failure.provider_code == "1002"


def test_what_is_shown_holds_no_secret() -> None:
    key = "0123456789abcdef0123456789ABCDEF"
    for told in ({"code": 500, "msg": f"no key {key}"}, {"code": key, "message": key}):
        failure = refused(told).failure
        assert key not in f"{failure.message} {failure.provider_code}"


def test_message_is_shown_without_urls_and_bounded() -> None:
    found = refused({"code": 500, "msg": "see https://secret.example/x?apiKey=1 " + "x" * 5_000})
    assert "secret" not in found.failure.message
    assert len(found.failure.message) <= 600


@pytest.mark.parametrize(
    ("body", "status", "own"),
    [
        (b"<html>busy</html>", 429, "rate_limited"),
        (b"", 502, "provider_unavailable"),
        ({"code": 0, "data": {}}, 503, "provider_unavailable"),
        (b"nope", 401, "provider_auth_failed"),
        ({"code": -1, "msg": "ApiKey verification failed"}, 401, "provider_auth_failed"),
    ],
)
def test_http_status_speaks_where_no_code_does(body: object, status: int, own: str) -> None:
    assert refused(body, status).failure.code == own


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'{"code": ' + b"9" * 5_000 + b"}",
        {"code": 0},
        {"code": 0, "data": None},
        {"code": 0, "data": "text"},
        {"code": 0, "data": [1]},
        {"code": {}, "data": {}},
        {"code": 1.5, "data": {}},
    ],
)
def test_anything_else_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        data_of(answer(body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["code", "msg", "data", "errorCode", "errorMessage"]), json_values)
    | json_values,
    st.integers(100, 599),
)
def test_any_json_is_data_or_one_of_two_errors(document: object, status: int) -> None:
    try:
        data_of(answer(document, status))
    except QuestionRefused as refusal:
        json.dumps(refusal.failure.message, ensure_ascii=False).encode()
    except UnreadableAnswer:
        pass


@given(st.binary())
def test_any_bytes_are_data_or_one_of_two_errors(body: bytes) -> None:
    with pytest.raises((QuestionRefused, UnreadableAnswer)):
        data_of(answer(body))
