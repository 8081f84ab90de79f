"""What a file is, told from its bytes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framehook.jobs import Kind
from framehook.media import MediaType, Read, UnusableMedia, inspect
from tests.unit import media_samples as samples
from tests.unit.media_samples import box, ftyp


def reader(body: bytes) -> Read:
    return lambda start, length: body[start : start + length]


def inspected(body: bytes, kind: Kind = Kind.ANY) -> MediaType:
    return inspect(reader(body), len(body), kind)


def reads(body: bytes, kind: Kind) -> list[tuple[int, int]]:
    """The ranges that were asked for: on S3 each is a paid request."""
    asked: list[tuple[int, int]] = []

    def read(start: int, length: int) -> bytes:
        asked.append((start, length))
        assert length > 0
        assert start + length <= len(body)
        return body[start : start + length]

    inspect(read, len(body), kind)
    return asked


KNOWN = [
    (samples.MP4, "mp4", Kind.VIDEO),
    (samples.MOV, "mov", Kind.VIDEO),
    (samples.WEBM, "webm", Kind.VIDEO),
    (samples.MKV, "mkv", Kind.VIDEO),
    (samples.PNG, "png", Kind.IMAGE),
    (samples.JPEG, "jpg", Kind.IMAGE),
    (samples.GIF, "gif", Kind.IMAGE),
    (samples.WEBP, "webp", Kind.IMAGE),
    (samples.AVIF, "avif", Kind.IMAGE),
    (samples.HEIC, "heic", Kind.IMAGE),
    (samples.HEIF, "heif", Kind.IMAGE),
    (samples.TIFF, "tiff", Kind.IMAGE),
    (samples.TIFF_BIG_ENDIAN, "tiff", Kind.IMAGE),
    (samples.BIG_TIFF, "tiff", Kind.IMAGE),
    (samples.SVG, "svg", Kind.IMAGE),
    (samples.WAV, "wav", Kind.AUDIO),
    (samples.WAV_AS_STREAMED, "wav", Kind.AUDIO),
    (samples.MP3, "mp3", Kind.AUDIO),
    (samples.MP3_WITHOUT_ID3, "mp3", Kind.AUDIO),
    (samples.AAC, "aac", Kind.AUDIO),
    (samples.AAC_WITH_ID3, "aac", Kind.AUDIO),
    (samples.M4A, "m4a", Kind.AUDIO),
    (samples.FLAC, "flac", Kind.AUDIO),
    (samples.OGG, "ogg", Kind.AUDIO),
    (samples.GLB, "glb", Kind.MODEL_3D),
    (samples.FBX, "fbx", Kind.MODEL_3D),
    (samples.FBX_TEXT, "fbx", Kind.MODEL_3D),
    (samples.OBJ, "obj", Kind.MODEL_3D),
    (samples.PLY, "ply", Kind.MODEL_3D),
    (samples.STL, "stl", Kind.MODEL_3D),
    (samples.STL_TEXT, "stl", Kind.MODEL_3D),
    (samples.USDZ, "usdz", Kind.MODEL_3D),
    (samples.ZIP, "zip", Kind.MODEL_3D),
    (samples.JSON, "json", Kind.TEXT),
    (samples.TEXT, "txt", Kind.TEXT),
    (b"{not json", "txt", Kind.TEXT),
]


@pytest.mark.parametrize(("body", "extension", "kind"), KNOWN)
def test_known_format_is_recognised(body: bytes, extension: str, kind: Kind) -> None:
    assert inspected(body, kind).extension == extension
    assert inspected(body, Kind.ANY) == inspected(body, kind)
    assert inspected(body, kind).kind is kind


@pytest.mark.parametrize(
    ("brands", "extension"),
    [
        ([b"mp42", b"M4A "], "mp4"),
        ([b"avis", b"msf1"], "avif"),
        ([b"hevc", b"msf1"], "heic"),
        ([b"mif1", b"heix"], "heic"),
        ([b"msf1"], "heif"),
        ([b"dash", b"iso6"], "mp4"),
    ],
)
def test_brand_tells_pictures_from_videos(brands: list[bytes], extension: str) -> None:
    assert inspected(ftyp(*brands) + box(b"moov") + box(b"mdat", b"x")).extension == extension


@pytest.mark.parametrize(
    "start",
    [
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<!-- made -->\n<svg width='1'>",
        b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>",
        b"\n <svg>\xe9",  # Latin-1
        b"<svg>" + b"<path d='M0 0'/>" * 400_000,
    ],
    ids=["with preamble", "with prefix", "not UTF-8", "large"],
)
def test_svg_is_told_by_its_root_element(start: bytes) -> None:
    assert inspected(start, Kind.IMAGE).extension == "svg"


def test_text_that_was_ordered_is_text_however_it_starts() -> None:
    for start in (b"ID3 tags are", b"GIF89a is", b"<svg/>", b"<html>", b"v 1 2 3", b"glTF is", b"a\x00b"):
        assert inspected(start, Kind.TEXT).extension == "txt"
    assert inspected("é".encode() * 3_000_000, Kind.TEXT).extension == "txt"


@pytest.mark.parametrize(
    "body",
    [
        samples.MP4,
        samples.MOV,
        samples.HEIC,
        samples.PNG,
        samples.JPEG,
        samples.WEBP,
        samples.TIFF,
        samples.TIFF_BIG_ENDIAN,
        samples.WAV,
        samples.GLB,
    ],
    ids=["mp4", "mov", "heic", "png", "jpg", "webp", "tiff", "tiff-be", "wav", "glb"],
)
def test_file_cut_short_is_unusable(body: bytes) -> None:
    with pytest.raises(UnusableMedia, match="cut short"):
        inspected(body[: len(body) * 2 // 3], inspected(body).kind)


def test_mp4_without_a_movie_box_is_unusable() -> None:
    with pytest.raises(UnusableMedia):
        inspected(ftyp(b"isom") + box(b"mdat", bytes(80)))


def test_mp4_cut_between_the_movie_box_and_the_media_is_unusable() -> None:
    with pytest.raises(UnusableMedia, match="cut short"):
        inspected(ftyp(b"isom") + box(b"moov", bytes(80)), Kind.VIDEO)


@pytest.mark.parametrize("tail", [b"\0\0\0", b"\0" * 8, b"\0\0\0\1junk", b"junkjunkjunk"])
def test_mp4_with_padding_behind_it_is_whole(tail: bytes) -> None:
    assert inspected(samples.MP4 + tail, Kind.VIDEO).extension == "mp4"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXT])
@pytest.mark.parametrize("body", [b"", bytes(200), bytes(20_000)], ids=["empty", "zeros", "many zeros"])
def test_nothing_is_unusable(body: bytes, kind: Kind) -> None:
    with pytest.raises(UnusableMedia):
        inspected(body, kind)


def test_unknown_bytes_are_unusable_unless_anything_was_ordered() -> None:
    body = b"\xde\xad\xbe\xef" * 20
    for kind in set(Kind) - {Kind.ANY}:
        with pytest.raises(UnusableMedia, match="no known"):
            inspected(body, kind)
    assert inspected(body, Kind.ANY).content_type == "application/octet-stream"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXT])
@pytest.mark.parametrize("body", [samples.HTML, samples.XML, b"<Error>no such key</Error>"])
def test_error_page_is_unusable_for_every_kind_of_media(body: bytes, kind: Kind) -> None:
    with pytest.raises(UnusableMedia, match="page"):
        inspected(body, kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        *(
            (samples.BY_FORMAT[name], Kind.VIDEO)
            for name in ("PNG", "JPG", "WEBP", "TIFF", "SVG", "MP3", "GLB")
        ),
        *((samples.BY_FORMAT[name], Kind.AUDIO) for name in ("PNG", "JSON", "TEXT", "GLB")),
        *((samples.BY_FORMAT[name], Kind.IMAGE) for name in ("MP4", "WEBM", "MP3", "JSON", "TEXT")),
        *((samples.BY_FORMAT[name], Kind.MODEL_3D) for name in ("MP4", "PNG", "JSON", "TEXT")),
        (samples.GIF, Kind.VIDEO),
        (samples.HEIC, Kind.VIDEO),
        (samples.PNG, Kind.TEXT),
    ],
)
def test_other_kind_than_ordered_is_unusable(body: bytes, kind: Kind) -> None:
    with pytest.raises(UnusableMedia, match=f"kind {kind} was ordered"):
        inspected(body, kind)


@pytest.mark.parametrize("name", ["MP4", "MOV", "WEBM", "MKV", "OGG"])
def test_container_holds_sound_or_pictures(name: str) -> None:
    """Which of them is only told by its tracks: a doubt must not cost a paid result."""
    found = [inspected(samples.BY_FORMAT[name], kind) for kind in (Kind.AUDIO, Kind.VIDEO)]
    assert found[0] == found[1]


def large(*boxes: bytes) -> bytes:
    return ftyp(b"isom") + b"".join(boxes)


FRAGMENTS = (box(b"moof", bytes(2_000)) + box(b"mdat", bytes(60_000))) * 100


@pytest.mark.parametrize(
    ("body", "kind", "most"),
    [
        (samples.MP4, Kind.VIDEO, 1),
        (samples.WAV, Kind.AUDIO, 1),
        (samples.TEXT, Kind.TEXT, 1),
        (large(box(b"moov", bytes(9_000)), box(b"free"), box(b"mdat", bytes(3_000_000))), Kind.VIDEO, 1),
        (large(box(b"moov", bytes(90_000)), box(b"free"), box(b"mdat", bytes(3_000_000))), Kind.VIDEO, 2),
        (large(box(b"free"), box(b"mdat", bytes(3_000_000)), box(b"moov", bytes(90_000))), Kind.VIDEO, 2),
        (large(box(b"moov", bytes(900)), FRAGMENTS), Kind.VIDEO, 16),
        (b"\x89PNG\r\n\x1a\n" + bytes(900_000) + b"IEND\xaeB`\x82", Kind.IMAGE, 2),
        (b"\xff\xd8\xff" + bytes(40_000) + b"\xff\xd9", Kind.IMAGE, 2),
        (b'{"a": [' + b"1," * 40_000 + b"1]}", Kind.TEXT, 2),
        (b"\xde\xad\xbe\xef" * 1_000_000, Kind.ANY, 1),
    ],
)
def test_few_reads_are_enough(body: bytes, kind: Kind, most: int) -> None:
    asked = reads(body, kind)
    assert len(asked) <= most
    assert asked[0][0] == 0
    assert 4_096 <= asked[0][1] <= 16_384 or asked[0][1] == len(body)


def test_fragments_that_are_too_many_to_walk_are_a_doubt() -> None:
    late = large(FRAGMENTS, box(b"moov", bytes(900)))
    assert inspected(late, Kind.VIDEO).extension == "mp4"


@pytest.mark.parametrize("cut", [lambda body: body[:-1], lambda body: body[:40_000]])
def test_large_file_cut_short_is_unusable(cut: Callable[[bytes], bytes]) -> None:
    body = large(box(b"moov", bytes(90_000)), box(b"mdat", bytes(200_000)))
    with pytest.raises(UnusableMedia, match="cut short"):
        inspected(cut(body), Kind.VIDEO)


STARTS = [body[:40] for body, _, _ in KNOWN] + [samples.HTML, b"<!--", b"<?", b"<!D[", b"<a", b"\xff"]


@given(st.sampled_from([b"", *STARTS]), st.binary(max_size=300), st.sampled_from(list(Kind)))
def test_arbitrary_bytes_are_told_apart_without_a_defect(start: bytes, rest: bytes, kind: Kind) -> None:
    try:
        found = inspected(start + rest, kind)
    except UnusableMedia:
        return
    assert found.can_be(kind)


@pytest.mark.parametrize("part", [b"<!--", b"<!-- -->", b"<?x?>", b"<!A [", b"<!A>", b" ", b"<"])
def test_hostile_markup_is_read_in_linear_time(part: bytes) -> None:
    try:
        inspected(part * 4_000, Kind.IMAGE)
    except UnusableMedia as unusable:
        assert str(unusable)  # noqa: PT017 - either outcome is right, as long as it comes
