"""RunComfy's error codes: what each proves of a submission, and what is shown of an error to people."""

from __future__ import annotations

import pytest

from framehook.providers.contract import Failed, Refused, RefusedForNow, Unknown
from framehook.providers.error_meanings import Effect, Meaning, failure_of, verdict_of
from framehook.providers.runcomfy.provider import MEANINGS, RUNCOMFY
from tests.unit.providers.runcomfy_payloads import (
    BAD_TOKEN,
    FAILED,
    INVALID,
    RUN_ERROR,
    looked_up,
    only,
    verdict,
)

REFUSED = {
    "400001": "model_unavailable",
    "400002": "no_credit",
    "403001": "model_unavailable",
    "403003": "model_unavailable",
    "404001": "model_unavailable",
    "422001": "invalid_request",
    "10001": "no_credit",
    "10002": "model_unavailable",
    "10003": "model_unavailable",
}
ALARMS = ("400002", "10001")
FOR_NOW = {"400004": "provider_auth_failed", "401001": "provider_auth_failed"}
UNKNOWN = ("400005", "500001")
HTTP_REFUSED = {
    400: "invalid_request",
    402: "no_credit",
    404: "model_unavailable",
    413: "invalid_request",
    415: "invalid_request",
    422: "invalid_request",
}


def test_every_code_is_in_one_table() -> None:
    assert sorted([*REFUSED, *FOR_NOW, *UNKNOWN]) == sorted(MEANINGS)


@pytest.mark.parametrize(("code", "ours"), REFUSED.items())
@pytest.mark.parametrize("status", [200, 202, 302, 400, 401, 404, 408, 500, 503])
def test_code_that_proves_a_refusal_does_so_with_any_status(code: str, ours: str, status: int) -> None:
    for body in ({"error_code": int(code)}, {"error_code": code}, {"errorCode": int(code), "message": "no"}):
        found = verdict(body, status)
        assert isinstance(found, Refused)
        assert (found.failure.code, found.failure.provider_code) == (ours, code)
        assert found.alarm == (code in ALARMS)
        assert found.failure.message


@pytest.mark.parametrize("code", ["403001", "403003"])
def test_what_is_another_accounts_is_not_the_keys_fault(code: str) -> None:
    found = verdict({"error_code": code}, 403)
    assert isinstance(found, Refused)
    assert not found.alarm
    assert found.failure.message.startswith("this belongs to another account (is the token one")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
@pytest.mark.parametrize("code", FOR_NOW)
def test_token_that_is_refused_is_tried_three_times(code: str, status: int) -> None:
    found = verdict({"error_code": int(code), "error_message": "UserAccountError"}, status)
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.failure.provider_code, found.tries) == (FOR_NOW[code], code, 3)
    assert found.failure.message.startswith("UserAccountError: ")
    assert "Profile page" in found.failure.message


@pytest.mark.parametrize(
    "body", [b"", b"<html>", {"message": "Forbidden"}, {"message": None}, {"error_code": 403}]
)
@pytest.mark.parametrize("status", [401, 403])
def test_401_and_a_bare_403_are_a_refused_token(status: int, body: object) -> None:
    found = verdict(body, status)
    assert isinstance(found, RefusedForNow)
    assert (found.failure.code, found.tries) == ("provider_auth_failed", 3)


@pytest.mark.parametrize(("status", "ours"), HTTP_REFUSED.items())
@pytest.mark.parametrize("body", [b"", b"<html>", {}, {"message": "no"}, {"detail": "no"}])
def test_4xx_without_a_code_is_judged_by_its_status(status: int, ours: str, body: object) -> None:
    found = verdict(body, status)
    assert isinstance(found, Refused)
    assert (found.failure.code, found.failure.provider_code) == (ours, None)
    assert found.alarm == (status == 402)


@pytest.mark.parametrize("http", [200, 400, 422])
@pytest.mark.parametrize(("family", "ours"), HTTP_REFUSED.items())
def test_other_codes_mean_what_their_first_three_digits_mean(family: int, ours: str, http: int) -> None:
    for code in (family, family * 1000 + 77):
        found = verdict({"error_code": code}, http)
        assert isinstance(found, Refused)
        assert (found.failure.code, found.failure.provider_code) == (ours, str(code))


def test_codes_of_the_families_401_403_and_429_wait() -> None:
    for code, ours, tries in ((401077, "provider_auth_failed", 3), (403002, "provider_auth_failed", 3)):
        found = verdict({"error_code": code})
        assert isinstance(found, RefusedForNow)
        assert (found.failure.code, found.tries) == (ours, tries)
    limited = verdict({"error_code": 429001}, 200, {"Retry-After": "9"})
    assert isinstance(limited, RefusedForNow)
    assert (limited.failure.code, limited.retry_after) == ("rate_limited", 9.0)


@pytest.mark.parametrize(
    "code", [*UNKNOWN, "500002", "408001", "405001", "409001", "99999", "4000", "40000001"]
)
@pytest.mark.parametrize("status", [200, 400, 404, 422, 500])
def test_code_that_proves_nothing_is_unknown(code: str, status: int) -> None:
    assert isinstance(verdict({"error_code": int(code)}, status), Unknown)
    assert isinstance(verdict({"error_code": code}, status), Unknown)


@pytest.mark.parametrize("code", ["402123", "422123", "404002"])
def test_family_of_a_code_proves_nothing_after_a_5xx(code: str) -> None:
    assert isinstance(verdict({"error_code": code}, 503), Unknown)


def test_code_may_stand_in_the_error_itself() -> None:
    for error in ({"errorCode": 10001, "error": "no"}, [{"errorCode": 10001}], {"error_code": "10001"}):
        found = verdict({"error": error}, 400)
        assert isinstance(found, Refused)
        assert (found.failure.code, found.failure.provider_code) == ("no_credit", "10001")
    nested = verdict({"detail": {"error_code": 400001, "message": "no such model"}}, 400)
    assert isinstance(nested, Refused)
    assert (nested.failure.code, nested.failure.message) == ("model_unavailable", "no such model")


@pytest.mark.parametrize("code", [422001.0, " 422001 "])
def test_code_is_read_however_it_is_written(code: object) -> None:
    found = verdict({"error_code": code})
    assert isinstance(found, Refused)
    assert found.failure.provider_code == "422001"


def test_validation_error_names_the_fields() -> None:
    found = verdict(INVALID, 422)
    assert isinstance(found, Refused)
    assert found.failure.message == (
        "Validation Error: seconds: value is not a valid enumeration member; permitted: 4, 8, 12"
    )
    bare = verdict({"detail": INVALID["detail"]}, 422)
    assert isinstance(bare, Refused)
    assert bare.failure.message == "seconds: value is not a valid enumeration member; permitted: 4, 8, 12"


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ("prompt is required", "prompt is required"),
        ([{"loc": ["body", "loras", 0, "path"], "msg": "field required"}], "loras.0.path: field required"),
        ([{"loc": ["seconds"], "msg": "no"}, {"loc": [], "msg": "nor this"}], "seconds: no; nor this"),
        ([{"loc": "prompt", "msg": "no"}, "and more", 7, None], "prompt: no; and more"),
        ([{"loc": ["body"], "msg": "no body"}], "no body"),
        ([], "the request was refused"),
        ([{}], "the request was refused"),
        ({"msg": "no"}, "no"),
        (7, "the request was refused"),
    ],
)
def test_detail_is_read_in_every_form(detail: object, message: str) -> None:
    found = verdict({"detail": detail}, 422)
    assert isinstance(found, Refused)
    assert found.failure.message == message


ERRORS: list[tuple[object, str, str | None]] = [
    ("model refused the prompt", "model refused the prompt", None),
    (RUN_ERROR, "execution failed", "99999"),
    ([RUN_ERROR], "execution failed", "99999"),
    ([RUN_ERROR, {"error": "again"}], "execution failed; again", "99999"),
    ({**RUN_ERROR, "details": "node 6: out of memory"}, "execution failed: node 6: out of memory", "99999"),
    ({"type": "RuntimeError", "message": "out of memory"}, "out of memory", None),
    ({"debugInfo": "traceback"}, "RunComfy did not say why", None),
    (["one", "two"], "one; two", None),
    (["one", "two", "three", "four"], "one; two; three", None),
    ([[["deep"]]], "RunComfy did not say why", None),
    (None, "RunComfy did not say why", None),
    (7, "RunComfy did not say why", None),
    ("", "RunComfy did not say why", None),
]


@pytest.mark.parametrize(("error", "message", "code"), ERRORS)
def test_error_of_a_failed_task_is_read_in_every_form(error: object, message: str, code: str | None) -> None:
    report = only(looked_up({**FAILED, "error": error}))
    assert isinstance(report, Failed)
    assert (report.failure.code, report.failure.message) == ("provider_error", message)
    assert report.failure.provider_code == code
    assert "traceback" not in str(report)


@pytest.mark.parametrize(
    ("code", "ours"), [(10001, "no_credit"), (422077, "invalid_request"), (500077, "provider_error")]
)
def test_code_of_a_failed_task_is_told_as_ours(code: int, ours: str) -> None:
    report = only(looked_up({**FAILED, "error": [{"errorCode": code, "error": "no"}]}))
    assert (report.failure.code, report.failure.provider_code) == (ours, str(code))
    assert report.failure.message.startswith("no")


@pytest.mark.parametrize("key", ["error_message", "message", "error", "detail"])
def test_message_is_found_under_every_key(key: str) -> None:
    found = verdict({key: "not so"}, 400)
    assert isinstance(found, Refused)
    assert found.failure.message == "not so"


KEY = "0123456789abcdef0123456789ABCDEF"
SECRETS = [
    "see https://gateway.example/webhooks/t0ken",
    f"HTTPS%3A%2F%2Fgateway.example%2F{KEY}",
    f"token {KEY} refused",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_never_shown(text: str) -> None:
    details: list[object] = [{"loc": ["body", KEY], "msg": text, "input": text}]
    for body in ({"error_message": text}, {"error": [{"error": text, "details": text}]}, {"detail": details}):
        found = verdict(body, 422)
        assert isinstance(found, Refused)
        assert "gateway" not in found.failure.message
        assert KEY[:20] not in found.failure.message
    assert KEY[:20] not in str(verdict({"error_code": KEY}))


def test_texts_are_bounded_and_can_be_written() -> None:
    long = "\ud800" + "no " * 9999
    for body in ({"error": long}, {"detail": [{"loc": [long] * 99, "msg": long}] * 99}):
        found = verdict(body, 422)
        assert isinstance(found, Refused)
        assert len(found.failure.message) <= 500
        found.failure.message.encode()
    unknown = verdict({"error_code": "\ud800" + "y" * 9999})
    assert isinstance(unknown, Unknown)
    assert len(unknown.reason) < 200
    unknown.reason.encode()


@pytest.mark.parametrize("message", ["", "success", "x" * 500])
def test_every_meaning_makes_a_whole_message(message: str) -> None:
    for code, meaning in {**MEANINGS, **{str(k): v for k, v in RUNCOMFY.errors.by_status.items()}}.items():
        text = failure_of(meaning, code, message).message
        assert 10 < len(text) <= 500
        assert meaning.advice in text


def test_own_wait_of_a_meaning_stands_in_for_one_that_is_not_told() -> None:
    full = Meaning("concurrency_limit", "full", Effect.REFUSED_FOR_NOW, retry_after=15)
    failure = failure_of(full, "421", "", "queue")
    assert failure.message == "full: queue"
    assert verdict_of(full, failure, "why") == RefusedForNow(failure, 15, None)
    assert verdict_of(full, failure, "why", 7.0) == RefusedForNow(failure, 7.0, None)


def test_body_that_refuses_the_token_may_come_with_any_status() -> None:
    assert isinstance(verdict(BAD_TOKEN, 200), RefusedForNow)
    assert isinstance(verdict(BAD_TOKEN, 400), RefusedForNow)


@pytest.mark.parametrize(
    ("code", "name", "told"),
    [
        (400002, "InsufficientResources", "InsufficientResources: the balance is too low"),
        (422001, "Validation Error", "Validation Error"),
        (422001, "seconds", "seconds"),
    ],
)
def test_bare_name_of_an_error_is_explained(code: int, name: str, told: str) -> None:
    found = verdict({"error_code": code, "error_message": name}, 400)
    assert isinstance(found, Refused)
    assert found.failure.message == told
