"""What all simulated providers have in common: calls that go wrong in every known way, generations that take their
time, webhooks with retries. How each of them speaks is in a module of its own.

A model knows nothing of Framehook's code but the wire: requests in, answers out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from framehook.errors import NeverSent, ReplyLost, ResultGone, Unavailable
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.chaos.faults import CALL
from tests.chaos.generations import Generation, Ledger
from tests.chaos.world import HOUR, MINUTE, SECOND, World

_CALL_TIMEOUT = 110 * SECOND
_LOOK_UP_TIMEOUT = 30 * SECOND
_RUN_TIMES = (3, 15, 60, 60, 200, 200, 600, 600, 2_000, 7_000, 20_000, 60_000, 86_000, 100_000)
_UPLOAD_URL_LIVES = 55 * MINUTE
_NOT_THERE_YET = 10 * MINUTE
_WEBHOOK_LATE = 3 * HOUR
_GARBLED: tuple[Any, ...] = ({"hello": 1}, [], "x", {"data": [{"status": "levitating"}]})
_CUT_BETWEEN_BOXES = 0.3
_SHORTEST_PART = 16  # of a file that is cut: enough to know its format by


@dataclass(frozen=True, slots=True)
class Send:
    """One task of a paid call as the provider read it. `id`: the client's own, where the provider takes one."""

    job_id: str
    attempt: int
    slot: int
    id: str | None = None
    webhook: str | None = None
    upload: str | None = None


class Recipient(Protocol):
    """Whom a provider calls, and where it uploads to."""

    def receive(self, path: Mapping[str, str], body: bytes, answered: Callable[[int], None]) -> None: ...

    def put_object(self, key: str, body: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What the models of a run share."""

    world: World
    cloud: Recipient
    ledger: Ledger
    on_paid: Callable[[Generation], None]


class ProviderModel(ABC):
    """Answers as the provider's API does, and may fail as it may."""

    name: str
    retries: Sequence[int]  # ms between the tries of a webhook
    keeps_results: int  # ms after the end for which look-ups and URLs work
    takes_failures_back = False

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.world = setting.world
        self.faults = setting.world.faults

    # ------------------------------------------------------------------ how this provider speaks

    @abstractmethod
    def sends(self, request: HttpRequest) -> Sequence[Send] | None:
        """The tasks of a paid call; None for any other request."""

    @abstractmethod
    def ask(self, request: HttpRequest) -> HttpResponse:
        """The answer to a question or a cancel. Calls `trouble` before it answers a question."""

    @abstractmethod
    def taken(self, request: HttpRequest, taken: Sequence[Generation]) -> HttpResponse: ...

    @abstractmethod
    def refused(self, sends: Sequence[Send], *, for_now: bool) -> HttpResponse: ...

    @abstractmethod
    def garbled(self) -> HttpResponse:
        """An answer that nobody can read."""

    @abstractmethod
    def ended_body(self, generation: Generation, *, succeeded: bool) -> Any:
        """What a webhook says of the end."""

    # ------------------------------------------------------------------ Transport

    def send(self, request: HttpRequest) -> HttpResponse:
        sends = self.sends(request)
        return self.ask(request) if sends is None else self._paid_call(request, sends)

    def _paid_call(self, request: HttpRequest, sends: Sequence[Send]) -> HttpResponse:
        fate = self.faults.one_of(CALL)
        self._tell("is called for", *(f"{each.attempt}.{each.slot}" for each in sends), "→", fate or "taken")
        if fate == "never sent":
            raise NeverSent("connection refused")
        self._wait(2 * SECOND)
        instead = self._before_acceptance(sends, fate)
        if instead is not None:
            return instead
        taken = self._accept_all(sends)
        self._wait(100 * SECOND if fate == "reply slow" else 2 * SECOND)
        return self._after_acceptance(request, taken, fate)

    def _before_acceptance(self, sends: Sequence[Send], fate: str | None) -> HttpResponse | None:
        """The answer that is given instead of taking the tasks. Raises ReplyLost."""
        match fate:
            case "reply lost, not accepted":
                raise self._lost(_CALL_TIMEOUT)
            case "reply lost, accepted later":
                late = self.world.within(4 * MINUTE)
                self.world.scheduler.after(late, lambda: self._accept_late(sends))
                raise self._lost(_CALL_TIMEOUT)
            case "5xx, not accepted":
                return HttpResponse(self.world.random.choice((500, 502, 503, 504)), {}, b"<html>")
            case "refused for now" | "refused for good":
                return self.refused(sends, for_now=fate == "refused for now")
        return None

    def _after_acceptance(
        self, request: HttpRequest, taken: Sequence[Generation], fate: str | None
    ) -> HttpResponse:
        """What the client gets to know of it. Raises ReplyLost."""
        match fate:
            case "reply lost, accepted":
                raise self._lost(_CALL_TIMEOUT)
            case "5xx, accepted":
                return HttpResponse(self.world.random.choice((500, 502, 504)), {}, b'{"error": "upstream"}')
            case "answer garbled, accepted":
                return self.garbled()
        return self.taken(request, taken)

    def _lost(self, longest: int) -> ReplyLost:
        """After a while, or after the client's patience."""
        self._wait(longest if self.world.random.random() < 0.5 else 2 * SECOND)
        return ReplyLost("no answer")

    def _wait(self, most: int) -> None:
        current = self.world.scheduler.current
        if current is not None:
            current.pause(self.world.within(most))

    def looked_at(self, generation_id: str) -> None:
        """Counts a look-up; a second question about the same is none."""
        known = self.setting.ledger.by_id.get(generation_id)
        if known is not None:
            known.looks += 1

    def trouble(self, *ids: str) -> None:
        """What may keep a question from being answered. Raises NeverSent, ReplyLost, Answered."""
        self._wait(2 * SECOND)
        if self.faults.strikes("look-up never sent"):
            raise NeverSent("connection refused")
        if self.faults.strikes("look-up lost"):
            self._wait(_LOOK_UP_TIMEOUT)
            raise ReplyLost("no answer")
        if self.faults.strikes("look-up garbled"):
            for each in ids:
                if each in self.setting.ledger.by_id:
                    self.setting.ledger.by_id[each].denied = True
            raise Answered(self.garbled())
        if self.faults.strikes("look-up refused"):
            raise Answered(self.look_up_refused())

    @abstractmethod
    def look_up_refused(self) -> HttpResponse:
        """An answer that refuses the question, and says nothing of the task."""

    # ------------------------------------------------------------------ generations

    def _accept_late(self, sends: Sequence[Send]) -> None:
        self._accept_all(sends)

    def _accept_all(self, sends: Sequence[Send]) -> list[Generation]:
        return [self.accepted(each) for each in sends]

    def accepted(self, send: Send) -> Generation:
        """From here on it is paid."""
        chance, now = self.world.random, self.world.now
        early = self.faults.strikes("done before the answer")
        ends_at = now + (1 if early else chance.choice(_RUN_TIMES) * SECOND)
        generation = Generation(
            provider=self.name,
            id=send.id or self.new_id(),
            job_id=send.job_id,
            slot=send.slot,
            attempt=send.attempt,
            accepted_at=now,
            ends_at=ends_at,
            kept_until=ends_at + self.keeps_results,
            succeeds=not self.faults.strikes("generation failed"),
            cost=chance.choice((4_000_000, 1_200_000, 50_000, 123_456)),
            webhook=send.webhook,
            upload=send.upload,
        )
        self.setting.ledger.add(generation)
        self._tell("accepts", generation.short, "for", (generation.ends_at - now) // SECOND, "s")
        self.setting.on_paid(generation)
        self.world.scheduler.at(generation.ends_at, lambda: self._end(generation))
        return generation

    @abstractmethod
    def new_id(self) -> str: ...

    def _end(self, generation: Generation) -> None:
        if generation.stopped:
            return
        generation.ended = True
        self._tell("has finished" if generation.succeeds else "has failed at", generation.short)
        generation.url_expired = self.faults.strikes("result URL expired")
        doubtful = self.takes_failures_back and generation.succeeds
        if doubtful and self.faults.strikes("failure taken back"):
            self.announce(generation, succeeded=False)
            self.world.scheduler.after(20 * SECOND, lambda: self.announce(generation, succeeded=True))
        else:
            self.announce(generation, succeeded=generation.succeeds)
        if generation.succeeds:
            self.after_success(generation)

    def after_success(self, generation: Generation) -> None:  # noqa: B027 - most do nothing
        """What else the provider does with the files."""

    def find(self, generation_id: str) -> Generation | None:
        """What a question is about, if the provider still knows it, and shows it just now."""
        found = self.setting.ledger.by_id.get(generation_id)
        if found is None or found.provider != self.name:
            return None
        if self.faults.strikes("look-up finds nothing"):
            found.denied = True
            return None
        return found if self.remembers(found) else None

    def remembers(self, generation: Generation) -> bool:
        """Whether it still has the generation, and its site shows it."""
        return self.world.now <= generation.kept_until

    def told(self, generation: Generation) -> None:
        """An answer with its end and cost is on its way to a function, which may yet be killed."""
        generation.maybe_told = True

    def lose_cancel(self) -> None:
        """Raises ReplyLost."""
        self._wait(2 * SECOND)
        if self.faults.strikes("cancel lost"):
            raise ReplyLost("no answer")

    def stop(self, generation: Generation) -> None:
        self._tell("stops", generation.short)
        generation.stopped = True

    # ------------------------------------------------------------------ webhooks

    def announce(self, generation: Generation, *, succeeded: bool) -> None:
        if generation.webhook is None:
            return
        if self.faults.strikes("webhook lost"):
            self._tell("never calls about", generation.short)
            return
        if self.faults.strikes("webhook garbled"):
            self.call(generation, self.world.random.choice(_GARBLED), tells=False)
            return
        body = self.ended_body(generation, succeeded=succeeded)
        self.call(generation, body, tells=succeeded and generation.succeeds)

    def call(self, generation: Generation, body: Any, *, tells: bool) -> None:
        copies = 2 if self.faults.strikes("webhook twice") else 1
        for _ in range(copies):
            late = self.world.within(_WEBHOOK_LATE) if self.faults.strikes("webhook late") else 0
            self.world.scheduler.after(
                late + self.world.within(SECOND), lambda: self._call(generation, body, 0, tells=tells)
            )

    def _call(self, generation: Generation, body: Any, tries: int, *, tells: bool) -> None:
        url = generation.webhook
        assert url is not None
        _, provider, job_id, place, token = url.rsplit("/", 4)
        path = {"provider": provider, "job_id": job_id, "attempt": place, "token": token}

        def answered(status: int) -> None:
            self._tell("called about", generation.short, "and was answered", status)
            if status == 200:
                if tells and generation.told_at is None:
                    generation.told_at = self.world.now
            elif tries < len(self.retries):
                self.world.scheduler.after(
                    self.retries[tries], lambda: self._call(generation, body, tries + 1, tells=tells)
                )

        if tells:
            generation.maybe_told = True
        self.setting.cloud.receive(path, self.encoded(body), answered)

    @abstractmethod
    def encoded(self, body: Any) -> bytes: ...

    # ------------------------------------------------------------------ files

    @abstractmethod
    def url(self, generation: Generation, number: int) -> str: ...

    def stream(self, generation: Generation, number: int, url: str) -> Iterator[bytes]:
        """The file behind a URL, as the downloader reads it. Raises ResultGone, Unavailable."""
        self._wait(20 * SECOND)
        since = self.world.now - generation.ends_at
        if generation.url_expired or not self.remembers(generation):
            raise ResultGone("the host no longer has it")
        if since < _NOT_THERE_YET and self.faults.strikes("result URL not there yet"):
            raise ResultGone("not there yet")
        if self.faults.strikes("download failed"):
            raise Unavailable("the download broke off")
        body = generation.body(number)
        if url not in generation.truncated and self.faults.strikes("download truncated"):
            generation.truncated.add(url)
            body = self._cut(body)
        yield body

    def _cut(self, body: bytes) -> bytes:
        """Anywhere, or where a box of the file begins: a part that looks whole."""
        boundaries = [at for at in (body.find(b"moov"), body.find(b"mdat")) if at > 0]
        if self.world.random.random() < _CUT_BETWEEN_BOXES:
            return body[: self.world.random.choice(boundaries) - 4]
        return body[: self.world.random.randrange(_SHORTEST_PART, len(body))]

    def upload(self, generation: Generation) -> None:
        """PUTs the file where it was told to, as long as that URL lives."""
        key = generation.upload
        if key is None or self.faults.strikes("upload lost"):
            return
        if self.world.now - generation.accepted_at > _UPLOAD_URL_LIVES:
            self._tell("can't upload", generation.short, "any more")
            return
        body = generation.body(0)
        if self.faults.strikes("upload truncated"):
            body = self._cut(body)
            self._tell("uploads a part of", generation.short)
        else:
            self._tell("uploads", generation.short)
            generation.uploaded = True
        self.setting.cloud.put_object(key, body)

    def _tell(self, *facts: object) -> None:
        self.world.story.tell(self.name, *facts)


class Answered(Exception):
    """What the provider says instead of answering the question."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__("not the answer")
        self.response = response
