"""The wire formats of all providers, by name. Imports no HTTP client: some functions start without one."""

from __future__ import annotations

from collections.abc import Mapping

from framehook.providers.contract import Provider
from framehook.providers.runcomfy import provider as runcomfy
from framehook.providers.runninghub import provider as runninghub
from framehook.providers.runware import provider as runware

PROVIDERS: Mapping[str, Provider] = {
    runware.NAME: runware,
    runninghub.NAME: runninghub,
    runcomfy.NAME: runcomfy.PROVIDER,
}
