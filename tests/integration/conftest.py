"""One empty local AWS for the whole session, clients for it, and a table and a bucket of its own for each
test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.config import Config

from framehook.adapters.dynamodb_table import Table
from tests.fakes import FakeClock
from tests.integration.resources import TABLE_DEFINITION
from tests.sandbox.local_cloud import LocalCloud, running_local_cloud
from tests.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with running_local_cloud(Workspace(tmp_path_factory.mktemp("cloud"))) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def dynamodb(cloud: LocalCloud) -> DynamoDBClient:
    return cloud.session.client("dynamodb", endpoint_url=cloud.endpoint_url)


@pytest.fixture(scope="session")
def s3(cloud: LocalCloud) -> S3Client:
    config = Config(signature_version="s3v4")
    return cloud.session.client("s3", endpoint_url=cloud.endpoint_url, config=config)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(dynamodb: DynamoDBClient, clock: FakeClock) -> Table:
    name = f"jobs-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, **TABLE_DEFINITION)
    return Table(dynamodb, name, clock)


@pytest.fixture
def bucket(s3: S3Client) -> str:
    name = f"media-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name
