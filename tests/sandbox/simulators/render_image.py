"""Renders image specs with Pillow, and SVG by hand. Blocking: call it off the event loop."""

import io

import numpy as np
from PIL import Image

from tests.sandbox.simulators.media_spec import MediaSpec

PILLOW_FORMATS = {"JPG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "TIFF": "TIFF"}


def render_image(spec: MediaSpec) -> bytes:
    """Encode a gradient whose colours and slant follow prompt and seed."""
    if spec.format == "SVG":
        return _svg(spec)
    mark = spec.fingerprint
    across = np.linspace(0, 1, spec.width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, spec.height, dtype=np.float32)[:, None]
    picture = np.empty((spec.height, spec.width, 3), np.uint8)
    for channel in range(3):
        first, second, third = mark[channel * 3 : channel * 3 + 3]
        picture[:, :, channel] = first / 2 + across * second / 4 + down * third / 4
    encoded = io.BytesIO()
    # The cheapest settings: the sandbox needs a valid file, not a small one.
    options = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}}.get(spec.format, {})
    Image.fromarray(picture).save(encoded, PILLOW_FORMATS[spec.format], **options)
    return encoded.getvalue()


def _svg(spec: MediaSpec) -> bytes:
    colour = spec.fingerprint[:3].hex()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{spec.width}" height="{spec.height}">'
        f'<rect width="100%" height="100%" fill="#{colour}"/></svg>'
    ).encode()
