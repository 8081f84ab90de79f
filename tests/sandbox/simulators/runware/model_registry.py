"""Which models exist and which parameters each of them takes, from models.json beside this module.

The simulator's own reading of the facts: it must never import the product's catalogue, or one mistake would
be in both. Sora is no longer in the source; its rules are in sora.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA_FILE = Path(__file__).with_name("models.json")
TASK_TYPES_OF_UNKNOWN_MODELS = "modalities"


@dataclass(frozen=True)
class ModelRules:
    """`parameters` maps a name to its spec; `open_ended` models take others as well."""

    task_type: str
    parameters: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...] = ()
    open_ended: bool = False


class ModelRegistry:
    """Curated models by AIR id, plus rules for community checkpoints and models nobody listed."""

    def __init__(self, extra: Mapping[str, ModelRules]) -> None:
        data = _read(DATA_FILE)
        self._models = {**data["models"], **extra}
        self._community = _union(list(data["architectures"].values()))
        self._unknown = data[TASK_TYPES_OF_UNKNOWN_MODELS]

    def rules_for(self, air: str, task_type: str, *, accept_unknown: bool) -> ModelRules | None:
        """None if Runware would not know the model."""
        if air in self._models:
            return self._models[air]
        if air.startswith("civitai:") and task_type == self._community.task_type:
            return self._community
        if not accept_unknown:
            return None
        known = self._unknown.get(task_type, ModelRules(task_type, {}))
        return ModelRules(task_type, known.parameters, known.required, open_ended=True)

    def formats_of(self, air: str) -> tuple[str, ...]:
        """The output formats of a curated model, its default first."""
        rules = self._models.get(air)
        return tuple(rules.parameters.get("outputFormat", {}).get("values", ())) if rules else ()

    def ids(self) -> list[str]:
        return sorted(self._models)


def _union(architectures: list[ModelRules]) -> ModelRules:
    """An AIR id does not tell its architecture, so what any of them takes passes, what all need is needed."""
    parameters: dict[str, Mapping[str, Any]] = {}
    for rules in architectures:
        for name, spec in rules.parameters.items():
            earlier = parameters.get(name, spec)
            parameters[name] = spec if earlier == spec else {"any": [earlier, spec]}
    required = set[str].intersection(*(set(rules.required) for rules in architectures))
    return ModelRules("imageInference", parameters, tuple(sorted(required)))


@cache
def _read(path: Path) -> dict[str, dict[str, ModelRules]]:
    raw = json.loads(path.read_text())
    sections = ("models", "architectures", TASK_TYPES_OF_UNKNOWN_MODELS)
    return {
        section: {name: _rules(entry, raw) for name, entry in raw[section].items()} for section in sections
    }


def _rules(entry: Mapping[str, Any], raw: Mapping[str, Any]) -> ModelRules:
    references: list[str] = []
    for word in entry.get("parameters", "").split():
        references += raw["sets"][word].split() if word.startswith("@") else [word]
    # "duration/2" is the second of several specs for a parameter called duration.
    parameters = {reference.split("/")[0]: raw["parameters"][reference] for reference in references}
    required = tuple(entry.get("required", "").split())
    return ModelRules(entry["task"], parameters, required, entry.get("open", False))
