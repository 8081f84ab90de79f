"""RunningHub's error codes: what each proves of a submission, says of a task, and shows to people."""

from __future__ import annotations

import pytest

from framehook.errors import Failure
from framehook.providers.contract import Refused, RefusedForNow, Unknown
from framehook.providers.error_meanings import Meaning, failure_of
from framehook.providers.provider_words import without_secrets
from framehook.providers.runninghub.errors import MEANINGS, OTHER, meaning_of
from tests.unit.providers.test_runninghub_submission import refusal, verdict

REFUSED = {
    "invalid_request": "301 433 435 803 809 1001 1007 1008 1009 1101",
    "model_unavailable": "380 810 901 40310",
    "provider_misconfigured": "412 436",
    "no_credit": "416 605 812 1620",
    "provider_auth_failed": "801 802 806 811 1002",
    "wrong_key_kind": "1014",
    "task_not_found": "423 807 1004",
    "provider_error": "805 1015",
    "content_refused": "1501 1505",
}
FOR_NOW = {
    "concurrency_limit": "421 814 1520",
    "no_free_machine": "415",
    "rate_limited": "1003",
    "provider_unavailable": "1005 1010 1011 1012",
    "provider_error": "808",
    "invalid_request": "1013",
    "provider_auth_failed": "401",
}
UNKNOWN = {"provider_error": "1 500 804 813 1000", "provider_timeout": "1006 1504"}
ALARMS = ("412", "416", "436", "605", "801", "802", "806", "811", "812", "1002", "1014", "1620")
WAITS = {"415": 30, "421": 15, "1520": 15, "814": 60}
TRIES = {"401": 3, "808": 2, "1013": 2}


def cases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(code, ours) for ours, codes in table.items() for code in codes.split()]


def test_every_code_is_sorted_into_one_table() -> None:
    codes = [code for table in (REFUSED, FOR_NOW, UNKNOWN) for code, _ in cases(table)]
    assert sorted(codes) == sorted(MEANINGS)
    assert list(MEANINGS) == sorted(MEANINGS, key=int)


@pytest.mark.parametrize(("code", "ours"), cases(REFUSED))
def test_code_that_proves_a_refusal_is_one_for_good(code: str, ours: str) -> None:
    for body in (refusal(code), refusal(int(code)), {"code": int(code), "msg": "", "data": None}):
        found = verdict(200, body)
        assert isinstance(found, Refused)
        assert (found.failure.code, found.failure.provider_code) == (ours, code)
        assert found.alarm == (code in ALARMS)
        assert found.failure.message


@pytest.mark.parametrize(("code", "ours"), cases(FOR_NOW))
def test_code_that_may_pass_is_refused_for_now(code: str, ours: str) -> None:
    for body in (refusal(code), refusal(int(code)), {"code": int(code), "msg": "", "data": None}):
        found = verdict(200, body)
        assert isinstance(found, RefusedForNow)
        assert (found.failure.code, found.failure.provider_code) == (ours, code)
        assert (found.retry_after, found.tries) == (WAITS.get(code), TRIES.get(code))
        assert found.failure.message


@pytest.mark.parametrize(("code", "ours"), [*cases(UNKNOWN), ("99999", "provider_error")])
def test_code_that_proves_nothing_is_unknown(code: str, ours: str) -> None:
    assert isinstance(verdict(200, refusal(code)), Unknown)
    assert isinstance(verdict(400, refusal(code)), Unknown)
    assert meaning_of(code).code == ours


@pytest.mark.parametrize("meaning", [*MEANINGS.values(), OTHER], ids=[*MEANINGS, "other"])
def test_meaning_makes_a_whole_message(meaning: Meaning) -> None:
    for message in ("", "success", "x" * 500):
        text = failure_of(meaning, "1", message).message
        assert 10 < len(text) <= 500
        assert meaning.advice in text


def test_own_words_stand_in_for_a_message_that_says_nothing() -> None:
    for message in ("", " ", "success", "SUCCESS", "ok"):
        assert failure_of(MEANINGS["1015"], "1015", message).message == "the generation failed"
    assert failure_of(MEANINGS["1015"], "1015", "生成失败 | failed") == Failure(
        "provider_error", "生成失败 | failed", "1015"
    )
    assert failure_of(OTHER, "").provider_code is None


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("1014", "enterprise-shared key"),
        ("802", "other site"),
        ("380", "other site"),
        ("40310", "runninghub.ai"),
    ],
)
def test_message_says_what_to_do(code: str, advice: str) -> None:
    found = verdict(200, refusal(code, "Access Denied"))
    assert isinstance(found, Refused)
    assert found.failure.message.startswith("Access Denied (")
    assert advice in found.failure.message


def test_reason_of_a_node_is_added() -> None:
    failure = failure_of(MEANINGS["805"], "805", "APIKEY_TASK_STATUS_ERROR", "LoadImage: Stale file handle")
    assert failure.message == "APIKEY_TASK_STATUS_ERROR: LoadImage: Stale file handle"


KEY = "0123456789abcdef0123456789ABCDEF"
TOKEN = "sample-token-0123456789-0123456789-01234567"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"


@pytest.mark.parametrize(
    "text",
    [
        f'I/O error on POST request for "https://gateway.example/webhooks/{TOKEN}": handshake',
        f"HTTPS%3A%2F%2Fgateway.example%2Fwebhooks%2F{TOKEN}",
        f"wss://www.runninghub.cn:443/ws/c_instance?Rh-Comfy-Auth={KEY}",
        f"gateway.example/webhooks/runninghub/{TOKEN}/ failed",
        f"apiKey {KEY} not found",
        f"apiKey={LETTERS}",
        "x " * 235 + KEY,
        "https://" + "u" * 480 + f" {KEY}",
        "z" * 480 + f" {KEY}",
    ],
)
def test_secrets_are_never_shown(text: str) -> None:
    found = verdict(200, refusal("1007", text))
    assert isinstance(found, Refused)
    for secret in (TOKEN, KEY, LETTERS):
        assert secret[:20] not in found.failure.message
        assert secret[-20:] not in found.failure.message
    found_code = verdict(200, refusal(text))
    assert isinstance(found_code, Unknown)
    assert not any(secret[:20] in found_code.reason for secret in (TOKEN, KEY, LETTERS))


def test_texts_are_bounded_and_can_be_written() -> None:
    found = verdict(200, refusal("1007", "\ud800" + "no " * 9999))
    assert isinstance(found, Refused)
    assert len(found.failure.message) <= 500
    found.failure.message.encode()
    unknown = verdict(200, refusal("\ud800" + "y" * 9999))
    assert isinstance(unknown, Unknown)
    assert len(unknown.reason) < 200
    unknown.reason.encode()


def test_long_identifiers_stay_readable() -> None:
    text = "TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET"
    assert without_secrets(text) == text
    assert without_secrets(7) == without_secrets(None) == ""
