"""The deployed HTTP API held against the description that it serves: right and wrong calls of every operation, made
from the description by Schemathesis, and bodies that no description can ask for."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.user import User, unique_prompt, video
from tests.sandbox.stack_file import Stack

EXAMPLES = 18  # of each operation and kind: some 300 calls
DESCRIPTION = Path(__file__).parents[2] / "functions" / "serve_api" / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
INTERNALS = (
    "Traceback",
    'File "',
    "framehook.",
    "Exception",
    "errorType",
    "stackTrace",
    "/opt/",
    "/var/task",
)
PLAIN = json.dumps(video("a fox"))
LONG_NAME = "n" * 2_000_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "NaN": PLAIN.replace("4", "NaN").encode(),
    "no JSON": b"model=sora-2-pro",
    "no UTF-8": b"\xff\xfe\x00",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "deep": b"[" * 100_000,
    "half a surrogate pair": PLAIN.replace("a fox", "\\ud800").encode(),
    "5,000 digits": PLAIN.replace("4", "9" * 5000).encode(),
    "300 KB of prompt": json.dumps(video("x" * 300_000)).encode(),
    "a name of 2 MB": json.dumps({LONG_NAME: 1}).encode(),
    "fifty long names": json.dumps({f"{number}" * 20_000: 1 for number in range(60)}).encode(),
    "the last of two fields": PLAIN[:-1].encode() + b', "model": 7}',
}


def description() -> dict[str, Any]:
    """Without what it says of keys: every call here has one, what happens without is no concern of this API's own."""
    document: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return {name: part for name, part in document.items() if name != "security"}


OPERATIONS = {
    found.label: found
    for found in map(
        operator.methodcaller("ok"), schemathesis.openapi.from_dict(description()).get_all_operations()
    )
}


# What takes nothing can be asked for in no wrong way.
CALLS = [
    (label, mode)
    for label in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or label not in ("GET /v1/providers", "GET /v1/openapi.json")
]


@pytest.fixture(scope="module")
def finished(stack: Stack) -> Iterator[str]:
    """The id of a job that has everything a job can have."""
    with closing(User(stack)) as user:
        job_id = str(user.submit(video(unique_prompt()))["id"])
        assert user.wait_and_sweep(job_id)["status"] == "succeeded"
        yield job_id


def test_description_is_the_one_that_is_served(user: User) -> None:
    assert user.call("GET", "/v1/openapi.json").json() == json.loads(DESCRIPTION.read_text())
    assert len(OPERATIONS) == 9


@pytest.mark.parametrize(("label", "mode"), CALLS, ids=str)
def test_any_call_is_answered_as_described(
    stack: Stack, finished: str, label: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[label]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def check(case: schemathesis.Case[Any], known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE and "job_id" in case.path_parameters:
            case.path_parameters.update({"job_id": finished, "index": 0})
        answer = case.call(
            base_url=stack.api_url, headers={"x-api-key": stack.api_key}, allow_redirects=False
        )
        case.validate_response(answer, checks=CHECKS)
        assert not [word for word in INTERNALS if word in answer.text]

    check()


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/{job_id}/resolve", "/v1/jobs/{job_id}/cancel"])
def test_body_of_no_description_is_refused_without_a_job(user: User, finished: str, path: str) -> None:
    before = user.call("GET", "/v1/jobs").json()
    for name, body in BODIES.items():
        answer = httpx.post(
            user.stack.api_url + path.format(job_id=finished),
            content=body,
            headers={"x-api-key": user.stack.api_key, "Content-Type": "application/json"},
            timeout=30,
        )
        is_cancel = path.endswith("cancel") and not body
        assert answer.status_code == (409 if is_cancel else 400), name
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]
        assert len(answer.content) < 256 * 1024, name
        assert not [word for word in INTERNALS if word in answer.text]
    assert user.call("GET", "/v1/jobs").json() == before
