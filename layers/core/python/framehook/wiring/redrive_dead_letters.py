"""What redrive_dead_letters is made of."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.dynamodb_items import job_from_image
from framehook.adapters.lambda_starter import FunctionNames, LambdaInvocations, LambdaStarter
from framehook.adapters.sqs_jobs import SqsJobQueue
from framehook.adapters.sqs_letters import SqsLetterBox
from framehook.adapters.system import SystemClock
from framehook.dead_letters import ChangeLetters, InvocationLetters, JobLetters
from framehook.redriving import Redriving
from framehook.settings import RedriveDeadLettersSettings
from framehook.wiring.publish_change import publication
from framehook.wiring.storage import PROMPT


@functools.cache
def redriving() -> Redriving:
    settings = RedriveDeadLettersSettings.read(os.environ)
    queues, functions = boto3.client("sqs", config=PROMPT), boto3.client("lambda", config=PROMPT)
    clock = SystemClock()
    repeated = (settings.land_output_function, settings.fetch_output_function, settings.follow_up_function)
    starter = LambdaStarter(functions, FunctionNames(follow_up=settings.follow_up_function))
    changes = ChangeLetters(publication(settings), job_from_image)
    return Redriving(
        clock=clock,
        boxes={
            "jobs": SqsLetterBox(queues, settings.dead_letters_url),
            "invocations": SqsLetterBox(queues, settings.failed_invocations_url),
            "changes": SqsLetterBox(queues, settings.poison_queue_url),
        },
        readings={
            "jobs": JobLetters(
                SqsJobQueue(queues, settings.jobs_queue_url), clock, settings.safe_redrive_for
            ).read,
            "invocations": InvocationLetters(LambdaInvocations(functions, repeated), starter).read,
            "changes": changes.read,
        },
        announce=changes.announce,
    )
