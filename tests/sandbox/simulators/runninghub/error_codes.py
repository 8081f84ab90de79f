"""RunningHub's error codes, and which of them each generation of the API uses for the same refusal.

The numbers are the same everywhere; `errorCode` is a string in the v2 endpoints, `code` a number in the old ones.
https://www.runninghub.ai/runninghub-api-doc-en/doc-8287467
"""

from collections.abc import Mapping
from enum import StrEnum


class Generation(StrEnum):
    """Which family of endpoints a task came by: it decides envelopes, codes and webhook bodies."""

    OLD = "old"
    V2 = "v2"


MESSAGES: Mapping[int, str] = {
    1: "webhook event not exists",
    301: "PARAMS_INVALID",
    380: "WORKFLOW_NOT_EXISTS",
    412: "TOKEN_INVALID",
    415: "TASK_INSTANCE_MAXED",
    416: "TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET",
    421: "TASK_QUEUE_MAXED",
    423: "TASK_NOT_FOUNED",
    433: "VALIDATE_PROMPT_FAILED",
    435: "TASK_USER_EXCLAPI_INSTANCE_NOT_FOUND",
    436: "TASK_USER_EXCLAPI_REQUIRED",
    500: "UNKNOWN_ERROR",
    605: "insufficient balance",
    801: "APIKEY_UNSUPPORTED_FREE_USER",
    802: "APIKEY_UNAUTHORIZED",
    803: "APIKEY_INVALID_NODE_INFO",
    804: "APIKEY_TASK_IS_RUNNING",
    805: "APIKEY_TASK_STATUS_ERROR",
    806: "APIKEY_USER_NOT_FOUND",
    807: "APIKEY_TASK_NOT_FOUND",
    808: "APIKEY_UPLOAD_FAILED",
    809: "APIKEY_FILE_SIZE_EXCEEDED",
    810: "WORKFLOW_NOT_SAVED_OR_NOT_RUNNING",
    811: "CORPAPIKEY_INVALID",
    812: "CORPAPIKEY_INSUFFICIENT_FUNDS",
    813: "APIKEY_TASK_IS_QUEUED",
    814: "PERSONAL_QUEUE_COUNT_LIMIT",
    901: "WEBAPP_NOT_EXISTS",
    1000: "unknown error",
    1001: "invalid URL",
    1002: "invalid API key",
    1003: "request rate exceeded",
    1004: "task not found or expired",
    1005: "internal error",
    1006: "task timed out",
    1007: "parameter check failed",
    1008: "file too large",
    1009: "request method not supported",
    1010: "service unavailable",
    1011: "service busy",
    1012: "upstream service error",
    1013: "file processing failed",
    1014: "Access Denied: Standard Model API is restricted to Enterprise-Shared API Keys only.",
    1015: "generation failed",
    1101: "invalid node info",
    1501: "content review not passed",
    1504: "model timed out",
    1505: "photorealistic real people are prohibited",
    1520: "TASK_USER_CONCURRENT_LIMIT",
    1620: "promotional balance cannot be used by the API",
    40310: "This model is no longer available on the CN endpoint. Please move to runninghub.ai.",
}
BAD_KEY = {Generation.OLD: 802, Generation.V2: 1002}
BAD_PARAMETER = {Generation.OLD: 301, Generation.V2: 1007}
BAD_NODES = {Generation.OLD: 803, Generation.V2: 1101}
TOO_MANY_TASKS = {Generation.OLD: 421, Generation.V2: 1520}
NO_MONEY = {Generation.OLD: 812, Generation.V2: 605}
NO_TASK = {Generation.OLD: 807, Generation.V2: 1004}


class Refusal(Exception):
    """A business answer other than success; HTTP 200 all the same."""

    def __init__(self, code: int, message: str | None = None) -> None:
        self.code = code
        self.message = message if message is not None else MESSAGES.get(code, "unknown error")
        super().__init__(f"{code} {self.message}")
