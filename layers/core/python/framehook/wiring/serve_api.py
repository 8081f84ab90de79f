"""What serve_api is made of."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from framehook.account_overview import AccountOverview
from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.dynamodb_owners import DynamoOwnerDirectory
from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.s3_signing import signing_config
from framehook.adapters.sqs_jobs import SqsJobQueue
from framehook.adapters.system import SystemChance, SystemClock
from framehook.calling import Calling
from framehook.cancelling import Cancelling
from framehook.http_edge import HttpEdge
from framehook.inputs import InputKeeper
from framehook.intake import Intake
from framehook.model_forms import ModelForms
from framehook.providers.questions import AccountReader
from framehook.providers.runcomfy import account as runcomfy_account
from framehook.providers.runcomfy import provider as runcomfy
from framehook.providers.runninghub import account as runninghub_account
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runware import account as runware_account
from framehook.providers.runware import provider as runware
from framehook.resolution import Resolution
from framehook.settings import ServeApiSettings
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import PROMPT, changes, s3_client, table

_READERS: dict[str, AccountReader] = {
    runware.NAME: runware_account,
    runninghub.NAME: runninghub_account,
    runcomfy.NAME: runcomfy_account,
}


@functools.cache
def resolver(description: Path) -> APIGatewayRestResolver:
    settings = ServeApiSettings.read(os.environ)
    stored = changes(settings)
    media = S3MediaStore(s3_client(), settings.media_bucket, signing=s3_client(signing_config()))
    queue = SqsJobQueue(boto3.client("sqs", config=PROMPT), settings.jobs_queue_url)
    gates = DynamoGateStore(table(settings))
    edge = HttpEdge(
        intake=Intake(stored, InputKeeper(media, settings.media_bucket)),
        resolution=Resolution(stored, queue, SystemChance(), PROVIDERS),
        cancelling=lambda: Cancelling(stored, _starter(settings), PROVIDERS),
        overview=lambda: AccountOverview(_asking(settings), _READERS, gates, SystemClock(), SystemChance()),
        forms=lambda: ModelForms(_asking(settings)),
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


@functools.cache
def _starter(settings: ServeApiSettings) -> LambdaStarter:
    names = FunctionNames(follow_up=settings.follow_up_function)
    return LambdaStarter(boto3.client("lambda", config=PROMPT), names)


@functools.cache
def _asking(settings: ServeApiSettings) -> Calling:
    """The way to the providers, with calls of at most 6 s: several of them fit into the 29 that the API waits."""
    from framehook.wiring.provider_calls import calling  # noqa: PLC0415 - httpx: most calls start faster without

    return calling(settings, lambda _: 4, connect_seconds=2)
