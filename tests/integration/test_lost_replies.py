"""A write whose reply was lost on the way is sent again by botocore itself, and must count as done."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override
from urllib.parse import urlsplit

import pytest
from botocore.config import Config

from framehook.adapters.dynamodb_gate import DynamoGateStore
from framehook.adapters.dynamodb_jobs import DynamoJobStore
from framehook.adapters.dynamodb_table import Table
from framehook.jobs import AttemptRecord
from framehook.ports import Gate
from tests.contracts.samples import a_job, a_landed_file, a_request
from tests.sandbox.local_cloud import LocalCloud


class LossyProxy(ThreadingHTTPServer):
    """Passes requests on to `target`; drops the reply to every first write of a kind."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.lost: list[str] = []
        self.armed = True


class _Handler(BaseHTTPRequestHandler):
    server: LossyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        upstream = http.client.HTTPConnection(self.server.target)
        upstream.request("POST", self.path, body, dict(self.headers))
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        if self.server.armed and operation in ("PutItem", "UpdateItem"):
            self.server.armed = False
            self.server.lost.append(operation)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def proxy(cloud: LocalCloud) -> Iterator[LossyProxy]:
    with LossyProxy(cloud.endpoint_url) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


@pytest.fixture
def lossy(cloud: LocalCloud, table: Table, proxy: LossyProxy) -> Table:
    client = cloud.session.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{proxy.server_port}",
        config=Config(retries={"mode": "standard", "max_attempts": 3}),
    )
    return replace(table, client=client)


def test_put_new_lost_reply_counts_as_stored(lossy: Table, proxy: LossyProxy) -> None:
    store, job = DynamoJobStore(lossy), a_job()
    assert store.put_new(job) is None
    assert proxy.lost == ["PutItem"]
    assert store.get(job.id) == job


def test_replace_lost_reply_counts_as_stored(lossy: Table, proxy: LossyProxy) -> None:
    store, job = DynamoJobStore(lossy), a_job()
    proxy.armed = False
    store.put_new(job)
    proxy.armed = True
    assert store.replace(replace(job, refusals=1), job) == replace(job, refusals=1, version=1)
    assert proxy.lost == ["PutItem"]


def test_replace_gate_lost_reply_counts_as_stored(lossy: Table, proxy: LossyProxy) -> None:
    assert DynamoGateStore(lossy).replace_gate("runware", Gate(closed_until=5), Gate())
    assert proxy.lost == ["PutItem"]


def test_claim_and_record_landing_lost_replies_count_as_done(lossy: Table, proxy: LossyProxy) -> None:
    store, job = DynamoJobStore(lossy), a_job()
    proxy.armed = False
    store.put_request(job.id, a_request())
    store.put_new(job)
    proxy.armed, job_id = True, job.id
    assert store.claim_landing(job_id, 0, 1, "etag", 1, 2)
    proxy.armed = True
    assert store.record_landing(job_id, 0, 1, "etag", a_landed_file())
    proxy.armed = True
    store.record_answer(job_id, 1, "once")
    assert proxy.lost == ["UpdateItem"] * 3
    file = store.get_file(job_id)
    assert file is not None
    assert file.attempts == (AttemptRecord(1, ("once",)),)
