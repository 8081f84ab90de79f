"""The parts of the durable local AWS that need none: layers unpacked once, and state that ministack forgets."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.chaos_stack import durable_cloud
from tests.chaos_stack.durable_cloud import UnpackedOnce, remember


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def unpacked(scratch: Path, name: str, content: str) -> Path:
    """Where an archive with two files of this content went."""
    archive, folder = scratch / f"{name}.zip", scratch / name
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("python/package/module.py", content)
        made.writestr("app.py", content)
    folder.mkdir()
    with UnpackedOnce(archive) as found:
        assert found.namelist() == ["app.py", "python"]
        found.extractall(folder)
    assert not archive.exists()
    return folder


def test_archive_is_unpacked_whole(scratch: Path) -> None:
    folder = unpacked(scratch, "one", "1")

    assert (folder / "app.py").read_text() == (folder / "python/package/module.py").read_text() == "1"


def test_same_content_is_unpacked_once_and_other_content_apart(scratch: Path) -> None:
    one, same, other = (unpacked(scratch, name, text) for name, text in (("a", "1"), ("b", "1"), ("c", "2")))

    assert (one / "python").resolve() == (same / "python").resolve() != (other / "python").resolve()
    assert (other / "app.py").read_text() == "2"


def instance(*, at_work: bool, ended: bool) -> SimpleNamespace:
    lock = threading.Lock()
    if at_work:
        lock.acquire()
    return SimpleNamespace(_lock=lock, _proc=SimpleNamespace(poll=lambda: 1 if ended else None))


@pytest.mark.parametrize(("at_work", "ended"), [(True, True), (True, False), (False, False)])
def test_instance_that_works_starts_or_lives_is_not_dead(at_work: bool, ended: bool) -> None:
    assert not durable_cloud.is_dead(instance(at_work=at_work, ended=ended))


def test_instance_without_a_living_process_is_dead() -> None:
    assert durable_cloud.is_dead(instance(at_work=False, ended=True))


def test_failed_start_ends_no_other_instance_but_a_change_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, alive = instance(at_work=False, ended=True), instance(at_work=False, ended=False)
    pool, changed = {"1:us:jobs:$LATEST": [dead, alive], "1:us:other:$LATEST": [dead]}, []
    functions = SimpleNamespace(invalidate_worker=lambda name, **_: changed.append(name))
    runtime = SimpleNamespace(_lock=threading.Lock(), _workers=pool)
    monkeypatch.setattr(durable_cloud, "service", lambda _: functions)
    monkeypatch.setattr("importlib.import_module", lambda _: runtime)

    durable_cloud.fail_alone()
    try:
        int("a start that failed")
    except ValueError:
        functions.invalidate_worker("jobs")
    functions.invalidate_worker("other")

    assert pool == {"1:us:jobs:$LATEST": [alive], "1:us:other:$LATEST": [dead]}
    assert changed == ["other"]


def test_forgotten_state_is_saved_and_loaded_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[dict[str, object]] = []
    module = SimpleNamespace(
        get_state=lambda: {"tables": 1}, load_persisted_state=loaded.append, records={"jobs": [1]}
    )
    monkeypatch.setattr(durable_cloud, "service", lambda _: module)

    remember("dynamodb", ("records",))
    saved = module.get_state()
    module.records = {}
    module.load_persisted_state(saved)

    assert saved == {"tables": 1, "records": {"jobs": [1]}}
    assert module.records == {"jobs": [1]}
    assert loaded == [saved]
