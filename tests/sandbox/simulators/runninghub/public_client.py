"""Runs RunningHub's own public client code, unchanged, against a simulator of its own, and says what came of it.

Needs a checkout of https://github.com/HM-RunningHub/ComfyUI_RH_OpenAPI (tried with a05daf0): the client of its
developer kit, and `core`, the part of its nodes that talks to the API, if `requests` can be imported.
"""

import argparse
import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.sandbox.simulators.client_trial import loaded, simulator, told

POLLING_SECONDS = 0.2
TEXT_TO_VIDEO = "rhart-video-s-official/text-to-video-pro"
IMAGE_TO_VIDEO = "rhart-video-s-official/image-to-video-pro"
PICTURE = b"\x89PNG\r\n\x1a\nsimulated"
FRAME = {"prompt": "wind", "resolution": "720p", "duration": "4"}
CLIP = {"prompt": "a fox", "size": "720x1280", "duration": "4"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, required=True, help="where the client's repository lies")
    checkout = parser.parse_args().checkout
    with simulator("runninghub") as access:
        # The whole registry is submitted in one go.
        httpx.patch(access["control_url"], json={"defaults": {"concurrent_limit": 1000}})
        base_url, key = f"{access['base_url']}/openapi/v2", access["api_key"]
        cases = _kit_cases(checkout, base_url, key)
        if importlib.util.find_spec("requests"):
            cases |= _core_cases(checkout, base_url, key)
        else:
            print("core: left out, because `requests` is not installed")
        for name, case in cases.items():
            print(f"{name}: {case()}")


def _kit_cases(checkout: Path, base_url: str, key: str) -> dict[str, Callable[[], Any]]:
    kit = checkout / "developer-kit"
    client_module = loaded(kit / "examples/python", "client")
    client = client_module.RunningHubClient(
        api_key=key, base_url=base_url, polling_interval=POLLING_SECONDS, max_retries=1
    )
    stranger = client_module.RunningHubClient(api_key="wrong", base_url=base_url, max_retries=1)

    def with_upload() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "frame.png"
            picture.write_bytes(PICTURE)
            return client.run(IMAGE_TO_VIDEO, FRAME, {"imageUrl": picture}).raw_response

    def whole_registry() -> str:
        refused = {}
        models = client_module.load_registry(kit / "model-registry.public.json")["models"]
        for model in models:
            answer = told(partial(client.submit, model["endpoint"], _example(model)))
            if not str(answer).isdecimal():
                refused[model["endpoint"]] = answer
        return f"{len(models) - len(refused)} of {len(models)} accepted; refused: {refused}"

    return {
        "kit, text to video": lambda: client.run(TEXT_TO_VIDEO, CLIP).outputs,
        "kit, upload and image to video": with_upload,
        "kit, text": lambda: client.run("rhart-text-g-25-flash/text-to-text", {"prompt": "hi"}).outputs,
        "kit, refused content": lambda: told(
            lambda: client.run(TEXT_TO_VIDEO, CLIP | {"prompt": "[[1501]]"}).outputs
        ),
        "kit, wrong parameter": lambda: told(lambda: client.submit(TEXT_TO_VIDEO, CLIP | {"duration": 4})),
        "kit, wrong key": lambda: told(lambda: stranger.submit(TEXT_TO_VIDEO, CLIP)),
        "kit, every model of its registry with the registry's defaults": whole_registry,
    }


def _core_cases(checkout: Path, base_url: str, key: str) -> dict[str, Callable[[], Any]]:
    sys.path.insert(0, str(checkout))
    task, upload = importlib.import_module("core.task"), importlib.import_module("core.upload")

    def run(endpoint: str, body: Mapping[str, Any]) -> Any:
        task_id = task.submit(endpoint, dict(body), key, base_url, max_retries=1)
        return task.poll(task_id, key, base_url, POLLING_SECONDS)[0]

    def with_upload() -> Any:
        url = upload.upload_file(PICTURE, "frame.png", "image/png", key, base_url)
        return run(IMAGE_TO_VIDEO, {**FRAME, "imageUrl": url})

    return {
        "core, text to video": lambda: run(TEXT_TO_VIDEO, CLIP),
        "core, upload and image to video": with_upload,
        "core, refused people": lambda: told(lambda: run(TEXT_TO_VIDEO, CLIP | {"prompt": "[[1505]]"})),
        "core, success without results": lambda: told(
            lambda: run(TEXT_TO_VIDEO, CLIP | {"prompt": "[[no-results]]"})
        ),
    }


def _example(model: Mapping[str, Any]) -> dict[str, Any]:
    """The registry's default for every required parameter, or the plainest value of its type."""
    return {one["fieldKey"]: _value(one) for one in model["params"] if one["required"]}


def _value(parameter: Mapping[str, Any]) -> Any:
    match parameter["type"]:
        case "LIST":
            value: Any = parameter["options"][0]["value"]
        case "IMAGE" | "VIDEO" | "AUDIO":
            value = "https://example.com/input"
        case "STRING":
            value = str(parameter.get("defaultValue") or "a fox")[: parameter.get("maxLength", 100)]
        case "BOOLEAN":
            value = bool(parameter.get("defaultValue"))
        case _:
            default = parameter.get("defaultValue")
            value = default if isinstance(default, int | float) else parameter.get("min", 1)
    return [value] if parameter.get("multipleInputs") else value


if __name__ == "__main__":
    main()
