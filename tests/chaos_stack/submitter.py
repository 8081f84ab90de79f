"""Submits the planned jobs at an even pace, by HTTP and by the queue, and cancels those that are to be cancelled."""

from __future__ import annotations

import heapq
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.chaos_stack.enduring import StackCalls
from tests.chaos_stack.plans import JobPlan, Way

TAKEN = (200, 202)
NOT_YET = 404
SIDE_BY_SIDE = 3


@dataclass(slots=True)
class Submitter:
    """`accepted` are the jobs whose submission was answered with a yes; `refused` those with a no, and which. Without
    `room` it waits: jobs that pile up on a busy machine would only wait for one another."""

    calls: StackCalls
    pace: float
    accepted: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    replays: Counter[str] = field(default_factory=Counter)
    cancels: Counter[str] = field(default_factory=Counter)
    room: threading.Event = field(default_factory=threading.Event)
    _to_cancel: list[tuple[float, str]] = field(default_factory=list)

    def run(self, plans: list[JobPlan], stop: threading.Event) -> None:
        """Returns when all are submitted, or `stop` is set."""
        began, running = time.monotonic(), []
        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            for plan in plans:
                if stop.wait(max(0.0, began + plan.number * self.pace - time.monotonic())):
                    break
                while not self.room.wait(0.5) and not stop.is_set():
                    pass
                running.append(threads.submit(self._submit_broken, plan, stop))
        for submitted in running:
            submitted.result()

    def _submit_broken(self, plan: JobPlan, stop: threading.Event) -> None:
        """The job, once the faults that it is to meet are switched on."""
        if not stop.is_set():
            for fault in plan.faults:
                rule = {"fault": fault.name, "options": fault.options, "match": {"prompt_contains": plan.tag}}
                self.calls.add_fault(plan.provider, rule | ({"times": fault.times} if fault.times else {}))
            self._submit(plan)
            if plan.cancel_after is not None:
                heapq.heappush(self._to_cancel, (time.monotonic() + plan.cancel_after, plan.job_id))

    def cancel_until(self, stop: threading.Event) -> None:
        """The other thread's part: cancels at their time."""
        while not stop.wait(0.1):
            while self._to_cancel and self._to_cancel[0][0] <= time.monotonic():
                _, job_id = heapq.heappop(self._to_cancel)
                answer = self.calls.api("POST", f"/v1/jobs/{job_id}/cancel")
                said = answer.json()
                if answer.status_code == NOT_YET:  # its message waits in the queue
                    heapq.heappush(self._to_cancel, (time.monotonic() + 1, job_id))
                    continue
                self.cancels[f"{answer.status_code} {said.get('code') or said.get('status')}"] += 1

    def _submit(self, plan: JobPlan) -> None:
        for again in range(2 if plan.twice else 1):
            if plan.way is Way.QUEUE:
                body = json.dumps({**plan.body, "idempotency_key": plan.key})
                queue = self.calls.stack.outputs["JobsQueueUrl"]
                self.calls.aws("sqs", "send_message", QueueUrl=queue, MessageBody=body)
                self.accepted.add(plan.job_id)
                continue
            answer = self.calls.api("POST", "/v1/jobs", plan.body, {"Idempotency-Key": plan.key})
            if answer.status_code in TAKEN and answer.json()["id"] == plan.job_id:
                self.accepted.add(plan.job_id)
                if again:
                    self.replays[f"answered {answer.status_code}"] += 1
            else:
                self.refused[plan.job_id] = f"{answer.status_code} {answer.text[:300]}"
