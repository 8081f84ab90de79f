"""Whatever is asked of the HTTP API: an answer below 500 that it describes, and no write for what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framehook.providers.contract import HttpRequest, HttpResponse
from tests.contracts.hostile_answers import STATUSES, bodies
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import KEYS, InMemoryStack
from tests.sample_events import API_KEY, JOB_ID, Event, rest_call
from tests.unit.edges import ASKED, OTHER_KEY, Answer, Api, landed_job, parked_job, sample_job, stored
from tests.unit.fuzz.json_values import DEEP, VALUES, changed, every_change
from tests.unit.fuzz.watched import assert_storable, held

# A stack of calls, a name of Python's or a place in our code.
INTERNALS = ("Traceback", 'File "', "framehook.", "Exception(", "Error(", ".py", "/opt/", "/var/task")
# An answer of a function may have 6 MB: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_REFUSAL = 256 * 1024
FOREIGN = "00000000-0000-4000-8000-000000000001"
NODES = [{"nodeId": "6", "fieldName": "text", "fieldValue": "a fox"}]
BODIES: tuple[dict[str, Any], ...] = (
    {**ASKED, "metadata": {"order": "17"}, "provider": ["runware", "runninghub"]},
    {**ASKED, "provider": "runcomfy"},
    {
        "model": "runware/openai:3@2",
        "input": {"positivePrompt": "a fox", "duration": 4, "width": 1280, "height": 720, "seed": 7},
    },
    {
        "model": "runware/acme:1@1",
        "input": {"taskType": "imageInference", "image": "data:image/png;base64,AAAA"},
    },
    {"model": "runninghub/workflow/1904136902449209346", "input": {"nodeInfoList": NODES}},
    {
        "model": f"runcomfy/deployment/{comfy.DEPLOYMENT}",
        "input": {"overrides": {"6": {"inputs": {"text": "a fox", "seed": 7}}}},
    },
)

# A control character reaches the API percent-encoded only: no line of a request can hold it.
wire = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
ids = st.sampled_from([JOB_ID, JOB_ID.upper(), FOREIGN, "..", "%2e%2e", "*", "1"]) | wire.filter(bool)
places = st.sampled_from(["/v1/jobs", "/v1/providers", "/v1/models", "/v1/openapi.json", "/", "/v1"])
places |= ids.map(lambda each: f"/v1/jobs/{each}")
places |= st.tuples(ids, st.sampled_from(["resolve", "cancel", "outputs", "outputs/0", "outputs/9"])).map(
    lambda each: f"/v1/jobs/{each[0]}/{each[1]}"
)
places |= wire.map(lambda each: f"/{each}")
places = places.map(lambda each: each.rstrip("/") or "/")  # with one, it is the same path to the router
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"])
names = st.sampled_from(["Idempotency-Key", "idempotency-key", "Content-Type", "Accept", "Content-Encoding"])
header_values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=300)
header_values |= st.sampled_from(["", "text/plain", "application/xml", "gzip", "order-17", "x" * 256, "a b"])
headers = st.dictionaries(names | st.just("x-other"), header_values, max_size=3)
keys = st.sampled_from([API_KEY, OTHER_KEY, "", "nobody's"])
cursors = st.sampled_from(["", "AAAA", "=", "W10", "é", "A" * 5000, "bnVsbA"]) | wire
queries = st.dictionaries(
    st.sampled_from(["limit", "status", "cursor", "id", "Limit", "x"]) | wire,
    cursors
    | st.sampled_from(["0", "1", "100", "101", "1e2", "-1", "\u0661", "running", "RUNNING", "sora-2-pro"]),
    max_size=3,
)
resolutions = st.sampled_from([{"action": "resend"}, {"action": "adopt", "provider_task_id": "x"}])
documents = VALUES | st.sampled_from(BODIES).flatmap(changed) | resolutions.flatmap(changed)
sent = st.none() | wire | st.binary(max_size=60) | documents.map(json.dumps)


class Moody:
    """A provider that answers questions with anything at all."""

    def __init__(self) -> None:
        self.answers: list[HttpResponse] = []
        self.asked = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        assert request.body is not None
        self.asked += 1
        return self.answers[self.asked % len(self.answers)]


class Watched:
    """The API over a stack that holds a job of this caller's and one of somebody else's."""

    def __init__(self, *answers: HttpResponse) -> None:
        self.provider = Moody()
        self.provider.answers = list(answers)
        self.stack = InMemoryStack(transports=dict.fromkeys(KEYS, self.provider) if answers else {})
        self.api = Api(self.stack)
        foreign = sample_job(self.stack, id=FOREIGN, owner="eve")
        self.stack.jobs.requests[FOREIGN] = self.stack.jobs.requests[self.stack.accept().id]
        stored(self.stack, foreign)

    def answered(self, event: Event) -> Answer:
        """The answer, looked at from all sides."""
        before = held(self.stack)
        answer = self.api.send(event)
        after = held(self.stack)
        if answer.status >= 400 or event["httpMethod"] == "GET":
            assert after == before, "a call that was refused, or only asked, has written something"
        if answer.status >= 400:
            check_refusal(answer)
        assert_storable(self.stack)
        return answer


def check_refusal(answer: Answer) -> None:
    text = json.dumps(answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == answer.status
    assert answer.code
    assert ("field" in answer.body) == ("errors" in answer.body)
    assert not [word for word in INTERNALS if word in text]
    assert len(text) <= LARGEST_REFUSAL


def watched(state: str) -> Watched:
    made = Watched()
    {"parked": parked_job, "landed": landed_job, "running": sample_job}[state](made.stack)
    return made


@settings(max_examples=500, deadline=None)
@given(
    st.tuples(methods, places, sent, headers, queries),
    keys,
    st.sampled_from(["parked", "landed", "running"]),
    st.none() | st.booleans(),
)
def test_any_call_is_answered_below_500(
    call: tuple[str, str, Any, dict[str, str], dict[str, str]], key: str, state: str, encoded: bool | None
) -> None:
    method, path, body, given_headers, query = call
    assume(path not in ("/v1/models", "/v1/providers"))  # these ask providers
    event = rest_call(method, path, body, headers={**given_headers, "x-api-key": key}, query=query)
    if encoded is not None:
        event["isBase64Encoded"] = encoded
    assert watched(state).answered(event).status < 500


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["/v1/providers", "/v1/models"]),
    queries
    | st.sampled_from(["runninghub/workflow/1", "runninghub/ai-app/1", "runcomfy/a/b"]).map(
        lambda id_: {"id": id_}
    ),
    st.lists(st.tuples(STATUSES, bodies("x")), min_size=1, max_size=3),
)
def test_questions_to_odd_providers_are_the_providers_trouble(
    path: str, query: dict[str, str], answers: list[tuple[int, bytes]]
) -> None:
    api = Watched(*(HttpResponse(status, {}, body) for status, body in answers))
    answer = api.answered(rest_call("GET", path, query=query))
    assert answer.status < 500 or (api.provider.asked and answer.status in (502, 503))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(BODIES).flatmap(lambda body: changed(body, 2)), header_values | st.none())
def test_changed_job_is_a_job_or_refused_with_the_field(body: Any, key: str | None) -> None:
    api = Watched()
    before = set(api.stack.jobs.jobs)
    given_headers = {} if key is None else {"Idempotency-Key": key}
    answer = api.answered(rest_call("POST", "/v1/jobs", json.dumps(body), headers=given_headers))
    new = set(api.stack.jobs.jobs) - before
    assert (answer.status, len(new)) in ((202, 1), (400, 0))
    if answer.status == 400:
        assert (
            answer.code == "unreadable_request" or answer.body["errors"][0]["field"] == answer.body["field"]
        )
    else:
        assert api.stack.queue.job_ids == [answer.body["id"]]


@pytest.mark.parametrize("base", BODIES, ids=lambda body: body["model"].split("/")[0] + str(len(body)))
def test_any_one_value_of_a_job_changed_is_no_defect(base: dict[str, Any]) -> None:
    api = Watched()
    taken = 0
    for body in every_change(base):
        answer = api.answered(rest_call("POST", "/v1/jobs", json.dumps(body)))
        assert answer.status in (202, 400), body
        taken += answer.status == 202
        api.stack.jobs.jobs.clear()
        api.stack.jobs.requests.clear()
    assert taken


@settings(max_examples=150, deadline=None)
@given(resolutions.flatmap(changed) | VALUES, st.sampled_from(["parked", "landed", "running"]))
def test_any_resolution_is_done_or_refused(body: Any, state: str) -> None:
    event = rest_call("POST", f"/v1/jobs/{JOB_ID}/resolve", json.dumps(body))
    answer = watched(state).answered(event)
    assert answer.status in ((200, 400, 409) if state == "parked" else (400, 409))


LONG_NAME = "n" * 3_000_000
PLAIN = json.dumps(ASKED)
RAW: Mapping[str, tuple[str | bytes, int]] = {
    "nothing": ("", 400),
    "deep list": (DEEP, 400),
    "deep object": ('{"model":' * 50_000, 400),
    "deep input": (f'{{"model": "sora-2-pro", "input": {"[" * 900}{"]" * 900}}}', 400),
    "deep field of nobody's": (f'{{"model": "sora-2-pro", "x": {"[" * 900}{"]" * 900}}}', 400),
    "NaN": (PLAIN.replace("8", "NaN"), 400),
    "Infinity": (PLAIN.replace("8", "-Infinity"), 400),
    "beyond a float": (PLAIN.replace("8", "1e999"), 400),
    "beyond 64 bits": (PLAIN.replace("8", "9" * 30), 400),
    "5,000 digits": (PLAIN.replace("8", "9" * 5000), 400),
    "half a surrogate pair in a value": (PLAIN.replace("mangroves", "\\ud800"), 400),
    "half a surrogate pair in a name": (PLAIN.replace('"prompt"', '"\\udfff"'), 400),
    "half a surrogate pair at the top": (PLAIN.replace('"model"', '"\\udfff"'), 400),
    "the last of two fields counts": (PLAIN.replace("{", '{"model": 7, ', 1), 202),
    "the last of two fields is wrong": (PLAIN[:-1] + ', "model": 7}', 400),
    "byte order mark": ("\ufeff" + PLAIN, 400),
    "UTF-16": (PLAIN.encode("utf-16"), 400),
    "no UTF-8": (b"\xff\xfe\x00", 400),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", 400),
    "two objects": (PLAIN + PLAIN, 400),
    "a form": ("model=sora-2-pro&input=x", 400),
    "300 KB of prompt": (json.dumps({**ASKED, "input": {**ASKED["input"], "prompt": "x" * 300_000}}), 400),
    "300 KB in a native field": (
        json.dumps(
            {"model": "runware/acme:1@1", "input": {"taskType": "imageInference", "x": "y" * 300_000}}
        ),
        400,
    ),
    "200 KB in a native field": (
        json.dumps(
            {"model": "runware/acme:1@1", "input": {"taskType": "imageInference", "x": "y" * 200_000}}
        ),
        202,
    ),
    "a long name at the top": (json.dumps({**ASKED, LONG_NAME: 1}), 400),
    "a long name in a long path": (json.dumps({**ASKED, LONG_NAME: {"x": "\ud800"}}), 400),
    "a long name in the input": (json.dumps({**ASKED, "input": {LONG_NAME: 1}}), 400),
    "a long name in the metadata": (json.dumps({**ASKED, "metadata": {LONG_NAME: "x"}}), 400),
    "long names": (json.dumps(dict(ASKED) | {f"{number}" * 20_000: 1 for number in range(60)}), 400),
    "a long provider": (json.dumps({**ASKED, "provider": LONG_NAME}), 400),
    "long providers": (json.dumps({**ASKED, "provider": ["p" * 20_000] * 60}), 400),
    "a long model": (json.dumps({**ASKED, "model": LONG_NAME}), 400),
    "a long media reference": (
        json.dumps({**ASKED, "input": {**ASKED["input"], "image": "https://" + LONG_NAME}}),
        400,
    ),
    "many values": (json.dumps({**ASKED, "input": {"x": [0] * 100_000}}), 400),
    "many names": (json.dumps(dict(ASKED) | {f"x{number}": 1 for number in range(50_000)}), 400),
    "many names in the input": (
        json.dumps({**ASKED, "input": {f"x{number}": 1 for number in range(10_000)}}),
        400,
    ),
    "many metadata": (
        json.dumps({**ASKED, "metadata": {f"x{number}": "y" for number in range(50_000)}}),
        400,
    ),
}


@pytest.mark.parametrize(("body", "status"), RAW.values(), ids=RAW)
def test_raw_body_is_taken_or_refused_in_few_words(body: str | bytes, status: int) -> None:
    assert Watched().answered(rest_call("POST", "/v1/jobs", body)).status == status


@pytest.mark.parametrize("path", ["cancel", "resolve"])
@pytest.mark.parametrize("body", [json.dumps({LONG_NAME: 1}), DEEP, json.dumps([LONG_NAME]), "\ufeff{}"])
def test_odd_body_of_another_call_is_refused_in_few_words(path: str, body: str) -> None:
    api = watched("parked")
    assert api.answered(rest_call("POST", f"/v1/jobs/{JOB_ID}/{path}", body)).status == 400


@pytest.mark.parametrize("name", ["limit", "status", "cursor", "x" * 4000])
@pytest.mark.parametrize("value", ["x" * 8000, "\x00", "%00", "é" * 3000, "\ud800"])
def test_odd_query_is_refused_in_few_words(name: str, value: str) -> None:
    assert Watched().answered(rest_call("GET", "/v1/jobs", query={name: value})).status == 400


@pytest.mark.parametrize("part", ["headers", "multiValueHeaders", "queryStringParameters", "pathParameters"])
def test_call_without_a_part_of_the_event_is_answered(part: str) -> None:
    event = rest_call("GET", "/v1/jobs") | {part: None}
    assert Watched().answered(event).status == 200


@settings(max_examples=100, deadline=None)
@given(
    header_values.filter(
        lambda key: not (key.isascii() and key.isprintable() and " " not in key and 0 < len(key) < 256)
    )
)
def test_unusable_idempotency_key_is_refused(key: str) -> None:
    answer = Watched().answered(rest_call("POST", "/v1/jobs", ASKED, headers={"Idempotency-Key": key}))
    assert (answer.status, answer.body["field"]) == (400, "Idempotency-Key")
