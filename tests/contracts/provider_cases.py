"""A provider as its contract looks at it: one example of each thing that providers differ in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.identifiers import unnamed
from framehook.offerings import plan
from framehook.providers.contract import HttpRequest, HttpResponse, Provider, TaskToSend

KEY = "k3y-0f-nobody"
OURS = ("9c1f0a52-6d3e-4b7a-8f21-0d5e7c3b9a64", "0d5e7c3b-6d3e-4b7a-8f21-9c1f0a529a64")
TOKEN = "t0k3n-of-43-letters-0123456789-0123456789-01"
WEBHOOK = f"https://hooks.example/webhooks/x/{OURS[0]}/1.0/{TOKEN}"


@dataclass(frozen=True, slots=True)
class ProviderCase:
    """`module` is where the provider is; `jobs` are a job for each of its APIs, the first with what is answered by
    `takes`, `refuses` (for good, in these words) and `busy` (nothing is done). `silent` are the offerings that it never
    calls about. `theirs` is an id of a task, as its provider gives them. `hosts` serve results, the names in `foreign`
    only look alike. `keys_in_bodies` are paths that are documented to want the key there."""

    provider: Provider
    module: str
    account: str
    jobs: Sequence[Mapping[str, Any]]
    theirs: str
    takes: Callable[[HttpRequest], HttpResponse]
    refuses: Callable[[str], HttpResponse]
    busy: HttpResponse
    hosts: Sequence[str]
    foreign: Sequence[str]
    silent: Sequence[str] = ()
    keys_in_bodies: Sequence[str] = ()

    @property
    def sent_as(self) -> str:
        """What a task goes by until the provider has named it."""
        return OURS[0] if self.provider.OWN_TASK_ID is None else unnamed(OURS[0])

    @property
    def known_as(self) -> str:
        return OURS[0] if self.provider.OWN_TASK_ID is None else self.theirs

    def offerings(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each API's id of the model, and the body of a job for it."""
        for job in self.jobs:
            planned = plan(job["model"], job["input"], job.get("provider"))
            yield planned.offering, planned.body

    def submissions(self) -> Iterator[tuple[str, HttpRequest]]:
        for offering, body in self.offerings():
            task = TaskToSend(self.sent_as, WEBHOOK, None)
            yield offering, self.provider.submission(offering, body, [task], KEY)

    def questions(self) -> Iterator[HttpRequest]:
        """Everything that the provider is asked, or told, about a task that it has."""
        provider, task_id = self.provider, self.known_as
        for offering, _ in self.offerings():
            yield from (inquiry.request for inquiry in provider.look_ups(offering, [task_id], KEY))
            others = (provider.second_question, provider.cancellation)
            yield from filter(None, (ask(offering, task_id, KEY) for ask in others))
