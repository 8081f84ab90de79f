"""A workspace is held by one process at a time and is clean afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.workspace import AlreadyRunningError, Workspace


def test_held_workspace_refuses_a_second_holder(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.held():
        assert workspace.is_held()
        with pytest.raises(AlreadyRunningError), workspace.held():
            pass
    assert not workspace.is_held()


def test_workspace_keeps_logs_and_drops_the_stack_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "new")
    with workspace.held():
        workspace.log("build").write_text("done")
        workspace.stack_file.write_text("{}")
    assert workspace.log("build").exists()
    assert not workspace.stack_file.exists()
    assert not workspace.scratch.exists()


def test_workspace_that_never_was_is_not_held(tmp_path: Path) -> None:
    assert not Workspace(tmp_path / "never").is_held()
