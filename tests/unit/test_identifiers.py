"""Job ids, owners and keys: always the same ones, never somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.identifiers import (
    IncomingKey,
    derive_job_id,
    is_job_id,
    is_owner,
    output_key,
    parse_incoming_key,
)

JOB = "0c9d6d6c-44c5-4a5b-8a33-1f5a2f6d9a01"
names = st.text(st.sampled_from("ab:1/"), max_size=6)


def test_derived_id_never_changes() -> None:
    """Pinned: with another id, a request that is sent again would be paid again."""
    assert derive_job_id("ada", "key:order-1") == "72a87715-3182-55f7-8ee9-0993301f9f34"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b:c"), ("a:b", "c")),
        (("a", ":b"), ("a:", "b")),
        (("1:a", "b"), ("1", "a:b")),
        (("", "3:a"), ("3", "a")),
        (("ada", "key:x"), ("ada", "sqs:x")),
    ],
)
def test_owner_and_key_do_not_run_into_each_other(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert derive_job_id(*one) != derive_job_id(*other)


@given(st.tuples(names, names), st.tuples(names, names))
def test_same_id_means_same_owner_and_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (derive_job_id(*one) == derive_job_id(*other)) == (one == other)
    assert is_job_id(derive_job_id(*one))


@pytest.mark.parametrize(
    "text",
    [
        "",
        JOB.upper(),
        JOB + "\n",
        JOB.replace("-", ""),
        JOB.replace("-4a5b-", "-1a5b-"),
        JOB.replace("-8a33-", "-7a33-"),
        f"{{{JOB}}}",
        JOB[:-1] + "٣",
    ],
)
def test_what_is_not_a_job_id(text: str) -> None:
    assert is_job_id(JOB)
    assert not is_job_id(text)


@pytest.mark.parametrize("owner", ["ada", "A", "0", "ada.lovelace-1_x", "a" * 64])
def test_plain_owners(owner: str) -> None:
    assert is_owner(owner)


@pytest.mark.parametrize(
    "owner", ["", "a" * 65, "a/b", "..", "a..b", ".a", "-a", "a b", "ada\n", "adä", "*", "a*", "a?", "${a}"]
)
def test_owner_that_could_mean_something_in_a_key_or_a_policy_is_refused(owner: str) -> None:
    assert not is_owner(owner)


@given(st.uuids(version=4), st.integers(1, 999_999), st.integers(0, 999))
def test_incoming_key_is_parsed_back(job_id: object, attempt: int, index: int) -> None:
    key = IncomingKey(str(job_id), attempt, index)

    assert str(key) == f"incoming/{job_id}/{attempt}/{index}"
    assert parse_incoming_key(str(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        f"incoming/{JOB}/1",
        f"incoming/{JOB}/1/",
        f"incoming/{JOB}/1/0/",
        f"incoming/{JOB}/1/0\n",
        f"incoming/{JOB}/1/0.mp4",
        f"incoming/{JOB}/0/0",
        f"incoming/{JOB}/01/0",
        f"incoming/{JOB}/1000000/0",
        f"incoming/{JOB}/1/1000",
        f"incoming/{JOB}/1/-1",
        f"incoming/{JOB}/1/٣",
        f"incoming/{JOB}/../{JOB}/1/0",
        f"/incoming/{JOB}/1/0",
        f"outputs/{JOB}/1/0",
        f"incoming/{JOB.upper()}/1/0",
        "incoming/../1/0",
        f"incoming//{JOB}/1/0",
    ],
)
def test_key_that_is_not_one_of_ours_is_none(key: str) -> None:
    assert parse_incoming_key(key) is None


def test_output_key_begins_with_its_owner() -> None:
    assert output_key("ada", JOB, 2, "mp4") == f"outputs/ada/{JOB}/2.mp4"
    assert output_key("ada", JOB, 2, "mp4", 3) == f"outputs/ada/{JOB}/2.attempt-3.mp4"
