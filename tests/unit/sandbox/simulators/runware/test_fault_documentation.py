"""The README's table lists exactly the faults and options that exist."""

import re
from pathlib import Path

import tests.sandbox.simulators
from tests.sandbox.simulators.runware.faults import FAULTS

README = Path(tests.sandbox.simulators.__file__).with_name("README.md")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)


def test_every_fault_and_option_is_documented() -> None:
    section = README.read_text().split("## Faults of Runware")[1].split("\n## ")[0]
    rows = ROW.findall(section)
    documented = {name: set(re.findall(r"`(\w+)`", options)) for name, options in rows}
    assert documented == {name: set(kind.options) for name, kind in FAULTS.items()}
