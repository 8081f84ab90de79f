"""Prints how much memory fetch_output takes for a large file: its own handler, from the built artifacts, in an
interpreter that sees nothing else and gets no more than the function has.

The file comes from the simulated RunningHub and goes into the local AWS. Linux says how much a process held at most and
keeps it from more (RLIMIT_DATA: all but mapped files), so this is measured there only.
https://man7.org/linux/man-pages/man5/proc_pid_status.5.html, https://man7.org/linux/man-pages/man2/getrlimit.2.html
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from rich.console import Console

from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.system import SystemClock
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Kind, Output, OutputRecord, OutputState, ResultFile, Status, Task, TaskState
from framehook.providers.runninghub import provider as runninghub
from tests.benchmarks.cold_starts import LAYER, environment, measure
from tests.integration.resources import TABLE_DEFINITION
from tests.sandbox.deployment import BUILD
from tests.sandbox.local_cloud import LocalCloud, forget_aws_settings, start_local_cloud, wait_for_local_cloud
from tests.sandbox.processes import Processes, free_port
from tests.sandbox.provider_apis import Simulator, start_simulators, wait_for_simulators
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace
from tests.template_model import as_written

FUNCTION = "FetchOutputFunction"
GIGABYTE = 1 << 30
MEGABYTE = 1 << 20
TABLE, BUCKET = "jobs", "media"
INCOMING = IncomingKey("6f2a41de-52d8-4d7c-9e1b-6f1d3f5b8a10", 1, 0)
MODEL = "rhart-video-s-official/text-to-video-pro"
INPUT = {"prompt": "a glassblower shapes a molten vase", "size": "720x1280", "duration": "4"}
# Prints the most bytes it held, ready to start and in the end, and the seconds of the handler.
FETCH = """
import json, os, resource, sys, time
sys.path[:0] = sys.argv[1:]
limit = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) << 20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
def peak():
    # Not getrusage: there a new process counts what its parent held.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
import app
app.fetching()
ready, began = peak(), time.perf_counter()
app.handler(json.loads(os.environ["EVENT"]), None)
seconds = time.perf_counter() - began
print(json.dumps([ready, peak(), seconds]))
"""


def print_fetch_memory(console: Console, size: int = GIGABYTE) -> None:
    if sys.platform != "linux":
        console.print("fetch_output's memory is only measured on Linux")
        return
    forget_aws_settings()
    workspace = Workspace.named("bench")
    with workspace.held(), Processes() as processes:
        with Steps(console).step("Starting the local AWS and the provider simulators"):
            cloud, cloud_process = start_local_cloud(processes, workspace, free_port())
            simulators = start_simulators(processes, workspace)
            wait_for_local_cloud(cloud, cloud_process)
            simulator = wait_for_simulators(workspace, simulators)[runninghub.NAME]
        _store(cloud, _result_url(simulator, size))
        megabytes = _memory_megabytes()
        ready, most, seconds = measure(
            FETCH, [BUILD / FUNCTION, LAYER], _variables(cloud, simulator, megabytes)
        )
        parts = _landed_parts(cloud, size)
    console.print(
        f"{FUNCTION}, {size / MEGABYTE:,.0f} MB within {megabytes} MB of memory:"
        f" at most {most / MEGABYTE:.0f} MB held, {ready / MEGABYTE:.0f} MB of it before the first byte;"
        f" {seconds:.1f} s, {size / MEGABYTE / seconds:.0f} MB/s;"
        f" {len(parts)} parts of at most {max(parts) / MEGABYTE:.0f} MB"
    )


def _memory_megabytes() -> int:
    template = as_written()
    shared = template.document["Globals"]["Function"]
    megabytes: int = {**shared, **template.properties(FUNCTION)}["MemorySize"]
    return megabytes


def _variables(cloud: LocalCloud, simulator: Simulator, megabytes: int) -> Mapping[str, str]:
    return {
        **environment(FUNCTION),
        **cloud.environment(),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(megabytes),
        "JOBS_TABLE": TABLE,
        "MEDIA_BUCKET": BUCKET,
        "EXTRA_MEDIA_ORIGINS": simulator.media_origin,
        "EVENT": f'{{"job_id": "{INCOMING.job_id}", "index": {INCOMING.index}}}',
    }


def _result_url(simulator: Simulator, size: int) -> str:
    """Of a video of that size, done as soon as it was asked for."""
    with httpx.Client(trust_env=False) as client:
        changes = {"defaults": {"output_bytes": size, "submit_status": "SUCCESS"}}
        client.patch(simulator.control_url, json=changes).raise_for_status()
        headers = {"Authorization": f"Bearer {simulator.api_key}"}
        done = client.post(f"{simulator.base_url}/openapi/v2/{MODEL}", json=INPUT, headers=headers)
    return str(done.raise_for_status().json()["results"][0]["url"])


def _store(cloud: LocalCloud, url: str) -> None:
    """A job whose one result is to be fetched, in a table and beside a bucket of its own."""
    cloud.session.client("s3", endpoint_url=cloud.endpoint_url).create_bucket(Bucket=BUCKET)
    dynamodb = cloud.session.client("dynamodb", endpoint_url=cloud.endpoint_url)
    dynamodb.create_table(TableName=TABLE, **TABLE_DEFINITION)
    clock = SystemClock()
    jobs = DynamoJobStore(Table(dynamodb, TABLE, clock))
    job = Job(
        id=INCOMING.job_id,
        owner="default",
        model=f"{runninghub.NAME}/{MODEL}",
        provider=runninghub.NAME,
        offering=MODEL,
        kind=Kind.VIDEO,
        status=Status.STORING,
        created_at=clock.now(),
        updated_at=clock.now(),
        tasks=(Task("1", slot=0, state=TaskState.REPORTED),),
        outputs=(Output(INCOMING.index, INCOMING.attempt, OutputState.TO_FETCH),),
    )
    jobs.put_new(job)
    jobs.record_result(job.id, OutputRecord(INCOMING.index, INCOMING.attempt, ResultFile(url)))


def _landed_parts(cloud: LocalCloud, size: int) -> Sequence[int]:
    """How many bytes each part of the stored object has."""
    client = cloud.session.client("s3", endpoint_url=cloud.endpoint_url)
    stored: Any = client.get_object_attributes(
        Bucket=BUCKET, Key=str(INCOMING), ObjectAttributes=["ObjectParts", "ObjectSize"]
    )
    parts = [part["Size"] for part in stored["ObjectParts"]["Parts"]]
    assert stored["ObjectSize"] == sum(parts) == size, stored["ObjectSize"]
    return parts
