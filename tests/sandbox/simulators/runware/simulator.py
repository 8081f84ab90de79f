"""The Runware simulator as one object: builds its parts and offers what the process needs of a provider."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.controls import Controls
from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.runware.endpoint import Endpoint
from tests.sandbox.simulators.runware.faults import FAULTS
from tests.sandbox.simulators.runware.job_runner import JobRunner
from tests.sandbox.simulators.runware.jobs import JobStore
from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.lookups import Lookups
from tests.sandbox.simulators.runware.model_registry import ModelRegistry
from tests.sandbox.simulators.runware.outbound import Outbound
from tests.sandbox.simulators.runware.settings import CHOICES, Settings
from tests.sandbox.simulators.runware.sora import RULES
from tests.sandbox.simulators.runware.submission import Submission
from tests.sandbox.simulators.runware.utility_tasks import UtilityTasks
from tests.sandbox.simulators.surroundings import Surroundings


class RunwareSimulator:
    """A ProviderSimulator. State is in memory and gone with the process."""

    name = "runware"

    def __init__(
        self, origin: str, api_key: str, clock: Clock, media: MediaHost, client: httpx.AsyncClient
    ) -> None:
        self._origin = origin
        self._api_key = api_key
        self._settings = Settings()
        self._journal = RunwareJournal()
        self._jobs = JobStore()
        faults = FaultBook(FAULTS)
        registry = ModelRegistry(RULES)
        shared = Surroundings(clock, client, media, faults, self._settings, self._journal)
        self._runner = JobRunner(shared, registry=registry, outbound=Outbound(shared), jobs=self._jobs)
        lookups = Lookups(clock, self._jobs, self._journal, faults, self._settings)
        self._utilities = UtilityTasks(media, self._journal, self._settings)
        submission = Submission(
            registry=registry,
            settings=self._settings,
            faults=faults,
            jobs=self._jobs,
            journal=self._journal,
            runner=self._runner,
            lookups=lookups,
            utilities=self._utilities,
        )
        self.controls = Controls(
            shared, CHOICES, stop=self._runner.stop, forget=(self._jobs.clear, self._utilities.forget)
        )
        self._endpoint = Endpoint(api_key, clock, faults, self._journal, submission)

    def routes(self) -> Sequence[BaseRoute]:
        async def post_v1(request: Request) -> Response:
            return await self._endpoint(request)

        return [Route("/v1", post_v1, methods=["POST"])]

    def access(self) -> Mapping[str, str]:
        return {"base_url": f"{self._origin}/v1", "api_key": self._api_key}

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        accepted = [job.document() for job in self._jobs if task_uuid in (None, job.task_uuid)]
        return {"accepted": accepted, **self._journal.document(task_uuid)}
