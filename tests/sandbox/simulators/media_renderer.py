"""Renders specs off the event loop and keeps the latest results.

Threads are enough: the encoders release the GIL. What a spec looks like is decided in the render modules.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from tests.sandbox.simulators.media_spec import AUDIO_FORMATS, IMAGE_FORMATS, VIDEO_FORMATS, MediaSpec
from tests.sandbox.simulators.render_archive import render_archive
from tests.sandbox.simulators.render_audio import render_audio
from tests.sandbox.simulators.render_image import render_image
from tests.sandbox.simulators.render_mesh import render_mesh
from tests.sandbox.simulators.render_video import render_video

CACHED_FILES = 128


def render(spec: MediaSpec) -> bytes:
    """Blocking."""
    if spec.format in VIDEO_FORMATS:
        return render_video(spec)
    if spec.format in IMAGE_FORMATS:
        return render_image(spec)
    if spec.format in AUDIO_FORMATS:
        return render_audio(spec)
    return render_archive(spec) if spec.format == "ZIP" else render_mesh(spec)


class MediaRenderer:
    """A cache of running and finished renderings, so that two readers of one clip share the work."""

    def __init__(self, workers: int = 2) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="render")
        self._renderings: OrderedDict[MediaSpec, asyncio.Future[bytes]] = OrderedDict()

    async def bytes_of(self, spec: MediaSpec) -> bytes:
        rendering = self._renderings.get(spec)
        if rendering is None:
            rendering = asyncio.get_running_loop().run_in_executor(self._workers, render, spec)
            self._renderings[spec] = rendering
            while len(self._renderings) > CACHED_FILES:
                self._renderings.popitem(last=False)
        self._renderings.move_to_end(spec)
        # One reader that hangs up must not cancel the rendering for the others.
        return await asyncio.shield(rendering)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)
