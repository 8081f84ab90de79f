"""Uploads: the new one, the old one, and the two steps for a LoRA.

What is uploaded is served for a day under a link that looks signed; nodes name it by its fileName.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.runninghub.error_codes import BAD_PARAMETER, Generation, Refusal
from tests.sandbox.simulators.runninghub.gateway import Call, Gateway, key_refused
from tests.sandbox.simulators.runninghub.multipart_form import Part, parts_of
from tests.sandbox.simulators.runninghub.shared import Shared
from tests.sandbox.simulators.runninghub.sites import Upload
from tests.sandbox.simulators.runninghub.views import wrapped, wrapped_refusal

MOST_BYTES = 30 * 1024 * 1024
LIFETIME = 86_400
KINDS: Mapping[str, tuple[str, ...]] = {
    "image": ("jpg", "png", "jpeg", "webp"),
    "audio": ("mp3", "wav", "flac"),
    "video": ("mp4", "avi", "mov", "mkv"),
    "zip": ("zip",),
}
BAD_UPLOAD_KEY, UNFIT_FILE = 401, 808
TOO_LARGE = {Generation.OLD: 809, Generation.V2: 1008}
LORA_FOLDER = "api-lora"


class UploadApi:
    """Handlers for one site."""

    def __init__(self, shared: Shared, origin: str) -> None:
        self._shared = shared
        self._origin = origin
        # What getLoraUploadUrl has promised to take: the file's MD5 by its name.
        self._announced: dict[str, str] = {}

    def routes(self, gateway: Gateway) -> Sequence[BaseRoute]:
        return [
            gateway.route("POST", "/openapi/v2/media/upload/binary", self._upload, _message_refusal),
            gateway.route("POST", "/task/openapi/upload", self._old_upload, wrapped_refusal),
            gateway.route("POST", "/api/openapi/getLoraUploadUrl", self._lora_url, wrapped_refusal),
            gateway.route("PUT", f"/{LORA_FOLDER}/{{name}}", self._lora, wrapped_refusal),
        ]

    def forget(self) -> None:
        self._announced.clear()

    async def _upload(self, call: Call) -> Response:
        if key_refused(self._shared.faults, FaultSubject(""), "upload"):
            return call.unauthorized()
        try:
            call.require_bearer()
        except Refusal as refused:
            message = "ApiKey verification failed: API Key不存在"
            raise Refusal(BAD_UPLOAD_KEY, message) from refused
        stored, kind, size = self._store(call, "openapi", Generation.V2)
        now = int(self._shared.clock.wall())
        signed = f"q-sign-algorithm=sha1&q-sign-time={now}%3B{now + LIFETIME}&q-signature=simulated"
        data = {
            "type": kind,
            "download_url": f"{self._shared.media.base_url}/{stored.path}?{signed}",
            "fileName": stored.file_name,
            "size": str(size),
        }
        return JSONResponse({"code": 0, "message": "success", "data": data})

    async def _old_upload(self, call: Call) -> Response:
        given = _form(call).get("apiKey")
        call.require_old_key(given.content.decode() if given else None, self._shared.settings)
        stored, _, _ = self._store(call, "api", Generation.OLD)
        return JSONResponse(wrapped({"fileName": stored.file_name, "fileType": "input"}))

    async def _lora_url(self, call: Call) -> Response:
        body = call.json(Generation.OLD)
        call.require_old_key(body.get("apiKey"), self._shared.settings)
        digest = body.get("md5Hex")
        if not isinstance(digest, str) or not digest or not body.get("loraName"):
            raise Refusal(BAD_PARAMETER[Generation.OLD])
        name = f"{digest}.safetensors"
        self._announced[name] = digest.lower()
        url = f"{self._origin}{call.site.path}/{LORA_FOLDER}/{name}"
        return JSONResponse(wrapped({"fileName": f"{LORA_FOLDER}-{call.site.name}/{name}", "url": url}))

    async def _lora(self, call: Call) -> Response:
        """The storage behind the signed URL: no envelope, and no key."""
        name = call.request.path_params["name"]
        if self._announced.get(name) != hashlib.md5(call.raw, usedforsecurity=False).hexdigest():
            return Response(status_code=403)
        file_name = f"{LORA_FOLDER}-{call.site.name}/{name}"
        call.site.uploads[file_name] = Upload(file_name, "")
        self._note(call, file_name, len(call.raw))
        return Response(status_code=200)

    def _store(self, call: Call, folder: str, generation: Generation) -> tuple[Upload, str, int]:
        """The stored file, its kind and size; raises a Refusal."""
        if rule := self._shared.faults.take("upload_error", FaultSubject("")):
            raise Refusal(int(rule.options["code"]), rule.options["message"])
        part = _form(call).get("file")
        if part is None or part.filename is None:
            raise Refusal(BAD_PARAMETER[generation])
        if len(part.content) > MOST_BYTES:
            raise Refusal(TOO_LARGE[generation])
        extension = PurePosixPath(part.filename).suffix.removeprefix(".").lower()
        kind = next((kind for kind, extensions in KINDS.items() if extension in extensions), None)
        if kind is None:
            raise Refusal(UNFIT_FILE)
        file_name = f"{folder}/{hashlib.sha256(part.content).hexdigest()}.{extension}"
        stored = Upload(file_name, f"input/{call.site.name}/{file_name}")
        call.site.uploads[file_name] = stored
        self._shared.media.publish(
            stored.path,
            part.content,
            _content_type(kind, extension),
            lifetime=LIFETIME,
            subject=FaultSubject(""),
        )
        self._note(call, file_name, len(part.content))
        return stored, kind, len(part.content)

    def _note(self, call: Call, file_name: str, size: int) -> None:
        entry = {
            "site": call.site.name,
            "fileName": file_name,
            "bytes": size,
            "at": self._shared.clock.wall(),
        }
        self._shared.journal.uploads.append(entry)


def _form(call: Call) -> dict[str, Part]:
    return parts_of(call.raw, call.request.headers.get("content-type", ""))


def _content_type(kind: str, extension: str) -> str:
    return "application/zip" if kind == "zip" else f"{kind}/{extension.replace('jpg', 'jpeg')}"


def _message_refusal(refusal: Refusal) -> dict[str, Any]:
    """This endpoint alone calls it `message`."""
    return {"code": refusal.code, "message": refusal.message, "data": None}
