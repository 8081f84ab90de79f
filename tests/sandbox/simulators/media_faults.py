"""Faults of result files: missing, cut short, slow, gone too early. Provider-neutral."""

from collections.abc import Callable, Mapping

from tests.sandbox.simulators.fault_rules import FaultBook, FaultKind, FaultSubject
from tests.sandbox.simulators.media_host import Damage

MEDIA_FAULTS: Mapping[str, FaultKind] = {
    "media_404": FaultKind("the result URL answers this status", {"status": 404}),
    "media_truncated": FaultKind(
        "serve this fraction; `cut` announces the full length and drops the connection",
        {"fraction": 0.5, "cut": False},
    ),
    "media_slow": FaultKind("send the file in two halves, `seconds` real seconds apart", {"seconds": 2.0}),
    "media_expired": FaultKind("the file is gone as soon as the result is announced"),
}


def damage_by(faults: FaultBook) -> Callable[[FaultSubject], Damage | None]:
    """What the rules do to one download, asked anew for each."""

    def damage(subject: FaultSubject) -> Damage | None:
        if missing := faults.take("media_404", subject):
            return Damage(status=missing.options["status"])
        if truncated := faults.take("media_truncated", subject):
            return Damage(fraction=truncated.options["fraction"], cut=truncated.options["cut"])
        if slow := faults.take("media_slow", subject):
            return Damage(pause=slow.options["seconds"])
        return None

    return damage


def lifetime_by(faults: FaultBook, subject: FaultSubject, seconds: float) -> float:
    """The simulated seconds a file lives: as usual, or not at all."""
    return 0.0 if faults.take("media_expired", subject) else seconds
