"""What is left when a run is over, as plain values: jobs, provider records, files, events, letters. Judges none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos_stack.plans import JobPlan
from tests.chaos_stack.provider_records import ProviderRecords


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object under outputs/."""

    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, of the queue by that name in the template."""

    queue: str
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """A `Job State Change` as it came off the bus."""

    id: str
    job_id: str
    status: str
    charged: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`jobs` are the resources that the API shows, by id; `stored` the ids of all jobs in the table; `made` the
    checksums of the files that the providers made for each job, by the job's tag; `resent`
    how often a person had a job sent again."""

    plans: Sequence[JobPlan]
    accepted: frozenset[str]
    refused: Mapping[str, str]
    stored: frozenset[str]
    jobs: Mapping[str, Mapping[str, Any]]
    records: Mapping[str, ProviderRecords]
    files: Sequence[StoredFile]
    made: Mapping[str, Sequence[str]]
    events: Sequence[Event]
    letters: Sequence[Letter]
    resent: Mapping[str, int] = field(default_factory=dict)
    forgeries_taken: Sequence[str] = field(default=())
