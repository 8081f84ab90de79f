"""One deployed stack for the whole session, in a workspace of its own: `make up` may run at the same time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NoReturn

import pytest
from rich.console import Console

from tests.e2e.hidden_jobs import HiddenJob, submit_hidden
from tests.e2e.user import DoubtfulJob, User, submit_doubtful
from tests.sandbox.processes import signals_end_the_block
from tests.sandbox.provider_apis import KEY_VARIABLES
from tests.sandbox.running_stack import running_stack
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    for variable in KEY_VARIABLES.values():
        os.environ.pop(variable, None)  # tests never pay
    workspace = Workspace.named("e2e")
    with (
        signals_end_the_block(end_the_session),
        running_stack(workspace, Steps(Console(stderr=True))) as running,
    ):
        yield running


def end_the_session(number: int) -> NoReturn:
    """pytest would take a SystemExit for the failure of one test, and go on with the next."""
    pytest.exit(f"signal {number}", returncode=128 + number)


@pytest.fixture(scope="session", autouse=True)
def doubtful(stack: Stack) -> tuple[DoubtfulJob, DoubtfulJob]:
    """Submitted before everything else: it takes more than a minute of doubt until a job is parked."""
    with closing(User(stack)) as user:
        return submit_doubtful(user), submit_doubtful(user)


@pytest.fixture(scope="session", autouse=True)
def hidden(stack: Stack) -> Mapping[str, HiddenJob]:
    """Submitted before everything else, as they take as long."""
    with closing(User(stack)) as user:
        return submit_hidden(user)


@pytest.fixture
def to_resend(doubtful: tuple[DoubtfulJob, DoubtfulJob]) -> DoubtfulJob:
    return doubtful[0]


@pytest.fixture
def to_abandon(doubtful: tuple[DoubtfulJob, DoubtfulJob]) -> DoubtfulJob:
    return doubtful[1]


@pytest.fixture
def user(stack: Stack) -> Iterator[User]:
    with closing(User(stack)) as user:
        yield user
