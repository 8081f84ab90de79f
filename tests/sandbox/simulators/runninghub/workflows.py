"""The workflows and AI Apps that the simulated accounts own, the same on both sites.

`outputs` are the nodes that save something, with the file extension each of them yields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Graph:
    """A ComfyUI graph in API format; `saved` false is one that was never run by hand."""

    nodes: Mapping[str, Mapping[str, Any]]
    outputs: tuple[tuple[str, str], ...]
    saved: bool = True


@dataclass(frozen=True)
class App:
    """An AI App: a form whose fields are inputs of nodes."""

    name: str
    fields: tuple[Mapping[str, str], ...]
    outputs: tuple[tuple[str, str], ...]


def _node(class_type: str, title: str | None = None, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title or class_type}}


TEXT_TO_IMAGE = "1904136902449209346"
IMAGE_TO_VIDEO = "1904136902449209388"
NEVER_RUN = "1904136902449209430"
WORKFLOWS: Mapping[str, Graph] = {
    TEXT_TO_IMAGE: Graph(
        {
            "3": _node("KSampler", seed=669816362794144, steps=20, cfg=8, model=["7", 0], positive=["6", 0]),
            "4": _node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors"),
            "5": _node("EmptyLatentImage", width=512, height=512, batch_size=1),
            "6": _node("CLIPTextEncode", "CLIP Text Encode (Prompt)", text="a cute panda", clip=["4", 1]),
            "7": _node("RHLoraLoader", file_name="style.safetensors", strength=1, model=["4", 0]),
            "8": _node("VAEDecode", samples=["3", 0], vae=["4", 2]),
            "9": _node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
        },
        (("9", "png"),),
    ),
    IMAGE_TO_VIDEO: Graph(
        {
            "2": _node("LoadImage", image="example.png"),
            "24": _node("CLIPTextEncode", text="a lake at night", clip=["4", 1]),
            "30": _node("KSampler", seed=1, steps=8, cfg=1, model=["4", 0], positive=["24", 0]),
            "10": _node("SaveImage", "Preview", filename_prefix="preview", images=["30", 0]),
            "12": _node("VHS_VideoCombine", frame_rate=16, format="video/h264-mp4", images=["30", 0]),
            "13": _node("SaveAudio", filename_prefix="sound", audio=["30", 1]),
            "14": _node("ShowText|pysssss", "Caption", text=["24", 0]),
        },
        (("10", "png"), ("12", "mp4"), ("13", "flac"), ("14", "txt")),
    ),
    NEVER_RUN: Graph({}, (), saved=False),
}
PORTRAIT_APP = "1877265245566922801"
ANIMATE_APP = "1937084629516193794"
APPS: Mapping[str, App] = {
    PORTRAIT_APP: App(
        "Portrait",
        (
            {
                "nodeId": "122",
                "nodeName": "CLIPTextEncode",
                "fieldName": "prompt",
                "fieldValue": "a girl in a classroom",
                "fieldType": "STRING",
                "description": "prompt",
            },
        ),
        (("9", "png"),),
    ),
    ANIMATE_APP: App(
        "Animate a picture",
        (
            {
                "nodeId": "26",
                "nodeName": "LoadImage",
                "fieldName": "image",
                "fieldValue": "example.png",
                "fieldType": "IMAGE",
                "description": "image",
            },
            {
                "nodeId": "40",
                "nodeName": "CLIPTextEncode",
                "fieldName": "text",
                "fieldValue": "wind moves the silk",
                "fieldType": "STRING",
                "description": "what happens",
            },
            {
                "nodeId": "41",
                "nodeName": "ImpactSwitch",
                "fieldName": "select",
                "fieldValue": "1",
                "fieldData": '["1", "2"]',
                "fieldType": "LIST",
                "description": "style",
            },
        ),
        (("50", "mp4"),),
    ),
}
