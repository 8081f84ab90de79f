"""The HTTP client for webhooks and uploads: no proxies, and no receiver has to wait for another."""

import httpx


def make_client() -> httpx.AsyncClient:
    """Environment proxies are ignored: every receiver is on this machine."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
    return httpx.AsyncClient(trust_env=False, timeout=30, limits=limits, follow_redirects=False)
