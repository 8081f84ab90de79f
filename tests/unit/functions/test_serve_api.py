"""serve_api: a REST event in, the resolver's answer out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.serve_api import app
from tests.fakes.stack import OWNER
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import Api, landed_job, parked_job
from tests.unit.providers.test_runninghub_forms import GRAPH, workflow
from tests.unit.test_account_overview import BALANCE, QUEUED


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    monkeypatch.setattr(app, "resolver", lambda _description: api.resolver)
    return api


def call(case: str) -> tuple[int, Any]:
    answer = app.handler(sample_event("serve_api", case), SampleContext())
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("submit_job", 202),
        ("submit_job_with_key", 202),
        ("submit_job_base64", 202),
        ("submit_job_wrong_size", 400),
        ("list_jobs", 200),
        ("show_description", 200),
        ("no_such_resource", 404),
        ("show_job", 404),
        ("resolve_job", 404),
        ("cancel_job", 404),
        ("show_output", 404),
    ],
)
def test_handler_recorded_call_has_its_status(case: str, status: int) -> None:
    assert call(case)[0] == status


def test_handler_submitted_job_is_listed_and_replayed(api: Api) -> None:
    _, job = call("submit_job_with_key")
    assert job["owner"] == OWNER
    assert [listed["id"] for listed in call("list_jobs")[1]["jobs"]] == [job["id"]]
    status, again = call("submit_job_with_key")
    assert (status, again["id"]) == (200, job["id"])
    assert set(api.stack.queue.job_ids) == {job["id"]}


def test_handler_job_is_shown_and_its_output_found(api: Api) -> None:
    landed_job(api.stack)
    assert call("show_job")[1]["id"] == JOB_ID
    assert call("show_output") == (307, None)


def test_handler_parked_job_is_resolved(api: Api) -> None:
    parked_job(api.stack)
    status, job = call("resolve_job")
    assert (status, job["status"]) == (200, "queued")


def test_handler_queued_job_is_cancelled(api: Api) -> None:
    api.stack.accept(job_id=JOB_ID)
    status, job = call("cancel_job")
    assert (status, job["status"]) == (200, "cancelled")


def test_handler_providers_and_models_are_told(api: Api) -> None:
    api.stack.secrets.api_keys = {"runninghub-ai": "hub-key-123"}
    api.stack.runninghub.answers.extend([QUEUED, BALANCE, workflow(GRAPH)])
    status, told = call("list_providers")
    names = [provider["name"] for provider in told["providers"]]
    assert (status, names) == (200, ["runware", "runninghub", "runcomfy"])
    status, model = call("show_model")
    assert (status, model["kind"]) == (200, "workflow")


def test_handler_names_the_description_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Path] = []

    def resolver(description: Path) -> Any:
        given.append(description)
        return Api().resolver

    monkeypatch.setattr(app, "resolver", resolver)
    call("show_description")
    assert [path.name for path in given if path.is_file()] == ["openapi.json"]
