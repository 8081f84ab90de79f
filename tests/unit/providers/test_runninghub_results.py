"""What of RunningHub's results becomes a file, and what of its usage is kept and paid."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.jobs import Kind, ResultFile, kind_of
from framehook.providers.runninghub.results import cost_of, files_of, usage_of
from tests.unit.providers.test_runninghub_submission import JSON, URL

MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/matroska",
    "gif": "image/gif",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "obj": "model/obj",
    "stl": "model/stl",
    "zip": "application/zip",
    "json": "application/json",
    "txt": "text/plain",
    "md": "text/markdown",
    "srt": "text/plain",
}


@pytest.mark.parametrize(("extension", "media_type"), MEDIA_TYPES.items())
def test_extension_tells_the_media_type(extension: str, media_type: str) -> None:
    expected = (ResultFile(url=URL, media_type=media_type),)
    for kind in (extension, extension.upper(), f".{extension} "):
        assert files_of([{"url": URL, "outputType": kind}]) == expected
        assert files_of([{"fileUrl": URL, "fileType": kind}]) == expected


@pytest.mark.parametrize("extension", ["fbx", "ply", "usdz", "glb"])
def test_models_are_told_from_their_previews(extension: str) -> None:
    [file] = files_of([{"url": URL, "outputType": extension}])
    assert kind_of(file.media_type) is Kind.MODEL_3D


@pytest.mark.parametrize("kind", ["", "latent", None, 7, {}, "mp4\n.exe"])
def test_unknown_extension_is_no_media_type(kind: object) -> None:
    assert files_of([{"url": URL, "outputType": kind}]) == (ResultFile(url=URL),)


@pytest.mark.parametrize(
    ("item", "file"),
    [
        ({"url": URL}, ResultFile(url=URL)),
        ({"outputUrl": URL}, ResultFile(url=URL)),
        ({"fileUrl": URL}, ResultFile(url=URL)),
        ({"url": None, "outputUrl": "", "fileUrl": URL}, ResultFile(url=URL)),
        ({"url": URL, "text": "a fox", "outputType": "txt"}, ResultFile(url=URL, media_type="text/plain")),
        ({"url": URL, "nodeId": "2"}, ResultFile(url=URL, provider_id="2")),
        ({"url": URL, "nodeId": 2}, ResultFile(url=URL, provider_id="2")),
        ({"url": URL, "nodeId": ""}, ResultFile(url=URL)),
        ({"url": URL, "nodeId": 10**400}, ResultFile(url=URL)),
        ({"text": "a fox"}, ResultFile(text="a fox", media_type="text/plain")),
        ({"text": "", "content": "a fox"}, ResultFile(text="a fox", media_type="text/plain")),
        ({"output": "a fox", "url": "ftp://x"}, ResultFile(text="a fox", media_type="text/plain")),
        ({"text": "\ud800"}, ResultFile(text="?", media_type="text/plain")),
        ({"text": ' {"a": 1}'}, ResultFile(text=' {"a": 1}', media_type="application/json")),
        ({"text": "[1]"}, ResultFile(text="[1]", media_type="application/json")),
        ({"text": "[1", "outputType": "json"}, ResultFile(text="[1", media_type="application/json")),
        ({"text": "[1"}, ResultFile(text="[1", media_type="text/plain")),
        ({"text": "7"}, ResultFile(text="7", media_type="text/plain")),
        (URL, ResultFile(url=URL)),
    ],
)
def test_item_is_a_file_by_url_or_by_text(item: object, file: ResultFile) -> None:
    assert files_of([item]) == (file,)


@pytest.mark.parametrize(
    "item",
    [
        *(None, 7, "text", [], {}, {"url": None}, {"url": "ftp://x/y"}, {"url": "https://x/" + "y" * 5000}),
        *({"url": "https://x/\n y"}, {"url": [URL]}, {"text": 7}, {"text": ""}, {"outputType": "mp4"}),
    ],
)
def test_item_without_anything_to_have_is_no_file(item: object) -> None:
    assert files_of([item, {"url": URL}]) == (ResultFile(url=URL),)


def test_text_too_deep_for_json_is_text() -> None:
    [file] = files_of([{"text": "[" * 100_000}])
    assert file.media_type == "text/plain"


def test_files_are_at_most_thirty_two_and_in_order() -> None:
    files = files_of([None, *({"url": f"{URL}?{n}"} for n in range(40))])
    assert [file.url for file in files] == [f"{URL}?{n}" for n in range(32)]


@pytest.mark.parametrize(
    ("usage", "kept", "cost"),
    [
        ({}, {}, None),
        (None, {}, None),
        ("0.8", {}, None),
        ({"thirdPartyConsumeMoney": "0.8"}, {"third_party_consume_money": "0.8"}, 800_000),
        ({"consumeMoney": "0", "thirdPartyConsumeMoney": None}, {"consume_money": "0"}, 0),
        (
            {"consumeMoney": "0.10", "thirdPartyConsumeMoney": 0.2},
            {"consume_money": "0.10", "third_party_consume_money": "0.2"},
            300_000,
        ),
        ({"consumeCoins": "17", "taskCostTime": 83}, {"consume_coins": "17", "task_cost_time": "83"}, None),
        ({"consumeMoney": 0.00001}, {"consume_money": "0.00001"}, 10),
        ({"consumeMoney": 1.0}, {"consume_money": "1.0"}, 1_000_000),
        (
            {"consumeMoney": "99999999", "taskCostTime": "1"},
            {"consume_money": "99999999", "task_cost_time": "1"},
            None,
        ),
    ],
)
def test_usage_is_kept_as_it_was_said(usage: object, kept: dict[str, str], cost: int | None) -> None:
    found = usage_of([usage])
    assert (dict(found), cost_of(found)) == (kept, cost)


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            "",
            "free",
            "-1",
            -1,
            "1e3",
            "1,5",
            "1.",
            ".5",
            "NaN",
            "\u0661",
            "9" * 21,
            10**400,
            1e300,
        ),
        *("0." + "1" * 21, float("inf"), [], {}, "1\n2", -0.5),
    ],
)
def test_what_is_no_amount_is_left_out(value: object) -> None:
    assert usage_of([{"consumeMoney": value}]) == ()


def test_first_file_that_tells_a_measure_counts() -> None:
    files = [{"consumeMoney": None, "taskCostTime": 83}, 7, {"consumeMoney": "0.5", "taskCostTime": 84}]
    assert usage_of(files) == (("consume_money", "0.5"), ("task_cost_time", "83"))


@given(items=st.lists(JSON, max_size=5))
def test_any_items_are_read(items: list[object]) -> None:
    files = files_of(items)
    assert all(bool(file.url) != bool(file.text) for file in files)
    usage = usage_of(items)
    json.dumps([str(files), usage, cost_of(usage)]).encode()
