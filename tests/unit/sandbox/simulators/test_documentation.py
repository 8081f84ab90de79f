"""The README's tables list exactly the faults, their options and the settings that exist."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

import tests.sandbox.simulators
from tests.sandbox.simulators.fault_rules import FaultKind
from tests.sandbox.simulators.runcomfy.faults import FAULTS as RUNCOMFY_FAULTS
from tests.sandbox.simulators.runcomfy.settings import Settings as RunComfySettings
from tests.sandbox.simulators.runninghub.faults import FAULTS as RUNNINGHUB_FAULTS
from tests.sandbox.simulators.runninghub.settings import Settings as RunningHubSettings
from tests.sandbox.simulators.runware.faults import FAULTS as RUNWARE_FAULTS
from tests.sandbox.simulators.runware.settings import Settings as RunwareSettings

README = Path(tests.sandbox.simulators.__file__).with_name("README.md")
FAULT_ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)
FIRST_CELL = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)


def section(title: str) -> str:
    return README.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("provider", "faults"),
    [("Runware", RUNWARE_FAULTS), ("RunningHub", RUNNINGHUB_FAULTS), ("RunComfy", RUNCOMFY_FAULTS)],
)
def test_every_fault_and_option_is_documented(provider: str, faults: Mapping[str, FaultKind]) -> None:
    rows = FAULT_ROW.findall(section("Faults of every provider") + section(f"Faults of {provider}"))
    documented = {name: set(re.findall(r"`(\w+)`", options)) for name, options in rows}
    assert documented == {name: set(kind.options) for name, kind in faults.items()}
    assert len(rows) == len(documented)


@pytest.mark.parametrize(
    ("provider", "settings"),
    [("Runware", RunwareSettings), ("RunningHub", RunningHubSettings), ("RunComfy", RunComfySettings)],
)
def test_every_default_is_documented(
    provider: str, settings: type[RunwareSettings | RunningHubSettings | RunComfySettings]
) -> None:
    cells = " ".join(FIRST_CELL.findall(section(f"Defaults of {provider}")))
    assert set(re.findall(r"`(\w+)`", cells)) == {field.name for field in fields(settings)}
