"""The table and the clock, which every function needs. Clients answer or fail within seconds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.system import SystemClock
from framehook.changes import Changes
from framehook.settings import FunctionSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROMPT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
"""For calls that answer in milliseconds."""

PATIENT = Config(connect_timeout=5, read_timeout=80, retries={"mode": "standard", "total_max_attempts": 3})
"""For calls that move gigabytes."""


@functools.cache
def table(settings: FunctionSettings) -> Table:
    return Table(boto3.client("dynamodb", config=PROMPT), settings.jobs_table, SystemClock())


def job_store(settings: FunctionSettings) -> DynamoJobStore:
    return DynamoJobStore(table(settings), settings.retention_days or None)


def changes(settings: FunctionSettings) -> Changes:
    return Changes(job_store(settings), SystemClock(), settings.policy)


def s3_client(config: Config = PROMPT) -> S3Client:
    return boto3.client("s3", config=config)
