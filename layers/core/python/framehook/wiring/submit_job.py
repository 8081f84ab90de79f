"""What submit_job is made of."""

from __future__ import annotations

import functools
import os

import boto3
import httpx

from framehook import accounts
from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.https_downloader import BUSY, HttpsDownloader
from framehook.adapters.httpx_file_sender import HttpxFileSender
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.s3_signing import S3Signer, signing_client
from framehook.adapters.sqs_jobs import SqsDeadLetters, SqsFollowUpQueue
from framehook.adapters.system import SystemChance, SystemClock
from framehook.adapters.targets import TargetRules
from framehook.calling import Calling
from framehook.completion import Completion
from framehook.inputs import InputKeeper, InputSigner
from framehook.intake import Intake
from framehook.looking_up import LookingUp
from framehook.paid_call import PaidCall
from framehook.preparation import Preparation
from framehook.providers.runninghub import provider as runninghub
from framehook.queue_edge import QueueEdge
from framehook.reminders import Reminders
from framehook.resource_uploads import ResourceUploads
from framehook.settings import SubmitJobSettings, public_base
from framehook.submission import Submission
from framehook.wiring.provider_calls import calling, trusted
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import PROMPT, changes, s3_client, table

_RESOURCE_SECONDS = 160  # of the function's 300: the rest is for the calls


@functools.cache
def edge() -> QueueEdge:
    settings = SubmitJobSettings.read(os.environ)
    stored = changes(settings)
    media = S3MediaStore(s3_client(), settings.media_bucket)
    keeper = InputKeeper(media, settings.media_bucket)
    signer = _signer(settings)
    completion = Completion(stored, PROVIDERS)
    calls = calling(settings, lambda account: account.answers_within)
    gates, chance = DynamoGateStore(table(settings)), SystemChance()
    queues = boto3.client("sqs", config=PROMPT)
    submission = Submission(
        changes=stored,
        gates=gates,
        chance=chance,
        calling=calls,
        preparation=Preparation(
            jobs=stored.jobs,
            inputs=keeper,
            input_signer=InputSigner(signer, settings.media_bucket),
            resources=_resources(settings, calls, media),
        ),
        looking_up=LookingUp(completion, calls, PROVIDERS),
        paid_call=PaidCall(
            changes=stored,
            gates=gates,
            chance=chance,
            calling=calls,
            signer=signer,
            providers=PROVIDERS,
            completion=completion,
            webhook_base=public_base(settings.public_base_url, settings.api_id),
        ),
        reminders=Reminders(SqsFollowUpQueue(queues, settings.follow_ups_queue_url), SystemClock()),
    )
    dead_letters = SqsDeadLetters(queues, settings.dead_letters_url)
    return QueueEdge(Intake(stored, keeper), submission, dead_letters, settings.default_owner)


def _resources(settings: SubmitJobSettings, calls: Calling, media: S3MediaStore) -> ResourceUploads:
    """What users name may lie on any public host; what is uploaded goes to RunningHub's own."""
    client = httpx.Client(trust_env=False, follow_redirects=False, verify=trusted())
    anywhere = TargetRules(lambda _: True, settings.extra_media_origins)
    own = TargetRules(runninghub.is_result_host, settings.extra_media_origins)
    urls = {
        account.id: settings.account(account.id).urls[0]
        for account in (accounts.RUNNINGHUB_AI, accounts.RUNNINGHUB_CN)
    }
    return ResourceUploads(
        media=media,
        bucket=settings.media_bucket,
        downloader=HttpsDownloader(client, anywhere, _RESOURCE_SECONDS, passing=BUSY),
        senders={account: HttpxFileSender(client, url, own) for account, url in urls.items()},
        transports=calls.transports,
        clock=SystemClock(),
    )


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
