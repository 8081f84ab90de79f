"""RunComfy's answers to questions: what is a document, what is a refusal and of which kind, what is neither."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import UnreadableAnswer
from framehook.providers.questions import QuestionRefused, Refusal
from framehook.providers.runcomfy.questions import document_of, get
from tests.unit.providers.test_runninghub_envelope import answer, json_values


def refused(body: object, status: int = 200) -> QuestionRefused:
    with pytest.raises(QuestionRefused) as raised:
        document_of(answer(body, status))
    return raised.value


def error(code: object, message: str = "no luck") -> dict[str, object]:
    return {"error_code": code, "error_message": message}


def test_question_has_the_token_in_its_header_alone() -> None:
    request = get("/prod/v2/balance", "key-1", "serverless")
    assert (request.method, request.path, request.body) == ("GET", "/prod/v2/balance", b"")
    assert request.service == "serverless"
    assert request.headers["Authorization"] == "Bearer key-1"


@pytest.mark.parametrize("code", [None, 0, "", False])
def test_answer_without_an_error_is_its_document(code: object) -> None:
    document = {"a": 1, "error_code": code}
    assert document_of(answer(document)) == document
    assert document_of(answer({"a": 1}, 202)) == {"a": 1}


# https://docs.runcomfy.com/model-apis/error-codes, https://docs.runcomfy.com/serverless/error-codes
@pytest.mark.parametrize(
    ("code", "status", "own", "refusal"),
    [
        (400004, 400, "provider_auth_failed", Refusal.NO),
        (400004, 200, "provider_auth_failed", Refusal.NO),
        ("400004", 200, "provider_auth_failed", Refusal.NO),
        (401001, 401, "provider_auth_failed", Refusal.NO),
        (401001, 200, "provider_auth_failed", Refusal.NO),
        (403001, 403, "model_unavailable", Refusal.NO_SUCH_THING),
        (403003, 403, "model_unavailable", Refusal.NO_SUCH_THING),
        (403009, 403, "provider_auth_failed", Refusal.NO),
        (400001, 400, "model_unavailable", Refusal.NO_SUCH_THING),
        (422001, 422, "invalid_request", Refusal.NO_SUCH_THING),
        (404001, 404, "model_unavailable", Refusal.NO_SUCH_THING),
        (404001, 200, "model_unavailable", Refusal.NO_SUCH_THING),
        (10003, 400, "model_unavailable", Refusal.NO_SUCH_THING),
        (400002, 402, "no_credit", Refusal.NO),
        (429001, 200, "rate_limited", Refusal.NOT_NOW),
        (500001, 500, "provider_error", Refusal.NOT_NOW),
        (500001, 200, "provider_error", Refusal.NOT_NOW),
        (99, 200, "provider_error", Refusal.NO),
        (99, 503, "provider_unavailable", Refusal.NOT_NOW),
        ("odd", 200, "provider_error", Refusal.NO),
    ],
)
def test_code_decides_before_the_http_status(code: object, status: int, own: str, refusal: Refusal) -> None:
    found = refused(error(code), status)
    assert (found.failure.code, found.refusal) == (own, refusal)
    assert found.failure.message.startswith("no luck")
    assert found.failure.provider_code == str(code)


@pytest.mark.parametrize(
    ("body", "status", "own"),
    [
        ({"message": "Forbidden"}, 403, "provider_auth_failed"),
        ({"message": "Unauthorized"}, 401, "provider_auth_failed"),
        (b"<html>", 401, "provider_auth_failed"),
        ({"detail": "Not Found"}, 404, "model_unavailable"),
        (b"", 404, "model_unavailable"),
        (b"slow down", 429, "rate_limited"),
        (b"<html>", 502, "provider_unavailable"),
        ({}, 500, "provider_unavailable"),
        ({"message": "no"}, 400, "invalid_request"),
        ({"error_code": True}, 401, "provider_auth_failed"),
        ({"error_code": {"a": 1}}, 502, "provider_unavailable"),
    ],
)
def test_http_status_speaks_where_no_code_does(body: object, status: int, own: str) -> None:
    found = refused(body, status)
    assert (found.failure.code, found.failure.provider_code) == (own, None)
    assert found.failure.message


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"error_message": "first", "message": "second"}, "first"),
        ({"detail": [{"msg": "third"}]}, "third"),
        ({}, "the token is missing"),
        ({"message": "see https://x.example/secret?a=b"}, "see <url>"),
        ({"message": "token 0123456789abcdef0123456789abcdef"}, "token <hidden>"),
    ],
)
def test_message_is_what_runcomfy_says_without_secrets(document: dict[str, object], said: str) -> None:
    assert refused({"error_code": 400004, **document}).failure.message.startswith(said)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((body, 200) for body in (b"", b"[]", b"{", b"\xff\xfe", b"null", b"7", b"[" * 100_000)),
        (b'{"error_code": ' + b"9" * 5_000 + b"}", 200),
        ({"error_code": {"a": 1}}, 200),
        ({"error_code": [1]}, 200),
        ({"error_code": 1.5}, 200),
        ({}, 301),
        (b"", 302),
        (b"no", 418),
    ],
)
def test_anything_else_is_unreadable(body: object, status: int) -> None:
    with pytest.raises(UnreadableAnswer):
        document_of(answer(body, status))


@given(
    st.dictionaries(
        st.sampled_from(["error_code", "error_message", "message", "error", "detail"]), json_values
    )
    | json_values,
    st.integers(100, 599),
)
def test_any_json_is_a_document_or_one_of_two_errors(document: object, status: int) -> None:
    try:
        document_of(answer(document, status))
    except QuestionRefused as refusal:
        json.dumps([refusal.failure.message, refusal.failure.provider_code], ensure_ascii=False).encode()
    except UnreadableAnswer:
        pass


@given(st.binary(), st.integers(100, 599))
def test_any_bytes_are_one_of_two_errors(body: bytes, status: int) -> None:
    with pytest.raises((QuestionRefused, UnreadableAnswer)):
        document_of(answer(body, status))
