"""What fetch_output is made of."""

from __future__ import annotations

import functools
import os

import httpx

from framehook.adapters.https_downloader import HttpsDownloader
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.targets import TargetRules
from framehook.fetching import Fetching
from framehook.settings import FetchOutputSettings
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import PATIENT, changes, s3_client

_TOTAL_SECONDS = 840  # the function may run for 900


@functools.cache
def fetching() -> Fetching:
    settings = FetchOutputSettings.read(os.environ)
    client = httpx.Client(trust_env=False, follow_redirects=False)
    downloaders = {
        name: HttpsDownloader(
            client, TargetRules(provider.is_result_host, settings.extra_media_origins), _TOTAL_SECONDS
        )
        for name, provider in PROVIDERS.items()
    }
    media = S3MediaStore(s3_client(PATIENT), settings.media_bucket)
    return Fetching(changes(settings), media, downloaders, settings.max_output_bytes)
