"""Renders audio specs: a sine whose pitch follows prompt and seed. Blocking: call it off the event loop."""

import io

import av
import numpy as np

from tests.sandbox.simulators.media_spec import MediaSpec

SAMPLE_RATE = 48_000
# (container, codec, sample layout the codec takes)
ENCODINGS = {
    "WAV": ("wav", "pcm_s16le", "s16"),
    "MP3": ("mp3", "libmp3lame", "s16p"),
    "FLAC": ("flac", "flac", "s16"),
    "OGG": ("ogg", "libopus", "s16"),
}


def render_audio(spec: MediaSpec) -> bytes:
    """Encode mono PCM to the format asked for."""
    muxer, codec, layout = ENCODINGS[spec.format]
    pitch = 180 + 3 * spec.fingerprint[0]
    moments = np.arange(int(spec.seconds * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    samples = (9000 * np.sin(2 * np.pi * pitch * moments)).astype(np.int16)[None, :]
    encoded = io.BytesIO()
    with av.open(encoded, "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=SAMPLE_RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        chunk = 4096
        for start in range(0, samples.shape[1], chunk):
            part = np.ascontiguousarray(samples[:, start : start + chunk])
            frame = av.AudioFrame.from_ndarray(part, format=layout, layout="mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return encoded.getvalue()
