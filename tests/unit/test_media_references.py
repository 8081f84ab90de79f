"""References to media: what is let through, what is refused and why, and that what intake stores passes again."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from framehook.inputs import extracted
from framehook.media_references import (
    CONTENT_TYPES,
    FAMILIES,
    MEGABYTE,
    format_of_type,
    in_words,
    is_image,
    is_prose,
    media_problem,
)

RULE: Mapping[str, Any] = {"media": ["jpg", "png"], "max_mb": 1}
USUAL = "must be an https:// or s3:// URL or a data URI"


def said(rule: Mapping[str, Any], value: object) -> str | None:
    problem = media_problem(rule, value, "input.image")
    assert problem is None or (problem.field == "input.image" and problem.allowed)
    return problem.message if problem else None


@pytest.mark.parametrize(
    "value",
    [
        "https://example.com",
        "https://example.com/a.png",
        "https://example.com/a.JPEG?X-Amz-Signature=0a%2F&b.gif",
        "https://example.com/a.jfif#b.gif",
        "https://example.com/a",
        "https://example.com/v1.2/a",
        "https://example.com/view?filename=a.gif",
        "https://example.com/a.php",
        "https://example.gif",
        "https://[::1]/a.png",
        "s3://bucket/inputs/ada/key.png",
        "s3://bucket/inputs/ada/key",
        "s3://bucket.gif/inputs/ada/key",
        "data:image/png;base64,AAAA",
        "data:image/JPEG;name=a.gif;base64,AAAA",
    ],
)
def test_reference_is_let_through(value: str) -> None:
    assert said(RULE, value) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("http://example.com/a.png", f'{USUAL}, not "http://example.com/a.png"'),
        ("ftp://example.com/a.png", f'{USUAL}, not "ftp://example.com/a.png"'),
        ("file:///etc/passwd", f'{USUAL}, not "file:///etc/passwd"'),
        ("https:///a.png", f'{USUAL}, not "https:///a.png"'),
        ("https://e.com/a b.png", f'{USUAL}, not "https://e.com/a b.png"'),
        ("s3://bucket", f'{USUAL}, not "s3://bucket"'),
        ("asset://x", f'{USUAL}, not "asset://x"'),
        ("", f'{USUAL}, not ""'),
        ("https://example.com/a.gif", "must be jpg or png, not .gif"),
        ("s3://bucket/a.MP4", "must be jpg or png, not .mp4"),
        ("s3://bucket/a?b.webp", "must be jpg or png, not .webp"),
        ("data:image/gif;base64,AAAA", "must be jpg or png, not image/gif"),
        ("data:application/octet-stream;base64,AAAA", "must be jpg or png, not application/octet-stream"),
        (
            "data:image/png,AAAA",
            "is not a readable data URI; one is like data:<type>/<subtype>;base64,<data>",
        ),
        (7, "must be one reference, an https:// or s3:// URL or a data URI, not 7"),
        (None, "must be one reference, an https:// or s3:// URL or a data URI, not null"),
        (
            ["https://e.com/a.png"],
            "must be one reference, an https:// or s3:// URL or a data URI, not an array",
        ),
    ],
)
def test_refusal_says_what_is_wrong_and_what_would_be_right(value: object, message: str) -> None:
    assert said(RULE, value) == message


@pytest.mark.parametrize("spare", [2, 1, 0, -1])
def test_decoded_size_of_a_data_uri_is_bounded(spare: int) -> None:
    body = base64.b64encode(bytes(MEGABYTE - spare)).decode()
    message = said(RULE, f"data:image/png;base64,{body}")
    assert message == (None if spare >= 0 else "must be at most 1 MB (1048576 bytes), not 1048577 bytes")
    assert said({"media": ["png"]}, f"data:image/png;base64,{body}") is None


def test_forms_say_which_references_are_taken() -> None:
    inline_less = {"media": ["safetensors"], "forms": ["https", "s3"]}
    assert said(inline_less, "https://e.com/my.safetensors") is None
    assert said(inline_less, "data:image/png;base64,AAAA") == (
        'must be an https:// or s3:// URL, not "data:image/png;base64,AAAA"'
    )
    assert said({**RULE, "forms": ["https", "asset"]}, "asset://asset-20260101_ab.1") is None
    assert in_words(["https", "s3", "data", "asset"]) == (
        "an https:// or s3:// URL, a data URI or an asset:// id"
    )


@pytest.mark.parametrize("written", [str.lower, str.upper])
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_what_passed_as_a_data_uri_passes_as_the_object_it_became(content_type: str, written: Any) -> None:
    """Between intake and submission every data URI becomes an object that is named after its content type."""
    family, _, subtype = content_type.partition("/")
    uri = f"data:{family}/{written(subtype)};base64,AAAA"
    accepted = CONTENT_TYPES[content_type]

    slim, [stored] = extracted({"value": uri}, "bucket", "inputs/ada/job")

    assert slim["value"] == f"s3://bucket/{stored.key}"
    assert format_of_type(stored.content_type) == accepted
    for rule in ({"media": [accepted]}, {"media": ["svg", accepted], "max_mb": 1}):
        assert said(rule, uri) is None
        assert said(rule, slim["value"]) is None


@pytest.mark.parametrize("accepted", sorted({*CONTENT_TYPES.values(), "safetensors"}))
def test_every_format_is_told_from_the_others_by_its_extension(accepted: str) -> None:
    assert said({"media": [accepted]}, f"https://e.com/a.{accepted}") is None
    for other in set(CONTENT_TYPES.values()) - {accepted}:
        refused = said({"media": [accepted]}, f"https://e.com/a.{other}")
        assert refused or (accepted, other) == ("m4a", "mp4")  # audio/mp4 is stored as .mp4


def test_families_hold_known_formats_only() -> None:
    for family, formats in FAMILIES.items():
        for each in formats:
            assert any(
                name.startswith(f"{family}/") and known == each for name, known in CONTENT_TYPES.items()
            )


def test_content_type_may_have_parameters_and_any_case() -> None:
    assert format_of_type("Image/JPEG; charset=binary") == "jpg"
    assert format_of_type("text/plain") is None


@pytest.mark.parametrize(
    "host", ["ada:secret@example.com", "secret@example.com:443", "a\\@secret@[::1]", "@secret"]
)
@pytest.mark.parametrize("rest", ["", "/a.png", "?a", "#a"])
def test_url_with_a_login_is_refused_and_never_told(host: str, rest: str) -> None:
    problem = media_problem(RULE, f"https://{host}{rest}", "input.image")
    assert problem is not None
    assert problem.message.startswith("must be a URL without a user name or password")
    assert "secret" not in repr(problem)


@pytest.mark.parametrize("path", ["/@ada/a.png", "/a.png?mail=ada@example.com", "#ada@example.com", "?a@b"])
def test_sign_of_a_login_elsewhere_in_a_url_is_none(path: str) -> None:
    assert said({"media": ["png"]}, f"https://example.com{path}") is None


@pytest.mark.parametrize("value", ["https://e.com/a.exe", "s3://b/a.mp4", "data:text/x-any;base64,AAAA"])
def test_rule_without_formats_takes_any_but_no_more_bytes(value: str) -> None:
    assert said({"media": ()}, value) is None
    assert said({"media": (), "max_mb": 1}, f"data:text/x-any;base64,{'A' * 2 * MEGABYTE}") is not None


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("s3://b/a.png", True),
        ("s3://b/a.JPEG", True),
        ("s3://b/a.svg", True),
        ("https://e.com/a.avif?b.mp4", True),
        ("data:image/x-unheard-of;base64,AAAA", True),
        ("s3://b/a.mp4", False),
        ("s3://b/png", False),
        ("s3://b/a.safetensors", False),
        ("data:video/mp4;base64,AAAA", False),
        ("", False),
    ],
)
def test_image_is_told_by_its_type_or_extension(reference: str, image: bool) -> None:
    assert is_image(reference) is image


@pytest.mark.parametrize(
    "name", ["prompt", "negativePrompt", "text", "context", "Content", "lyrics", "text2", "image"]
)
def test_prose_is_told_as_intake_tells_it(name: str) -> None:
    slim, _ = extracted({name: "data:image/png;base64,AAAA"}, "bucket", "inputs/ada/job")
    assert is_prose(name) is slim[name].startswith("data:")


def test_problem_keeps_little_of_a_long_value() -> None:
    problem = media_problem(RULE, "data:image/gif;base64," + "A" * 100_000, "input.image")
    assert problem is not None
    assert len(problem.value) < 100
