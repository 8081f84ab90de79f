"""RunningHub's calls as requests, and where in them the API key goes. Pure.

The calls below /openapi/v2 have it in the header alone. The old ones want it in the body or the address, newer copies
of their pages in the header as well (https://www.runninghub.ai/runninghub-api-doc-en): they get both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from framehook.providers import json_calls
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.providers.runninghub.errors import refuses_key
from framehook.providers.runninghub.words import error_of, opened

CANCEL = "/task/openapi/cancel"
WEBHOOK_RECORD = "/task/openapi/getWebhookDetail"
ACCOUNT = "/uc/openapi/accountStatus"
WORKFLOW = "/api/openapi/getJsonApiFormat"
LORA_PLACE = "/api/openapi/getLoraUploadUrl"
APP = "/api/webapp/apiCallDemo"

# Free, and the same however often they are made. Nothing that may be paid for can ever be among them.
_REPEATABLE = (CANCEL, WEBHOOK_RECORD, ACCOUNT, WORKFLOW, LORA_PLACE, APP)
_KEY = "apiKey"


def post(path: str, document: Mapping[str, Any], api_key: str) -> HttpRequest:
    """A call with a JSON body and the key in the header alone."""
    return json_calls.post(path, document, f"Bearer {api_key}")


def old_post(path: str, document: Mapping[str, Any], api_key: str, key_field: str = _KEY) -> HttpRequest:
    return post(path, {key_field: api_key, **document}, api_key)


def old_get(path: str, query: Mapping[str, str], api_key: str) -> HttpRequest:
    """With the key in its address: nothing of the request may be logged or shown."""
    return json_calls.get(f"{path}?{urlencode({_KEY: api_key, **query})}", f"Bearer {api_key}")


def bearer_only(request: HttpRequest, response: HttpResponse) -> HttpRequest | None:
    """The call again, with the key in the header alone, where the answer refuses a key that was elsewhere as well: some
    keys are refused for that. None: it must not be repeated, or that would change nothing."""
    path, mark, query = request.path.partition("?")
    if path not in _REPEATABLE or not _refuses_key(response):
        return None
    kept = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if not _is_key(pair[0])])
    document = json.loads(request.body) if request.body else {}
    fields = {name: value for name, value in document.items() if not _is_key(name)}
    body = json_calls.encoded(fields) if request.body else b""
    again = replace(request, path=f"{path}{mark}{kept}", body=body)
    return None if again == request else again


def _refuses_key(response: HttpResponse) -> bool:
    return refuses_key(error_of(opened(response.body) or {})[0], response.status)


def _is_key(name: str) -> bool:
    return name.lower() == _KEY.lower()  # accountStatus spells it in lower case
