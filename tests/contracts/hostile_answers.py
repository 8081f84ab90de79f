"""Answers and calls that no provider would send, in words that all of them use: for Hypothesis."""

from __future__ import annotations

import json

from hypothesis import strategies as st

# Nothing of it is JSON that says anything, whoever reads it.
GARBAGE = (
    b"",
    b"no",
    b"<html>502 Bad Gateway</html>",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"9" * 5000,
    b"null",
    b"1",
)

_FIELDS = """
request_id taskUUID taskId task_id id status state outcome code errorCode error_code error_type error errors message
msg detail details data eventData event payload result results output outputs url fileUrl videoURL imageURL images
video text type content_type outputType cost usage thirdPartyConsumeMoney seed loc input prompt taskType
"""
_WORDS = """
success SUCCESS succeeded completed COMPLETED OK failed FAILED ERROR error cancelled CANCELLATION_REQUESTED RUNNING
QUEUED IN_QUEUE IN_PROGRESS processing TASK_END videoInference levitating conflictTaskUUID taskNotFound
"""
_ODD = ("", "~1", "\ud800", "x" * 600, "https://[", "https://evil.example/a.mp4", "0.14", "NaN")
_CODES = (0, -1, 200, 421, 805, 1003, "1501", 400004, "404001", 10**30, 1e300, 2.5)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text("aZ0 ./:é\n", max_size=8)


def bodies(*task_ids: str) -> st.SearchStrategy[bytes]:
    """Bodies that may name one of these tasks."""
    values = _SCALARS | st.sampled_from((*_WORDS.split(), *_ODD, *_CODES, *task_ids, *task_ids))
    names = st.sampled_from(_FIELDS.split())
    tree = st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=12,
    )
    objects = st.dictionaries(names, tree, max_size=6)
    documents = (objects | st.lists(objects, max_size=3)).map(lambda value: json.dumps(value).encode())
    return documents | st.sampled_from(GARBAGE) | st.binary(max_size=60)


STATUSES = st.sampled_from(
    (100, 200, 202, 204, 302, 400, 401, 402, 403, 404, 408, 409, 422, 425, 429, 499, 500, 502, 503, 504)
)
