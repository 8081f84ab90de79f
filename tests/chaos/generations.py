"""The truth about what providers were paid for: one entry for each generation that one of them accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.unit.media_samples import MP4

_FTYP = int.from_bytes(MP4[:4], "big")  # the length of its first box


@dataclass(slots=True)
class Generation:
    """`cost` is in millionths. `told_at`: when an answer or call that had it was taken for certain; `maybe_told`: one
    was on its way to us, and nobody knows what became of it."""

    provider: str
    id: str
    job_id: str
    slot: int
    attempt: int
    accepted_at: int
    ends_at: int
    succeeds: bool
    cost: int
    webhook: str | None = None
    upload: str | None = None
    files: int = 1
    ended: bool = False
    stopped: bool = False
    told_at: int | None = None
    maybe_told: bool = False
    url_expired: bool = False
    uploaded: bool = False
    looks: int = 0
    sent_again: bool = False
    denied: bool = False
    kept_until: int = 0
    truncated: set[str] = field(default_factory=set)

    @property
    def short(self) -> str:
        return f"{self.id[-6:]}({self.attempt}.{self.slot})"

    def body(self, number: int) -> bytes:
        """The bytes of one file: a playable video that no other generation has."""
        mark = f"{self.id}@{number}".encode()
        free = (len(mark) + 8).to_bytes(4, "big") + b"free" + mark
        return MP4[:_FTYP] + free + MP4[_FTYP:]


class Ledger:
    """Every generation of a run, by the provider's id for it."""

    def __init__(self) -> None:
        self.by_id: dict[str, Generation] = {}

    def add(self, generation: Generation) -> None:
        self.by_id[generation.id] = generation

    def of_job(self, job_id: str) -> Iterator[Generation]:
        return (each for each in self.by_id.values() if each.job_id == job_id)

    def paid(self, job_id: str, slot: int) -> list[Generation]:
        return [each for each in self.of_job(job_id) if each.slot == slot]
