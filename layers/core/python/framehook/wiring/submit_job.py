"""What submit_job is made of."""

from __future__ import annotations

import functools
import os

import boto3

from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.s3_signing import S3Signer, signing_client
from framehook.adapters.sqs_jobs import SqsDeadLetters
from framehook.adapters.system import SystemChance, SystemClock
from framehook.completion import Completion
from framehook.inputs import InputKeeper, InputSigner
from framehook.intake import Intake
from framehook.looking_up import LookingUp
from framehook.queue_edge import QueueEdge
from framehook.settings import SubmitJobSettings, public_base
from framehook.submission import Submission
from framehook.wiring.runware_calls import PROVIDERS, api_keys, transports
from framehook.wiring.storage import PROMPT, changes, s3_client, table


@functools.cache
def edge() -> QueueEdge:
    settings = SubmitJobSettings.read(os.environ)
    stored = changes(settings)
    keeper = InputKeeper(S3MediaStore(s3_client(), settings.media_bucket), settings.media_bucket)
    signer = _signer(settings)
    completion = Completion(stored, PROVIDERS)
    secrets, calls = api_keys(settings), transports(settings)
    submission = Submission(
        changes=stored,
        gates=DynamoGateStore(table(settings)),
        chance=SystemChance(),
        secrets=secrets,
        signer=signer,
        inputs=keeper,
        input_signer=InputSigner(signer, settings.media_bucket),
        transports=calls,
        providers=PROVIDERS,
        completion=completion,
        looking_up=LookingUp(completion, secrets, calls, PROVIDERS),
        webhook_base=public_base(settings.public_base_url, settings.api_id),
    )
    dead_letters = SqsDeadLetters(boto3.client("sqs", config=PROMPT), settings.dead_letters_url)
    return QueueEdge(Intake(stored, keeper), submission, dead_letters, settings.default_owner)


def _signer(settings: SubmitJobSettings) -> S3Signer:
    region = os.environ["AWS_REGION"]
    endpoint = settings.upload_endpoint_url or None
    return S3Signer(
        boto3.client("sts", config=PROMPT),
        settings.upload_role_arn,
        settings.media_bucket,
        lambda session: signing_client(session, region=region, endpoint_url=endpoint),
        SystemClock(),
    )
