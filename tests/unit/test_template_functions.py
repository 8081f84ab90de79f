"""The functions: each has its folder and its handler, what the settings read is what the template sets, and tracing
stays out."""

from __future__ import annotations

import importlib
import re

import pytest

from framehook import settings
from framehook.settings import CallingSettings, FunctionSettings
from tests.template_model import PROJECT, as_written, expanded
from tests.unit.test_settings import variables_of

FUNCTIONS = sorted(as_written().of_type("AWS::Serverless::Function"))
# Where providers are: told to all functions, because that says it once, and read by those that call one.
FOR_CALLERS = variables_of(CallingSettings) - variables_of(FunctionSettings)


def folder(function: str) -> str:
    """`SubmitJobFunction` is built from `submit_job`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", function.removesuffix("Function")).lower()


def test_every_folder_has_its_function_and_every_function_its_folder() -> None:
    folders = {file.parent.name for file in (PROJECT / "functions").glob("*/app.py")}
    assert {folder(function) for function in FUNCTIONS} == folders


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handler_exists(function: str) -> None:
    module, name = expanded().properties(function)["Handler"].split(".")
    assert callable(getattr(importlib.import_module(f"functions.{folder(function)}.{module}"), name))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_environment_is_what_the_settings_read(function: str) -> None:
    read: type[FunctionSettings] = getattr(settings, function.removesuffix("Function") + "Settings")
    variables = expanded().properties(function)["Environment"]["Variables"]
    ours = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert ours == variables_of(read) | FOR_CALLERS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_runs_where_the_parameter_says_without_tracing_and_reserved_capacity(function: str) -> None:
    properties = expanded().properties(function)
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == [{"Ref": "Architecture"}]
    assert "TracingConfig" not in properties
    assert not properties.keys() & {"ReservedConcurrentExecutions", "VpcConfig", "FunctionName"}
    assert 256 <= properties["MemorySize"] <= 1024


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_is_built_with_bytecode_and_imports_from_the_one_layer(function: str) -> None:
    [layer] = expanded().of_type("AWS::Lambda::LayerVersion")
    assert as_written().resources[function]["Metadata"] == {"BuildMethod": "makefile"}
    assert expanded().properties(function)["Layers"] == [{"Ref": layer}]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_says_what_it_does(function: str) -> None:
    assert expanded().properties(function)["Description"].endswith(".")


def test_layer_fits_every_architecture_that_may_be_chosen() -> None:
    _, layer = expanded().only("AWS::Lambda::LayerVersion")
    architecture = expanded().document["Parameters"]["Architecture"]
    assert sorted(layer["CompatibleArchitectures"]) == sorted(architecture["AllowedValues"])
    assert architecture["Default"] == "arm64"
    assert layer["CompatibleRuntimes"] == ["python3.13"]
