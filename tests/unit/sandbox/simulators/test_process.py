"""The process as a whole: its ready line, real sockets, cut connections, and a clean end."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.simulators.runcomfy.sora import TEXT
from tests.unit.sandbox.simulators.process import simulators
from tests.unit.sandbox.simulators.runninghub.hub import SORA, text_to_video
from tests.unit.sandbox.simulators.simulation import sora


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    ready_file = tmp_path_factory.mktemp("simulators") / "ready.json"
    with simulators("--ready-file", str(ready_file)) as started:
        assert json.loads(ready_file.read_text()) == started
        yield started


@pytest.fixture
def started(everything: dict[str, Any]) -> dict[str, Any]:
    runware: dict[str, Any] = everything["runware"]
    return runware


@pytest.fixture
def client(started: dict[str, Any]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {started['api_key']}"}
    with httpx.Client(headers=headers, timeout=10, trust_env=False) as client:
        yield client
        client.post(f"{started['control_url']}/reset")


def test_ready_line_names_every_address(started: dict[str, Any], everything: dict[str, Any]) -> None:
    keys = {"base_url", "api_key", "control_url", "media_url"}
    assert set(started) == keys
    assert set(everything["runninghub"]) == keys | {"cn_base_url", "cn_api_key"}
    assert set(everything["runcomfy"]) == keys
    assert everything["runcomfy"]["base_url"].endswith("/runcomfy")
    assert started["base_url"].endswith("/v1")
    assert started["control_url"].endswith("/_control/runware")


def test_sync_image_is_a_real_file_on_the_media_host(started: dict[str, Any], client: httpx.Client) -> None:
    task = {
        "taskType": "imageInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "runware:400@2",
        "positivePrompt": "a fox",
        "width": 64,
        "height": 64,
        "outputFormat": "PNG",
    }
    item = client.post(started["base_url"], json=[task]).json()["data"][0]
    assert item["imageURL"].startswith(started["media_url"])
    assert client.get(item["imageURL"]).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("options", [{"mode": "cut"}, {"mode": "hold", "hold_seconds": 0.2}])
def test_cut_connection_leaves_an_accepted_job(
    started: dict[str, Any], client: httpx.Client, options: dict[str, Any]
) -> None:
    rule = {"fault": "accept_then_timeout", "options": options, "times": 1}
    client.post(f"{started['control_url']}/faults", json=rule).raise_for_status()
    task = sora(webhookURL=None, uploadEndpoint=None)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.post(started["base_url"], json=[task])
    again = client.post(started["base_url"], json=[task])
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "conflictTaskUUID")


@pytest.mark.parametrize(
    ("fault", "options", "paid"),
    [
        ("accept_then_timeout", {"mode": "cut"}, 1),
        ("accept_then_timeout", {"mode": "hold", "hold_seconds": 0.2}, 1),
        ("submit_dropped", {}, 0),
    ],
)
def test_cut_connection_may_leave_a_paid_job_at_runcomfy(
    everything: dict[str, Any], fault: str, options: dict[str, Any], paid: int
) -> None:
    comfy = everything["runcomfy"]
    headers = {"Authorization": f"Bearer {comfy['api_key']}"}
    with httpx.Client(headers=headers, timeout=10, trust_env=False) as client:
        client.post(f"{comfy['control_url']}/faults", json={"fault": fault, "options": options})
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.post(f"{comfy['base_url']}/v1/models/{TEXT}", json={"prompt": "a fox"})
        assert len(client.get(comfy["control_url"]).json()["billed"]) == paid
        client.post(f"{comfy['control_url']}/reset")


@pytest.mark.parametrize("options", [{"mode": "cut"}, {"mode": "hold", "hold_seconds": 0.2}])
def test_cut_connection_leaves_a_paid_task_at_runninghub(
    everything: dict[str, Any], options: dict[str, Any]
) -> None:
    hub = everything["runninghub"]
    headers = {"Authorization": f"Bearer {hub['api_key']}"}
    rule = {"fault": "accept_then_timeout", "options": options, "times": 1}
    with httpx.Client(headers=headers, timeout=10, trust_env=False) as client:
        client.post(f"{hub['control_url']}/faults", json=rule).raise_for_status()
        submission = f"{hub['base_url']}/openapi/v2/{SORA}"
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.post(submission, json=text_to_video(webhookUrl=None))
        client.post(submission, json=text_to_video(webhookUrl=None)).raise_for_status()
        assert len(client.get(hub["control_url"]).json()["accepted"]) == 2
        client.post(f"{hub['control_url']}/reset")


def test_truncated_download_breaks_off(started: dict[str, Any], client: httpx.Client) -> None:
    rule = {"fault": "media_truncated", "options": {"cut": True}}
    client.post(f"{started['control_url']}/faults", json=rule).raise_for_status()
    task = {
        "taskType": "audioInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "runware:ace-step@v1.5-base",
        "positivePrompt": "a fox",
        "deliveryMethod": "sync",
    }
    item = client.post(started["base_url"], json=[task]).json()["data"][0]
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get(item["audioURL"])
