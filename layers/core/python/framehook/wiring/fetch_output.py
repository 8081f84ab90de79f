"""What fetch_output is made of."""

from __future__ import annotations

import functools
import os

import httpx

from framehook.adapters.https_downloader import HttpsDownloader
from framehook.adapters.s3_media import S3MediaStore
from framehook.adapters.targets import TargetRules
from framehook.fetching import Fetching
from framehook.providers.runware import is_result_host
from framehook.settings import FetchOutputSettings
from framehook.wiring.storage import PATIENT, changes, s3_client

_TOTAL_SECONDS = 840  # the function may run for 900


@functools.cache
def fetching() -> Fetching:
    settings = FetchOutputSettings.read(os.environ)
    rules = TargetRules(is_result_host, settings.extra_media_origins)
    downloader = HttpsDownloader(httpx.Client(trust_env=False, follow_redirects=False), rules, _TOTAL_SECONDS)
    media = S3MediaStore(s3_client(PATIENT), settings.media_bucket)
    return Fetching(changes(settings), media, downloader, settings.max_output_bytes)
