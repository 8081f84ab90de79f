"""Sora 2 as RunComfy's model pages describe it, by hand: schemas, sizes and prices.

https://www.runcomfy.com/models/openai/sora-2/text-to-video and the pages beside it. The page of
openai/sora-2/image-to-video was never found: its schema is assumed. Prices are OpenAI's own list prices.
"""

from collections.abc import Mapping
from typing import Any

TEXT, PRO_TEXT = "openai/sora-2/text-to-video", "openai/sora-2/pro/text-to-video"
IMAGE, PRO_IMAGE = "openai/sora-2/image-to-video", "openai/sora-2/pro/image-to-video"
SIZES = ("1280x720", "720x1280")
PRO_SIZES = (*SIZES, "1024x1792", "1792x1024")
USUAL_SIZE, USUAL_SECONDS = "720x1280", 4
IMAGE_FORMATS = ("jpg", "jpeg", "png", "webp", "gif", "avif")
# USD for a second of video.
PRICE, PRO_PRICE, LARGE_PRO_PRICE = 0.1, 0.3, 0.5


def _schema(sizes: tuple[str, ...], *, sample: str | None, image: bool) -> Mapping[str, Any]:
    # A required field may have a default: it is what the page shows, and no client is spared to send it.
    prompt = {"title": "Prompt", "description": "", "type": "string"}
    properties: dict[str, Any] = {"prompt": prompt | ({"default": sample} if sample else {})}
    if image:
        properties["input_reference"] = {
            "title": "Image",
            "description": f"One of {', '.join(IMAGE_FORMATS)}",
            "type": "string",
            "default": "https://playgrounds-storage-public.runcomfy.net/sample.jpeg",
        }
    properties["size"] = {
        "title": "Resolution",
        "description": "",
        "type": "string",
        "enum": list(sizes),
        "default": USUAL_SIZE,
    }
    properties["seconds"] = {
        "title": "Duration",
        "description": "",
        "type": "integer",
        "enum": [4, 8, 12],
        "default": USUAL_SECONDS,
    }
    required = ["prompt", *(["input_reference"] if image else [])]
    return {"type": "object", "title": "Input", "required": required, "properties": properties}


SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    TEXT: _schema(SIZES, sample=None, image=False),
    PRO_TEXT: _schema(PRO_SIZES, sample="A lighthouse at dusk, seen from a boat.", image=False),
    IMAGE: _schema(SIZES, sample=None, image=True),
    PRO_IMAGE: _schema(PRO_SIZES, sample="The wind rises in the trees.", image=True),
}


def price_per_second(model_id: str, size: object) -> float:
    if model_id not in (PRO_TEXT, PRO_IMAGE):
        return PRICE
    return PRO_PRICE if size in SIZES else LARGE_PRO_PRICE


def sora_price(model_id: str, body: Mapping[str, Any]) -> float:
    """Of a valid body, in USD."""
    rate = price_per_second(model_id, body.get("size", USUAL_SIZE))
    return round(rate * int(body.get("seconds", USUAL_SECONDS)), 4)
