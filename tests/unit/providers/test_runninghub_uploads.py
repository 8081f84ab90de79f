"""Uploads to RunningHub: what is sent, and what its answers say, hostile ones among them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.providers.contract import HttpResponse
from framehook.providers.runninghub.uploads import (
    LoraPlace,
    UploadRefused,
    lora_place,
    read_lora_place,
    read_lora_upload,
    read_upload,
    upload,
)

KEY = "0123456789abcdef0123456789abcdef"
NAME = "openapi/61432ac1b3f3f5b19edcccff137d49d24a907b32ef3a737d1958e33aa91f1f44.png"
LORA = "api-lora-cn/f8d958506e6c8044f79ccd7c814c6179.safetensors"
PLACE = f"https://rh-models-1252422369.cos.ap-beijing.myqcloud.com/{LORA}?q-signature=abc"


def answer(document: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(document).encode())


def refused(response: HttpResponse) -> tuple[str, bool]:
    found = read_upload(response)
    assert isinstance(found, UploadRefused)
    assert read_lora_place(response) == found
    return found.failure.code, found.retryable


def test_upload_carries_the_key_in_a_header_only() -> None:
    request = upload(KEY)
    assert (request.method, request.path) == ("POST", "/openapi/v2/media/upload/binary")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in request.path
    assert request.body == b""


def test_lora_place_is_asked_for_by_name_and_md5() -> None:
    request = lora_place(KEY, "my-lora", "f8d958506e6c8044f79ccd7c814c6179")
    assert (request.method, request.path) == ("POST", "/api/openapi/getLoraUploadUrl")
    assert json.loads(request.body) == {
        "apiKey": KEY,
        "loraName": "my-lora",
        "md5Hex": "f8d958506e6c8044f79ccd7c814c6179",
    }


@pytest.mark.parametrize("word", ["msg", "message"])
def test_upload_answer_names_the_file(word: str) -> None:
    """The documented answer, and the one that was seen."""
    data = {"type": "image", "download_url": "https://x.test/1.png", "fileName": NAME, "size": "3490"}
    assert read_upload(answer({"code": 0, word: "success", "errorMessages": None, "data": data})) == NAME


def test_lora_answer_names_the_place() -> None:
    data = {"fileName": LORA, "url": PLACE}
    assert read_lora_place(answer({"code": 0, "msg": "success", "data": data})) == LoraPlace(LORA, PLACE)


@pytest.mark.parametrize("url", [{}, {"url": None}, {"url": ""}])
def test_lora_that_is_there_already_has_no_place_to_go(url: dict[str, Any]) -> None:
    data = {"fileName": LORA, **url}
    assert read_lora_place(answer({"code": 0, "data": data})) == LoraPlace(LORA, None)


@pytest.mark.parametrize(
    ("document", "status", "ours", "retryable"),
    [
        ({"code": 401, "message": "ApiKey verification failed"}, 200, "provider_auth_failed", False),
        ({"code": 802, "msg": "APIKEY_UNAUTHORIZED"}, 200, "provider_auth_failed", False),
        ({"code": "1002", "msg": ""}, 200, "provider_auth_failed", False),
        ({"code": -1, "msg": "ApiKey verification failed"}, 401, "provider_auth_failed", True),
        ({"code": 401, "msg": "ApiKey verification failed"}, 401, "provider_auth_failed", True),
        ({}, 401, "provider_auth_failed", True),
        ({"code": 809, "msg": "APIKEY_FILE_SIZE_EXCEEDED", "data": None}, 200, "input_too_large", False),
        ({"code": 1008}, 200, "input_too_large", False),
        ({"code": 1013}, 200, "invalid_request", False),
        ({"code": 301}, 200, "invalid_request", False),
        ({"code": 416}, 200, "no_credit", False),
        ({"code": 1501}, 200, "content_refused", False),
        ({"code": 808}, 200, "provider_error", True),
        ({"code": 1003}, 200, "rate_limited", True),
        ({"code": 1011}, 200, "provider_unavailable", True),
        ({"code": 77777, "msg": "success"}, 200, "provider_error", True),
    ],
)
def test_refusal_is_told_by_its_code(document: object, status: int, ours: str, retryable: bool) -> None:
    assert refused(answer(document, status)) == (ours, retryable)


@pytest.mark.parametrize(
    ("response", "ours", "retryable"),
    [
        (HttpResponse(413, {}, b"<html>too large</html>"), "input_too_large", False),
        (HttpResponse(429, {}, b""), "rate_limited", True),
        (HttpResponse(502, {}, b"<html>bad gateway</html>"), "provider_unavailable", True),
        (HttpResponse(200, {}, b"<html>hello</html>"), "provider_error", True),
        (HttpResponse(302, {"location": "https://evil.test"}, b""), "provider_error", True),
        (HttpResponse(404, {}, b""), "provider_error", True),
        (HttpResponse(200, {}, b"[" * 100_000), "provider_error", True),
        (HttpResponse(200, {}, b"\xff\xfe"), "provider_error", True),
    ],
)
def test_answer_without_a_code_is_told_by_its_status(
    response: HttpResponse, ours: str, retryable: bool
) -> None:
    assert refused(response) == (ours, retryable)


@pytest.mark.parametrize(
    "name",
    [
        *(
            None,
            "",
            7,
            ["a"],
            "a" * 201,
            "../../etc/passwd",
            "a/../b",
            "/etc/passwd",
            "a\nb",
            "a\x00b",
            "\ud800",
        ),
        *("https://evil.test/x", '{"upload": "s3://x"}', "C:\\x"),
    ],
)
def test_name_that_is_no_plain_path_is_not_taken(name: object) -> None:
    assert refused(answer({"code": 0, "data": {"fileName": name, "url": PLACE}})) == ("provider_error", True)


@pytest.mark.parametrize("url", [7, ["https://a.test"], "ftp://a.test", "ftp://a", "https://a\n", "x" * 5000])
def test_place_that_is_no_url_is_not_taken(url: object) -> None:
    found = read_lora_place(answer({"code": 0, "data": {"fileName": LORA, "url": url}}))
    assert isinstance(found, UploadRefused)
    assert found.retryable


def test_refusal_tells_no_secret() -> None:
    """RunningHub may repeat what it was sent."""
    said = f"key {KEY.upper()}x and {PLACE} were refused"
    found = read_upload(answer({"code": 802, "msg": said}))
    assert isinstance(found, UploadRefused)
    assert found.failure.provider_code == "802"
    assert KEY.upper() not in found.failure.message
    assert "q-signature" not in found.failure.message


@pytest.mark.parametrize("status", [200, 201, 204])
def test_lora_upload_taken(status: int) -> None:
    assert read_lora_upload(HttpResponse(status, {}, b"")) is None


@pytest.mark.parametrize(
    ("status", "retryable"), [(413, False), (403, True), (400, True), (302, True), (503, True)]
)
def test_lora_upload_refused_is_tried_with_a_new_place(status: int, retryable: bool) -> None:
    found = read_lora_upload(HttpResponse(status, {}, b"<Error/>"))
    assert found is not None
    assert found.retryable is retryable


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["code", "data", "fileName", "url", "msg"]), inner)
    ),
)


@given(json_values, st.sampled_from([200, 204, 302, 401, 404, 413, 429, 500]))
def test_no_answer_is_ever_an_exception(document: object, status: int) -> None:
    response = answer(document, status)
    assert isinstance(read_upload(response), str | UploadRefused)
    assert isinstance(read_lora_place(response), LoraPlace | UploadRefused)


@given(st.binary())
def test_no_body_is_ever_an_exception(body: bytes) -> None:
    assert isinstance(read_upload(HttpResponse(200, {}, body)), str | UploadRefused)
