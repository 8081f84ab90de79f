"""What a description of a queue-like provider can say that RunComfy's does not: an invented provider, as data alone."""

from __future__ import annotations

import json
import re

import pytest

from framehook.errors import Failure
from framehook.jobs import ResultFile, Task
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    Failed,
    HttpResponse,
    KeyRefused,
    Missing,
    Provider,
    Refused,
    RefusedForNow,
    StillRunning,
    Succeeded,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.providers.error_meanings import NO_AUTH, Effect, Meaning
from framehook.providers.queue_api import WHOLE, CancelReading, Errors, QueueApi, Reading, Route
from framehook.providers.queue_provider import QueueProvider
from framehook.providers.task_states import State

ID, OURS, MODEL = "764cabcf", "~1", "acme/flux/dev"
FILE = "https://files.acme.example/a.png"

# The result's body is the result itself, and an early question is answered with HTTP 400.
ACME: Provider = QueueProvider(
    QueueApi(
        name="acme",
        title="Acme",
        routes=(
            Route(
                offerings=re.compile(r"(?P<app>acme/[a-z]+)(?:/[a-z]+)?"),
                submit="/{model}",
                result="/{app}/requests/{id}",
                status="/{app}/requests/{id}/status",
                cancel="/{app}/requests/{id}/cancel",
                cancel_method="PUT",
                webhook_query={"hook": "{url}"},
            ),
            Route(offerings=re.compile(r"once/[a-z]+"), submit="/{model}", result="/once/{id}"),
        ),
        authorization="Key {key}",
        ids=("request_id", "id"),
        task_id=re.compile(r"[0-9a-f]{8}"),
        result=Reading(words={}, fields=(), wordless=State.SUCCEEDED, media=(WHOLE,)),
        status=Reading(words={"going": State.ALIVE, "completed": State.ENDED}, ended_with_error=True),
        webhook=Reading(words={"ok": State.SUCCEEDED, "error": State.FAILED}, media=("payload",)),
        cancel=CancelReading({"status": {"asked": CancelAnswer.TAKEN, "over": CancelAnswer.REFUSED}}),
        errors=Errors(
            by_code={"gone": Meaning("model_unavailable", "it is gone")},
            by_status={
                401: Meaning(NO_AUTH, "no such key", alarm=True),
                422: Meaning("invalid_request", "no"),
                429: Meaning("rate_limited", "later", Effect.REFUSED_FOR_NOW),
            },
            other=Meaning("provider_error", "Acme did not say why", Effect.UNKNOWN),
        ),
        result_hosts=re.compile(r"files\.acme\.example"),
    )
)


def answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_paths_are_made_of_parts_of_the_offering() -> None:
    request = ACME.submission(MODEL, {"a": 1}, [TaskToSend(OURS, "https://x/y?z=1", None)], "secret")
    assert request.path == "/acme/flux/dev?hook=https%3A%2F%2Fx%2Fy%3Fz%3D1"
    assert request.headers["Authorization"] == "Key secret"
    assert ACME.submission(MODEL, {}, [TaskToSend(OURS, "", None)], "secret").path == "/acme/flux/dev"
    [asked] = ACME.look_ups(MODEL, [OURS, ID], "secret")
    assert asked.request.path == f"/acme/flux/requests/{ID}"
    second, stop = ACME.second_question(MODEL, ID, "secret"), ACME.cancellation(MODEL, ID, "secret")
    assert second is not None
    assert stop is not None
    assert second.path == f"/acme/flux/requests/{ID}/status"
    assert (stop.method, stop.path) == ("PUT", f"/acme/flux/requests/{ID}/cancel")


def test_route_may_have_neither_status_nor_cancel_nor_webhook() -> None:
    request = ACME.submission("once/x", {}, [TaskToSend(OURS, "https://x", None)], "secret")
    assert request.path == "/once/x"
    assert [each.request.path for each in ACME.look_ups("once/x", [ID], "secret")] == [f"/once/{ID}"]
    assert ACME.second_question("once/x", ID, "secret") is None
    assert ACME.cancellation("once/x", ID, "secret") is None
    assert (ACME.can_cancel(MODEL), ACME.can_cancel("once/x")) == (True, False)


def test_task_is_named_by_the_first_field_that_names_one() -> None:
    for body in ({"request_id": ID, "id": "ffffffff"}, {"id": ID}, {"request_id": None, "id": ID}):
        assert ACME.read_submission([OURS], answer(body)) == {OURS: Accepted(ID)}


def test_body_of_a_result_may_be_the_result_itself() -> None:
    body = {
        "images": [{"url": FILE, "content_type": "image/png"}],
        "prompt": FILE + "?",
        "seed": 7,
        "cost": 1,
    }
    assert ACME.read_look_up([ID], answer(body)) == [
        Succeeded(ID, (ResultFile(url=FILE, media_type="image/png"),))
    ]
    assert ACME.read_look_up([ID], answer({"images": [], "": 5})) == [Succeeded(ID, ())]
    assert ACME.read_look_up([ID], answer({"error": "no"})) == []
    assert ACME.read_look_up([ID], answer(b"Request is still in progress", 400)) == []
    assert ACME.read_look_up([ID], answer({}, 404)) == [Missing(ID)]
    with pytest.raises(KeyRefused):
        ACME.read_look_up([ID], answer({}, 401))


def test_error_beside_an_end_may_say_that_it_was_a_bad_one() -> None:
    assert ACME.read_second_answer(ID, answer({"status": "GOING", "error": "no"})) == [StillRunning(ID)]
    with pytest.raises(UnreadableAnswer, match="has ended"):
        ACME.read_second_answer(ID, answer({"status": "COMPLETED"}))
    assert ACME.read_second_answer(ID, answer({"status": "COMPLETED", "error": "no"})) == [
        Failed(ID, Failure("provider_error", "no"))
    ]


def test_webhook_may_have_words_and_a_place_of_its_own() -> None:
    task = Task(OURS, 0)
    done = {"request_id": ID, "status": "OK", "payload": {"images": [{"url": FILE}]}}
    assert ACME.read_webhook(json.dumps(done).encode(), [task], task) == [
        Succeeded(OURS, (ResultFile(url=FILE, media_type="image/png"),), named=ID)
    ]
    failed = {**done, "status": "ERROR", "error": "no"}
    assert ACME.read_webhook(json.dumps(failed).encode(), [task], task) == [
        Failed(OURS, Failure("provider_error", "no"), named=ID)
    ]


def test_cancel_may_be_refused_with_a_400() -> None:
    assert ACME.read_cancellation(answer({"status": "ASKED"}, 202)) is CancelAnswer.TAKEN
    assert ACME.read_cancellation(answer({"status": "OVER"}, 400)) is CancelAnswer.REFUSED


def test_403_that_is_not_the_keys_says_nothing_of_the_task() -> None:
    with pytest.raises(UnreadableAnswer) as nothing:
        ACME.read_look_up([ID], answer({}, 403))
    assert not isinstance(nothing.value, KeyRefused)
    assert ACME.read_cancellation(answer({"status": "over"}, 403)) is CancelAnswer.UNCLEAR


def test_codes_need_no_family_and_may_be_words() -> None:
    for status in (200, 422, 500):
        found = ACME.read_submission([OURS], answer({"error_code": "gone"}, status))[OURS]
        assert found == Refused(Failure("model_unavailable", "it is gone", "gone"))
    assert ACME.read_submission([OURS], answer({}, 422))[OURS] == Refused(Failure("invalid_request", "no"))


def verdict(body: object, status: int) -> Verdict:
    return ACME.read_submission([OURS], answer(body, status))[OURS]


TRACES = [{"request_id": ID}, {"id": ID}, {"request_id": "req_01J9Z"}, {"request_id": 7, "id": ID}]
"""Ids of the call that errors may bear: some look like a task's, some do not."""


@pytest.mark.parametrize("trace", TRACES)
def test_documented_4xx_refusal_stays_one_whatever_id_it_bears(trace: dict[str, object]) -> None:
    bare = verdict({"message": "no such field", **trace}, 422)
    assert bare == Refused(Failure("invalid_request", "no such field"))
    assert verdict(trace, 422) == Refused(Failure("invalid_request", "no"))
    assert verdict(trace, 401) == Refused(Failure(NO_AUTH, "no such key"), alarm=True)
    for status in (400, 404, 409, 422):
        known = verdict({"error_code": "gone", **trace}, status)
        assert known == Refused(Failure("model_unavailable", "it is gone", "gone"))


def test_what_may_have_a_name_at_the_provider_is_not_sent_again() -> None:
    assert verdict({"id": "req_01J9Z"}, 429) == RefusedForNow(Failure("rate_limited", "later"), None, None)
    assert isinstance(verdict({"id": ID}, 429), Unknown)


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("error", [{}, {"error_code": "odd"}, {"error": "no"}])
def test_4xx_that_nobody_documents_proves_nothing_with_an_id_either(
    trace: dict[str, object], error: dict[str, object]
) -> None:
    for status in (404, 408, 409):
        assert isinstance(verdict({**error, **trace}, status), Unknown)


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("status", [302, 500, 503])
def test_known_code_beside_an_id_proves_nothing_after_other_statuses(
    trace: dict[str, object], status: int
) -> None:
    assert isinstance(verdict({"error_code": "gone"}, status), Refused)
    assert isinstance(verdict({"error_code": "gone", **trace}, status), Unknown)


def test_2xx_with_an_id_is_an_acceptance_even_beside_a_known_code() -> None:
    assert verdict({"error_code": "gone", "request_id": ID}, 200) == Accepted(ID)
    assert isinstance(verdict({"error_code": "gone", "request_id": "req_01J9Z"}, 200), Unknown)
