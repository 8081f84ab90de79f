"""The files that a ComfyUI workflow is to load are brought to RunningHub, before the job's paid call: its nodes know a
file only by the name that RunningHub gave it. Nothing here costs anything, so all of it may be done again.

Used by submission. Files are held on the disk, one at a time, and are gone when the process is.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from framehook.errors import (
    DownloadRefused,
    Failure,
    FileTooLarge,
    NeverSent,
    NotSendable,
    ProviderUnavailable,
    ReplyLost,
    Unavailable,
)
from framehook.inputs import own_key
from framehook.jobs import Kind
from framehook.media import UnusableMedia, inspect
from framehook.ports import Clock, Downloader, FileSender, MediaStore, OutgoingFile, Transport
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.providers.runninghub import uploads as wire
from framehook.providers.runninghub.runs import UploadMark, marks, with_file_names

_MOST_FILES = 32
_RANGE = 4 * 1024 * 1024
_TOTAL_SECONDS = 160.0
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,8})(?:[?#].*)?$")
_OPERATORS = ("provider_auth_failed", "wrong_key_kind", "no_credit", "provider_misconfigured")
_TELLING_NOTHING = ("bin", "txt", "json")  # formats found for want of a better one


@dataclass(frozen=True, slots=True)
class ResourceUploads:
    """`senders` has a sender for each account that takes files, `transports` for each at least that. `downloader` may
    fetch from any public host. The preparation of one body takes `total_seconds` and one exchange of `transports`."""

    media: MediaStore
    bucket: str
    downloader: Downloader
    senders: Mapping[str, FileSender]
    transports: Mapping[str, Transport]
    clock: Clock
    total_seconds: float = _TOTAL_SECONDS

    def needed(self, body: Mapping[str, Any], account: str) -> bool:
        """Whether the body marks a file. Bringing it there may take `total_seconds` and a minute."""
        return account in self.senders and next(marks(body), None) is not None

    def resolved(self, body: Mapping[str, Any], owner: str, account: str, api_key: str) -> Mapping[str, Any]:
        """The body with each file that its nodes mark uploaded, and the file's name in the mark's place.

        A file that is marked more than once is uploaded once. Raises NotSendable for what no other try mends,
        Unavailable for what may pass.
        """
        if account not in self.senders:
            return body
        deadline = self.clock.now() + round(self.total_seconds * 1000)
        errand = _Errand(owner, account, api_key, deadline)
        uploaded: dict[tuple[str, str | None], str] = {}
        names: dict[int, str] = {}
        for where, mark in _checked(marks(body)):
            file = mark.url, mark.lora_name
            if file not in uploaded:
                uploaded[file] = self._uploaded(mark, where, errand)
            names[mark.node] = uploaded[file]
        return with_file_names(body, names)

    def _uploaded(self, mark: UploadMark, where: str, errand: _Errand) -> str:
        try:
            with _held(self._content(mark, errand)) as (content, md5_hex):
                if mark.lora_name is None:
                    return self._as_resource(_described(content, mark.url), errand)
                return self._as_lora(_described(content, mark.url), mark.lora_name, md5_hex, errand)
        except NotSendable as ended:
            failure = ended.failure
            told = Failure(failure.code, f"{where}: {failure.message}", failure.provider_code)
            raise NotSendable(told, alarm=ended.alarm) from ended
        except Unavailable as delayed:
            raise type(delayed)(f"{where}: {delayed}", provider_code=delayed.provider_code) from delayed

    def _content(self, mark: UploadMark, errand: _Errand) -> Generator[bytes]:
        """The file behind the mark, in pieces, as long as there is time."""
        limit = wire.RESOURCE_LIMIT if mark.lora_name is None else wire.LORA_LIMIT
        key = own_key(self.bucket, errand.owner, mark.url)
        if key is not None:
            pieces = self._stored(key, limit)
        else:
            pieces = self.downloader.stream(mark.url, limit, self._seconds_left(errand))
        try:
            for piece in pieces:
                yield piece
                self._seconds_left(errand)
        except FileTooLarge as large:
            raise _ended("input_too_large", f"files of up to {limit} bytes can be uploaded there") from large
        except DownloadRefused as refused:
            raise _ended("input_unavailable", f"the file can't be fetched: {refused}") from refused

    def _stored(self, key: str, limit: int) -> Iterator[bytes]:
        head = self.media.head(key)
        if head is None:
            raise _ended("input_unavailable", "the file is not in this stack's media bucket any more")
        if head.bytes > limit:
            raise FileTooLarge
        for start in range(0, head.bytes, _RANGE):
            piece = self.media.read(key, head.etag, start, _RANGE)
            if not piece:
                raise Unavailable("the file was replaced while it was read")
            yield piece

    def _as_resource(self, file: OutgoingFile, errand: _Errand) -> str:
        sender, seconds = self.senders[errand.account], self._seconds_left(errand)
        answer = wire.read_upload(sender.post(wire.upload(errand.api_key), wire.FIELD, file, seconds))
        if isinstance(answer, wire.UploadRefused):
            raise _error(answer)
        return answer

    def _as_lora(self, file: OutgoingFile, lora_name: str, md5_hex: str, errand: _Errand) -> str:
        asked = wire.lora_place(errand.api_key, lora_name, md5_hex)
        place = wire.read_lora_place(self._asked(asked, errand))
        if isinstance(place, wire.UploadRefused):
            raise _error(place)
        if place.url is not None:
            self._put(place.url, file, errand)
        return place.file_name

    def _put(self, url: str, file: OutgoingFile, errand: _Errand) -> None:
        try:
            answer = self.senders[errand.account].put(url, file, self._seconds_left(errand))
        except DownloadRefused as refused:
            raise _ended("provider_error", "RunningHub named a place that is not one of its own") from refused
        problem = wire.read_lora_upload(answer)
        if problem:
            raise _error(problem)

    def _asked(self, request: HttpRequest, errand: _Errand) -> HttpResponse:
        self._seconds_left(errand)
        try:
            return self.transports[errand.account].send(request)
        except (NeverSent, ReplyLost) as lost:
            raise ProviderUnavailable("RunningHub did not say where the LoRA is to go") from lost

    def _seconds_left(self, errand: _Errand) -> float:
        left = (errand.deadline - self.clock.now()) / 1000
        if left <= 0:
            raise Unavailable(f"bringing the files to RunningHub took more than {self.total_seconds:g} s")
        return left


@dataclass(frozen=True, slots=True)
class _Errand:
    """For whom, to where and until when (in milliseconds since 1970) files are brought."""

    owner: str
    account: str
    api_key: str = field(repr=False)
    deadline: int


def _checked(found: Iterator[tuple[str, UploadMark]]) -> Sequence[tuple[str, UploadMark]]:
    """The marks, if they can be worked through. A model that the catalogue does not know may be sent anything."""
    read = list(found)
    for where, mark in read:
        if not isinstance(mark.lora_name, str | None):
            raise _ended("invalid_request", f"{where}.name: must be text")
    if len({(mark.url, mark.lora_name) for _, mark in read}) > _MOST_FILES:
        raise _ended("invalid_request", f"at most {_MOST_FILES} files can be uploaded for one job")
    return read


@contextmanager
def _held(pieces: Generator[bytes]) -> Iterator[tuple[BinaryIO, str]]:
    """The file on the disk, with its MD5. It has no name there, so that not even a killed process leaves it behind."""
    digest = hashlib.md5(usedforsecurity=False)
    with closing(pieces), tempfile.TemporaryFile() as content:
        for piece in pieces:
            digest.update(piece)
            _write(content, piece)
        yield content, digest.hexdigest()


def _write(content: BinaryIO, piece: bytes) -> None:
    try:
        content.write(piece)
        content.flush()
    except OSError as error:
        raise Unavailable("there is no room on the disk") from error


def _described(content: BinaryIO, url: str) -> OutgoingFile:
    """By what its bytes say. RunningHub names what it keeps by the extension of what it is sent.

    Raises NotSendable for what is no file to work with, such as the page that a host shows instead of one.
    """

    def read(start: int, length: int) -> bytes:
        content.seek(start)
        return content.read(length)

    try:
        found = inspect(read, content.seek(0, 2), Kind.ANY)
    except UnusableMedia as unusable:
        raise _ended("input_unusable", str(unusable)) from unusable
    named = _SUFFIX.search(url)
    extension = named[1].lower() if named and found.extension in _TELLING_NOTHING else found.extension
    return OutgoingFile(content, f"input.{extension}", found.content_type)


def _error(refused: wire.UploadRefused) -> NotSendable | ProviderUnavailable:
    failure = refused.failure
    if refused.retryable:
        return ProviderUnavailable(failure.message, provider_code=failure.provider_code)
    return NotSendable(failure, alarm=failure.code in _OPERATORS)


def _ended(code: str, message: str) -> NotSendable:
    return NotSendable(Failure(code, message))
