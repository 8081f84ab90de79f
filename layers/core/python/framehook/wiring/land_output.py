"""What land_output is made of. The bucket comes with the event: the bucket's notification names the function, so the
function's settings can't name the bucket."""

from __future__ import annotations

import functools
import os

from framehook.adapters.s3_media import S3MediaStore
from framehook.landing import Landing
from framehook.settings import LandOutputSettings
from framehook.wiring.storage import PATIENT, changes, s3_client


@functools.cache
def landing(bucket: str) -> Landing:
    settings = LandOutputSettings.read(os.environ)
    return Landing(changes(settings), S3MediaStore(s3_client(PATIENT), bucket), settings.max_output_bytes)
