"""Runs RunComfy's own public client code, unchanged, against a simulator of its own, and says what came of it.

Needs a checkout of https://github.com/runcomfy-com/runcomfy-mcp (tried with d625e05): `runcomfy_client`, which its
MCP server calls both APIs with.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.sandbox.simulators.client_trial import loaded, simulator, told
from tests.sandbox.simulators.runcomfy.deployments import deployments
from tests.sandbox.simulators.runcomfy.sora import PRO_TEXT

type Case = Callable[[], Awaitable[Any]]
POLLING_SECONDS = 0.05
CLIP = {"prompt": "a fox", "size": "720x1280", "seconds": 4}
PORTRAIT = {"6": {"inputs": {"text": "a portrait"}}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, required=True, help="where the client's repository lies")
    client_module = loaded(parser.parse_args().checkout, "runcomfy_client")
    with simulator("runcomfy") as access:
        cases = _model_cases(client_module, access) | _serverless_cases(client_module, access)
        for name, case in cases.items():
            print(f"{name}: {told(partial(_run, case), client_module.RunComfyAPIError)}")


def _run(case: Case) -> Any:
    async def run() -> Any:
        return await case()

    return asyncio.run(run())


def _model_cases(client_module: Any, access: Mapping[str, str]) -> dict[str, Case]:
    def client(key: str = access["api_key"]) -> Any:
        # One for each case: a client lives as long as the event loop it was made in.
        return client_module.RunComfyModelAPIClient(key, base_url=access["base_url"])

    async def outcome(model_id: str, body: Mapping[str, Any]) -> Any:
        api = client()
        request_id = (await api.submit_request(model_id, request_body=dict(body)))["request_id"]
        waited = await api.wait_for_completion(request_id, poll_interval_seconds=POLLING_SECONDS)
        result = waited["result_payload"]
        urls = [one["url"] for one in client_module.collect_model_output_urls(result)]
        return waited["status_payload"]["status"], result["status"], result.get("error"), urls

    async def disguised_error() -> Any:
        await _show_once(access, "submit_error", status=200)
        return await client().submit_request(PRO_TEXT, request_body=CLIP)

    return {
        "model, video": lambda: outcome(PRO_TEXT, CLIP),
        "model, several pictures": lambda: outcome(
            "blackforestlabs/flux-1-schnell/text-to-image", {"prompt": "hi"}
        ),
        "model, failed run": lambda: outcome(PRO_TEXT, CLIP | {"prompt": "[[failed]]"}),
        "model, wrong parameter": lambda: outcome(PRO_TEXT, CLIP | {"seconds": "4"}),
        "model, wrong key": lambda: client("wrong").submit_request(PRO_TEXT, request_body=CLIP),
        "model, error in a 200": disguised_error,
    }


def _serverless_cases(client_module: Any, access: Mapping[str, str]) -> dict[str, Case]:
    workflow = deployments()[0].id

    def client() -> Any:
        return client_module.RunComfyServerlessClient(access["api_key"], base_url=access["base_url"])

    async def described() -> Any:
        shown = await client().get_deployment(workflow, include_payload=True)
        nodes = client_module.summarize_deployment_payload(shown["payload"])["workflow_node_summary"]
        return shown["name"], len(nodes)

    async def listed() -> Any:
        return [client_module.compact_deployment(one)["name"] for one in await client().list_deployments()]

    async def outcome(overrides: Mapping[str, Any]) -> Any:
        api = client()
        request_id = (await api.submit_request(workflow, overrides=dict(overrides)))["request_id"]
        waited = await api.wait_for_completion(workflow, request_id, poll_interval_seconds=POLLING_SECONDS)
        result = waited["result_payload"]
        urls = [one["url"] for one in client_module.collect_serverless_output_urls(result)]
        return waited["status_payload"]["status"], result["status"], result.get("error"), urls

    async def cancelled() -> Any:
        api = client()
        await _show_once(access, "queue_time", seconds=1e6)
        request_id = (await api.submit_request(workflow, overrides=PORTRAIT))["request_id"]
        answer = await api.cancel_request(workflow, request_id)
        return answer["outcome"], (await api.get_request_result(workflow, request_id))["status"]

    return {
        "serverless, deployments": listed,
        "serverless, a deployment with its graph": described,
        "serverless, workflow": lambda: outcome(PORTRAIT),
        "serverless, failed run": lambda: outcome({"6": {"inputs": {"text": "[[failed]]"}}}),
        "serverless, unknown node": lambda: outcome({"99": {"inputs": {}}}),
        "serverless, cancelled": cancelled,
    }


async def _show_once(access: Mapping[str, str], fault: str, **options: Any) -> None:
    rule = {"fault": fault, "times": 1, "options": options}
    async with httpx.AsyncClient() as control:
        (await control.post(f"{access['control_url']}/faults", json=rule)).raise_for_status()


if __name__ == "__main__":
    main()
