"""An account with several APIs: each request goes to the one that it is for, and nowhere else."""

from __future__ import annotations

import pytest

from framehook.adapters.by_service import ByService
from framehook.errors import NeverSent, ReplyLost
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.exchanges import ScriptedTransport

YES, NO = HttpResponse(200, {}, b"yes"), HttpResponse(404, {}, b"no")


def request(service: str) -> HttpRequest:
    return HttpRequest("POST", "/v1/anything", {}, b"{}", service=service)


def test_request_reaches_only_the_api_it_is_for() -> None:
    models, serverless = ScriptedTransport(YES), ScriptedTransport(NO)
    transport = ByService({"": models, "serverless": serverless})

    assert transport.send(request("serverless")) == NO
    assert (models.requests, serverless.requests) == ([], [request("serverless")])
    assert transport.send(request("")) == YES
    assert models.requests == [request("")]


@pytest.mark.parametrize("error", [NeverSent("no route"), ReplyLost("too slow")])
def test_call_that_fails_is_told_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)):
        ByService({"": ScriptedTransport(error)}).send(request(""))


def test_service_that_nobody_knows_is_sent_nowhere() -> None:
    models = ScriptedTransport(YES)
    with pytest.raises(KeyError):
        ByService({"": models}).send(request("trainer"))
    assert models.requests == []
