"""Runs accepted jobs on the simulated clock: every result finishes on its own, is charged and delivered.

How results leave the house is outbound.py; how they are looked up is lookups.py.
"""

import asyncio
import base64
import zlib
from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.background import Background
from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.input_fetch import fetch_failure
from tests.sandbox.simulators.media_faults import damage_by, lifetime_by
from tests.sandbox.simulators.media_spec import MediaSpec, media_kind
from tests.sandbox.simulators.runware.jobs import Job, JobStore, Result
from tests.sandbox.simulators.runware.model_registry import ModelRegistry
from tests.sandbox.simulators.runware.outbound import Outbound
from tests.sandbox.simulators.runware.pricing import as_json_number, price_per_result
from tests.sandbox.simulators.runware.result_items import (
    TEXT_TASK_TYPES,
    Identity,
    identity_of,
    media_item,
    media_spec,
    prompt_of,
    text_item,
    training_item,
)
from tests.sandbox.simulators.runware.shared import Shared
from tests.sandbox.simulators.runware.task_errors import TaskError

# The earliest of several results takes at least this share of the run time.
SHORTEST_SHARE = 0.6
MEDIA_FOLDERS = {
    "video": "video/ws/2/vi",
    "image": "image/ws/2/ii",
    "audio": "audio/ws/2/ai",
    "3d": "3d/ws/2/mi",
}


def subject_of(task: Mapping[str, Any]) -> FaultSubject:
    """What fault rules see of a task, valid or not."""
    names = {name: str(task.get(name, "")) for name in ("taskUUID", "model", "taskType")}
    return FaultSubject(names["taskUUID"], names["model"], names["taskType"], prompt_of(task))


class JobRunner:
    """Owns the background tasks; `stop` ends them all."""

    def __init__(
        self, shared: Shared, *, registry: ModelRegistry, outbound: Outbound, jobs: JobStore
    ) -> None:
        self._shared = shared
        self._registry = registry
        self._outbound = outbound
        self._jobs = jobs
        self._background = Background()
        self._runs = 0

    def accept(self, task: Mapping[str, Any], *, at_once: bool = False) -> Job:
        """Store the job and start it; `at_once` skips the run time."""
        subject = subject_of(task)
        rule = self._shared.faults.take("run_time", subject)
        seconds = rule.options["seconds"] if rule else self._shared.settings.run_seconds_of(task["taskType"])
        job = Job(
            task=task,
            subject=subject,
            price=price_per_result(task),
            accepted_at=self._shared.clock.wall(),
            started=self._shared.clock.now(),
            run_seconds=0.0 if at_once else seconds,
            results=[Result(index) for index in range(int(task.get("numberResults", 1)))],
        )
        self._runs += 1
        self._jobs.add(job)
        self._background.start(self._run(job, self._runs))
        return job

    async def stop(self) -> None:
        await self._background.stop()
        # Requests that wait for a result or a webhook would be held for ever.
        for job in self._jobs:
            job.done.set()
            job.all_webhooks_over.set()

    async def _run(self, job: Job, run: int) -> None:
        await self._outbound.announce_start(job)
        if self._shared.faults.take("never_finishes", job.subject):
            return
        if self._shared.settings.fetch_inputs:
            job.input_error = await self._input_error(job.task)
        async with asyncio.TaskGroup() as group:
            for result in job.results:
                group.create_task(self._run_result(job, result, run))

    async def _input_error(self, task: Mapping[str, Any]) -> TaskError | None:
        reason = await fetch_failure(self._shared.client, task.get("inputs"))
        if reason is None:
            return None
        message = f"Failed to download an input: {reason}."
        return TaskError("downloadFailed", message, fields={"parameter": "inputs"})

    async def _run_result(self, job: Job, result: Result, run: int) -> None:
        await self._shared.clock.sleep(job.run_seconds * _share(job, result))
        failure = self._failure(job, result)
        if failure is not None:
            result.error, result.error_form = failure.document(job.task), failure.form
        else:
            identity = identity_of(job.task, result.index, run)
            result.item = await self._item(job, result, identity)
            self._charge(job, result)
        result.state = "success" if failure is None else "error"
        result.finished_at = self._shared.clock.wall()
        if job.state != "processing":
            job.finished = self._shared.clock.now()
            job.done.set()
        await self._outbound.deliver(job, result)

    def _failure(self, job: Job, result: Result) -> TaskError | None:
        if job.input_error is not None:
            return job.input_error
        rule = self._shared.faults.take(
            "task_fails", job.subject, lambda rule: rule.options["result_index"] in (None, result.index)
        )
        if rule is None:
            return None
        return TaskError(rule.options["code"], rule.options["message"], form=rule.options["form"])

    async def _item(self, job: Job, result: Result, identity: Identity) -> dict[str, Any]:
        task = job.task
        item: dict[str, Any] = {"taskType": task["taskType"], "taskUUID": job.task_uuid}
        result.media_uuid = identity.media_uuid
        result.media = media_spec(task, identity.seed, self._registry.formats_of(str(task.get("model"))))
        if result.media is not None:
            reference = await self._reference(job, identity, result.media)
            item |= media_item(task, identity, result.media, reference)
        elif task["taskType"] in TEXT_TASK_TYPES:
            item |= text_item(task)
        else:
            item |= training_item(identity)
        if task.get("includeCost") and not self._shared.faults.take("cost_omitted", job.subject):
            item["cost"] = (
                0 if self._shared.faults.take("cost_zero", job.subject) else as_json_number(job.price)
            )
        return item

    async def _reference(self, job: Job, identity: Identity, spec: MediaSpec) -> dict[str, str]:
        kind = job.task.get("outputType", "URL")
        if kind != "URL":
            encoded = base64.b64encode(await self._shared.media.content_of(spec)).decode()
            if kind == "base64Data":
                return {"Base64Data": encoded}
            return {"DataURI": f"data:{spec.content_type};base64,{encoded}"}
        ttl = float(job.task.get("ttl", self._shared.settings.media_lifetime))
        path = f"{MEDIA_FOLDERS[media_kind(spec.format)]}/{identity.media_uuid}.{spec.format.lower()}"
        url = self._shared.media.publish(
            path,
            spec,
            spec.content_type,
            lifetime=lifetime_by(self._shared.faults, job.subject, ttl),
            subject=job.subject,
            damage=damage_by(self._shared.faults),
        )
        return {"URL": url}

    def _charge(self, job: Job, result: Result) -> None:
        charge = {
            "taskUUID": job.task_uuid,
            "mediaUUID": result.media_uuid,
            "cost": as_json_number(job.price),
            "at": self._shared.clock.wall(),
        }
        self._shared.journal.billed.append(charge)


def _share(job: Job, result: Result) -> float:
    """Each result takes its own part of the run time, so that any of them may be the first."""
    if len(job.results) == 1:
        return 1.0
    chance = zlib.crc32(f"{job.task_uuid}/{result.index}".encode()) / 2**32
    return SHORTEST_SHARE + (1 - SHORTEST_SHARE) * chance
