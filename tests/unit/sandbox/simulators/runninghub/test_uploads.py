"""Uploads of files and LoRAs: what is stored, under which name and link, and what is refused."""

import hashlib

import pytest

from tests.sandbox.simulators.runninghub.multipart_form import parts_of
from tests.unit.sandbox.simulators.runninghub.hub import Hub, simulate_hub

CONTENT = b"\x89PNG\r\n\r\n--x\r\n"


def test_uploaded_file_is_served_for_a_day_under_a_signed_link() -> None:
    async def scenario(hub: Hub) -> None:
        answer = await hub.upload("a.PNG", CONTENT)
        digest = hashlib.sha256(CONTENT).hexdigest()
        assert (list(answer), answer["code"]) == (["code", "message", "data"], 0)
        data = answer["data"]
        assert (data["type"], data["fileName"]) == ("image", f"openapi/{digest}.png")
        assert data["size"] == str(len(CONTENT))
        assert "q-sign-time=" in data["download_url"]
        assert (await hub.client.get(data["download_url"])).content == CONTENT
        assert [one["fileName"] for one in hub.records("uploads")] == [data["fileName"]]
        await hub.clock.advance(86_400)
        assert (await hub.client.get(data["download_url"])).status_code == 404

    simulate_hub(scenario)


def test_old_upload_takes_the_key_in_the_form_and_tells_no_link() -> None:
    async def scenario(hub: Hub) -> None:
        url, file = f"{hub.base}/task/openapi/upload", {"file": ("a.png", CONTENT)}
        form = {"apiKey": hub.key, "fileType": "input"}
        answer = (await hub.client.post(url, files=file, data=form)).json()
        digest = hashlib.sha256(CONTENT).hexdigest()
        data = {"fileName": f"api/{digest}.png", "fileType": "input"}
        assert answer == {"code": 0, "msg": "success", "data": data}
        refused = (await hub.client.post(url, files=file, data={"apiKey": "wrong"})).json()
        assert refused["code"] == 802
        large = {"file": ("a.png", bytes(30 * 1024 * 1024 + 1))}
        too_large = (await hub.client.post(url, files=large, data=form)).json()
        assert too_large == {"code": 809, "msg": "APIKEY_FILE_SIZE_EXCEEDED", "data": None}

    simulate_hub(scenario)


def test_upload_with_a_wrong_key_names_the_message_as_only_this_endpoint_does() -> None:
    async def scenario(hub: Hub) -> None:
        hub.key = "wrong"
        answer = await hub.upload()
        assert (answer["code"], answer["data"]) == (401, None)
        assert answer["message"].startswith("ApiKey verification failed")

    simulate_hub(scenario)


def test_unfit_file_is_refused() -> None:
    async def scenario(hub: Hub) -> None:
        assert (await hub.upload("a.exe"))["code"] == 808
        hub.fault("upload_error", times=1, code=1013)
        assert (await hub.upload())["code"] == 1013
        hub.fault("key_refused", times=1, at="upload")
        assert (await hub.upload())["code"] == -1
        assert (await hub.upload())["code"] == 0
        empty = await hub.send("media/upload/binary", {})
        assert empty.json()["code"] == 1007

    simulate_hub(scenario)


def test_lora_is_taken_only_as_announced() -> None:
    async def scenario(hub: Hub) -> None:
        weights = b"weights"
        digest = hashlib.md5(weights, usedforsecurity=False).hexdigest()
        asked = {"loraName": "style", "md5Hex": digest}
        told = (await hub.old("api/openapi/getLoraUploadUrl", **asked))["data"]
        assert told["fileName"] == f"api-lora-ai/{digest}.safetensors"
        assert (await hub.client.put(told["url"], content=b"others")).status_code == 403
        node = {"nodeId": "7", "fieldName": "file_name", "fieldValue": told["fileName"]}
        run = {"workflowId": "1904136902449209346", "nodeInfoList": [node]}
        assert (await hub.old("task/openapi/create", **run))["code"] == 803
        assert (await hub.client.put(told["url"], content=weights)).status_code == 200
        assert (await hub.old("task/openapi/create", **run))["code"] == 0
        assert (await hub.old("api/openapi/getLoraUploadUrl", loraName="style"))["code"] == 301

    simulate_hub(scenario)


@pytest.mark.parametrize(
    ("body", "content_type", "fields"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', "boundary=b", {"a": b"1"}),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--b--', 'boundary="b"', {"a": b""}),
        (b"--b\r\nnonsense\r\n--b--", "boundary=b", {}),
        (b"anything", "application/json", {}),
    ],
)
def test_form_is_read_as_it_was_sent(body: bytes, content_type: str, fields: dict[str, bytes]) -> None:
    assert {name: part.content for name, part in parts_of(body, content_type).items()} == fields
