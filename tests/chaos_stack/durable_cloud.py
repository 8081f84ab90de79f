"""The local AWS with a disk: what it has acknowledged survives its own end, as AWS's storage survives a machine's.

Run by the local AWS's own Python as a script, in place of `-m ministack`; imports nothing of this project. SIGTERM ends
it as ministack does, with its own saving. SIGUSR1 is a power cut: one consistent picture of all state is written, and
then this process and every function that it runs die at once, by SIGKILL, in the middle of whatever they do.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, override

# ministack forgets these: the records of tables' streams (but keeps how far they were read), and sessions of roles,
# which presigned URLs are signed with. AWS forgets neither.
FORGOTTEN = {"dynamodb": ("_stream_records", "_stream_trimmed"), "sts": ("_sessions",)}
LONG_SECONDS = 60.0
LOCK_SECONDS = 5.0


def service(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")


def remember(name: str, variables: tuple[str, ...]) -> None:
    """Have ministack save and load these variables of one of its services with the rest of its state."""
    module = service(name)
    own_state, own_load = module.get_state, module.load_persisted_state

    def state() -> dict[str, Any]:
        own: dict[str, Any] = own_state()
        return own | {variable: getattr(module, variable) for variable in variables}

    def load(data: dict[str, Any]) -> None:
        own_load(data)
        for variable in variables:
            if variable in data:
                getattr(module, variable).update(data[variable])

    module.get_state, module.load_persisted_state = state, load


class UnpackedOnce(zipfile.ZipFile):
    """Unpacks archives of the same content once, and links to that from then on. Functions start so often here that
    they would mostly be waiting for copies of their layer, which AWS makes none of."""

    _lock = threading.Lock()

    @override
    def namelist(self) -> list[str]:
        """What there is at the top: enough for ministack, which asks in order to check each name."""
        return sorted({name.partition("/")[0] for name in super().namelist()})

    @override
    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        everything = super().namelist()
        content = str([(entry.filename, entry.CRC) for entry in self.infolist()])
        kept = Path(os.environ["TMPDIR"], "unpacked", hashlib.sha256(content.encode()).hexdigest())
        with self._lock:
            if not kept.exists():
                unfinished = kept.with_suffix(".part")
                super().extractall(unfinished, everything, pwd)
                unfinished.replace(kept)
        for name in self.namelist():
            Path(path, name).symlink_to(kept / name)
        Path(str(self.filename)).unlink()  # a copy that nobody reads again


def inner(module: Any, name: str) -> Any:
    """What ministack keeps for itself."""
    return getattr(module, name)


def fail_alone() -> None:
    """Have an instance that could not start end by itself. ministack ends all instances of its function with it, those
    at work and those that start as well, whose failed starts end the next ones; AWS's have nothing to do with another.
    """
    functions, runtime = service("lambda_svc"), importlib.import_module("ministack.core.lambda_runtime")
    invalidate_all = functions.invalidate_worker

    def invalidate(name: str, **which: Any) -> None:
        if sys.exception() is None:  # the function was changed or deleted
            invalidate_all(name, **which)
            return
        with inner(runtime, "_lock"):
            for key, instances in inner(runtime, "_workers").items():
                if name in key.split(":"):
                    instances[:] = [instance for instance in instances if not is_dead(instance)]

    functions.invalidate_worker = invalidate


def is_dead(instance: Any) -> bool:
    """Whether nobody uses or starts it, and it has no process that lives."""
    process = inner(instance, "_proc")
    return not inner(instance, "_lock").locked() and (process is None or process.poll() is not None)


def power_cut(*_: object) -> None:
    """Answers are sent by this very thread: whatever happens after the picture was taken is told to nobody."""
    app, persistence = (importlib.import_module(f"ministack.{name}") for name in ("app", "core.persistence"))
    inner(service("dynamodb"), "_lock").acquire(timeout=LOCK_SECONDS)  # not in the middle of a transaction
    sys.setswitchinterval(LONG_SECONDS)  # no other thread runs while this one does not wait
    states = inner(app, "_build_persistence_save_dict")()
    pictures = {}
    # How far the stream's reader has come is noted first: rather told twice than never.
    for name in sorted(states, key=lambda name: name != "lambda"):
        version = inner(persistence, "_state_format_version")(name)
        wrapped = {"__ministack_format__": version, "payload": states[name]()}
        pictures[name] = json.dumps(wrapped, default=inner(persistence, "_json_default"))
    for name, picture in pictures.items():
        unfinished = Path(persistence.STATE_DIR, f"{name}.json.tmp")
        unfinished.write_text(picture)
        unfinished.replace(unfinished.with_suffix(""))
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    for remembered, its_variables in FORGOTTEN.items():
        remember(remembered, its_variables)
    runtime = importlib.import_module("ministack.core.lambda_runtime")
    runtime.__dict__["zipfile"] = SimpleNamespace(**(vars(zipfile) | {"ZipFile": UnpackedOnce}))
    fail_alone()
    signal.signal(signal.SIGUSR1, power_cut)
    sys.argv = ["ministack"]
    importlib.import_module("ministack.app").main()
