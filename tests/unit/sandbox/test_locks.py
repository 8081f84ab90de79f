"""The offline check of the lock files, on locks made here and on the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.sandbox import locks

GOOD = "a-b==1.2 ; sys_platform == 'linux' \\\n    --hash=sha256:00\nc==3 \\\n    --hash=sha256:11\n"


def problems(text: str, *wanted: str, fixed: dict[str, str] | None = None) -> list[str]:
    return list(locks.problems(locks.read_lock(text), [Requirement(line) for line in wanted], fixed or {}))


def test_lock_that_fits_has_no_problems() -> None:
    assert problems(GOOD, "A_b>=1", "c", fixed={"c": "3"}) == []


@pytest.mark.parametrize(
    ("text", "wanted", "problem"),
    [
        (GOOD, "d", "d is not locked"),
        (GOOD, "c>3", "c is locked at 3, not >3"),
        (GOOD + "e==1\n", "c", "e has no hash"),
        ("--index-url=https://example.test/simple\n" + GOOD, "c", "names a package index"),
        ("--find-links /wheels\n" + GOOD, "c", "names a package index"),
    ],
)
def test_lock_that_does_not_fit_says_why(text: str, wanted: str, problem: str) -> None:
    assert problems(text, wanted) == [problem]


def test_tools_that_differ_from_the_layer_are_a_problem() -> None:
    assert problems(GOOD, "c", fixed={"c": "4", "z": "1"}) == ["c is locked at 3, the layer ships 4"]


def test_requirements_follow_includes_and_skip_comments(tmp_path: Path) -> None:
    (tmp_path / "inner.in").write_text("# why\nhttpx\n")
    (tmp_path / "outer.in").write_text("-r inner.in\n-c lock.txt\n\nboto3[crt]>=1 # note\n")
    assert [r.name for r in locks.read_requirements(tmp_path / "outer.in")] == ["httpx", "boto3"]


def test_the_projects_own_locks_fit() -> None:
    locks.main()
