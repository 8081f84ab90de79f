"""Which models the catalogue lists, from models.json beside this module, and what is known of any other id.

The simulator's own reading of the facts: it must never import the product's catalogue, or one mistake would
be in both. Sora's schemas stand in sora.py, written by hand.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.sandbox.simulators.runcomfy.jobs import Piece
from tests.sandbox.simulators.runcomfy.sora import SCHEMAS, price_per_second, sora_price

DATA_FILE = Path(__file__).with_name("models.json")
MODEL_ID = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){1,4}")
FORMATS = {"video": "MP4", "image": "PNG", "audio": "MP3"}
FLAT_PRICES = {"video": 0.5, "image": 0.04, "audio": 0.02}
AUDIO_WORDS = ("audio", "music", "speech", "tts")


@dataclass(frozen=True)
class Model:
    """`output` is the key of its results, singular or plural; `strict` models refuse what the schema does not have."""

    id: str
    name: str
    categories: tuple[str, ...]
    output: str
    count: int
    schema: Mapping[str, Any]
    price: float
    price_unit: str
    strict: bool

    @property
    def kind(self) -> str:
        return self.output.removesuffix("s")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(self.output, FORMATS[self.kind]),) * self.count

    def price_of(self, body: Mapping[str, Any]) -> float:
        """USD for one request: flat, but for Sora."""
        return sora_price(self.id, body) if self.id in SCHEMAS else self.price

    def document(self, *, with_schema: bool) -> dict[str, Any]:
        """The model as the catalogue shows it."""
        shown = {
            "model_id": self.id,
            "display_name": self.name,
            "categories": list(self.categories),
            "base_price_usd": self.price,
            "price_unit": self.price_unit,
            "pricing_note": "",
        }
        if with_schema:
            shown |= {
                "description": "",
                "model_url": f"https://www.runcomfy.com/models/{self.id}",
                "input_schema": self.schema,
            }
        return shown


class ModelRegistry:
    """The catalogue."""

    def __init__(self) -> None:
        self._models = _read(DATA_FILE)

    def find(self, model_id: str) -> Model | None:
        return self._models.get(model_id)

    def model_for(self, model_id: str, *, accept_unknown: bool) -> Model | None:
        """What to run under that id: RunComfy has more models than the catalogue here lists."""
        if model_id in self._models or not accept_unknown:
            return self._models.get(model_id)
        return _model(model_id, {"output": _guessed_kind(model_id)}, {"type": "object", "properties": {}})

    def models(self) -> list[Model]:
        return [self._models[model_id] for model_id in sorted(self._models)]


def is_model_id(text: str) -> bool:
    """Two to five segments, none of them a dot or two."""
    return MODEL_ID.fullmatch(text) is not None and not {".", ".."} & set(text.split("/"))


def _guessed_kind(model_id: str) -> str:
    if any(word in model_id for word in AUDIO_WORDS):
        return "audio"
    return "video" if "video" in model_id else "image"


@cache
def _read(path: Path) -> dict[str, Model]:
    raw = json.loads(path.read_text())
    usual = raw["usual_schema"]
    return {
        model_id: _model(model_id, entry, SCHEMAS.get(model_id, entry.get("input_schema", usual)))
        for model_id, entry in raw["models"].items()
    }


def _model(model_id: str, entry: Mapping[str, Any], schema: Mapping[str, Any]) -> Model:
    kind = entry["output"].removesuffix("s")
    sora = model_id in SCHEMAS
    return Model(
        id=model_id,
        name=entry.get("name", model_id),
        categories=tuple(entry.get("categories", "").split()),
        output=entry["output"],
        count=entry.get("count", 1),
        schema=schema,
        price=price_per_second(model_id, "1280x720") if sora else entry.get("price", FLAT_PRICES[kind]),
        price_unit="second" if sora else entry.get("unit", "output"),
        strict=sora,
    )
