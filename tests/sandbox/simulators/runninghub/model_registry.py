"""Which models exist and which parameters each of them takes, from models.json beside this module.

The simulator's own reading of the facts: it must never import the product's catalogue, or one mistake would
be in both. Sora's rules stand in sora.py, written by hand.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA_FILE = Path(__file__).with_name("models.json")
DELISTED = "deprecated"


@dataclass(frozen=True)
class ModelRules:
    """`output` is video, image, audio, 3d or string; models without listed parameters are `open_ended`."""

    output: str
    parameters: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...] = ()
    open_ended: bool = False


class ModelRegistry:
    """The models of the Standard Model API by their path."""

    def __init__(self, extra: Mapping[str, ModelRules]) -> None:
        self._models = {**_read(DATA_FILE), **extra}

    def rules_for(self, path: str, *, accept_unknown: bool) -> ModelRules | None:
        """None if RunningHub has nothing under that path."""
        if path in self._models or not accept_unknown:
            return self._models.get(path)
        kind = next((kind for kind in ("video", "image", "audio", "3d") if path.endswith(kind)), "image")
        return ModelRules(kind, {}, open_ended=True)

    def paths(self) -> list[str]:
        return sorted(self._models)


def is_delisted(path: str) -> bool:
    """Whether RunningHub's own registry says that the model is off the market."""
    return DELISTED in path.lower()


@cache
def _read(path: Path) -> dict[str, ModelRules]:
    raw = json.loads(path.read_text())
    return {name: _rules(entry, raw["parameters"]) for name, entry in raw["models"].items()}


def _rules(entry: Mapping[str, Any], specs: Mapping[str, Any]) -> ModelRules:
    words = entry["parameters"].split()
    references = [word.removesuffix("!") for word in words]
    # "duration/2" is the second of several specs for a parameter called duration; "!" marks a required one.
    parameters = {reference.split("/")[0]: specs[reference] for reference in references}
    required = tuple(word.removesuffix("!").split("/")[0] for word in words if word.endswith("!"))
    return ModelRules(entry["output"], parameters, required, entry.get("open", False))
