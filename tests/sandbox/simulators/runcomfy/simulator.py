"""The RunComfy simulator as one object: two APIs in front, one account with its jobs and records behind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from starlette.routing import BaseRoute

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.controls import Controls
from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.journal import Journal
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.runcomfy.announcements import Announcements
from tests.sandbox.simulators.runcomfy.cancels import Cancels
from tests.sandbox.simulators.runcomfy.faults import FAULTS
from tests.sandbox.simulators.runcomfy.gateway import BASE, Gateway
from tests.sandbox.simulators.runcomfy.job_runner import JobRunner
from tests.sandbox.simulators.runcomfy.jobs import JobStore
from tests.sandbox.simulators.runcomfy.lookups import Lookups
from tests.sandbox.simulators.runcomfy.model_api import ModelApi
from tests.sandbox.simulators.runcomfy.serverless_api import ServerlessApi
from tests.sandbox.simulators.runcomfy.settings import CHOICES, Settings
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.submission import Submission
from tests.sandbox.simulators.runcomfy.views import Views
from tests.sandbox.simulators.surroundings import Surroundings


class RunComfySimulator:
    """A ProviderSimulator. State is in memory and gone with the process."""

    name = "runcomfy"

    def __init__(
        self, origin: str, api_key: str, clock: Clock, media: MediaHost, client: httpx.AsyncClient
    ) -> None:
        self._origin = origin
        self._api_key = api_key
        self._settings = Settings()
        self._journal = Journal("request_id")
        self._jobs = JobStore()
        faults = FaultBook(FAULTS)
        self._shared: Shared = Surroundings(clock, client, media, faults, self._settings, self._journal)
        self._views = Views(self._shared, origin)
        announcements = Announcements(self._shared, self._views)
        self._runner = JobRunner(self._shared, self._jobs, announcements)
        self.controls = Controls(self._shared, CHOICES, stop=self._runner.stop, forget=(self._jobs.clear,))

    def routes(self) -> Sequence[BaseRoute]:
        gateway = Gateway(self._shared, self._api_key)
        submission = Submission(self._shared, self._runner, self._views)
        lookups = Lookups(self._shared, self._jobs, self._views)
        cancels = Cancels(self._shared, lookups, self._runner)
        models = ModelApi(self._settings, submission, lookups, cancels)
        serverless = ServerlessApi(self._shared, submission, lookups, cancels)
        return [*models.routes(gateway), *serverless.routes(gateway), gateway.catch_all()]

    def access(self) -> Mapping[str, str]:
        return {"base_url": f"{self._origin}{BASE}", "api_key": self._api_key}

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        accepted = [job.document() for job in self._jobs if task_uuid in (None, job.id)]
        journal = self._journal.document(task_uuid)
        paid = Counter(charge["prompt"] for charge in journal["billed"])
        return {"accepted": accepted, **journal, "billed_by_prompt": dict(paid)}
