"""What fetch_output is made of."""

from __future__ import annotations

import functools
import os

import httpx

from framehook.adapters.https_downloader import HttpsDownloader
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.targets import TargetRules
from framehook.fetching import Fetching
from framehook.providers import runninghub, runware
from framehook.settings import FetchOutputSettings
from framehook.wiring.storage import PATIENT, changes, s3_client

_TOTAL_SECONDS = 840  # the function may run for 900


@functools.cache
def fetching() -> Fetching:
    settings = FetchOutputSettings.read(os.environ)
    client = httpx.Client(trust_env=False, follow_redirects=False)
    downloaders = {
        provider.NAME: HttpsDownloader(
            client, TargetRules(provider.is_result_host, settings.extra_media_origins), _TOTAL_SECONDS
        )
        for provider in (runware, runninghub)
    }
    media = S3MediaStore(s3_client(PATIENT), settings.media_bucket)
    return Fetching(changes(settings), media, downloaders, settings.max_output_bytes)
