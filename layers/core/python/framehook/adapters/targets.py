"""Which URLs may be fetched, and from which addresses. A name is resolved here, once; the addresses that come
out are the ones to connect to, so that a name can't turn into another machine between check and use.

Refused: anything but https on its own port, hosts that nobody allowed, and every address that is not on the
public internet. Only the origins a stack was given explicitly (a local simulator) are exempt.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import httpx

from framehook.errors import DownloadRefused, Unavailable

_HTTPS_PORT = 443
# Ranges whose addresses stand for an IPv4 address behind a gateway: what is checked is not what is reached.
_TRANSLATED = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be fetched, and the addresses it may be fetched from."""

    url: httpx.URL
    addresses: tuple[str, ...]

    @property
    def host(self) -> str:
        return self.url.raw_host.decode("ascii")

    @property
    def host_header(self) -> str:
        return self.url.netloc.decode("ascii")

    def join(self, location: str) -> str:
        try:
            return str(self.url.join(location))
        except httpx.InvalidURL:
            raise DownloadRefused("a redirect to nowhere") from None


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, IPv4 first: a function outside a VPC has no way to others."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable("the host's name can't be resolved") from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return sorted(addresses, key=lambda address: ":" in address)


class TargetRules:
    """`allowed` decides about a host by its lower-case name. `extra_origins`, such as
    `http://127.0.0.1:1234`, are exempt from every rule."""

    def __init__(
        self,
        allowed: Callable[[str], bool],
        extra_origins: Collection[str] = (),
        resolve: Callable[[str, int], Sequence[str]] = resolve,
    ) -> None:
        self._allowed = allowed
        self._extra_origins = frozenset(_origin(httpx.URL(origin)) for origin in extra_origins)
        self._resolve = resolve

    def check(self, url: str) -> Target:
        """Raises DownloadRefused for what must not be fetched, Unavailable for a name without an address."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, TypeError):
            raise DownloadRefused("not a URL") from None
        if parsed.userinfo or not parsed.host:
            raise DownloadRefused("a URL with credentials, or without a host")
        exempt = _origin(parsed) in self._extra_origins
        if not exempt:
            self._check_name(parsed)
        _, host, port = _origin(parsed)
        addresses = tuple(self._resolve(host, port))
        if not addresses:
            raise Unavailable("the host has no address")
        if not exempt and not all(map(is_public, addresses)):
            raise DownloadRefused("the host has an address that is not public")
        return Target(parsed.copy_with(fragment=None), addresses)

    def _check_name(self, url: httpx.URL) -> None:
        if url.scheme != "https" or url.port not in (None, _HTTPS_PORT):
            raise DownloadRefused("only https on its own port is fetched")
        if not self._allowed(url.raw_host.decode("ascii").lower()):
            raise DownloadRefused("results are not fetched from this host")


def is_public(address: str) -> bool:
    """False for private, loopback, link-local, shared, reserved, multicast and translated addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return True
    return parsed.ipv4_mapped is None and not any(parsed in network for network in _TRANSLATED)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return (
        url.scheme,
        url.raw_host.decode("ascii").lower(),
        url.port or (_HTTPS_PORT if url.scheme == "https" else 80),
    )
