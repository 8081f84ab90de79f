"""One look-up at a provider, and what it tells put into the job: where a call's outcome or a webhook is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from framehook.completion import Completion
from framehook.errors import NeverSent
from framehook.jobs import Job
from framehook.ports import Secrets, Transport
from framehook.providers.contract import Provider
from framehook.tasks import is_open


@dataclass(frozen=True, slots=True)
class LookingUp:
    completion: Completion
    secrets: Secrets
    transports: Mapping[str, Transport]
    providers: Mapping[str, Provider]

    def look_up(self, job: Job) -> Job:
        """The job with what the provider says of every task that something new can be told about.

        Raises NeverSent, ReplyLost, UnreadableAnswer or Unavailable: then nothing is known, above all not that there is
        no such task.
        """
        ids = [task.id for task in job.tasks if is_open(task)]
        if not ids:
            return job
        api_key = self.secrets.api_key(job.provider)
        if not api_key:
            raise NeverSent(f"there is no API key for {job.provider} in this stack")
        provider = self.providers[job.provider]
        response = self.transports[job.provider].send(provider.look_up(ids, api_key))
        return self.completion.record(job, provider.read_look_up(ids, response), response.body)
