"""Renders archive specs: a ZIP with one picture chosen by prompt and seed. Blocking: call it off the event loop."""

import io
import zipfile
from dataclasses import replace

from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.render_image import render_image

# A date of its own would make two renderings of one spec differ.
DATE = (2026, 1, 1, 0, 0, 0)


def render_archive(spec: MediaSpec) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr(zipfile.ZipInfo("output.png", DATE), render_image(replace(spec, format="PNG")))
    return archive.getvalue()
