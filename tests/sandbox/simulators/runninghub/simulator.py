"""The RunningHub simulator as one object: two sites in front, one set of switches and records behind."""

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
from tests.sandbox.simulators.runninghub.announcements import Announcements
from tests.sandbox.simulators.runninghub.faults import FAULTS
from tests.sandbox.simulators.runninghub.gateway import Gateway
from tests.sandbox.simulators.runninghub.lookups import Lookups
from tests.sandbox.simulators.runninghub.model_registry import ModelRegistry
from tests.sandbox.simulators.runninghub.old_api import OldApi
from tests.sandbox.simulators.runninghub.settings import CHOICES, Settings
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Site, snowflakes
from tests.sandbox.simulators.runninghub.sora import RULES
from tests.sandbox.simulators.runninghub.submission import Submission
from tests.sandbox.simulators.runninghub.task_runner import TaskRunner
from tests.sandbox.simulators.runninghub.tasks import TaskStore
from tests.sandbox.simulators.runninghub.upload_api import UploadApi
from tests.sandbox.simulators.runninghub.v2_api import V2Api
from tests.sandbox.simulators.runninghub.webhook_api import WebhookApi
from tests.sandbox.simulators.surroundings import Surroundings


class RunningHubSimulator:
    """A ProviderSimulator. State is in memory and gone with the process."""

    name = "runninghub"

    def __init__(
        self,
        origin: str,
        api_keys: tuple[str, str],
        clock: Clock,
        media: MediaHost,
        client: httpx.AsyncClient,
    ) -> None:
        """`api_keys` are the global site's and the Chinese one's."""
        self._origin = origin
        self._ai = Site("ai", "/runninghub", api_keys[0], "USD")
        self._cn = Site("cn", "/runninghub-cn", api_keys[1], "CNY")
        self._settings = Settings()
        self._journal = Journal("taskId")
        self._tasks = TaskStore()
        faults = FaultBook(FAULTS)
        self._shared: Shared = Surroundings(clock, client, media, faults, self._settings, self._journal)
        ids = snowflakes()
        self._announcements = Announcements(self._shared, ids)
        self._runner = TaskRunner(self._shared, self._tasks, self._announcements, ids)
        self._uploads = UploadApi(self._shared, origin)
        self.controls = Controls(
            self._shared,
            CHOICES,
            stop=self._runner.stop,
            forget=(
                self._tasks.clear,
                self._announcements.forget,
                self._uploads.forget,
                self._ai.forget,
                self._cn.forget,
            ),
        )

    def routes(self) -> Sequence[BaseRoute]:
        registry = ModelRegistry(RULES)
        submission = Submission(self._shared, self._tasks, self._runner)
        lookups = Lookups(self._shared, self._tasks)
        v2 = V2Api(self._settings, registry, self._tasks, submission, lookups)
        old = OldApi(self._settings, self._tasks, self._runner, submission, lookups)
        webhooks = WebhookApi(self._settings, self._announcements, self._runner)
        gateways = [Gateway(self._shared, site) for site in (self._ai, self._cn)]
        # The last two have a catch-all each, for model paths and for wrong ones.
        parts = (self._uploads, webhooks, v2, old)
        return [route for gateway in gateways for part in parts for route in part.routes(gateway)]

    def access(self) -> Mapping[str, str]:
        """The global site as for every provider, the Chinese one beside it."""
        return {
            "base_url": f"{self._origin}{self._ai.path}",
            "api_key": self._ai.api_key,
            "cn_base_url": f"{self._origin}{self._cn.path}",
            "cn_api_key": self._cn.api_key,
        }

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        accepted = [task.document() for task in self._tasks if task_uuid in (None, task.id)]
        journal = self._journal.document(task_uuid)
        paid = Counter(charge["webhookUrl"] for charge in journal["billed"] if charge["webhookUrl"])
        return {"accepted": accepted, **journal, "billed_by_webhook": dict(paid)}
