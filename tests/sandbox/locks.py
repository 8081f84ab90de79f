"""Checks, without the network, that each lock file still says what its `.in` file asks for.

It finds what people forget: an edited `.in` file without `make lock`, a hand-edited pin, a runtime package
that the tools hold at another version than the layer ships. `python -m tests.sandbox.locks` prints them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sandbox.workspace import PROJECT

RUNTIME_LOCK = "layers/core/requirements.txt"
TOOLS_LOCK = "tests/requirements.txt"
LOCKS = (
    RUNTIME_LOCK,
    TOOLS_LOCK,
    "tests/sandbox/requirements-cloud.txt",
    "tests/sandbox/requirements-sam.txt",
    "tests/sandbox/requirements-uv.txt",
)
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
# Where packages come from is the machine's business, not the lock's.
INDEX_LINE = re.compile(r"^\s*(-i|-f|--(index-url|extra-index-url|find-links|trusted-host))\b", re.MULTILINE)
HASH = "--hash=sha256:"


@dataclass(frozen=True, slots=True)
class Lock:
    pins: Mapping[str, str]
    unhashed: tuple[str, ...]
    has_index_lines: bool


def read_lock(text: str) -> Lock:
    """A requirements file as `make lock` writes it."""
    entries = list(PIN.finditer(text))
    ends = [entry.start() for entry in entries[1:]] + [len(text)]
    unhashed = [
        entry["name"]
        for entry, end in zip(entries, ends, strict=True)
        if HASH not in text[entry.start() : end]
    ]
    pins: dict[str, str] = {canonicalize_name(entry["name"]): entry["version"] for entry in entries}
    return Lock(pins, tuple(unhashed), INDEX_LINE.search(text) is not None)


def read_requirements(path: Path) -> list[Requirement]:
    """What an `.in` file asks for, with the files that it includes."""
    found: list[Requirement] = []
    for line in path.read_text().splitlines():
        wanted = line.split("#")[0].strip()
        if wanted.startswith("-r "):
            found += read_requirements(path.parent / wanted.removeprefix("-r "))
        elif wanted and not wanted.startswith("-"):
            found.append(Requirement(wanted))
    return found


def problems(lock: Lock, requirements: list[Requirement], fixed: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a lock; `fixed` are versions that it has to share."""
    if lock.has_index_lines:
        yield "names a package index"
    for name in lock.unhashed:
        yield f"{name} has no hash"
    for requirement in requirements:
        version = lock.pins.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement.name} is not locked"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} is locked at {version}, not {requirement.specifier}"
    for name, version in fixed.items():
        if name in lock.pins and lock.pins[name] != version:
            yield f"{name} is locked at {lock.pins[name]}, the layer ships {version}"


def main() -> None:
    locks = {name: read_lock((PROJECT / name).read_text()) for name in LOCKS}
    found = [
        f"{name}: {problem}"
        for name, lock in locks.items()
        for problem in problems(
            lock,
            read_requirements((PROJECT / name).with_suffix(".in")),
            locks[RUNTIME_LOCK].pins if name == TOOLS_LOCK else {},
        )
    ]
    if found:
        sys.exit("\n".join([*found, "run `make lock`"]))


if __name__ == "__main__":
    main()
