"""Rendered media: real files in the asked format, decided by prompt and seed."""

import io
import json
import struct
import time
import zipfile

import av
import pytest
from PIL import Image

from tests.sandbox.simulators.media_renderer import render
from tests.sandbox.simulators.media_spec import MediaSpec


@pytest.mark.parametrize(("form", "codec"), [("MP4", "h264"), ("MOV", "h264"), ("WEBM", "vp8")])
def test_video_is_playable_in_size_and_duration(form: str, codec: str) -> None:
    clip = render(MediaSpec(form, "a fox", 1, width=320, height=180, seconds=2))
    with av.open(io.BytesIO(clip), "r") as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == (codec, 320, 180)
        assert video.codec_context.pix_fmt == "yuv420p"
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(2, abs=0.15)
        assert len(list(container.decode(video))) == 24


def test_mp4_has_its_index_in_front_of_the_pictures() -> None:
    clip = render(MediaSpec("MP4", "a fox", 1, width=64, height=64, seconds=1))
    assert clip.index(b"moov") < clip.index(b"mdat")


def test_video_depends_on_prompt_and_seed_and_on_nothing_else() -> None:
    first = MediaSpec("MP4", "a fox", 1, width=64, height=64, seconds=1)
    assert render(first) == render(first)
    assert render(first) != render(MediaSpec("MP4", "a fox", 2, width=64, height=64, seconds=1))
    assert render(first) != render(MediaSpec("MP4", "a dog", 1, width=64, height=64, seconds=1))


def test_eight_seconds_of_large_video_render_fast_enough() -> None:
    started = time.process_time()
    render(MediaSpec("MP4", "a fox", 1, width=1792, height=1024, seconds=8))
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("form", "name"), [("JPG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP"), ("TIFF", "TIFF")]
)
def test_image_opens_in_format_and_size(form: str, name: str) -> None:
    picture = Image.open(io.BytesIO(render(MediaSpec(form, "a fox", 1, width=96, height=64))))
    assert (picture.format, picture.size) == (name, (96, 64))


@pytest.mark.parametrize("form", ["MP3", "WAV", "FLAC", "OGG"])
def test_audio_decodes_to_the_asked_duration(form: str) -> None:
    with av.open(io.BytesIO(render(MediaSpec(form, "a fox", 1, seconds=1))), "r") as container:
        frames = list(container.decode(container.streams.audio[0]))
    assert sum(frame.samples / frame.sample_rate for frame in frames) == pytest.approx(1, abs=0.1)


def test_mesh_is_a_well_formed_glb() -> None:
    mesh = render(MediaSpec("GLB", "a fox", 1))
    magic, version, length = struct.unpack_from("<4sII", mesh)
    json_length, json_kind = struct.unpack_from("<I4s", mesh, 12)
    assert (magic, version, length, json_kind) == (b"glTF", 2, len(mesh), b"JSON")
    assert json.loads(mesh[20 : 20 + json_length])["asset"]["version"] == "2.0"


def test_archive_holds_a_picture_and_is_the_same_each_time() -> None:
    archive = render(MediaSpec("ZIP", "a fox", 1, width=32, height=32))
    assert archive == render(MediaSpec("ZIP", "a fox", 1, width=32, height=32))
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert Image.open(files.open("output.png")).size == (32, 32)
