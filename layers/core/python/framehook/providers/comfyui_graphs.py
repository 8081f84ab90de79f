"""What can be filled in of a workflow of ComfyUI in its API format: nodes by id, each with its inputs. Pure.

https://docs.runcomfy.com/serverless/workflow-files shows one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from framehook.providers.form_fields import LONGEST_NAME, json_type, sendable_name, storable
from framehook.providers.provider_words import readable
from framehook.providers.questions import FormField

MOST_NODES = 500

# Nodes that load a file from the account's uploads; those that take a URL or a path are told by their names.
_LOADS = re.compile(r"(?i)(?<!down)load[ _]?(?:image|video|audio)(?!.*(?:url|path|base64))")
_FILE_FIELDS = ("image", "video", "audio", "file")


def literals(graph: Mapping[str, Any]) -> Iterator[FormField]:
    """Every literal input of the first MOST_NODES nodes; what is linked to another node is left out."""
    for node_id, node in islice(graph.items(), MOST_NODES):
        yield from _inputs(node_id, node)


def _inputs(node_id: str, node: Any) -> Iterator[FormField]:
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    if not isinstance(inputs, Mapping) or sendable_name(node_id) is None:
        return
    kind = readable(node.get("class_type"), LONGEST_NAME)
    meta = node.get("_meta")
    title = readable(meta.get("title"), LONGEST_NAME) if isinstance(meta, Mapping) else ""
    for name, value in inputs.items():
        if isinstance(value, str | int | float) and sendable_name(name) is not None:
            yield FormField(
                name=name,
                type=json_type(value),
                value=storable(value),
                node_id=node_id,
                node_name=title or kind or None,
                upload=name in _FILE_FIELDS and _LOADS.search(kind) is not None,
            )
