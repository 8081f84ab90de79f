"""The wire formats of all providers, by name. Imports no HTTP client: some functions start without one."""

from __future__ import annotations

from collections.abc import Mapping

from framehook.providers import runcomfy, runninghub, runware
from framehook.providers.contract import Provider

PROVIDERS: Mapping[str, Provider] = {
    runware.NAME: runware,
    runninghub.NAME: runninghub,
    runcomfy.NAME: runcomfy.PROVIDER,
}
