"""What receive_webhook is made of: the table and the wire formats, nothing else. It must start fast."""

from __future__ import annotations

import functools
import os

from framehook.completion import Completion
from framehook.providers import runninghub, runware
from framehook.providers.contract import Provider
from framehook.settings import ReceiveWebhookSettings
from framehook.wiring.storage import changes

_PROVIDERS: dict[str, Provider] = {runware.NAME: runware, runninghub.NAME: runninghub}


@functools.cache
def completion() -> Completion:
    return Completion(changes(ReceiveWebhookSettings.read(os.environ)), _PROVIDERS)
