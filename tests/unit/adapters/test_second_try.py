"""A call is made a second time only where its answer asks for that, and in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from framehook.adapters.second_try import SecondTry
from framehook.errors import NeverSent, ReplyLost
from framehook.ports import Transport
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.exchanges import Answer, ScriptedTransport

FIRST, SECOND = (HttpRequest("POST", path, {}, b"{}") for path in ("/first", "/second"))
NO, YES = HttpResponse(401, {}, b"no"), HttpResponse(200, {}, b"yes")


def again(request: HttpRequest, response: HttpResponse) -> HttpRequest | None:
    return SECOND if request == FIRST and response == NO else None


def tried(*answers: Answer, seconds: float = 0) -> tuple[Transport, ScriptedTransport]:
    """A first call that takes so long."""
    inner = ScriptedTransport(*answers)
    times: Callable[[], float] = iter([100.0, 100.0 + seconds]).__next__
    return SecondTry(inner, again, times), inner


def test_answer_that_stands_is_the_answer() -> None:
    transport, inner = tried(YES)
    assert transport.send(FIRST) == YES
    assert inner.requests == [FIRST]


@pytest.mark.parametrize("last", [YES, NO])
def test_second_answer_counts_and_is_the_last(last: HttpResponse) -> None:
    transport, inner = tried(NO, last)
    assert transport.send(FIRST) == last
    assert inner.requests == [FIRST, SECOND]


def test_refusal_that_took_long_stands() -> None:
    transport, inner = tried(NO, seconds=2.1)
    assert transport.send(FIRST) == NO
    assert inner.requests == [FIRST]


@pytest.mark.parametrize("error", [NeverSent("no route"), ReplyLost("too slow")])
@pytest.mark.parametrize("before", [[], [NO]])
def test_call_that_fails_is_told_as_it_is(error: Exception, before: list[Answer]) -> None:
    transport, _ = tried(*before, error)
    with pytest.raises(type(error)):
        transport.send(FIRST)
