"""References in bodies that no rule describes: what RunComfy can not fetch is refused, ours are measured and signed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.errors import InvalidRequest
from framehook.inputs import InputKeeper, InputSigner, extracted
from framehook.media_references import MEGABYTE
from framehook.offerings import plan
from framehook.providers.runcomfy.references import stored_objects
from tests.fakes import FakeMediaStore, FakeUploadSigner
from tests.unit.plans import data_uri, problems

UNLISTED = "runcomfy/acme/new-model/edit"
DEPLOYMENT = "runcomfy/deployment/7a1f2c33"
PNG = "data:image/png;base64,AAAA"
STORED = "s3://media/inputs/ada/0.png"
FORMS = "must be an https:// or s3:// URL or a data URI"
REFERENCES: list[tuple[Any, str | None, str]] = [
    (PNG, None, ""),
    ("data:application/zip;base64,AAAA", None, ""),
    ("https://example.com/a.exe", None, ""),
    ("https://example.com/@user/a.png?mail=a@b.c", None, ""),
    ("ftp is fine, see ftp://example.com/a.png", None, ""),
    ("://example.com/a.png", None, ""),
    ("16://9", None, ""),
    ("https://[::1]:8/a.png", None, ""),
    ("http://example.com is where I live", None, ""),
    ("see http://example.com/a.png", None, ""),
    ("16:9", None, ""),
    *(
        (value, "invalid_media", f"{FORMS}, since RunComfy fetches nothing else, not")
        for value in (
            *("http://example.com/a.png", "HTTP://example.com/a.png", "http://", "ftp://example.com/a.png"),
            *(
                "ftp://ada:secret@example.com/a.png",
                "S3://media/a.png",
                "hf://acme/model",
                "file:///a",
                "x://",
            ),
        )
    ),
    *(
        (
            value,
            "invalid_media",
            f'{FORMS}, since RunComfy fetches nothing else, not "{value}", which names no host',
        )
        for value in ("https://", "https:///a.png", "HTTPS://?a=b", "https://#a", "https://:443/a.png")
    ),
    (
        "https://ada:secret@example.com/a.png",
        "invalid_media",
        "must be a URL without a user name or password",
    ),
    ("http://secret@example.com", "invalid_media", "must be a URL without a user name or password"),
    ("HTTPS://:secret@[::1]:8/a", "invalid_media", "must be a URL without a user name or password"),
    ("data:image/png,AAAA", "invalid_data_uri", "is not a readable data URI"),
    ("data:", "invalid_data_uri", "is not a readable data URI"),
    ("s3://media", "invalid_media", "must be an s3:// URL or a data URI"),
    (data_uri("image/png", 50 * MEGABYTE), None, ""),
    (data_uri("image/png", 50 * MEGABYTE + 1), "too_large", "must be at most 50 MB"),
    (data_uri("image/x-unheard-of", 50 * MEGABYTE + 1), "too_large", "must be at most 50 MB"),
    (data_uri("video/mp4", 100 * MEGABYTE), None, ""),
    (data_uri("video/mp4", 100 * MEGABYTE + 1), "too_large", "must be at most 100 MB"),
    (data_uri("audio/mpeg", 100 * MEGABYTE + 1), "too_large", "must be at most 100 MB"),
]


@pytest.mark.parametrize(
    ("value", "code", "message"), REFERENCES, ids=[str(each[0])[:40] for each in REFERENCES]
)
@pytest.mark.parametrize("model", [UNLISTED, DEPLOYMENT])
def test_references_in_an_unknown_body_are_checked_wherever_they_stand(
    model: str, value: str, code: str | None, message: str
) -> None:
    for body, path in (
        ({"image": value}, "input.image"),
        ({"loras": [{"path": value, "scale": 1}]}, "input.loras[0].path"),
        ({"prompt": ["a", value]}, "input.prompt[1]"),
    ):
        if code is None:
            assert plan(model, body).body == body
            continue
        [problem] = problems(model, body)
        assert (problem.field, problem.code) == (path, code)
        assert problem.message.startswith(message)
        assert len(repr(problem)) < 600
        assert "secret" not in repr(problem)


@pytest.mark.parametrize("name", ["prompt", "negative_prompt", "text", "content", "Lyrics"])
@pytest.mark.parametrize(
    "value", ["http://example.com", "https://a:b@example.com", "ftp://x", "https://", "data:", "s3://x"]
)
def test_what_a_person_wrote_is_no_reference(name: str, value: str) -> None:
    found = plan(UNLISTED, {name: value, "more": [{name: value}]})
    assert found.media == ()


def test_stored_objects_of_an_unknown_body_are_listed_with_their_limits() -> None:
    stored = {
        name: f"s3://media/inputs/ada/{name}" for name in ("a.png", "b.svg", "c.mp4", "d", "e.zip", "f.JPEG")
    }
    found = plan(UNLISTED, {"image": stored["a.png"], "images": [stored["b.svg"], {"of": stored["c.mp4"]}],
                            "x": stored["d"], "y": stored["e.zip"], "z": stored["f.JPEG"], "text": STORED})  # fmt: skip
    limits = {(each.path, each.value): (each.accepted, each.max_bytes) for each in found.media}
    small, large = ((), 50 * MEGABYTE), ((), 100 * MEGABYTE)
    assert limits == {
        ("input.image", stored["a.png"]): small,
        ("input.images[0]", stored["b.svg"]): small,
        ("input.images[1].of", stored["c.mp4"]): large,
        ("input.x", stored["d"]): large,
        ("input.y", stored["e.zip"]): large,
        ("input.z", stored["f.JPEG"]): small,
    }


NAMES = st.sampled_from(
    ["prompt", "text", "Content", "content_type", "lyrics", "context", "image", "url", "6"]
)
VALUES = st.recursive(
    st.sampled_from([PNG, STORED, "x", "https://example.com/a.png", None, 7]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_references_are_those_that_intake_keeps_and_the_send_signs(body: dict[str, Any]) -> None:
    """Two walks over one body: what is checked here is what becomes an object, and then a presigned URL."""
    slim, found = extracted(body, "media", "inputs/ada/job")
    listed = stored_objects(slim, "input")
    assert {each.value for each in listed} >= {f"s3://media/{each.key}" for each in found}
    signed = InputSigner(FakeUploadSigner(), "media").signed(slim, "ada")
    assert not stored_objects(signed, "input")
    assert (signed == slim) == (not listed)


@pytest.mark.parametrize("model", [UNLISTED, DEPLOYMENT])
def test_intake_measures_the_objects_of_an_unknown_body(model: str) -> None:
    media = FakeMediaStore()
    media.put("inputs/ada/a.png", bytes(50 * MEGABYTE + 1), "image/png")
    body = {"images": [{"of": "s3://media/inputs/ada/a.png"}]}
    with pytest.raises(InvalidRequest) as refused:
        InputKeeper(media, "media").kept("ada", "job", body, plan(model, body).media)
    [problem] = refused.value.problems
    assert (problem.field, problem.code) == ("input.images[0].of", "too_large")
    media.put("inputs/ada/a.png", b"x", "application/x-anything")
    assert InputKeeper(media, "media").kept("ada", "job", body, plan(model, body).media) == (body, None)
