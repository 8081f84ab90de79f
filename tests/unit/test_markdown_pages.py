"""The pages for people: no table is torn, and prose fits an editor where the page promises that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PROVIDERS = "layers/core/python/framehook/providers/README.md"
SIMULATORS = "tests/sandbox/simulators/README.md"
STUCK = "functions/redrive_dead_letters/README.md"
SIMULATION = "tests/chaos/README.md"
BROKEN = "tests/chaos_stack/README.md"
PAGES = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md"),
    *(PROVIDERS, SIMULATORS, STUCK, SIMULATION, BROKEN),
)
LONGEST_LINE = 160


def lines_of(page: str) -> list[str]:
    return (PROJECT / page).read_text(encoding="utf-8").splitlines()


def torn_rows(lines: list[str]) -> Iterator[str]:
    """Rows that are the first of their table and no head: a line that says so does not follow them."""
    for before, (line, behind) in zip(["", *lines], pairwise([*lines, ""]), strict=False):
        if line.startswith("|") and not before.strip() and not behind.startswith("|---"):
            yield line


@pytest.mark.parametrize("page", PAGES)
def test_no_table_is_torn(page: str) -> None:
    assert list(torn_rows(lines_of(page))) == []


def test_torn_tables_are_noticed() -> None:
    whole = ["| a |", "|---|", "| 1 |", "| 2 |"]
    assert list(torn_rows(whole)) == []
    assert list(torn_rows([*whole[:3], "", whole[3]])) == ["| 2 |"]
    assert list(torn_rows(["text", "", "| 1 |", "| 2 |", "", "text"])) == ["| 1 |"]


def test_prose_of_the_providers_page_fits_an_editor() -> None:
    prose = [line for line in lines_of(PROVIDERS) if not line.startswith("|")]
    assert [line for line in prose if len(line) > LONGEST_LINE] == []
