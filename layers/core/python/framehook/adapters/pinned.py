"""Requests to a host that was checked (see `targets`): to one of its checked addresses, never to one that is looked up
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import httpx

from framehook.adapters.cut_off import CutOff
from framehook.adapters.targets import Target
from framehook.errors import Unavailable

_MOST_ADDRESSES = 3
_TIMEOUT = httpx.Timeout(30, connect=5).as_dict()


def send(
    client: httpx.Client,
    method: str,
    target: Target,
    cut_off: CutOff,
    *,
    headers: Mapping[str, str],
    content: BinaryIO | None = None,
) -> httpx.Response:
    """The answer, unread, of the first address that takes a connection. Follows no redirect."""
    failure: Exception | None = None
    for address in target.addresses[:_MOST_ADDRESSES]:
        cut_off.check()
        if content is not None:
            content.seek(0)
        request = _request(method, target, address, headers, content)
        request.extensions["trace"] = cut_off.observe
        try:
            return client.send(request, stream=True, follow_redirects=False)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    raise Unavailable("the host can't be reached") from failure


def _request(
    method: str, target: Target, address: str, headers: Mapping[str, str], content: BinaryIO | None
) -> httpx.Request:
    """Built apart from the client, whose cookies and defaults must not leak in.

    The certificate is checked against the host's name (`sni_hostname`). `Connection: close`, because the client pools
    connections by address, not by that name.
    """
    return httpx.Request(
        method,
        target.url.copy_with(host=address),
        headers={
            "host": target.host_header,
            "accept": "*/*",
            "accept-encoding": "identity",
            "user-agent": "framehook",
            **headers,
            "connection": "close",
        },
        content=content,
        extensions={"timeout": _TIMEOUT, "sni_hostname": target.host},
    )
