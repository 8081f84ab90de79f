"""The account's Serverless deployments, from models.json beside this module: ComfyUI workflows and LoRAs.

https://docs.runcomfy.com/create-a-deployment
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.sandbox.simulators.runcomfy.jobs import COMFYUI, LORA, Piece
from tests.sandbox.simulators.runcomfy.model_registry import DATA_FILE
from tests.sandbox.simulators.runcomfy.refusals import (
    DELETED,
    DISABLED,
    FOREIGN_DEPLOYMENT,
    NOT_FOUND,
    Refusal,
)

# What nodes put out: the key their files stand under in `outputs`, and the format. SaveVideo calls its videos images.
OUTPUT_NODES: Mapping[str, tuple[str, str]] = {
    "SaveImage": ("images", "PNG"),
    "PreviewImage": ("images", "PNG"),
    "SaveVideo": ("images", "MP4"),
    "VHS_VideoCombine": ("gifs", "MP4"),
    "SaveAudio": ("audio", "FLAC"),
    "SaveAudioMP3": ("audio", "MP3"),
    "ShowText|pysssss": ("text", "TXT"),
}
CREATED_AT = "2026-01-15T10:00:00.000000+00:00"


@dataclass(frozen=True)
class Deployment:
    """`workflow` is a ComfyUI graph, `schema` what a LoRA's flat body may hold."""

    id: str
    name: str
    kind: str
    workflow: Mapping[str, Any]
    schema: Mapping[str, Any]
    output: tuple[Piece, ...]
    is_enabled: bool
    is_deleted: bool
    is_foreign: bool

    def document(self, includes: Collection[str]) -> dict[str, Any]:
        """The deployment as the API shows it."""
        shown = {
            "id": self.id,
            "name": self.name,
            "workflow_id": f"00000000-{self.id[9:]}",
            "workflow_version": "v1",
            "hardware": ["AMPERE_48"],
            "min_instances": 0,
            "max_instances": 1,
            "queue_size": 1,
            "keep_warm_duration_in_seconds": 60,
            "status": "standby" if self.is_enabled else "disabled",
            "is_enabled": self.is_enabled,
            "created_at": CREATED_AT,
            "updated_at": CREATED_AT,
        }
        if "payload" in includes:
            shown["payload"] = {"workflow_api_json": self.workflow, "overrides": {}, "object_info_url": ""}
        if "readme" in includes:
            shown["readme"] = f"# {self.name}"
        return shown


def deployment_with(deployment_id: str) -> Deployment:
    """Raises a Refusal if the account has none with that id."""
    deployment = _read(DATA_FILE).get(deployment_id)
    if deployment is None:
        raise Refusal(NOT_FOUND)
    if deployment.is_foreign:
        raise Refusal(FOREIGN_DEPLOYMENT)
    return deployment


def runnable_deployment(deployment_id: str) -> Deployment:
    """Raises a Refusal also if it cannot run."""
    deployment = deployment_with(deployment_id)
    if deployment.is_deleted:
        raise Refusal(DELETED)
    if not deployment.is_enabled:
        raise Refusal(DISABLED)
    return deployment


def deployments() -> list[Deployment]:
    """Those that the account can see."""
    return [one for one in _read(DATA_FILE).values() if not (one.is_foreign or one.is_deleted)]


def graph_outputs(graph: Mapping[str, Any]) -> tuple[Piece, ...]:
    """What a graph puts out, by node."""
    classes = {node: entry.get("class_type") for node, entry in graph.items()}
    return tuple(
        Piece(*OUTPUT_NODES[name], node=node) for node, name in classes.items() if name in OUTPUT_NODES
    )


@cache
def _read(path: Path) -> dict[str, Deployment]:
    raw = json.loads(path.read_text())
    return {name: _deployment(name, entry) for name, entry in raw["deployments"].items()}


def _deployment(deployment_id: str, entry: Mapping[str, Any]) -> Deployment:
    workflow = entry.get("workflow", {})
    is_graph = entry["kind"] == COMFYUI
    return Deployment(
        id=deployment_id,
        name=entry["name"],
        kind=COMFYUI if is_graph else LORA,
        workflow=workflow,
        schema=entry.get("input_schema", {}),
        output=graph_outputs(workflow) if is_graph else (Piece(entry["output"], entry["format"]),),
        is_enabled=entry.get("is_enabled", True),
        is_deleted=entry.get("is_deleted", False),
        is_foreign=entry.get("is_foreign", False),
    )
