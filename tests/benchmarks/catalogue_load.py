"""Prints how large the catalogue's data is, and what loading it and planning with it cost."""

from __future__ import annotations

import json
import timeit
import zlib
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from framehook import catalogue
from framehook.offerings import plan

ROUNDS = 200

CASES: dict[str, dict[str, Any]] = {
    "sora-2-pro": {"prompt": "a cat"},
    "runninghub/rhart-video-s-official/text-to-video-pro": {
        "prompt": "a cat",
        "size": "720x1280",
        "duration": "4",
    },
    "runninghub/a/model-that-is-not-listed": {"prompt": "a cat"},
    "runware/runware:100@1": {"positivePrompt": "a cat", "width": 1024, "height": 1024},
}


def print_catalogue_load(console: Console) -> None:
    for path in sorted(Path(catalogue.__file__).parent.glob("*.json")):
        raw = path.read_bytes()
        best = min(timeit.repeat(partial(json.loads, raw), number=1, repeat=ROUNDS)) * 1e3
        console.print(
            f"{path.name}: {len(raw)} bytes, {len(zlib.compress(raw))} compressed, json.loads {best:.2f} ms"
        )
    for model, given in CASES.items():
        run = partial(plan, model, given)
        first = timeit.timeit(run, number=1) * 1e3
        later = min(timeit.repeat(run, number=1, repeat=ROUNDS)) * 1e6
        console.print(f"plan {model}: first {first:.2f} ms, later {later:.0f} µs")
