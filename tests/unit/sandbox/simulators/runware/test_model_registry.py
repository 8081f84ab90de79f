"""The model data: complete, well formed, and usable for models it does not list."""

import pytest

from tests.sandbox.simulators.runware.model_registry import ModelRegistry
from tests.sandbox.simulators.runware.sora import RULES

REGISTRY = ModelRegistry(RULES)
KINDS = {"string", "boolean", "integer", "number", "object", "array"}


def test_all_listed_models_and_both_sora_models_are_known() -> None:
    ids = REGISTRY.ids()
    assert len(ids) == 363 + 2
    assert {"openai:3@1", "openai:3@2", "runware:400@2", "google:3@2"} <= set(ids)


@pytest.mark.parametrize("air", REGISTRY.ids())
def test_rules_of_every_model_are_well_formed(air: str) -> None:
    rules = REGISTRY.rules_for(air, "", accept_unknown=False)
    assert rules is not None
    assert set(rules.required) <= set(rules.parameters) or rules.open_ended
    for spec in rules.parameters.values():
        options = spec.get("any", [spec])
        assert all(option.get("values") or option["type"] in KINDS for option in options)


def test_community_checkpoint_takes_what_any_architecture_takes() -> None:
    rules = REGISTRY.rules_for("civitai:102438@133677", "imageInference", accept_unknown=False)
    assert rules is not None
    assert {"positivePrompt", "steps", "scheduler", "lora"} <= set(rules.parameters)
    assert not rules.open_ended
    assert REGISTRY.rules_for("civitai:1@1", "videoInference", accept_unknown=False) is None


def test_unknown_model_is_open_ended_only_if_unknown_models_are_accepted() -> None:
    assert REGISTRY.rules_for("acme:1@1", "videoInference", accept_unknown=False) is None
    rules = REGISTRY.rules_for("acme:1@1", "videoInference", accept_unknown=True)
    assert rules is not None
    assert rules.open_ended
    assert "webhookURL" in rules.parameters
