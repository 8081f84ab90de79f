"""One job from the request to the file on disk, as a user's program would do it, told while it happens.

Uses the public contract only: the API, the events, the bucket.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.sandbox.completion_events import Subscription, subscription
from tests.sandbox.provider_apis import KEY_VARIABLES
from tests.sandbox.stack_file import Stack

JOB_VARIABLE = "FRAMEHOOK_JOB"
SIMULATED_JOB: Mapping[str, Any] = {
    "model": "sora-2-pro",
    "input": {
        "prompt": "Monsoon dusk in a mangrove forest: the camera glides low between the roots, rain rings spread on"
        " black water, and with every drop plankton flares blue-green while fireflies rise into the mist",
        "seconds": 8,
        "size": "1792x1024",
    },
}
SIMULATED_JOBS: Mapping[str, Mapping[str, Any]] = {
    "runware": SIMULATED_JOB,
    "runninghub": {**SIMULATED_JOB, "provider": "runninghub"},
    "runcomfy": {**SIMULATED_JOB, "provider": "runcomfy"},
}
# A small image each: a fraction of a cent at Runware, one or two cents at RunningHub, a few cents at RunComfy.
REAL_PROMPT = "monsoon dusk in a mangrove forest, fireflies over black water"
REAL_JOBS: Mapping[str, Mapping[str, Any]] = {
    "runware": {
        "model": "runware/runware:400@2",
        "input": {"positivePrompt": REAL_PROMPT, "width": 512, "height": 512},
    },
    "runninghub": {
        "model": "runninghub/rhart-image-g-2/text-to-image",
        "input": {"prompt": REAL_PROMPT},
    },
    "runcomfy": {
        "model": "runcomfy/blackforestlabs/flux-1-schnell/text-to-image",
        "input": {"prompt": REAL_PROMPT},
    },
}
TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
SIMULATED_PATIENCE_SECONDS = 120.0
# A lost webhook is made up for by a look-up after the model's run time, a lost upload by a fetch three minutes later.
REAL_PATIENCE_SECONDS = 1800.0


class JourneyFailedError(Exception):
    """The job was refused, or ended in another way than with a file."""


class InvalidJobError(Exception):
    """The environment's job is not a JSON object, or nobody could run the job that was asked for."""


def chosen_job(environment: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The job that the environment asks for, if it does."""
    text = environment.get(JOB_VARIABLE)
    if not text:
        return None
    try:
        job = json.loads(text)
    except ValueError as error:
        raise InvalidJobError(f"{JOB_VARIABLE} is not JSON: {error}") from error
    if not isinstance(job, dict):
        raise InvalidJobError(f"{JOB_VARIABLE} is not a JSON object, as in {json.dumps(SIMULATED_JOB)}")
    return job


def usual_job(providers: Sequence[str], *, simulated: bool, provider: str | None = None) -> Mapping[str, Any]:
    """What a stack with keys of these providers is shown with: something impressive where it costs nothing, else
    something cheap. On the first of them unless another is named."""
    name = provider or providers[0]
    if name not in providers:
        raise InvalidJobError(
            f"{KEY_VARIABLES[name]} is not set, but another key is, so nothing is simulated"
        )
    return (SIMULATED_JOBS if simulated else REAL_JOBS)[name]


def render_one_job(stack: Stack, folder: Path, console: Console, job: Mapping[str, Any]) -> None:
    """Submit a job, follow its events, save its files under `folder` and print what there is to know."""
    patience = SIMULATED_PATIENCE_SECONDS if stack.simulators else REAL_PATIENCE_SECONDS
    with subscription(stack) as events:
        accepted = submit(stack, job)
        console.print(f"  job [bold]{accepted['id']}[/bold] accepted: {accepted['status']}")
        finished = _follow(events, accepted["id"], patience, console)
    if finished["status"] != "succeeded":
        raise JourneyFailedError(f"the job {finished['status']}: {finished.get('error')}")
    files = list(download(stack, finished, folder))
    console.print(_timeline(finished))
    for line in [*summary(finished), *(f"saved as    {file}" for file in files)]:
        console.print(f"  {escape(line)}", soft_wrap=True)


def submit(stack: Stack, job: Mapping[str, Any]) -> dict[str, Any]:
    """POST the job; the job resource."""
    response = httpx.post(
        f"{stack.api_url}/v1/jobs", json=job, headers={"x-api-key": stack.api_key}, timeout=30
    )
    if not response.is_success:
        raise JourneyFailedError(f"the API answered {response.status_code}: {response.text}")
    accepted: dict[str, Any] = response.json()
    return accepted


def _follow(events: Subscription, job_id: str, patience: float, console: Console) -> Mapping[str, Any]:
    """The job resource once it has ended, telling each change on the way."""
    with console.status("waiting for the job's events"):
        for job in events.changes(job_id, timeout=patience):
            console.print(f"  event: {job['status']}")
            if job["status"] in TERMINAL:
                return job
    raise AssertionError("changes() ends with a TimeoutError")


def download(stack: Stack, job: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Save the job's files from the user's bucket."""
    s3 = stack.aws.session.client("s3", endpoint_url=stack.aws.endpoint_url)
    for output in job["outputs"]:
        file = folder / f"{job['id']}-{output['index']}{Path(output['key']).suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(output["bucket"], output["key"], str(file))
        yield file


def summary(job: Mapping[str, Any]) -> list[str]:
    """The lines on money and files."""
    cost = job["cost"]
    quoted, charged = cost["quoted"] or "an unknown sum", cost["actual"] or "an unknown sum"
    return [
        f"cost        quoted {quoted}, charged {charged} {cost['currency'] or ''}".rstrip(),
        *(f"stored      s3://{o['bucket']}/{o['key']} ({o['bytes']:,} bytes)" for o in job["outputs"]),
    ]


def timeline_rows(entries: list[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(seconds since the first entry, status, reason) for each entry."""
    if not entries:
        return []
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    return [
        (f"{(time - times[0]).total_seconds():6.2f} s", entry["status"], entry.get("reason") or "")
        for time, entry in zip(times, entries, strict=True)
    ]


def _timeline(job: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for row in timeline_rows(job["timeline"]):
        table.add_row(*row)
    return table
