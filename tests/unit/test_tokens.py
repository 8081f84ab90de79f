"""The webhook token: what it opens, and what is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.tokens import hash_token, is_well_formed, matches_any
from tests.fakes import SeededChance

TOKEN = "A-_" + "b" * 40
JOB = "0c9d6d6c-44c5-4a5b-8a33-1f5a2f6d9a01"


def test_token_that_we_make_is_well_formed() -> None:
    assert is_well_formed(TOKEN)
    assert is_well_formed(SeededChance().token())


@pytest.mark.parametrize(
    "token",
    [
        "",
        TOKEN[:-1],
        TOKEN + "b",
        TOKEN + "\n",
        TOKEN[:-1] + "=",
        TOKEN[:-1] + "+",
        TOKEN[:-1] + "é",
        "٣" * 43,
    ],
)
def test_what_can_not_be_a_token_is_told_apart(token: str) -> None:
    assert not is_well_formed(token)


def test_token_opens_nothing_but_its_job_and_attempt() -> None:
    known = [hash_token(JOB, 1, TOKEN)]

    assert matches_any(hash_token(JOB, 1, TOKEN), known)
    assert not matches_any(hash_token(JOB, 2, TOKEN), known)
    assert not matches_any(hash_token(JOB[:-1] + "2", 1, TOKEN), known)
    assert not matches_any(hash_token(JOB, 1, TOKEN[::-1]), known)


def test_hash_is_the_one_that_is_stored() -> None:
    """Pinned: jobs under way would no longer know their webhooks."""
    stored = "7dc436"
    assert hash_token(JOB, 1, TOKEN).hex()[:6] == stored


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(min_size=32, max_size=32))
def test_any_of_the_hashes_will_do(hashes: list[bytes], candidate: bytes) -> None:
    assert matches_any(candidate, hashes) == (candidate in hashes)
    assert matches_any(candidate, [*hashes, candidate])
    assert matches_any(candidate, [candidate, *hashes])


@pytest.mark.parametrize("candidate", [b"", b"short", b"x" * 33])
def test_hash_of_another_length_matches_nothing(candidate: bytes) -> None:
    assert not matches_any(candidate, [hash_token(JOB, 1, TOKEN)])
