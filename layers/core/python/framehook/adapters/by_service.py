"""One account with several APIs, each at an address of its own (Transport)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from framehook.ports import Transport
from framehook.providers.contract import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class ByService:
    """Sends each request to the API that it is for. A service that nobody has heard of is a defect of ours."""

    services: Mapping[str, Transport]

    def send(self, request: HttpRequest) -> HttpResponse:
        return self.services[request.service].send(request)
