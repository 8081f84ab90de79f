"""What the use cases need of the world, as Protocols. Implemented by adapters (AWS, HTTP) and by in-memory fakes; the
same contract tests run on both. Every method may raise Unavailable, which means: nothing is known, try again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from framehook.jobs import AttemptRecord, Job, LandedFile, OutputRecord, Request, Status
from framehook.providers.contract import HttpRequest, HttpResponse

DUE_SHARDS = 4  # the index of due times is split so that no partition takes every write; must never shrink


@dataclass(frozen=True, slots=True)
class JobFile:
    """Everything stored about one job."""

    job: Job
    request: Request
    outputs: tuple[OutputRecord, ...] = ()
    attempts: tuple[AttemptRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    jobs: tuple[Job, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DueJob:
    job_id: str
    due_at: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a provider takes jobs now. `failures`: how often in a row it was closed; `unknowns`: calls in a row that
    nobody knows the outcome of; until `probe_until` one job tries for all."""

    closed_until: int = 0
    failures: int = 0
    probe_until: int = 0
    unknowns: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """`fetched`: this stack wrote it with `write_stream`; otherwise somebody used an upload URL. `content_type` is what
    whoever wrote it said."""

    bytes: int
    etag: str
    fetched: bool = False
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """`content` is read from its start, whatever was read of it before. `name` is what the form calls it."""

    content: BinaryIO
    name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of a queue that no function reads. `receipt`: what this one delivery of it goes by."""

    id: str
    body: str
    sent_at: int
    attributes: Mapping[str, str]
    receipt: str


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        ...


class Chance(Protocol):
    """Everything random, so that a simulation can replay it."""

    def uuid(self) -> str:
        """A random version 4 UUID."""
        ...

    def token(self) -> str:
        """256 random bits, base64url without padding."""
        ...

    def fraction(self) -> float:
        """Between 0 and 1, for jitter."""
        ...


class JobStore(Protocol):
    def get(self, job_id: str) -> Job | None:
        """The job as it is now: a strongly consistent read."""
        ...

    def get_file(self, job_id: str) -> JobFile | None: ...

    def get_request(self, job_id: str) -> Request | None: ...

    def put_request(self, job_id: str, request: Request) -> Request:
        """Stores the request unless there is one; returns the one that is stored. Idempotent."""
        ...

    def put_new(self, job: Job) -> Job | None:
        """Stores a new job. None when it is stored now, the existing job when there was one. Idempotent."""
        ...

    def replace(self, job: Job, seen: Job) -> Job:
        """Stores `job` if the stored one still has the version of `seen`; returns it with its new version.

        A refusal caused by the lost reply to this very write counts as done. Raises StaleJob with what is stored now.
        """
        ...

    def get_output(self, job_id: str, index: int, attempt: int) -> OutputRecord | None: ...

    def record_result(self, job_id: str, record: OutputRecord) -> None:
        """Keeps what a provider reported of one output. Leaves what landed alone. Idempotent."""
        ...

    def claim_landing(self, job_id: str, index: int, attempt: int, etag: str, now: int, until: int) -> bool:
        """Takes the right to promote the object with this ETag. False while somebody holds it for another object, or
        when the output has landed."""
        ...

    def record_landing(self, job_id: str, index: int, attempt: int, etag: str, landed: LandedFile) -> bool:
        """Keeps where a file landed. False when the claim was lost to another object."""
        ...

    def release_landing(self, job_id: str, index: int, attempt: int, etag: str) -> None:
        """Gives back a claim whose object turned out unusable."""
        ...

    def record_answer(self, job_id: str, number: int, answer: str) -> None:
        """Keeps a raw answer (the caller bounds it) of an attempt; the first few answers are kept."""
        ...

    def due(self, shard: int, now: int, limit: int) -> Sequence[DueJob]:
        """Open jobs that are due, oldest first. May be stale."""
        ...

    def page(self, owner: str, status: Status | None, limit: int, cursor: str | None) -> Page:
        """An owner's jobs, newest first. Raises InvalidRequest for a cursor that is not ours."""
        ...


class GateStore(Protocol):
    def get_gate(self, provider: str) -> Gate: ...

    def replace_gate(self, provider: str, gate: Gate, seen: Gate) -> bool:
        """False when somebody else changed it first."""
        ...


class OwnerDirectory(Protocol):
    def owner_of(self, api_key_hash: str) -> str | None:
        """The owner an API key (hex SHA-256) was given to; None when nobody registered it."""
        ...


class JobQueue(Protocol):
    def send(self, job_id: str) -> None:
        """Asks for the job's submission. May be delivered more than once."""
        ...


class FollowUpQueue(Protocol):
    def send(self, due: DueJob, delay_seconds: int) -> None:
        """Has the job followed up after this delay, of at most 900 s. May be delivered more than once, and late."""
        ...


class DeadLetters(Protocol):
    def send(self, body: str, reason: str, message_id: str) -> None:
        """Keeps a message nobody can act on, with the reason."""
        ...


class PoisonQueue(Protocol):
    def send(self, record: str, reason: str) -> None:
        """Keeps a record of the stream that can't be read."""
        ...


class LetterBox(Protocol):
    """One queue of what could not be done, for as long as somebody goes through it."""

    def take(self, most: int) -> Sequence[Letter]:
        """Up to ten letters, in any order, hidden from everybody else for some minutes; none when no more are in
        sight."""
        ...

    def delete(self, letter: Letter) -> None:
        """Idempotent."""
        ...

    def put_back(self, letters: Sequence[Letter]) -> None:
        """In sight again at once."""
        ...

    def count(self) -> int:
        """How many there are, hidden or not, by the queue's own estimate."""
        ...


class JobMessages(Protocol):
    def send_again(self, body: str, original_id: str, original_sent_at: int) -> bool:
        """Puts a message on the Jobs queue as it was, under the id and time of its first send. False when the queue
        takes no message of this size. May be delivered more than once."""
        ...


class Invocations(Protocol):
    def knows(self, function: str) -> bool:
        """Whether this is the name of one that may be invoked again."""
        ...

    def repeat(self, function: str, payload: Mapping[str, Any]) -> None:
        """Invokes it asynchronously with just this payload."""
        ...


class Transport(Protocol):
    def send(self, request: HttpRequest) -> HttpResponse:
        """One HTTP exchange, any status. Raises NeverSent when it surely did not reach the provider, ReplyLost when
        nobody can know."""
        ...


class UploadSigner(Protocol):
    def sign_put(self, key: str) -> str:
        """A URL with which anybody may PUT this one key under `incoming/`, for 55 minutes or more."""
        ...

    def sign_input(self, key: str) -> str:
        """A URL with which a provider may GET this one input or output of ours, for as long."""
        ...


class MediaStore(Protocol):
    """The media bucket."""

    def head(self, key: str) -> ObjectHead | None: ...

    def read(self, key: str, etag: str, start: int, length: int) -> bytes | None:
        """At most `length` bytes from `start`; None when the object is gone or is another one by now."""
        ...

    def promote(
        self, source: str, etag: str, target: str, content_type: str, metadata: Mapping[str, str]
    ) -> str | None:
        """Copies on the server side and returns S3's checksum as `algorithm:base64`; None when the source is gone or
        another one by now. Idempotent."""
        ...

    def delete(self, key: str) -> None: ...

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def get(self, key: str, limit: int) -> bytes | None: ...

    def write_stream(self, key: str, parts: Iterator[bytes]) -> int:
        """Stores a stream of unknown length in bounded memory and returns its bytes. Nothing appears under the key
        unless the whole stream was read. The object's head says `fetched`."""
        ...

    def sign_get(self, key: str, file_name: str, content_type: str) -> str: ...


class Downloader(Protocol):
    def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
        """The body behind a URL from outside, in chunks, within `seconds` where they are given. Raises DownloadRefused
        for a URL that must not or can't be fetched, FileTooLarge for more than `limit` bytes, Unavailable for what may
        pass."""
        ...


class FileSender(Protocol):
    """Sends one file to one account of a provider: one exchange, any status, never held in memory. Raises Unavailable
    where no answer came within `seconds`; the file may have arrived all the same."""

    def post(self, request: HttpRequest, field: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        """The file as this field of a form, to the provider's own address, with the headers of `request`."""
        ...

    def put(self, url: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        """The file as it is, to an address that an answer named: no credential goes with it. Raises DownloadRefused for
        one that is not the provider's."""
        ...


class FunctionStarter(Protocol):
    def follow_up(self, due: DueJob) -> None: ...

    def fetch(self, job_id: str, index: int) -> None: ...

    def land(self, key: str) -> None: ...


class EventBus(Protocol):
    def publish(self, details: Sequence[Mapping[str, Any]]) -> None:
        """Puts `Job State Change` events on the bus. At least once."""
        ...


class Secrets(Protocol):
    def api_key(self, provider: str) -> str | None:
        """None when the parameter does not exist or is empty."""
        ...

    def forget(self, provider: str) -> None:
        """The next key is read anew: the one that was given was refused."""
        ...
