"""The stack's file, the template's parameters, the fingerprint of a build and what is said about a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox import stack_file
from tests.sandbox.deployment import fingerprint
from tests.sandbox.journey import InvalidJobError, chosen_job, summary, timeline_rows
from tests.sandbox.local_cloud import LocalCloud
from tests.sandbox.provider_apis import (
    MissingPublicUrlError,
    RealProvider,
    Simulator,
    api_keys,
    real_provider,
    template_parameters,
)
from tests.sandbox.stack_file import Stack

SIMULATOR = Simulator(
    "http://127.0.0.1:9/v1", "key", "http://127.0.0.1:9/_control", "http://127.0.0.1:9/media"
)
STACK = Stack(LocalCloud("http://127.0.0.1:1"), "api-key", {"ApiUrl": "http://api"}, {"runware": SIMULATOR})
API_PATH = "/api/{api}/live"


def test_stack_file_gives_back_the_stack_to_its_owner_alone(tmp_path: Path) -> None:
    stack_file.write(STACK, tmp_path / "stack.json")
    assert stack_file.read(tmp_path / "stack.json") == STACK
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_simulated_stack_calls_the_simulator_and_trusts_its_media_host() -> None:
    parameters = template_parameters(STACK.simulators, "http://127.0.0.1:1", API_PATH)
    assert parameters["RunwareApiUrl"] == SIMULATOR.base_url
    assert parameters["ExtraMediaOrigins"] == "http://127.0.0.1:9"
    assert parameters["PublicBaseUrl"] == "http://127.0.0.1:1/api/{api}/live"
    assert api_keys(STACK.simulators) == {"runware": "key"}


def test_real_provider_is_called_at_its_own_address_and_calls_the_tunnel() -> None:
    real = real_provider({"RUNWARE_API_KEY": "secret", "FRAMEHOOK_PUBLIC_URL": "https://tunnel.test/"})
    assert real == RealProvider("secret", "https://tunnel.test")
    parameters = template_parameters(real, "http://127.0.0.1:1", API_PATH)
    assert "RunwareApiUrl" not in parameters
    assert parameters["PublicBaseUrl"] == "https://tunnel.test/api/{api}/live"
    assert parameters["UploadEndpointUrl"] == "https://tunnel.test"
    assert "secret" not in parameters.values()


def test_tunnel_leads_to_the_port_of_ones_choice() -> None:
    given = {"RUNWARE_API_KEY": "secret", "FRAMEHOOK_PUBLIC_URL": "https://tunnel.test"}
    assert real_provider(given | {"FRAMEHOOK_PORT": "9000"}) == RealProvider(
        "secret", "https://tunnel.test", 9000
    )


def test_job_is_the_one_that_the_environment_asks_for() -> None:
    assert chosen_job({"FRAMEHOOK_JOB": '{"model": "m"}'}) == {"model": "m"}
    assert chosen_job({}) is None
    for wrong in ("{model: m}", '["m"]'):
        with pytest.raises(InvalidJobError, match="FRAMEHOOK_JOB"):
            chosen_job({"FRAMEHOOK_JOB": wrong})


def test_real_provider_without_a_public_url_is_refused() -> None:
    with pytest.raises(MissingPublicUrlError, match="FRAMEHOOK_PUBLIC_URL"):
        real_provider({"RUNWARE_API_KEY": "secret"})
    assert real_provider({}) is None


def test_fingerprint_changes_with_contents_and_names_but_not_with_caches(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f/app.py").write_text("1")
    first = fingerprint([tmp_path / "f"], tmp_path)
    (tmp_path / "f/__pycache__").mkdir()
    (tmp_path / "f/__pycache__/app.pyc").write_text("x")
    assert fingerprint([tmp_path / "f"], tmp_path) == first
    (tmp_path / "f/app.py").rename(tmp_path / "f/other.py")
    assert fingerprint([tmp_path / "f"], tmp_path) != first


def test_timeline_counts_from_its_first_entry() -> None:
    rows = timeline_rows(
        [
            {"status": "queued", "at": "2026-01-01T00:00:00Z"},
            {"status": "running", "at": "2026-01-01T00:00:01.500Z", "reason": "accepted"},
        ]
    )
    assert rows == [("  0.00 s", "queued", ""), ("  1.50 s", "running", "accepted")]
    assert timeline_rows([]) == []


def test_summary_tells_money_and_places() -> None:
    job = {
        "cost": {"quoted": "0.40", "actual": "0.41", "currency": "USD"},
        "outputs": [{"bucket": "media", "key": "outputs/a/b/0.mp4", "bytes": 12345}],
    }
    assert summary(job) == [
        "cost        quoted 0.40, charged 0.41 USD",
        "stored      s3://media/outputs/a/b/0.mp4 (12,345 bytes)",
    ]
