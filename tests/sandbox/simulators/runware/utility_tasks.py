"""The small synchronous tasks: media uploads, account details, ping.

https://runware.ai/docs/platform/media-storage and https://runware.ai/docs/utilities/image-upload
"""

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.outcome import Outcome, refuse
from tests.sandbox.simulators.runware.parameter_checks import invalid, missing
from tests.sandbox.simulators.runware.settings import Settings

UTILITY_TASK_TYPES = ("imageUpload", "mediaStorage", "accountManagement", "ping")
# Uploads live for 30 days after their last use.
UPLOAD_LIFETIME = 30 * 86_400.0


class UtilityTasks:
    """Answers in the same request; nothing here is charged."""

    def __init__(self, media: MediaHost, journal: RunwareJournal, settings: Settings) -> None:
        self._media = media
        self._journal = journal
        self._settings = settings
        self._uploads: dict[str, str] = {}

    def answer(self, task: Mapping[str, Any]) -> Outcome:
        match task["taskType"]:
            case "imageUpload":
                return self._image_upload(task)
            case "mediaStorage":
                return self._media_storage(task)
            case "accountManagement":
                return self._account(task)
        return Outcome(data=[{"taskType": "ping", "pong": True}])

    def forget(self) -> None:
        self._uploads.clear()

    def _image_upload(self, task: Mapping[str, Any]) -> Outcome:
        if not isinstance(task.get("image"), str):
            return refuse(task, missing("image"))
        stored = self._store(task, str(task["image"]))
        if stored is None:
            return refuse(task, invalid("image", "must be a URL, a data URI or base64.", type="string"))
        return Outcome(data=[{**_named(task), "imageUUID": stored[0], "imageURL": stored[1]}])

    def _media_storage(self, task: Mapping[str, Any]) -> Outcome:
        operation, media = task.get("operation"), task.get("media")
        if operation not in ("upload", "delete"):
            allowed = ["upload", "delete"]
            return refuse(
                task, invalid("operation", "must be one of: upload, delete.", allowedValues=allowed)
            )
        if not isinstance(media, str):
            return refuse(task, missing("media"))
        named = {**_named(task), "operation": operation}
        if operation == "delete":
            path = self._uploads.pop(media, None)
            if path is None:
                return refuse(task, invalid("media", "is not a stored mediaUUID.", "mediaNotFound"))
            self._media.withdraw(path)
            return Outcome(data=[{**named, "mediaUUID": media}])
        stored = self._store(task, media)
        if stored is None:
            return refuse(task, invalid("media", "must be a URL, a data URI or base64.", type="string"))
        return Outcome(data=[{**named, "mediaUUID": stored[0], "mediaURL": stored[1]}])

    def _account(self, task: Mapping[str, Any]) -> Outcome:
        if task.get("operation") != "getDetails":
            rule = "must be 'getDetails' here."
            return refuse(task, invalid("operation", rule, allowedValues=["getDetails"]))
        left = round(self._settings.balance - self._journal.spent, 6)
        details = {
            "operation": "getDetails",
            "organizationName": "Simulated",
            "organizationUUID": str(uuid.UUID(int=1, version=4)),
            "balance": {"amount": left, "currency": "USD"},
            "team": [],
            "apiKeys": [],
        }
        return Outcome(data=[{**_named(task), **details}])

    def _store(self, task: Mapping[str, Any], media: str) -> tuple[str, str] | None:
        """The new id and URL. A URL is not fetched: a rendered picture stands in for what it points to."""
        content: MediaSpec | bytes = MediaSpec("PNG", media, 0)
        kind = "image/png"
        if not media.startswith(("http://", "https://")):
            head, comma, encoded = media.partition(",")
            if comma and head.startswith("data:"):
                kind = head.removeprefix("data:").removesuffix(";base64")
            else:
                encoded = media
            try:
                content = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                return None
        media_uuid = str(uuid.uuid4())
        path = f"upload/{media_uuid}.{kind.rpartition('/')[2]}"
        self._uploads[media_uuid] = path
        subject = FaultSubject(str(task["taskUUID"]), task_type=str(task["taskType"]))
        return media_uuid, self._media.publish(path, content, kind, lifetime=UPLOAD_LIFETIME, subject=subject)


def _named(task: Mapping[str, Any]) -> dict[str, Any]:
    return {"taskType": task["taskType"], "taskUUID": task["taskUUID"]}
