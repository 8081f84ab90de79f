"""The stack's file, the template's parameters, the fingerprint of a build and what is said about a job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from framehook import accounts
from framehook.offerings import plan
from tests.sandbox import cli, stack_file
from tests.sandbox.deployment import fingerprint
from tests.sandbox.journey import (
    REAL_JOBS,
    SIMULATED_JOBS,
    InvalidJobError,
    chosen_job,
    summary,
    timeline_rows,
    usual_job,
)
from tests.sandbox.local_cloud import LocalCloud
from tests.sandbox.provider_apis import (
    ACCOUNTS,
    IN_TEMPLATE,
    KEY_PARAMETERS,
    KEY_VARIABLES,
    PROVIDERS,
    SERVICES,
    SIMULATED_TIMES,
    InvalidEnvironmentError,
    RealProviders,
    Simulator,
    api_keys,
    providers,
    real_providers,
    template_parameters,
    url_parameters,
)
from tests.sandbox.stack_file import Stack
from tests.template_model import as_written

SIMULATOR = Simulator(
    "http://127.0.0.1:9/v1", "key", "http://127.0.0.1:9/_control", "http://127.0.0.1:9/media"
)
TWO_SITES = Simulator(
    "http://127.0.0.1:9/ai",
    "key-ai",
    "http://127.0.0.1:9/_control/runninghub",
    "http://127.0.0.1:9/media",
    "http://127.0.0.1:9/cn",
    "key-cn",
)
TWO_APIS = Simulator(
    "http://127.0.0.1:9/runcomfy",
    "key-comfy",
    "http://127.0.0.1:9/_control/runcomfy",
    "http://127.0.0.1:9/media",
)
SIMULATORS = {"runware": SIMULATOR, "runninghub": TWO_SITES, "runcomfy": TWO_APIS}
STACK = Stack(LocalCloud("http://127.0.0.1:1"), "api-key", {"ApiUrl": "http://api"}, PROVIDERS, SIMULATORS)
API_PATH = "/api/{api}/live"
TUNNEL = {"FRAMEHOOK_PUBLIC_URL": "https://tunnel.test"}


def test_stack_file_gives_back_the_stack_to_its_owner_alone(tmp_path: Path) -> None:
    stack_file.write(STACK, tmp_path / "stack.json")
    assert stack_file.read(tmp_path / "stack.json") == STACK
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_simulated_stack_calls_the_simulator_and_trusts_its_media_host() -> None:
    parameters = template_parameters(STACK.simulators, "http://127.0.0.1:1", API_PATH)
    assert parameters["RunwareApiUrl"] == SIMULATOR.base_url
    assert parameters["ExtraMediaOrigins"] == "http://127.0.0.1:9"
    assert parameters["RunningHubAiApiUrl"] == "http://127.0.0.1:9/ai"
    assert parameters["RunningHubCnApiUrl"] == "http://127.0.0.1:9/cn"
    assert parameters["RunComfyApiUrl"] == "http://127.0.0.1:9/runcomfy"
    assert parameters["RunComfyServerlessApiUrl"] == "http://127.0.0.1:9/runcomfy"
    assert parameters["PublicBaseUrl"] == "http://127.0.0.1:1/api/{api}/live"


def test_simulated_stack_has_the_keys_of_all_accounts() -> None:
    keys = api_keys(STACK.simulators)
    assert keys == {
        "runware": "key",
        "runninghub-ai": "key-ai",
        "runninghub-cn": "key-cn",
        "runcomfy": "key-comfy",
    }
    assert keys.keys() == KEY_PARAMETERS.keys() == IN_TEMPLATE.keys()
    assert providers(STACK.simulators) == PROVIDERS


def test_accounts_are_those_that_jobs_can_be_sent_on() -> None:
    """`KEY_PARAMETERS` are the template's own defaults, which a user relies on."""
    known = {(account.provider, account.id) for account in accounts.ALL}
    assert {(name, account) for name, ids in ACCOUNTS.items() for account in ids} == known
    told = as_written().document["Parameters"]
    for account, name in KEY_PARAMETERS.items():
        assert told[f"{IN_TEMPLATE[account]}ApiKeyParameter"]["Default"] == name


def test_every_address_of_an_account_is_a_parameter_and_there_are_no_others() -> None:
    names = [name for account in accounts.ALL for name in url_parameters(account.id)]
    assert set(names) == {name for name in as_written().document["Parameters"] if name.endswith("ApiUrl")}
    for account in accounts.ALL:
        assert tuple(name.lower() for name in SERVICES.get(account.id, ("",))) == account.services


def test_times_are_parameters_of_the_template() -> None:
    assert SIMULATED_TIMES.keys() <= as_written().document["Parameters"].keys()


def test_simulators_are_read_with_and_without_a_second_site() -> None:
    described = json.loads(json.dumps(stack_file.to_json(STACK)["simulators"]))
    assert {name: Simulator.from_json(one) for name, one in described.items()} == SIMULATORS
    without = {
        name: described["runware"][name] for name in ("base_url", "api_key", "control_url", "media_url")
    }
    assert Simulator.from_json(without) == SIMULATOR


def test_real_provider_is_called_at_its_own_address_and_calls_the_tunnel() -> None:
    real = real_providers({"RUNWARE_API_KEY": "secret", "FRAMEHOOK_PUBLIC_URL": "https://tunnel.test/"})
    assert real == RealProviders({"runware": "secret"}, "https://tunnel.test")
    parameters = template_parameters(real, "http://127.0.0.1:1", API_PATH)
    assert not {name for account in IN_TEMPLATE for name in url_parameters(account)} & parameters.keys()
    assert parameters["PublicBaseUrl"] == "https://tunnel.test/api/{api}/live"
    assert parameters["UploadEndpointUrl"] == "https://tunnel.test"
    assert "secret" not in parameters.values()
    assert "secret" not in repr(real)
    assert (providers(real), api_keys(real)) == (("runware",), {"runware": "secret"})


@pytest.mark.parametrize(
    ("site", "account"), [(None, "runninghub-ai"), ("ai", "runninghub-ai"), ("cn", "runninghub-cn")]
)
def test_key_of_runninghub_belongs_to_the_site_that_is_named(site: str | None, account: str) -> None:
    real = real_providers(
        TUNNEL | {"RUNNINGHUB_API_KEY": "secret"} | ({"RUNNINGHUB_SITE": site} if site else {})
    )
    assert real
    assert (api_keys(real), providers(real)) == ({account: "secret"}, ("runninghub",))


def test_keys_of_several_providers_are_used_side_by_side() -> None:
    real = real_providers(TUNNEL | dict.fromkeys(KEY_VARIABLES.values(), "secret"))
    assert real
    assert providers(real) == PROVIDERS


def test_site_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidEnvironmentError, match=r"RUNNINGHUB_SITE is 'com'; allowed are ai, cn"):
        real_providers(TUNNEL | {"RUNNINGHUB_API_KEY": "secret", "RUNNINGHUB_SITE": "com"})


def test_tunnel_leads_to_the_port_of_ones_choice() -> None:
    real = real_providers(TUNNEL | {"RUNWARE_API_KEY": "secret", "FRAMEHOOK_PORT": "9000"})
    assert real == RealProviders({"runware": "secret"}, "https://tunnel.test", 9000)


def test_job_is_the_one_that_the_environment_asks_for() -> None:
    assert chosen_job({"FRAMEHOOK_JOB": '{"model": "m"}'}) == {"model": "m"}
    assert chosen_job({}) is None
    for wrong in ("{model: m}", '["m"]'):
        with pytest.raises(InvalidJobError, match="FRAMEHOOK_JOB"):
            chosen_job({"FRAMEHOOK_JOB": wrong})


@pytest.mark.parametrize("simulated", [True, False])
def test_usual_job_is_the_first_providers_unless_another_is_named(*, simulated: bool) -> None:
    jobs = SIMULATED_JOBS if simulated else REAL_JOBS
    assert jobs.keys() == set(PROVIDERS)
    assert usual_job(PROVIDERS, simulated=simulated) == jobs["runware"]
    for name in PROVIDERS:
        assert usual_job(PROVIDERS, simulated=simulated, provider=name) == jobs[name]
        assert usual_job((name,), simulated=simulated) == jobs[name]


@pytest.mark.parametrize("name", PROVIDERS)
def test_usual_jobs_are_run_by_their_provider(name: str) -> None:
    for job in (SIMULATED_JOBS[name], REAL_JOBS[name]):
        assert plan(job["model"], job["input"], job.get("provider")).provider == name


def test_usual_job_of_a_provider_without_a_key_is_refused() -> None:
    with pytest.raises(InvalidJobError, match="RUNNINGHUB_API_KEY is not set"):
        usual_job(("runware",), simulated=False, provider="runninghub")


def test_demo_of_an_unknown_provider_is_refused_with_those_that_there_are() -> None:
    refused = CliRunner().invoke(cli.app, ["demo", "--provider", "elsewhere"])
    assert refused.exit_code == 2
    for name in PROVIDERS:
        assert f"'{name}'" in refused.output


@pytest.mark.parametrize("variable", KEY_VARIABLES.values())
def test_real_provider_without_a_public_url_is_refused(variable: str) -> None:
    with pytest.raises(InvalidEnvironmentError, match=f"^{variable} is set.*FRAMEHOOK_PUBLIC_URL"):
        real_providers({variable: "secret"})
    assert real_providers({}) is None


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
