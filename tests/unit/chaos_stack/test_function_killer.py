"""Which processes are functions, and which of them are at work, by what Linux tells of them."""

from __future__ import annotations

import pytest

from tests.chaos_stack.function_killer import function_in, is_idle, parent_of, started_at


@pytest.mark.parametrize(
    ("syscall", "idle"),
    [
        ("0 0x0 0x7f 0x1000 0x0 0x0 0x0 0x7ffd 0x7f11", True),
        ("63 0x0 0x7f 0x1000 0x0 0x0 0x0 0x7ffd 0x7f11", True),
        ("0 0x5 0x7f 0x1000 0x0 0x0 0x0 0x7ffd 0x7f11", False),
        ("7 0x7ffd 0x1 0x2710 0x0 0x0 0x0 0x7ffd 0x7f11", False),
        ("running", False),
        ("-1 0x7ffd 0x7f11", False),
    ],
)
def test_instance_is_idle_while_it_reads_its_standard_input(syscall: str, idle: bool) -> None:
    assert is_idle(syscall) is idle


def test_parent_is_found_behind_a_name_with_brackets() -> None:
    assert parent_of("77 (python (worker) 3) S 41 77 77 0 -1") == 41


def test_start_is_told_in_seconds() -> None:
    stat = "77 (python) S 41 77 77 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 12345 0"

    assert started_at(stat, ticks=100) == 123.45


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        (b"PATH=/bin\0AWS_LAMBDA_FUNCTION_NAME=framehook-SubmitJobFunction-20256248FDBC6\0", "SubmitJob"),
        (b"AWS_LAMBDA_FUNCTION_NAME=other\0", "other"),
        (b"PATH=/bin\0", None),
        (b"", None),
    ],
)
def test_function_is_named_as_in_the_template(environment: bytes, name: str | None) -> None:
    assert function_in(environment, "framehook") == name
