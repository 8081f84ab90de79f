"""What follow_up_job is made of."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.sqs_jobs import SqsJobQueue
from framehook.completion import Completion
from framehook.following import Following
from framehook.looking_up import LookingUp
from framehook.settings import FollowUpJobSettings
from framehook.stopping import Stopping
from framehook.wiring.provider_calls import calling
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import PROMPT, changes, s3_client


@functools.cache
def following() -> Following:
    settings = FollowUpJobSettings.read(os.environ)
    stored, calls = changes(settings), calling(settings)
    names = FunctionNames(fetch=settings.fetch_output_function, land=settings.land_output_function)
    return Following(
        changes=stored,
        looking_up=LookingUp(Completion(stored, PROVIDERS), calls, PROVIDERS),
        queue=SqsJobQueue(boto3.client("sqs", config=PROMPT), settings.jobs_queue_url),
        media=S3MediaStore(s3_client(), settings.media_bucket),
        starter=LambdaStarter(boto3.client("lambda", config=PROMPT), names, bucket=settings.media_bucket),
        stopping=Stopping(stored, calls, PROVIDERS),
    )
