"""Prints how long each function takes to start, from the built artifacts, in interpreters that see nothing else.

As a ratio to `import boto3; boto3.client("dynamodb")` in the same surroundings, because machines differ.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.sandbox.deployment import BUILD
from tests.template_model import as_written

ROUNDS = 9
LAYER = BUILD / "CoreLayer/python"
# Times in seconds, of what Lambda does before it calls the handler (import) and of what the first call does besides:
# settings and clients. The last is what the first job of a container pays for the rules of its model.
START = """
import json, sys, time
sys.path[:0] = sys.argv[1:]
began = time.perf_counter()
import app
imported = time.perf_counter()
for made in [value for value in vars(app).values() if hasattr(value, "cache_info")]:
    made(*[getattr(app, "_DESCRIPTION", "bucket")][: made.__wrapped__.__code__.co_argcount])
wired = time.perf_counter()
from framehook import catalogue
catalogue.models(), catalogue.runware_data(), catalogue.runninghub_data()
print(json.dumps([imported - began, wired - imported, time.perf_counter() - wired]))
"""
YARDSTICK = """
import json, sys, time
sys.path[:0] = sys.argv[1:]
began = time.perf_counter()
import boto3
boto3.client("dynamodb")
print(json.dumps([time.perf_counter() - began]))
"""


def print_cold_starts(console: Console) -> None:
    functions = sorted(as_written().of_type("AWS::Serverless::Function"))
    measure(YARDSTICK, [LAYER], {})  # reads the files from the disk once
    yardstick: list[Sequence[float]] = []
    times: dict[str, list[Sequence[float]]] = {name: [] for name in functions}
    for _ in range(ROUNDS):
        yardstick.append(measure(YARDSTICK, [LAYER], {}))
        for name in functions:
            times[name].append(measure(START, [BUILD / name, LAYER], environment(name)))
    [one] = medians(yardstick)
    table = Table(
        *("function", "import", "ratio", "with clients", "ratio"),
        box=None,
        title=f"Cold starts, in ms and as a ratio to boto3 with one client ({one * 1e3:.0f} ms); median of {ROUNDS}",
        title_justify="left",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name in functions:
        imported, wired, _ = medians(times[name])
        both = imported + wired
        table.add_row(
            name, f"{imported * 1e3:.0f}", f"{imported / one:.2f}", f"{both * 1e3:.0f}", f"{both / one:.2f}"
        )
    console.print(table)
    imported, wired, rules = medians(times["ServeApiFunction"])
    share = rules / (imported + wired)
    console.print(
        f"ServeApiFunction reads the models' rules on its first job: {rules * 1e3:.1f} ms, {share:.1%} more"
    )


def measure(script: str, paths: Sequence[Path], variables: Mapping[str, str]) -> Sequence[float]:
    """What a script prints last, run by a fresh interpreter with these on its path and no other packages."""
    command = [sys.executable, "-I", "-S", "-B", "-c", script, *map(str, paths)]
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
    env = keys | {"AWS_DEFAULT_REGION": "us-east-1"} | dict(variables)
    finished = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own code
    times: Sequence[float] = json.loads(finished.stdout.splitlines()[-1])  # before it are the function's logs
    return times


def medians(times: Sequence[Sequence[float]]) -> Sequence[float]:
    return [statistics.median(column) for column in zip(*times, strict=True)]


def environment(function: str) -> dict[str, str]:
    """The function's variables: parameters by their defaults, and a URL for what is made on deployment."""
    template = as_written()
    shared = template.document["Globals"]["Function"]["Environment"]["Variables"]
    own = template.properties(function).get("Environment", {}).get("Variables", {})
    parameters = template.document["Parameters"]
    return {name: _value(value, parameters) for name, value in {**shared, **own}.items()}


def _value(value: Any, parameters: Mapping[str, Any]) -> str:
    match value:
        case {"Ref": name} if name in parameters:
            return str(parameters[name].get("Default", ""))
        case str():
            return value
        case {"Fn::Join": [separator, {"Ref": name}]} if name in parameters:
            return str(parameters[name].get("Default", "")).replace(",", separator)
        case _:
            return "https://made.example/on-deployment"
