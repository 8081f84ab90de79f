"""Examples of what the HTTP API takes and answers, for its description."""

from __future__ import annotations

from collections.abc import Mapping

from framehook.api_schemas import Schema

JOB_REQUESTS: Mapping[str, Schema] = {
    "catalogue": {
        "model": "sora-2-pro",
        "input": {"prompt": "A fox runs through fresh snow at dawn", "size": "1280x720", "seconds": 8},
        "metadata": {"order": "17"},
    },
    "native": {
        "model": "runware/openai:3@2",
        "input": {"positivePrompt": "A fox in fresh snow", "duration": 4, "width": 1280, "height": 720},
    },
    "workflow": {
        "model": "runninghub/workflow/1904136902449209346",
        "input": {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "A fox in snow"}]},
    },
}
RESOLVE_REQUESTS: Mapping[str, Schema] = {
    "resend": {"action": "resend"},
    "adopt": {"action": "adopt", "provider_task_id": "7d4b1c9e-3f0a-4c55-9d6f-0b7a2f3e8c21"},
    "adopt_runninghub": {"action": "adopt", "provider_task_id": "2013508786110730241"},
}
_NOT_ASKED: Schema = dict.fromkeys(("balance", "coins", "running", "queued", "limit", "key_kind"))
_OPEN: Schema = {"open": True, "closed_until": None, "refusals": 0}
PROVIDERS: Schema = {
    "providers": [
        {
            "name": "runware",
            "accounts": [
                {"id": "runware", "configured": True, "selected": True, "currency": "USD"}
                | {**_NOT_ASKED, "balance": "2450.75", "gate": _OPEN, "error": None}
            ],
        },
        {
            "name": "runninghub",
            "accounts": [
                {
                    "id": "runninghub-ai",
                    "configured": True,
                    "selected": True,
                    "currency": "USD",
                    "balance": "12.50",
                    "coins": "177814",
                    "running": 1,
                    "queued": 2,
                    "limit": 30,
                    "key_kind": "shared",
                    "gate": _OPEN,
                    "error": None,
                },
                {"id": "runninghub-cn", "configured": False, "selected": False, "currency": "CNY"}
                | {**_NOT_ASKED, "gate": _OPEN, "error": None},
            ],
        },
        {
            "name": "runcomfy",
            "accounts": [
                {"id": "runcomfy", "configured": True, "selected": True, "currency": "USD"}
                | {**_NOT_ASKED, "balance": "5.00", "gate": _OPEN, "error": None}
            ],
        },
    ]
}


def _node_field(node: tuple[str, str], name: str, kind: str, default: object, *, upload: bool) -> Schema:
    given = {"node_id": node[0], "node_name": node[1], "field_name": name, "type": kind, "default": default}
    return given | {"options": None, "required": False, "upload": upload, "description": None}


WORKFLOW: Schema = {
    "id": "runninghub/workflow/1904136902449209346",
    "kind": "workflow",
    "provider": "runninghub",
    "name": None,
    "complete": True,
    "price": None,
    "fields": [
        _node_field(("6", "CLIP Text Encode (Prompt)"), "text", "string", "a cute panda", upload=False),
        _node_field(("3", "KSampler"), "steps", "integer", 20, upload=False),
        _node_field(("10", "Load Image"), "image", "string", "example.png", upload=True),
    ],
    "example": {
        "model": "runninghub/workflow/1904136902449209346",
        "input": {
            "nodeInfoList": [
                {"nodeId": "6", "fieldName": "text", "fieldValue": "a cute panda"},
                {
                    "nodeId": "10",
                    "fieldName": "image",
                    "fieldValue": {"upload": "https://example.com/picture.png"},
                },
            ]
        },
    },
}
