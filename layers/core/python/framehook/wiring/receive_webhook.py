"""What receive_webhook is made of: the table and the wire formats, nothing else. It must start fast."""

from __future__ import annotations

import functools
import os

from framehook.completion import Completion
from framehook.settings import ReceiveWebhookSettings
from framehook.wiring.providers import PROVIDERS
from framehook.wiring.storage import changes


@functools.cache
def completion() -> Completion:
    return Completion(changes(ReceiveWebhookSettings.read(os.environ)), PROVIDERS)
