"""Files that a workflow loads: uploaded once, before anything is paid, and gone from here whatever happens."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, override

import pytest

from framehook.errors import (
    DownloadRefused,
    FileTooLarge,
    NeverSent,
    NotSendable,
    ProviderUnavailable,
    ReplyLost,
    ResultGone,
    Unavailable,
)
from framehook.ports import ObjectHead, OutgoingFile
from framehook.providers.contract import HttpResponse
from framehook.providers.runninghub.uploads import LORA_LIMIT, RESOURCE_LIMIT
from framehook.resource_uploads import ResourceUploads
from tests.fakes import FakeClock, FakeDownloader, FakeFileSender, FakeMediaStore, ScriptedTransport
from tests.unit.media_samples import PNG

KEY = "0123456789abcdef0123456789abcdef"
ACCOUNT = "runninghub-ai"
CAT = "https://example.com/cat.png"
OWN = "s3://media/inputs/ada/dog.png"
LORA = "https://example.com/style.safetensors"
LORA_BYTES = (2).to_bytes(8, "little") + b"{}" + bytes(range(256))
PLACE = "https://rh-models-1252422369.cos.ap-beijing.myqcloud.com/style?q-signature=abc"
LORA_NAME = "api-lora-cn/f8d95850.safetensors"


class Setting:
    """A use case with one account, and everything it reaches."""

    def __init__(self, media: FakeMediaStore | None = None) -> None:
        self.media = media or FakeMediaStore()
        self.downloader = FakeDownloader({CAT: PNG, LORA: LORA_BYTES})
        self.sender = FakeFileSender()
        self.transport = ScriptedTransport()
        self.clock = FakeClock()
        self.uploads = ResourceUploads(
            self.media,
            "media",
            self.downloader,
            {ACCOUNT: self.sender},
            {ACCOUNT: self.transport},
            self.clock,
        )

    def resolved(self, *values: object) -> list[Any]:
        """What stands in the nodes' fields afterwards."""
        body = self.uploads.resolved(workflow(*values), "ada", ACCOUNT, KEY)
        assert body["addMetadata"] is True
        return [node["fieldValue"] for node in body["nodeInfoList"]]

    def failure(self, *values: object) -> tuple[str, str]:
        """The code and the message that the job ends with."""
        with pytest.raises(NotSendable) as ended:
            self.resolved(*values)
        failure = ended.value.failure
        assert str(ended.value) == failure.message
        return failure.code, failure.message


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[BinaryIO]:
    """Every temporary file that was made."""
    files: list[BinaryIO] = []
    made = tempfile.TemporaryFile

    def noted() -> BinaryIO:
        files.append(made())
        return files[-1]

    monkeypatch.setattr("tempfile.TemporaryFile", noted)
    return files


def workflow(*values: object) -> dict[str, Any]:
    nodes = [{"nodeId": str(n), "fieldName": "image", "fieldValue": value} for n, value in enumerate(values)]
    return {"nodeInfoList": nodes, "addMetadata": True}


def marked(url: str, lora: str | None = None) -> Mapping[str, str]:
    return {"upload": url} if lora is None else {"upload": url, "as": "lora", "name": lora}


def named(name: str) -> HttpResponse:
    return answer({"code": 0, "msg": "success", "data": {"fileName": name}})


def place(url: str | None = PLACE) -> HttpResponse:
    return answer({"code": 0, "msg": "success", "data": {"fileName": LORA_NAME, "url": url}})


def answer(document: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(document).encode())


# where the names go


def test_body_without_marks_stays_as_it_is_and_nothing_is_reached(setting: Setting) -> None:
    assert setting.resolved("openapi/1.png", 7, ["7", 0], {"text": "x"}) == [
        "openapi/1.png",
        7,
        ["7", 0],
        {"text": "x"},
    ]
    for body in ({"prompt": "a fox"}, {"nodeInfoList": None}, {"nodeInfoList": "x"}):
        assert setting.uploads.resolved(body, "ada", ACCOUNT, KEY) == body


def test_account_that_takes_no_files_is_left_alone(setting: Setting) -> None:
    body = workflow(marked(CAT))
    assert setting.uploads.resolved(body, "ada", "runware", KEY) is body


def test_names_stand_in_the_places_of_the_marks(setting: Setting) -> None:
    setting.media.put("inputs/ada/dog.png", PNG + b"dog", "image/png")
    setting.sender.answers.extend([named("openapi/1.png"), named("openapi/2.png")])

    assert setting.resolved(marked(CAT), "as it is", marked(OWN)) == [
        "openapi/1.png",
        "as it is",
        "openapi/2.png",
    ]

    first, second = setting.sender.sent
    assert (first.to, first.field) == ("/openapi/v2/media/upload/binary", "file")
    assert dict(first.headers)["Authorization"] == f"Bearer {KEY}"
    assert (first.name, first.content_type) == ("input.png", "image/png")
    assert (first.body, second.body) == (PNG, PNG + b"dog")


def test_same_file_is_uploaded_once_and_as_a_lora_once_more(setting: Setting) -> None:
    setting.sender.answers.extend([named("openapi/1.png"), HttpResponse(200, {}, b"")])
    setting.transport.answers.append(place())

    names = setting.resolved(marked(CAT), marked(CAT), marked(CAT, "style"), marked(CAT, "style"))

    assert names == ["openapi/1.png", "openapi/1.png", LORA_NAME, LORA_NAME]
    assert setting.downloader.urls == [CAT, CAT]


def test_request_is_not_changed(setting: Setting) -> None:
    body = workflow(marked(CAT))
    setting.sender.answers.append(named("openapi/1.png"))
    setting.uploads.resolved(body, "ada", ACCOUNT, KEY)
    assert body == workflow(marked(CAT))


@pytest.mark.parametrize(
    ("url", "body", "name"),
    [
        ("https://example.com/cat.png", b"RIFF\x10\x00\x00\x00AVI LIST\x00", "input.png"),
        ("https://example.com/film.AVI?x=1.2#t", b"RIFF\x10\x00\x00\x00AVI LIST\x00", "input.avi"),
        ("https://example.com/download?id=7", PNG, "input.png"),
        ("https://example.com/cat.jpg", PNG, "input.png"),
        ("https://example.com/download", b"\x01\x02\x00\x03", "input.bin"),
        ("https://example.com/a.notanextension", b"\x01\x02\x00\x03", "input.bin"),
        ('https://example.com/a.p"ng', b"\x01\x02\x00\x03", "input.bin"),
        ("https://example.com/words.srt", b"1\n00:00:00,000 --> 00:00:01,000\nhello", "input.srt"),
    ],
)
def test_file_is_called_after_its_bytes_and_else_after_its_url(
    setting: Setting, url: str, body: bytes, name: str
) -> None:
    setting.downloader.bodies[url] = body
    setting.sender.answers.append(named("openapi/1"))
    setting.resolved(marked(url))
    assert setting.sender.sent[0].name == name


def test_mark_that_nobody_checked_is_no_mark_or_ends_the_job(setting: Setting) -> None:
    """Endpoints that the catalogue does not know may be sent anything."""
    assert setting.resolved({"upload": 7}, {"upload": None}) == [{"upload": 7}, {"upload": None}]
    assert setting.failure({"upload": CAT, "name": ["x"]})[0] == "invalid_request"
    assert setting.downloader.urls == []


def test_files_are_bounded_and_none_is_fetched_of_too_many(setting: Setting) -> None:
    marks = [marked(f"{CAT}?{number}") for number in range(33)]
    assert setting.failure(*marks)[0] == "invalid_request"
    assert setting.downloader.urls == []


# LoRAs


def test_lora_is_put_where_its_md5_leads(setting: Setting) -> None:
    setting.transport.answers.append(place())
    setting.sender.answers.append(HttpResponse(200, {}, b""))

    assert setting.resolved(marked(LORA, "style")) == [LORA_NAME]

    [asked] = setting.transport.requests
    md5_hex = hashlib.md5(LORA_BYTES, usedforsecurity=False).hexdigest()
    assert json.loads(asked.body) == {"apiKey": KEY, "loraName": "style", "md5Hex": md5_hex}
    [sent] = setting.sender.sent
    assert (sent.to, sent.body, sent.headers) == (PLACE, LORA_BYTES, ())
    assert sent.content_type == "application/octet-stream"


def test_lora_that_is_known_is_not_sent_again(setting: Setting) -> None:
    setting.transport.answers.append(place(None))
    assert setting.resolved(marked(LORA, "style")) == [LORA_NAME]
    assert setting.sender.sent == []


def test_lora_that_may_not_go_where_the_answer_says_ends_the_job(setting: Setting) -> None:
    setting.transport.answers.append(place("https://evil.test/"))
    setting.sender.answers.append(DownloadRefused("not this host"))
    assert setting.failure(marked(LORA, "style"))[0] == "provider_error"


@pytest.mark.parametrize("lost", [NeverSent("x"), ReplyLost("x")])
def test_lora_without_an_answer_may_pass(setting: Setting, lost: Exception) -> None:
    setting.transport.answers.append(lost)
    with pytest.raises(ProviderUnavailable):
        setting.resolved(marked(LORA, "style"))


def test_lora_whose_place_has_expired_may_pass(setting: Setting) -> None:
    setting.transport.answers.append(place())
    setting.sender.answers.append(HttpResponse(403, {}, b"<Error/>"))
    with pytest.raises(ProviderUnavailable):
        setting.resolved(marked(LORA, "style"))


# what is wrong with a file


def test_stored_file_too_large_is_refused_before_it_is_read() -> None:
    class Large(FakeMediaStore):
        @override
        def head(self, key: str) -> ObjectHead | None:
            return ObjectHead(limit + 1, "etag")

        @override
        def read(self, key: str, etag: str, start: int, length: int) -> bytes | None:
            raise AssertionError

    for limit, lora in ((RESOURCE_LIMIT, None), (LORA_LIMIT, "style")):
        code, message = Setting(Large()).failure("x", marked(OWN, lora))
        assert code == "input_too_large"
        assert message.startswith("input.nodeInfoList[1].fieldValue: ")
        assert str(limit) in message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileTooLarge("the file has 7 bytes"), "input_too_large"),
        (ResultGone("the host answers 404"), "input_unavailable"),
        (DownloadRefused("the host has an address that is not public"), "input_unavailable"),
    ],
)
def test_file_that_can_not_be_fetched_ends_the_job(setting: Setting, error: Exception, code: str) -> None:
    setting.downloader.bodies[CAT] = error
    assert setting.failure(marked(CAT))[0] == code
    assert setting.sender.sent == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://media/inputs/ada/gone.png",
        "s3://media/inputs/bob/cat.png",
        "s3://other/inputs/ada/cat.png",
        "http://169.254.169.254/latest",
    ],
)
def test_object_that_is_missing_or_foreign_ends_the_job(setting: Setting, url: str) -> None:
    setting.media.put("inputs/bob/cat.png", PNG, "image/png")
    assert setting.failure(marked(url))[0] == "input_unavailable"


def test_link_is_read_with_the_limit_of_its_kind(setting: Setting) -> None:
    setting.downloader.bodies[LORA] = LORA_BYTES + bytes(RESOURCE_LIMIT)
    setting.transport.answers.append(place(None))
    assert setting.failure(marked(LORA))[0] == "input_too_large"
    assert setting.resolved(marked(LORA, "style")) == [LORA_NAME]


@pytest.mark.parametrize(
    "body",
    [b"", b"<!doctype html><html>not found</html>", PNG[:20], bytes(100)],
    ids=["empty", "page", "cut", "nil"],
)
@pytest.mark.parametrize("lora", [None, "style"])
def test_file_that_is_none_is_not_uploaded(setting: Setting, body: bytes, lora: str | None) -> None:
    setting.downloader.bodies[CAT] = body
    assert setting.failure(marked(CAT, lora))[0] == "input_unusable"


def test_refusal_by_runninghub_ends_the_job_with_its_code(setting: Setting) -> None:
    setting.sender.answers.append(answer({"code": 401, "message": "no such key", "data": None}))
    with pytest.raises(NotSendable) as ended:
        setting.resolved(marked(CAT))
    assert (ended.value.failure.code, ended.value.provider_code) == ("provider_auth_failed", "401")
    assert KEY not in repr(ended.value) + str(ended.value.failure)


def test_refusal_for_now_may_pass(setting: Setting) -> None:
    setting.sender.answers.append(answer({"code": 1003, "msg": "slow down"}))
    with pytest.raises(ProviderUnavailable) as passing:
        setting.resolved(marked(CAT))
    assert passing.value.provider_code == "1003"


def test_object_replaced_while_it_is_read_may_pass(setting: Setting) -> None:
    class Replaced(FakeMediaStore):
        @override
        def read(self, key: str, etag: str, start: int, length: int) -> bytes | None:
            return None if start else super().read(key, etag, start, length)

    setting = Setting(Replaced())
    setting.media.put("inputs/ada/dog.png", bytes(5 * 1024 * 1024), "image/png")
    with pytest.raises(Unavailable):
        setting.resolved(marked(OWN))


@pytest.mark.parametrize("trouble", [Unavailable("S3: SlowDown"), Unavailable("the download broke off")])
def test_outage_on_the_way_may_pass(setting: Setting, trouble: Unavailable) -> None:
    setting.downloader.bodies[CAT] = trouble
    with pytest.raises(Unavailable):
        setting.resolved(marked(CAT))


# time and room


def test_preparation_ends_at_its_deadline(setting: Setting) -> None:
    """However little is missing: what is left of the invocation is for the paid call."""

    def slow() -> HttpResponse:
        setting.clock.advance(ms=150_000)
        return named("openapi/1.png")

    setting.sender.answers.extend([slow, slow, slow])
    second, third = f"{CAT}?2", f"{CAT}?3"
    setting.downloader.bodies |= {second: PNG, third: PNG}

    with pytest.raises(Unavailable):
        setting.resolved(marked(CAT), marked(second), marked(third))

    assert setting.downloader.seconds == [160, 10]
    assert [sent.seconds for sent in setting.sender.sent] == [160, 10]


def test_preparation_has_its_time_again_with_each_try(setting: Setting) -> None:
    for _ in range(2):
        setting.clock.advance(ms=500_000)
        setting.sender.answers.append(named("openapi/1.png"))
        setting.resolved(marked(CAT))


def test_source_that_trickles_is_given_up(setting: Setting) -> None:
    class Trickling(FakeDownloader):
        @override
        def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
            for number in range(limit):
                setting.clock.advance(ms=1000)
                assert number <= 200
                yield b"a"

    uploads = ResourceUploads(
        setting.media,
        "media",
        Trickling(),
        {ACCOUNT: setting.sender},
        {ACCOUNT: setting.transport},
        setting.clock,
    )
    with pytest.raises(Unavailable):
        uploads.resolved(workflow(marked(CAT)), "ada", ACCOUNT, KEY)


def test_large_file_is_never_held_in_memory(setting: Setting) -> None:
    class Large(FakeDownloader):
        @override
        def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
            yield from itertools.repeat(b"\x01\x00" * 32 * 1024, 1024)

    class Draining(FakeFileSender):
        @override
        def put(self, url: str, file: OutgoingFile, seconds: float) -> HttpResponse:
            file.content.seek(0)
            while file.content.read(64 * 1024):
                pass
            return HttpResponse(200, {}, b"")

    setting.transport.answers.append(place())
    uploads = ResourceUploads(
        setting.media, "media", Large(), {ACCOUNT: Draining()}, {ACCOUNT: setting.transport}, setting.clock
    )
    tracemalloc.start()
    try:
        uploads.resolved(workflow(marked(LORA, "style")), "ada", ACCOUNT, KEY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024


def test_files_are_gone_whatever_happens(setting: Setting, held: list[BinaryIO]) -> None:
    second = f"{CAT}?2"
    setting.downloader.bodies[second] = Unavailable("broke off")
    setting.sender.answers.extend([named("openapi/1.png"), ZeroDivisionError("a defect")])

    with pytest.raises(Unavailable):
        setting.resolved(marked(CAT), marked(second))
    with pytest.raises(ZeroDivisionError):
        setting.resolved(marked(CAT))

    assert len(held) == 3
    assert all(file.closed for file in held)


def test_download_is_closed_when_the_disk_is_full(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Noting(FakeDownloader):
        @override
        def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
            with noted(closed, url):
                yield from super().stream(url, limit, seconds)

    class Full(io.BytesIO):
        @override
        def write(self, _data: object, /) -> int:
            raise OSError(28, "No space left on device")

    uploads = ResourceUploads(
        setting.media, "media", Noting({CAT: PNG}), {ACCOUNT: setting.sender}, {}, setting.clock
    )
    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    with pytest.raises(Unavailable, match="no room"):
        uploads.resolved(workflow(marked(CAT)), "ada", ACCOUNT, KEY)
    assert closed == [CAT]


@contextmanager
def noted(closed: list[str], url: str) -> Iterator[None]:
    try:
        yield
    finally:
        closed.append(url)
