"""What serve_api is made of."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from framehook.adapters.dynamodb_owners import DynamoOwnerDirectory
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.s3_signing import signing_config
from framehook.adapters.sqs_jobs import SqsJobQueue
from framehook.adapters.system import SystemChance
from framehook.http_edge import HttpEdge
from framehook.inputs import InputKeeper
from framehook.intake import Intake
from framehook.resolution import Resolution
from framehook.settings import ServeApiSettings
from framehook.wiring.storage import PROMPT, changes, s3_client, table


@functools.cache
def resolver(description: Path) -> APIGatewayRestResolver:
    settings = ServeApiSettings.read(os.environ)
    stored = changes(settings)
    media = S3MediaStore(s3_client(), settings.media_bucket, signing=s3_client(signing_config()))
    queue = SqsJobQueue(boto3.client("sqs", config=PROMPT), settings.jobs_queue_url)
    edge = HttpEdge(
        intake=Intake(stored, InputKeeper(media, settings.media_bucket)),
        resolution=Resolution(stored, queue, SystemChance()),
        queue=queue,
        owners=DynamoOwnerDirectory(table(settings)),
        media=media,
        chance=SystemChance(),
        bucket=settings.media_bucket,
        default_owner=settings.default_owner,
        public_base_url=settings.public_base_url,
        description=description,
    )
    return edge.resolver()
