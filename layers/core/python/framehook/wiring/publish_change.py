"""What publish_change is made of, and what tells of changes wherever it is needed."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.dynamodb_items import job_from_image
from framehook.adapters.eventbridge import EventBridgeBus
from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.sqs_jobs import SqsPoisonQueue
from framehook.publication import Publication
from framehook.settings import PublishChangeSettings, public_base
from framehook.stream_edge import StreamEdge
from framehook.wiring.storage import PROMPT, job_store


@functools.cache
def edge() -> StreamEdge:
    settings = PublishChangeSettings.read(os.environ)
    poison = SqsPoisonQueue(boto3.client("sqs", config=PROMPT), settings.poison_queue_url)
    return StreamEdge(publication(settings), poison, job_from_image)


def publication(settings: PublishChangeSettings) -> Publication:
    starter = LambdaStarter(
        boto3.client("lambda", config=PROMPT), FunctionNames(fetch=settings.fetch_output_function)
    )
    return Publication(
        jobs=job_store(settings),
        bus=EventBridgeBus(boto3.client("events", config=PROMPT), settings.event_bus),
        starter=starter,
        bucket=settings.media_bucket,
        api_base=public_base(settings.public_base_url, settings.api_id),
        announced=settings.announced,
    )
