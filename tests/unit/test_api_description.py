"""The description is valid, current, and of exactly the routes that exist."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from framehook.api_description import build
from tests.template_model import as_written
from tests.unit.described_api import DescribedApi
from tests.unit.edges import DESCRIPTION, Api

CATCH_ALL = "/v1/{other+}"  # answers 404 to everything that is not described
METHODS = {"get", "post", "put", "patch", "delete"}

type Routes = set[tuple[str, str]]


def described() -> Routes:
    return {
        (name.upper(), path) for path, part in build()["paths"].items() for name in part if name in METHODS
    }


def test_description_is_valid() -> None:
    OpenAPIV31SpecValidator(build()).validate()


def test_committed_description_is_current() -> None:
    assert json.loads(DESCRIPTION.read_text(encoding="utf-8")) == build(), "run `make openapi`"


def test_module_prints_what_is_committed() -> None:
    command = [sys.executable, "-m", "framehook.api_description"]
    printed = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own module
    assert printed.stdout == DESCRIPTION.read_text(encoding="utf-8")


def test_description_has_the_routes_of_the_edge() -> None:
    app = Api().resolver
    routes = [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001 - Powertools shows them nowhere else
    found = {(route.method, route.path.replace("<", "{").replace(">", "}")) for route in routes}
    assert found == described()


def test_description_has_the_routes_of_the_template() -> None:
    events = as_written().properties("ServeApiFunction")["Events"].values()
    routes = {(event["Properties"]["Method"], event["Properties"]["Path"]) for event in events}
    assert routes - {("ANY", CATCH_ALL)} == described()


def examples() -> list[Any]:
    """(schema, example) of every media type that has examples."""
    api, found = DescribedApi(), []
    document = build()
    operations = [
        part for path in document["paths"].values() for name, part in path.items() if name in METHODS
    ]
    places = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    places += [api.resolved(answer) for operation in operations for answer in operation["responses"].values()]
    for media in [media for place in places for media in place.get("content", {}).values()]:
        shown = [example["value"] for example in media.get("examples", {}).values()]
        shown += [media["example"]] if "example" in media else []
        found += [(media["schema"], value) for value in shown]
    return found


@pytest.mark.parametrize(("schema", "example"), examples())
def test_example_fits_its_schema(schema: dict[str, Any], example: object) -> None:
    DescribedApi().validate(schema, example)


def test_examples_of_jobs_are_accepted() -> None:
    request = build()["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]
    for example in request["examples"].values():
        assert Api().submit(example["value"]).status == 202
