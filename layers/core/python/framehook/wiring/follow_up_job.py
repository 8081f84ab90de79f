"""What follow_up_job is made of."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.lambda_starter import FunctionNames, LambdaStarter
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.sqs_jobs import SqsFollowUpQueue, SqsJobQueue
from framehook.adapters.system import SystemClock
from framehook.completion import Completion
from framehook.following import Following
from framehook.looking_up import LookingUp
from framehook.reminders import Reminders
from framehook.settings import FollowUpJobSettings
from framehook.stopping import Stopping
from framehook.wiring.provider_calls import calling
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import PROMPT, changes, s3_client


@functools.cache
def following() -> Following:
    settings = FollowUpJobSettings.read(os.environ)
    stored, calls = changes(settings), calling(settings)
    queues = boto3.client("sqs", config=PROMPT)
    names = FunctionNames(fetch=settings.fetch_output_function, land=settings.land_output_function)
    return Following(
        changes=stored,
        looking_up=LookingUp(Completion(stored, PROVIDERS), calls, PROVIDERS),
        queue=SqsJobQueue(queues, settings.jobs_queue_url),
        media=S3MediaStore(s3_client(), settings.media_bucket),
        starter=LambdaStarter(boto3.client("lambda", config=PROMPT), names, bucket=settings.media_bucket),
        stopping=Stopping(stored, calls, PROVIDERS),
        reminders=Reminders(SqsFollowUpQueue(queues, settings.follow_ups_queue_url), SystemClock()),
    )
