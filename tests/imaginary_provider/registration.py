"""All that the files of the project would get for Lumen, put there for the time of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from framehook import accounts, catalogue, offerings
from framehook.accounts import Account
from framehook.wiring.providers import PROVIDERS
from tests.imaginary_provider.lumen import input as lumen_input
from tests.imaginary_provider.lumen import provider as lumen
from tests.sandbox import journey, provider_apis
from tests.template_model import as_written

# accounts.py
LUMEN = Account("lumen", "lumen")

# catalogue/models.json, among the offerings of a name
NAME = "sora-2-pro"
OFFERING: Mapping[str, Any] = {
    "provider": "lumen",
    "id": "glow/text-to-video",
    "source": "https://lumen.example/models/glow",
    "date": "2026-11-20",
    "usual_seconds": 90,
    "input": {
        "prompt": "prompt",
        "seconds": "duration",
        "size": {"720x1280": {"aspect_ratio": "9:16"}, "1280x720": {"aspect_ratio": "16:9"}},
        "image": "image_url",
    },
    "exclusive": [["image", "size"]],
    "price": {"usd": {"4": "0.40", "8": "0.80", "12": "1.20"}, "by": ["duration"]},
}

# template.yaml
PARAMETERS: Mapping[str, Any] = {
    "LumenApiKeyParameter": {"Type": "String", "Default": "/framehook/lumen/api-key"},
    "LumenApiUrl": {"Type": "String", "Default": "https://queue.lumen.example"},
}
VARIABLES: Mapping[str, Any] = {
    "LUMEN_API_URL": {"Ref": "LumenApiUrl"},
    "LUMEN_API_KEY_PARAMETER": {"Ref": "LumenApiKeyParameter"},
}
KEY = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${LumenApiKeyParameter}"

# tests/sandbox/journey.py
JOB: Mapping[str, Any] = {
    "model": "lumen/glow/text-to-video",
    "input": {"prompt": "fireflies over black water", "duration": "4"},
}


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    _in_the_product(monkeypatch)
    _in_the_template(monkeypatch)
    _in_the_sandbox(monkeypatch)


def _in_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalogue.models()[NAME]
    monkeypatch.setattr(accounts, "ALL", (*accounts.ALL, LUMEN))
    monkeypatch.setitem(PROVIDERS, lumen.NAME, lumen.PROVIDER)
    monkeypatch.setitem(offerings.READERS, lumen.NAME, lumen_input)
    monkeypatch.setitem(catalogue.models(), NAME, {**entry, "offerings": [*entry["offerings"], OFFERING]})


def _in_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    document = as_written().document
    for name, parameter in PARAMETERS.items():
        monkeypatch.setitem(document["Parameters"], name, parameter)
    for name, value in VARIABLES.items():
        monkeypatch.setitem(document["Globals"]["Function"]["Environment"]["Variables"], name, value)
    [statement] = document["Resources"]["ReadApiKeys"]["Properties"]["PolicyDocument"]["Statement"]
    monkeypatch.setitem(statement, "Resource", [*statement["Resource"], {"Fn::Sub": KEY}])


def _in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(provider_apis.ACCOUNTS, "lumen", ("lumen",))
    monkeypatch.setitem(provider_apis.KEY_PARAMETERS, "lumen", "/framehook/lumen/api-key")
    monkeypatch.setitem(provider_apis.IN_TEMPLATE, "lumen", "Lumen")
    monkeypatch.setitem(provider_apis.KEY_VARIABLES, "lumen", "LUMEN_API_KEY")
    monkeypatch.setattr(provider_apis, "PROVIDERS", (*provider_apis.PROVIDERS, "lumen"))
    monkeypatch.setitem(journey.SIMULATED_JOBS, "lumen", JOB)
    monkeypatch.setitem(journey.REAL_JOBS, "lumen", JOB)
