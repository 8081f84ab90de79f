"""What goes out beside a credential, and how much of an answer is read: the same whoever asks, but for the error."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import httpx
import pytest

from framehook.adapters.exchange_parts import read_answer, request_headers
from framehook.errors import FramehookError, NeverSent, ReplyLost, Unavailable

KEY = "0123456789abcdef0123456789abcdef"


def test_headers_are_given_ones_among_ours() -> None:
    given = {"Authorization": f"Bearer {KEY}", "User-Agent": "theirs", "Connection": "keep-alive"}
    assert request_headers(given, NeverSent) == {
        "accept-encoding": "identity",
        "user-agent": "theirs",
        "authorization": f"Bearer {KEY}",
        "connection": "close",
    }
    assert given["Connection"] == "keep-alive"


@pytest.mark.parametrize("unsendable", [NeverSent, Unavailable])
@pytest.mark.parametrize("ending", ["\n", "\r\nX: y", "\x00", "\t", "\x7f", "\x85", "é", "ключ", "\u2028"])
def test_headers_that_can_not_be_sent_raise_the_callers_error_and_are_not_quoted(
    ending: str, unsendable: type[FramehookError]
) -> None:
    with pytest.raises(FramehookError) as raised:
        request_headers({"Authorization": KEY + ending}, unsendable)
    assert raised.type is unsendable
    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_answer_of_the_most_bytes_is_read_whole() -> None:
    answer = read_answer(httpx.Response(418, headers={"Retry-After": "7"}, content=_pieces(8)), 8, ReplyLost)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (418, "7", b"x" * 8)


@pytest.mark.parametrize("too_large", [ReplyLost, Unavailable])
def test_answer_of_more_raises_the_callers_error_before_it_is_read_whole(
    too_large: type[FramehookError],
) -> None:
    pieces = _pieces(1000)
    with pytest.raises(FramehookError, match="more than 8 bytes") as raised:
        read_answer(httpx.Response(200, content=pieces), 8, too_large)
    assert raised.type is too_large
    assert len(list(pieces)) == 1000 - 9


def test_answer_without_a_body_is_empty() -> None:
    assert read_answer(httpx.Response(204), 8, ReplyLost).body == b""


def _pieces(count: int) -> Iterator[bytes]:
    return (b"x" for _ in range(count))
