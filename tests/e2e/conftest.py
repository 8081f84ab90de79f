"""One deployed stack for the whole session, in a workspace of its own: `make up` may run at the same time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.console import Console

from tests.e2e.user import User
from tests.sandbox.running_stack import running_stack
from tests.sandbox.stack_file import Stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    workspace = Workspace.named("e2e")
    with running_stack(workspace, Steps(Console(stderr=True))) as running:
        yield running


@pytest.fixture
def user(stack: Stack) -> Iterator[User]:
    user = User(stack)
    yield user
    user.close()
