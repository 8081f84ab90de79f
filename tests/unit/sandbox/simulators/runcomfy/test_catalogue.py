"""The Model API's catalogue: models, their prices and schemas, and ways to find them."""

from typing import Any

import pytest

from tests.sandbox.simulators.runcomfy.sora import PRO_IMAGE
from tests.unit.sandbox.simulators.runcomfy.comfy import Comfy, simulate_comfy


def test_model_is_shown_with_its_price_and_schema() -> None:
    async def scenario(comfy: Comfy) -> None:
        model = (await comfy.send("GET", f"/v1/models/{PRO_IMAGE}")).json()
        assert (model["model_id"], model["base_price_usd"], model["price_unit"]) == (PRO_IMAGE, 0.3, "second")
        schema = model["input_schema"]
        assert schema["required"] == ["prompt", "input_reference"]
        assert "default" in schema["properties"]["prompt"]
        assert schema["properties"]["seconds"]["enum"] == [4, 8, 12]

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"search": "sora"}, 4),
        ({"category": "text-to-audio"}, 1),
        ({"kind": "audio"}, 1),
        ({"search": "sora", "limit": "3"}, 3),
        ({"search": "sora", "limit": "3", "offset": "3"}, 1),
        ({"search": "nothing like it"}, 0),
    ],
)
def test_models_are_found_page_by_page(query: dict[str, Any], count: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        found = (await comfy.send("GET", "/v1/models", **query)).json()
        assert len(found["models"]) == count
        assert found["total"] == (4 if "sora" in query.get("search", "") else count)
        assert all("input_schema" not in model for model in found["models"])

    simulate_comfy(scenario)


def test_list_has_schemas_for_those_who_ask_and_categories() -> None:
    async def scenario(comfy: Comfy) -> None:
        found = (await comfy.send("GET", "/v1/models", include_schema="true", limit="1")).json()
        assert "input_schema" in found["models"][0]
        categories = (await comfy.send("GET", "/v1/models/categories")).json()["categories"]
        assert "text-to-video" in categories

    simulate_comfy(scenario)


@pytest.mark.parametrize(("model_id", "code"), [("nobody/unheard-of", 404001), ("nobody", 400001)])
def test_unknown_model_is_not_shown(model_id: str, code: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        assert (await comfy.send("GET", f"/v1/models/{model_id}")).json()["error_code"] == code

    simulate_comfy(scenario)
