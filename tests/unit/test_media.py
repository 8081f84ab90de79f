"""What a file is, told from its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.jobs import Kind
from framehook.media import MediaType, Read, UnusableMedia, inspect
from tests.unit import media_samples as samples


def reader(body: bytes) -> Read:
    return lambda start, length: body[start : start + length]


def inspected(body: bytes, kind: Kind = Kind.ANY) -> MediaType:
    return inspect(reader(body), len(body), kind)


@pytest.mark.parametrize(
    ("body", "extension", "kind"),
    [
        (samples.MP4, "mp4", Kind.VIDEO),
        (samples.MOV, "mov", Kind.VIDEO),
        (samples.WEBM, "webm", Kind.VIDEO),
        (samples.PNG, "png", Kind.IMAGE),
        (samples.JPEG, "jpg", Kind.IMAGE),
        (samples.WEBP, "webp", Kind.IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg", Kind.IMAGE),
        (samples.WAV, "wav", Kind.AUDIO),
        (samples.MP3, "mp3", Kind.AUDIO),
        (samples.FLAC, "flac", Kind.AUDIO),
        (samples.OGG, "ogg", Kind.AUDIO),
        (samples.GLB, "glb", Kind.MODEL_3D),
        (b'{"a": 1}', "json", Kind.TEXT),
        ("a glowing mangrove, s\u00ed".encode(), "txt", Kind.TEXT),
        (b"{not json", "txt", Kind.TEXT),
    ],
)
def test_known_format_is_recognised(body: bytes, extension: str, kind: Kind) -> None:
    found = inspected(body, kind)

    assert (found.extension, found.kind) == (extension, kind)


@pytest.mark.parametrize(
    "body",
    [samples.MP4, samples.MOV, samples.PNG, samples.JPEG, samples.WEBP, samples.WAV, samples.GLB],
    ids=["mp4", "mov", "png", "jpg", "webp", "wav", "glb"],
)
def test_file_cut_short_is_unusable(body: bytes) -> None:
    with pytest.raises(UnusableMedia):
        inspected(body[: len(body) * 2 // 3], inspected(body).kind)


def test_mp4_without_a_movie_box_is_unusable() -> None:
    with pytest.raises(UnusableMedia):
        inspected(samples.box(b"ftyp", b"isom" + bytes(12)) + samples.box(b"mdat", bytes(80)))


@pytest.mark.parametrize("body", [b"", bytes(200), b"\xde\xad\xbe\xef" * 20])
def test_unknown_bytes_are_unusable(body: bytes) -> None:
    with pytest.raises(UnusableMedia):
        inspected(body)


def test_other_kind_than_ordered_is_unusable() -> None:
    with pytest.raises(UnusableMedia, match="kind video was ordered"):
        inspected(b"<Error>no such key</Error>", Kind.VIDEO)


@given(st.binary(max_size=300), st.sampled_from(list(Kind)))
def test_arbitrary_bytes_are_told_apart_without_a_defect(body: bytes, kind: Kind) -> None:
    try:
        found = inspected(body, kind)
    except UnusableMedia:
        return
    assert kind in (Kind.ANY, found.kind)
